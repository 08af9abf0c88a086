"""Bad input to the grader: one clear line each, and the rest is graded."""

import csv
import errno
import json
import os
import sys

import pytest
from homework import hand_in, homework, shut_off
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading import grade as grading
from cogdyn.lessons.grading import sandbox
from cogdyn.lessons.grading.assignment import assignment
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.intake import find_submissions
from cogdyn.lessons.grading.protections import Limits, SandboxError
from cogdyn.lessons.grading.sandbox import Nursery, why_not_isolated
from cogdyn.lessons.grading.submissions import LARGEST, BadSubmission, read_notebook


@pytest.fixture
def folder(tmp_path):
    hand_in(tmp_path / "in" / "anna.ipynb", homework(2, solved=True))
    return tmp_path / "in"


def rows(folder, *words):
    """The table after the command, by student; the command said a line for each note and no more."""
    out = folder.parent / "grades.csv"
    result = CliRunner().invoke(app, ["assignment", "grade", str(folder), "--out", str(out), *words])
    assert result.exit_code == 0, result.output
    found = {row["student"]: row for row in csv.DictReader(out.read_text().splitlines())}
    assert found["anna"]["points"] == "12"
    for name, row in found.items():
        if row["notes"]:
            assert f"{name}: {row['notes']}" in result.output.splitlines()
    return found


BAD = {
    "not JSON": ("{'cells': []}", "is no notebook: it is not JSON"),
    "empty": ("", "it is not JSON"),
    "bytes": ("\x00\x01", "it is not JSON"),
    "a list": ("[]", "it has no cells"),
    "deep": ("[" * 10**5, "it is not JSON"),
    "format 3": (json.dumps({"worksheets": [], "nbformat": 3}), "an old format (3)"),
    "of no assignment": (json.dumps({"cells": [], "metadata": {}}), "is of no assignment that is known"),
    "odd cells": (
        json.dumps({"cells": [None, 3, {"cell_type": "code", "source": {"a": 1}}, {"source": [1, None]}]}),
        "of no assignment",
    ),
    "many cells": (json.dumps({"cells": [{}] * 501}), "has 501 cells; at most 500 are run"),
    "odd stamp": (json.dumps({"cells": [], "metadata": {"cogdyn": {"assignment": [2]}}}), "of no assignment"),
    "another assignment": (json.dumps(homework(3)), "is of assignment 3, not 2"),
    "an assignment of tomorrow": (
        json.dumps({"cells": [], "metadata": {"cogdyn": {"assignment": 99}}}),
        "of no assignment",
    ),
}


@shut_off
def test_what_cannot_be_graded_gets_a_line_and_the_rest_is_graded(folder):
    for name, (content, _) in BAD.items():
        hand_in(folder / f"{name}.ipynb", content)
    (folder / "no notebook").mkdir()
    (folder / "no notebook" / "work.py").write_text("x = 1")
    (folder / "a link.ipynb").symlink_to(folder / "anna.ipynb")
    os.mkfifo(folder / "a pipe.ipynb")
    (folder / "readme.txt").write_text("not a submission")
    (folder / ".hidden.ipynb").write_text("not a submission")
    found = rows(folder)
    for name, (_, reason) in BAD.items():
        assert reason in found[name]["notes"], name
        assert found[name]["status"] == "not graded"
        assert found[name]["points"] == ""
    assert "there is no notebook" in found["no notebook"]["notes"]
    assert found["a link"]["notes"] == "a link.ipynb is a link; links are not followed."
    assert found["a pipe"]["notes"] == "a pipe.ipynb is no plain file."
    assert "begins with a dot" in found[".hidden"]["notes"]
    assert set(found) == {"anna", "no notebook", "a link", "a pipe", ".hidden", *BAD}


@shut_off
def test_what_is_odd_is_graded_and_noted(folder):
    older = homework(2, solved=True)
    older.metadata["cogdyn"] |= {"release": "0123456789abcdef", "version": "0.0.1"}
    hand_in(folder / "older.ipynb", older)
    plain = homework(2, solved=True)
    del plain.metadata["cogdyn"]
    hand_in(folder / "no stamp.ipynb", plain)
    gone = homework(2, solved=True)
    gone["cells"] = [
        cell for cell in gone.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "bptt-backward"
    ]
    hand_in(folder / "gone.ipynb", gone)
    hers = homework(2, solved=True)
    hers.metadata["cogdyn"]["student"] = "anna"
    hand_in(folder / "ben" / "renamed by me (1).ipynb", hers)
    hand_in(folder / "ben" / ".ipynb_checkpoints" / "renamed by me-checkpoint.ipynb", hers)
    hand_in(folder / "ben" / "other.ipynb", homework(3))
    found = rows(folder)
    assert "is of another release (0123456789ab, cogdyn 0.0.1)" in found["older"]["notes"]
    assert "without the stamp of a release" in found["no stamp"]["notes"]
    assert "missing cells: bptt-backward." in found["gone"]["notes"]
    assert "was released for 'anna', not for 'ben'" in found["ben"]["notes"]
    assert found["ben"]["file"] == "ben/renamed by me (1).ipynb"
    assert {name: row["points"] for name, row in found.items()} == {
        "anna": "12", "ben": "12", "older": "12", "no stamp": "12", "gone": "8"
    }  # fmt: skip
    page = (folder.parent / "grades/feedback/gone.html").read_text()
    assert "there is no backward." in page
    assert "Its cell is missing" in page


