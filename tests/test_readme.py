"""The README's Python runs as it stands, and its tables are those of the tasks and rules."""

import re
from pathlib import Path

import pytest
from tables import README, blocks, facts_file, facts_of_tasks, renewed

from cogdyn.lessons.commands.facts import FILE, rule_facts, task_facts
from cogdyn.lessons.commands.rule_facts import facts_of_rules

ROOT = Path(__file__).parent.parent
SNIPPETS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_snippets_run(snippet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "README.md", "exec"), {})


def test_there_are_snippets_and_the_picture_is_there():
    assert len(SNIPPETS) == 7
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README.read_text())
    assert (README.parent / picture).exists()


def test_the_tables_of_readme_and_command_line_are_those_of_the_classes():
    tasks, rules = facts_of_tasks(), facts_of_rules()
    fresh = FILE.read_text(encoding="utf-8") == facts_file(tasks, rules)
    assert fresh, f"{FILE.name} is stale: run `make tables`"
    readme = README.read_text(encoding="utf-8")
    assert readme == renewed(readme, blocks(tasks, rules)), "the README's tables are stale: run `make tables`"


def test_a_new_rule_or_task_makes_them_stale():
    tasks, rules = task_facts(), rule_facts()
    readme = README.read_text(encoding="utf-8")
    more = renewed(readme, blocks(tasks, {"Mine": rules["RFLO"], **rules}))
    assert "`Mine`" in more
    assert f"{len(rules) + 1} rules" in more
    more = renewed(readme, blocks({"Mine": tasks["NBack"]._replace(family="own"), **tasks}, rules))
    assert "| own | 1 | `Mine` |" in more
    assert f"{len(tasks) + 1} tasks" in more
    with pytest.raises(ValueError, match="needs one line '<!-- rules, by make tables -->'"):
        renewed("no mark", blocks(tasks, rules))
