"""Releases: what students get holds no solution and no hidden check, runs, and knows where it is from."""

import json
import re
import types

import gymnasium as gym
import nbclient
import nbformat
import pytest
from homework import homework
from typer.testing import CliRunner

from cogdyn.envs.registry import TASKS
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading import Judgement, check
from cogdyn.lessons.grading.assignment import assignment, assignments
from cogdyn.lessons.grading.inside import plain
from cogdyn.lessons.grading.release import instructor_notebook, seed_of, student_notebook, without_solution
from cogdyn.lessons.grading.submissions import read_notebook

NUMBERS = [which.number for which in assignments()]


@pytest.fixture(autouse=True)
def no_tasks_left():
    yield
    TASKS.pop("OddOneOut", None)
    gym.registry.pop("cogdyn/OddOneOut-v0", None)


def code_of(notebook):
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def solution_lines(number):
    """Every line of a solution that says something."""
    text = "\n".join(code_of(instructor_notebook(assignment(number))))
    blocks = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", text, re.DOTALL)
    assert len(blocks) > 4
    lines = {line.strip() for block in blocks for line in block.splitlines()}
    given = {line.strip() for line in "\n".join(code_of(student_notebook(assignment(number)))).splitlines()}
    return [line for line in lines if len(line) > 8 and line not in given]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_release_holds_no_solution_and_no_hidden_check(number):
    text = json.dumps(student_notebook(assignment(number)))
    lines = solution_lines(number)
    assert len(lines) > 10
    assert [line for line in lines if json.dumps(line)[1:-1] in text] == []
    assert [word for word in ("SOLUTION", "HIDDEN", "demand") if word in text] == []
    assert "###" not in "\n".join(code_of(student_notebook(assignment(number))))
    assert all(
        cell["outputs"] == [] for cell in student_notebook(assignment(number)).cells if cell["cell_type"] == "code"
    )
    in_source = json.dumps(instructor_notebook(assignment(number)))
    assert all(json.dumps(line)[1:-1] in in_source for line in lines)


@pytest.mark.parametrize("number", NUMBERS)
def test_what_the_marker_looks_for_is_in_the_instructors_notebook_alone(number):
    (think,) = [source for source in code_of(instructor_notebook(assignment(number))) if "# Marker's notes: " in source]
    assert think.startswith("### BEGIN SOLUTION\n# Marker's notes: ")
    released = json.dumps(student_notebook(assignment(number)))
    assert not re.search("marker's notes|for the discussion|good answers", released, re.IGNORECASE)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_exercise_has_a_stub_a_check_three_hints_and_its_points(number):
    which = assignment(number)
    page = which.page.read_text(encoding="utf-8")
    cells = [cell for cell in instructor_notebook(which).cells if cell.cell_type == "code"]
    graded = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in cells if cell.metadata["nbgrader"]["grade"]}
    assert len({cell.metadata["nbgrader"]["grade_id"] for cell in cells}) == len(cells)
    for exercise in which.work.exercises:
        (cell,) = [cell for cell in graded.values() if f'check("{exercise.name}"' in cell.source]
        assert cell.metadata["nbgrader"]["points"] == exercise.points
        assert f'check("{exercise.name}", {exercise.answer})' in cell.source
        assert f'demand("{exercise.name}", {exercise.answer})' in cell.source
    assert len(graded) == len(which.work.exercises)
    assert page.count("<details><summary>Hint 1") == page.count("<details><summary>Hint 3") >= 3
    assert f"{which.points} points" in page
    assert len(which.objectives) == 3
    assert "| points |" in which.rubric
    assert all(
        exercise.name.split("/")[0] == cells[0].metadata["nbgrader"]["grade_id"].split("-")[0]
        for exercise in which.work.exercises
    )