@shut_off
def test_two_submissions_of_a_student_are_not_chosen_from(folder):
    for name in ("ben/b.ipynb", "ben/a.ipynb"):
        hand_in(folder / name, homework(2, solved=True))
    found = rows(folder)
    assert found["ben"]["notes"] == "there are 2 submissions: ben/a.ipynb, ben/b.ipynb; leave one."
    assert found["ben"]["status"] == "not graded"


@shut_off
def test_the_assignment_is_that_of_most_notebooks_or_the_one_asked_for(folder):
    hand_in(folder / "ben.ipynb", homework(3, solved=True))
    assert rows(folder)["ben"]["status"] == "not graded"
    which, lines = grade(folder, folder.parent / "third.csv", only=3)
    assert which.number == 3
    assert [line.points for line in lines] == [0, 12]
    assert lines[0].notes == ("anna.ipynb is of assignment 2, not 3.",)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["grade", "nowhere"], "nowhere is no folder"),
        (["grade", "empty"], "empty holds no submissions: a folder, a notebook (.ipynb) or a zip for each student."),
        (["grade", "strange"], "no notebook here is of an assignment; name the assignment with --only."),
        (["grade", "in", "--only", "9"], "unknown assignment '9'"),
        (["grade", "in", "--jobs", "0"], "jobs is 0; it must be at least 1"),
        (["grade", "in", "--out", "results"], "results is the name of a folder; name a table"),
        (["grade", "in", "--out", "file/grades.csv"], "file"),
        (["grade", "in", "--out", "in.csv"], "the pages would go to in, among the submissions; name a table that lies"),
        (["grade", "in", "--out", "in/grades.csv"], "among the submissions"),
        (["check", "nowhere.ipynb"], "nowhere.ipynb cannot be read: No such file"),
        (["check", "strange/x.ipynb"], "x.ipynb is of no assignment that is known"),
        (["check", "file"], "file is no notebook: it is not JSON"),
    ],
)
def test_a_mistake_gets_one_line(folder, words, message, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "empty").mkdir()
    (folder.parent / "file").write_text("x")
    hand_in(folder.parent / "strange" / "x.ipynb", json.dumps({"cells": []}))
    result = CliRunner().invoke(app, ["assignment", *words])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_notebook_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "x.ipynb").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(BadSubmission, match=r"has 20 MB; at most 20 are read"):
        read_notebook(tmp_path / "x.ipynb")


def test_names_of_students_are_one_line(tmp_path):
    hand_in(tmp_path / "a\nb.ipynb", "{}")
    (tmp_path / os.fsdecode(b"c\xff.ipynb")).write_text("{}")
    assert sorted(find_submissions(tmp_path)) == ["a b", "c\ufffd"]


@shut_off
def test_a_full_disk_ends_it_with_a_line_and_loses_nothing(folder, monkeypatch):
    hand_in(folder / "ben.ipynb", homework(2))
    out, write, written = folder.parent / "grades.csv", grading.write_atomically, []

    def full(path, content):
        if len(written) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        written.append(path)
        write(path, content)

    monkeypatch.setattr(grading, "write_atomically", full)
    result = CliRunner().invoke(app, ["assignment", "grade", str(folder), "--out", str(out)])
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert result.stderr.count("\n") == 1
    monkeypatch.setattr(grading, "write_atomically", write)
    ran, mark = [], grading.mark_apart
    monkeypatch.setattr(grading, "mark_apart", lambda *given: (ran.append(1), mark(*given))[1])
    grade(folder, out, resume=True)
    assert len(ran) == 1


def test_a_folder_that_cannot_be_written_gets_a_line(folder):
    result = CliRunner().invoke(app, ["assignment", "grade", str(folder), "--out", "/proc/nowhere/grades.csv"])
    assert result.exit_code == 1
    assert "/proc/nowhere" in result.stderr
    assert result.stderr.count("\n") == 1


def test_isolation_is_required_where_it_cannot_be_had(folder, monkeypatch):
    monkeypatch.setattr(grading, "why_not_isolated", lambda *modules: "because")
    result = CliRunner().invoke(
        app, ["assignment", "grade", str(folder), "--require-isolation", "--out", str(folder.parent / "g.csv")]
    )
    assert result.exit_code == 1
    assert result.stderr == "error: submissions cannot be shut off here, as --require-isolation asks: because.\n"
    assert not (folder.parent / "g.csv").exists()


def test_why_submissions_cannot_be_shut_off(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert why_not_isolated() == "that takes Linux, and this is darwin"


def test_a_nursery_that_does_not_start_says_why():
    with (
        pytest.raises(SandboxError, match="No module named 'no_such_module'"),
        Nursery(["no_such_module"], [], True, Limits()),
    ):
        pass


def test_root_without_isolation_needs_a_python_that_nobody_can_read(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sandbox, "readable_by_all", lambda: False)
    with pytest.raises(SandboxError, match="grade as an ordinary user"), Nursery([], [], False, Limits()):
        pass


def test_a_page_that_lacks_something_is_named(tmp_path, monkeypatch):
    from cogdyn.lessons.grading import assignment as module

    text = assignment(2).page.read_text(encoding="utf-8")
    monkeypatch.setattr(module, "PAGES", tmp_path)
    for broken, message in (
        (None, "has 0 pages of assignment 2"),
        (text.replace("## Rubric", "## Points"), "has no rubric"),
    ):
        if broken is not None:
            (tmp_path / "02-x.md").write_text(broken, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            module.assignment.__wrapped__(2)
