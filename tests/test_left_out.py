"""What is written and left out of a list: each check says what to add where, as the recipes of CONTRIBUTING do.

A task has a row in the catalogue of tasks, a rule in that of rules, an analysis is imported by its room, a lesson has a
page, questions and a chapter. Each check is a function of what there is, so it can be shown a bad example.
"""

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from inspect import isabstract
from pathlib import Path
from pkgutil import walk_packages

import pytest

from cogdyn.agents import dynamics, rules
from cogdyn.agents.rules.catalogue import rule_names
from cogdyn.envs import PaintedTask, task_names, tasks
from cogdyn.envs.tasks.catalogue import task_class
from cogdyn.lessons.pages.notebooks import lesson_pages

ROOT = Path(__file__).parents[1]


def tasks_left_out(listed):
    """Tasks that no name makes; one from which others derive is a base."""
    modules = [import_module(found.name) for found in walk_packages(tasks.__path__, f"{tasks.__name__}.")]
    problems = []
    for module in modules:
        where = module.__name__.removeprefix(f"{tasks.__name__}.")
        for name, one in vars(module).items():
            written = isinstance(one, type) and issubclass(one, PaintedTask) and one.__module__ == module.__name__
            if written and not (isabstract(one) or one.__subclasses__() or name.startswith("_") or one in listed):
                row = f'"{name}": "{where}.{name}"'
                problems.append(
                    f"{name} is in no catalogue: add {row} to TASKS in envs/tasks/catalogue.py, by its family"
                )
    return problems


def rules_left_out(texts, exported, listed):
    """Rules, by the texts of their files, that cannot be imported from ``cogdyn.agents.rules`` or made by name."""
    problems = []
    for stem, text in texts.items():
        for name in re.findall(r"^@learning_rule\nclass (\w+)\(", text, re.MULTILINE):
            if name not in exported:
                line = f"from .{stem} import {name} as {name}"
                problems.append(f"{name} cannot be imported: add '{line}' to agents/rules/__init__.py")
            if name not in listed:
                problems.append(f"{name} is in no family: add it to RULES in agents/rules/catalogue.py")
    return problems


def analyses_left_out(texts):
    """Files of ``agents/dynamics`` that nothing there imports, and analyses that cannot be imported from the room."""
    imported = {name for text in texts.values() for name in re.findall(r"^from \.(\w+) import", text, re.MULTILINE)}
    problems = [
        f"{stem}.py is imported by nothing: add 'from .{stem} import NAME as NAME' to agents/dynamics/__init__.py"
        for stem in texts
        if stem not in {*imported, "__init__"}
    ]
    for stem, text in texts.items():
        for name in re.findall(r"^@typechecked\n(?:def|class) (\w+)", text, re.MULTILINE):
            if f"from .{stem} import {name} as {name}\n" not in texts["__init__"]:
                line = f"from .{stem} import {name} as {name}"
                problems.append(f"{name} cannot be imported: add '{line}' to agents/dynamics/__init__.py")
    for name in re.findall(r" as ([a-z]\w*)$", texts["__init__"], re.MULTILINE):
        if not any(re.search(rf"^@typechecked\ndef {name}\(", text, re.MULTILINE) for text in texts.values()):
            problems.append(f"{name} takes anything: put @typechecked above it")
    return problems


def lessons_left_out(root):
    """Pages without number, questions or chapter, and questions and chapters without page."""
    pages = {path.stem for path in (root / "book/lessons").glob("*.md")}
    questions = {path.stem for path in (root / "book/lessons").glob("*.toml")}
    chapters = {path.parent.name for path in (root / "lessons/chapters").glob("*/__init__.py")}
    numbers = [f"{number:02d}" for number in range(1, len(pages) + 1)]
    named = {stem[3:].replace("-", "_") for stem in pages}
    return [
        *(
            []
            if sorted(stem[:2] for stem in pages) == numbers
            else [f"pages are numbered 01-NAME.md on: {sorted(pages)}"]
        ),
        *(f"{stem}.md asks nothing: add its questions, book/lessons/{stem}.toml" for stem in sorted(pages - questions)),
        *(f"book/lessons/{stem}.toml has no page {stem}.md" for stem in sorted(questions - pages)),
        *(f"a page has no chapter: add lessons/chapters/{name}/__init__.py" for name in sorted(named - chapters)),
        *(f"lessons/chapters/{name} has no page book/lessons/NN-NAME.md" for name in sorted(chapters - named)),
    ]