def run_in_process(notebook, monkeypatch):
    page = types.ModuleType("page")
    monkeypatch.setitem(__import__("sys").modules, "page", page)
    for source in code_of(notebook):
        exec(compile(source, "page", "exec"), page.__dict__)
    return page.__dict__


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_is_right_and_the_stub_not_written(number, monkeypatch, capsys):
    which = assignment(number)
    for solved, expected in ((True, [True] * 5), (False, [False] * 5)):
        names = run_in_process(homework(number, solved), monkeypatch)
        found = [check(exercise.name, names[exercise.answer]) for exercise in which.work.exercises]
        assert [one.passed for one in found] == expected, found
        assert {one.reason == "not implemented yet." for one in found} == {not solved}


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_an_untouched_release_runs_in_jupyter_and_only_says_that_nothing_is_written(number):
    notebook = nbformat.from_dict(homework(number))
    nbclient.NotebookClient(notebook, timeout=1800, kernel_name="python3").execute()
    said = [
        output["data"]["text/html"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert len(said) == 5
    assert all("Not yet." in text and "not implemented yet" in text for text in said)


def test_a_release_knows_where_it_is_from(tmp_path):
    result = CliRunner().invoke(app, ["assignment", "release", str(tmp_path), "--only", "2"])
    assert result.exit_code == 0, result.output
    (path,) = tmp_path.rglob("*.ipynb")
    assert path.name == "02-bptt-by-hand.ipynb"
    stamp = read_notebook(path).stamp
    assert stamp["assignment"] == 2
    assert stamp["release"] == assignment(2).release
    assert "student" not in stamp
    again = path.read_bytes()
    CliRunner().invoke(app, ["assignment", "release", str(tmp_path), "--only", "2"])
    assert path.read_bytes() == again


def test_each_student_gets_a_number(tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("anna\n\nben\n")
    result = CliRunner().invoke(app, ["assignment", "release", str(tmp_path), "--only", "2", "--students", str(names)])
    assert result.exit_code == 0, result.output
    assert "2 notebooks" in result.output
    for name in ("anna", "ben"):
        read = read_notebook(tmp_path / name / "02-bptt-by-hand.ipynb")
        assert read.stamp["student"] == name
        assert f"SEED = {seed_of(name)}" in read.cells[0][1]
    assert seed_of("anna") != seed_of("ben")


@pytest.mark.parametrize("number", NUMBERS)
def test_the_checks_of_a_student_follow_from_the_seed(number, monkeypatch):
    which = assignment(number)
    seen = {}
    for name in ("anna", "anna", "ben", None):
        first = code_of(student_notebook(which, name))[0]
        page = run_in_process({"cells": [{"cell_type": "code", "source": first}]}, monkeypatch)
        assert page.get("SEED", 0) == (seed_of(name) if name else 0)
        asked = []
        page["check"](which.work.exercises[1].name, recording(asked))
        again = seen.setdefault(name, asked)
        assert len(asked) > 0 or number == 1  # a class is not called
        assert same(asked, again)
    assert number == 1 or not any(same(seen[a], seen[b]) for a, b in (("anna", "ben"), ("anna", None), ("ben", None)))


def recording(asked):
    """An answer that notes what it is asked."""

    def answer(**inputs):
        asked.append(inputs)
        return 0

    return answer


def same(asked, others):
    return json.dumps(plain.pack(asked)) == json.dumps(plain.pack(others))


@pytest.mark.parametrize("name", ["anna", "Zoë"])
def test_the_solution_is_right_whatever_the_seed(name, monkeypatch):
    """For any student; and a mistake is one for all of them."""
    names = run_in_process(homework(6, solved=True), monkeypatch)
    for exercise in assignment(6).work.exercises:
        assert check(exercise.name, names[exercise.answer], seed_of(name)).passed
    names = run_in_process(homework(2, solved=True), monkeypatch)
    for exercise in assignment(2).work.exercises:
        assert check(exercise.name, names[exercise.answer], seed_of(name)).passed
        assert not check(exercise.name, lambda **given: 0, seed_of(name)).passed


@pytest.mark.parametrize("seed", [-1, 0.5, "anna", None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="seed is"):
        check("bptt/forward", None, seed)


def test_the_instructors_notebook_is_where_nbgrader_looks(tmp_path):
    CliRunner().invoke(app, ["assignment", "release", str(tmp_path), "--only", "3", "--instructor"])
    notebook = json.loads((tmp_path / "source/03-a-bridge-through-time/03-a-bridge-through-time.ipynb").read_text())
    nbformat.validate(nbformat.from_dict(notebook))
    assert "### BEGIN SOLUTION" in json.dumps(notebook)
    cells = [cell["metadata"].get("nbgrader") for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["schema_version"] == 3 for cell in cells)


@pytest.mark.parametrize(
    ("source", "released"),
    [
        (
            "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION",
            'def f():\n    raise NotImplementedError("your lines go here")',
        ),
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "# your lines go here"),
        ("check()\n### BEGIN HIDDEN TESTS\nx\n### END HIDDEN TESTS\ny", "check()\ny"),
    ],
)
def test_solutions_become_stubs(source, released):
    assert without_solution(source, "page.md") == released


@pytest.mark.parametrize(
    "source", ["### BEGIN SOLUTION\nx", "x\n### END SOLUTION", "### BEGIN HIDDEN TESTS\nx", "### begin solution\nx"]
)
def test_a_marker_without_its_partner_is_refused(source):
    with pytest.raises(ValueError, match=r"page\.md: the marker '### .*' has no partner"):
        without_solution(source, "page.md")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["release", "x", "--only", "9"], "unknown assignment '9'"),
        (["release", "x", "--student", "../anna"], "cannot be the name of a folder"),
        (["release", "x", "--student", ""], "cannot be the name of a folder"),
        (["release", "x", "--student", "anna", "--instructor"], "are for no student"),
        (["release", "x", "--students", "nowhere.txt"], "nowhere.txt"),
        (["release", __file__], "is a file; name a folder"),
    ],
)
def test_mistakes_get_one_line(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["assignment", *words])
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["list", "release", "check", "grade"])
def test_help_has_an_example(command):
    result = CliRunner().invoke(app, ["assignment", command, "--help"])
    assert result.exit_code == 0
    assert f"Example: cogdyn assignment {command}" in " ".join(result.stdout.split())


def test_list_tells_of_each():
    result = CliRunner().invoke(app, ["assignment", "list"])
    assert all(which.title.split()[0] in result.stdout for which in assignments())


def test_a_check_of_no_exercise_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'bptt/forward'"):
        check("bptt/foward", None)


def test_what_was_seen_stands_in_the_cell():
    html = Judgement(False, "off.", "Look.", "a < 1", "b")._repr_html_()
    assert "a &lt; 1" in html
    assert html.count("<div") == html.count("</div>") == 1
