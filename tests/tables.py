"""What is written of the tasks and rules from their classes: tables of the README, facts of the command line.

``make tables`` writes them anew; ``test_readme.py`` fails where they are stale.
"""

import json
import re
from itertools import groupby
from pathlib import Path

from cogdyn.envs import task_names
from cogdyn.lessons.commands.facts import FILE, RuleFacts, TaskFacts
from cogdyn.lessons.commands.rule_facts import facts_of_rules
from cogdyn.lessons.commands.task_table import facts_of_task

README = Path(__file__).parents[1] / "README.md"
SHOWN = 5
"""Tasks of a family that are named in the README."""


def facts_of_tasks() -> dict[str, TaskFacts]:
    """The facts of all tasks of the project, by name."""
    return {name: facts_of_task(name) for name in task_names()}


def facts_file(tasks: dict[str, TaskFacts], rules: dict[str, RuleFacts]) -> str:
    """The text of the file that the command line reads: a line for each task and each rule."""
    tables = [
        f' "{kind}": {{\n' + ",\n".join(f"  {_json(name)}: {_json(row)}" for name, row in facts.items()) + "\n }"
        for kind, facts in (("tasks", tasks), ("rules", rules))
    ]
    return "{\n" + ",\n".join(tables) + "\n}\n"


def blocks(tasks: dict[str, TaskFacts], rules: dict[str, RuleFacts]) -> dict[str, str]:
    """The generated parts of the README, by name."""
    local = sum(rule.local == "yes" for rule in rules.values())
    return {
        "rules": f"{len(rules)} rules, {local} of which are local:\n\n{_table('rules', rules, len(rules))}",
        "tasks": f"{len(tasks)} tasks:\n\n{_table('tasks', tasks, SHOWN)}",
    }


def renewed(readme: str, blocks: dict[str, str]) -> str:
    """A README with these texts between its marks ``<!-- NAME, by make tables -->`` and ``<!-- end of NAME -->``.

    Raises:
        ValueError: If a mark is missing.
    """
    for name, text in blocks.items():
        start, end = f"<!-- {name}, by make tables -->\n", f"\n<!-- end of {name} -->"
        pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
        if len(pattern.findall(readme)) != 1:
            raise ValueError(f"the README needs one line {start.strip()!r} and, after it, one line {end.strip()!r}.")
        readme = pattern.sub(lambda _, whole=f"{start}{text}{end}": whole, readme)
    return readme


def _table(title: str, facts: dict[str, TaskFacts] | dict[str, RuleFacts], shown: int) -> str:
    """A row for each family: how many it has, and the first of them."""
    rows = [f"| family | | {title} |", "|---|---|---|"]
    for family, items in groupby(facts, key=lambda name: facts[name].family):
        names = list(items)
        listed = ", ".join(f"`{name}`" for name in names[:shown]) + (", ..." if len(names) > shown else "")
        rows.append(f"| {family} | {len(names)} | {listed} |")
    return "\n".join(rows)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    """Write both files anew."""
    tasks, rules = facts_of_tasks(), facts_of_rules()
    FILE.write_text(facts_file(tasks, rules), encoding="utf-8")
    README.write_text(renewed(README.read_text(encoding="utf-8"), blocks(tasks, rules)), encoding="utf-8")


if __name__ == "__main__":
    main()
