"""The README's Python runs as it stands."""

import re
from pathlib import Path

import pytest

from cogdyn.agents.rules.catalogue import RULES, rule_names
from cogdyn.envs import make_task, task_names

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
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


def table_of(title):
    """The rows of the table in a section of the README."""
    section = README.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| ([a-z19 ,]+) \| (.*) \|$", section, re.MULTILINE)[1:]


def test_every_rule_stands_in_its_family():
    found = {family: re.findall(r"`(\w+)`", rules) for family, rules in table_of("Rules")}
    assert found == {family: list(members) for family, members in RULES.items()}
    count = {23: "Twenty-three"}[len(rule_names())]
    assert f"{count} rules" in README.read_text()


def test_the_families_are_all_there_and_the_tasks_named_exist():
    rows = table_of("Tasks")
    families = {make_task(name).family for name in task_names()}
    assert [family.partition(",")[0] for family, _ in rows] == list(
        dict.fromkeys(make_task(n).family for n in task_names())
    )
    assert len(rows) == len(families)
    for family, tasks in rows:
        members = {name for name in task_names() if make_task(name).family == family.partition(",")[0]}
        named = set(re.findall(r"`([\w.]+)`", tasks))
        assert named <= members, family
        count = re.search(r"\((\d+)\)", tasks)
        assert len(members) == (int(count[1]) if count else len(named) if family != "yang19" else 21), family