def questions_left_out(root):
    """Questions that their page does not ask."""
    problems = []
    for path in sorted((root / "book/lessons").glob("*.toml")):
        page = path.with_suffix(".md").read_text("utf-8")
        asked = {f'ask("{path.stem[3:]}/{name}")': name for name in tomllib.loads(path.read_text("utf-8"))}
        problems += [f"{path.stem}.md does not {call}" for call in asked if call not in page]
    return problems


def texts_of(module):
    """The files of a room by their names."""
    return {path.stem: path.read_text("utf-8") for path in Path(module.__file__).parent.glob("*.py")}


def test_every_task_has_a_name():
    assert tasks_left_out({task_class(name) for name in task_names()}) == []


def test_every_rule_has_a_name():
    assert rules_left_out(texts_of(rules), vars(rules), rule_names()) == []


def test_every_analysis_can_be_imported():
    assert analyses_left_out(texts_of(dynamics)) == []


def test_every_lesson_is_whole():
    assert lessons_left_out(ROOT) == []
    assert questions_left_out(ROOT) == []


@pytest.mark.parametrize("room", ["envs", "agents", "rules", "dynamics"])
def test_the_programming_interface_shows_every_name_of_a_room(room):
    """A name that a room exports is on its page, as long as the page asks Sphinx for all of them."""
    page = (ROOT / f"book/api/{room}.md").read_text("utf-8")
    module = {"envs": "cogdyn.envs", "agents": "cogdyn.agents"}.get(room, f"cogdyn.agents.{room}")
    assert f".. automodule:: {module}\n   :members:\n   :imported-members:\n" in page
    assert f"- file: api/{room}\n" in (ROOT / "book/_toc.yml").read_text("utf-8")


@pytest.mark.slow
def test_the_programming_interface_shows_every_name_of_a_chapter(tmp_path):
    (tmp_path / "index.rst").write_text(".. chapters::\n")
    extensions = "-Dextensions=sphinx.ext.autodoc,sphinx.ext.napoleon,cogdyn.lessons.pages.chapter_api"
    command = [sys.executable, "-m", "sphinx", "-q", "-C", "-btext", extensions, tmp_path, tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = (tmp_path / "out/index.txt").read_text("utf-8")
    for page in lesson_pages():
        name = f"cogdyn.lessons.chapters.{page.stem[3:].replace('-', '_')}"
        exported = {name for name, one in vars(import_module(name)).items() if callable(one) and name[0] != "_"}
        assert {one for one in exported if f"{name}.{one}" not in shown} == set()
    assert ".. chapters::\n" in (ROOT / "book/api/lessons.md").read_text("utf-8")
    assert "- cogdyn.lessons.pages.chapter_api\n" in (ROOT / "book/_config.yml").read_text("utf-8")


def test_what_is_left_out_is_said(tmp_path):
    everything = {task_class(name) for name in task_names()}
    said = tasks_left_out(everything - {task_class("FlipFlop")})
    assert any(one.startswith('FlipFlop is in no catalogue: add "FlipFlop": "flip_flop.FlipFlop" to') for one in said)
    file = "@learning_rule\nclass Mine(Rule):\n"
    assert len(rules_left_out({"mine": file}, {}, ())) == 2
    assert rules_left_out({"mine": file}, {"Mine": None}, ("Mine",)) == []
    names = "from .a import f as f\nfrom .b import g as g\n"
    a, b = "@typechecked\ndef f(x):\n", "from .c import h\n\ndef g(x):\n"
    assert analyses_left_out({"__init__": names, "a": a, "b": b, "c": ""}) == [
        "g takes anything: put @typechecked above it"
    ]
    assert [s.split(":")[0] for s in analyses_left_out({"__init__": "", "a": a})] == [
        "a.py is imported by nothing",
        "f cannot be imported",
    ]
    for name in ("book/lessons/01-one.md", "book/lessons/01-one.toml", "lessons/chapters/one/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert lessons_left_out(tmp_path) == []
    (tmp_path / "book/lessons/01-one.toml").write_text('[why]\nquestion = "Why?"\n')
    assert questions_left_out(tmp_path) == ['01-one.md does not ask("one/why")']
    (tmp_path / "book/lessons/03-three.md").touch()
    assert len(lessons_left_out(tmp_path)) == 3
    (tmp_path / "book/lessons/03-three.md").rename(tmp_path / "book/lessons/02-two.md")
    (tmp_path / "book/lessons/01-one.md").rename(tmp_path / "book/lessons/01-other.md")
    assert len(lessons_left_out(tmp_path)) == 6
