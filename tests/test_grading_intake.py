"""Intake of real downloads: zips, names of Moodle and Canvas, a roster, copies, lost metadata."""

import json
import zipfile

import pytest
from homework import hand_in, homework, shut_off
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading.intake import find_submissions, student_of
from cogdyn.lessons.grading.recognition import read_class
from cogdyn.lessons.grading.roster import read_roster
from cogdyn.lessons.grading.submissions import LARGEST, BadSubmission, read_notebook


def zipped(path, **members):
    """A zip of members by name, in which __ stands for a slash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content if isinstance(content, str) else json.dumps(content))
    return path


def notebook(number=2, note="", **metadata):
    made = homework(number)
    made.metadata |= {"note": note, **metadata}
    return made


def read(folder, **options):
    """Assignment, and of each student the notes and whether there is something to grade."""
    which, lines = read_class(folder, **options)
    return which.number, {name: (" ".join(line.notes), found is not None) for name, (line, found) in lines.items()}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Anna Smith_1234567_assignsubmission_file_", ("Anna Smith", "1234567")),
        ("Anna Smith_1234567_assignsubmission_file", ("Anna Smith", "1234567")),
        ("Zoë O'Neil-Ray_assignsubmission_file_", ("Zoë O'Neil-Ray", "")),
        ("Anna Smith_1234567_assignsubmission_file_02-bptt_by_hand.ipynb", ("Anna Smith", "1234567")),
        ("smithanna_12345_67890_02-bptt-by-hand.ipynb", ("smithanna", "12345")),
        ("smithanna_LATE_12345_67890_02-bptt-by-hand-1.ipynb", ("smithanna", "12345")),
        ("smithanna_12345_67890_work.zip", ("smithanna", "12345")),
        ("anna.ipynb", ("anna", "")),
        ("anna_2.IPYNB", ("anna_2", "")),
        ("anna smith", ("anna smith", "")),
        ("a\tb.zip", ("a b", "")),
    ],
)
def test_names_of_downloads_become_names_of_students(name, student):
    assert student_of(name)[:2] == student


def test_what_platforms_and_students_do_to_files(tmp_path):
    folder = tmp_path / "in"
    hand_in(folder / "Anna Smith_11_assignsubmission_file_" / "a.ipynb", notebook(note="a"))
    hand_in(folder / "Anna Smith_12_assignsubmission_file_" / "a.ipynb", notebook(note="another Anna"))
    hand_in(folder / "leeben_77_88_work.ipynb", notebook(note="b"))
    zipped(folder / "carla.zip", **{"work/x.ipynb": notebook(note="c"), "__MACOSX/work/._x.ipynb": "{"})
    zipped(
        folder / "dan" / "dan.zip", **{"x.ipynb": notebook(note="d"), ".ipynb_checkpoints/x.ipynb": notebook(note="d2")}
    )
    zipped(folder / "eve.zip", readme="no notebook")
    zipped(folder / "flo.zip", **{"inner.zip": "PK"})
    (folder / "gil.zip").write_text("no zip at all")
    (folder / "hal.rar").write_text("Rar!")
    hand_in(folder / "__MACOSX" / "x.ipynb", notebook())
    number, found = read(folder)
    assert number == 2
    graded = {"Anna Smith (11)", "Anna Smith (12)", "leeben", "carla", "dan"}
    assert {name for name, (_, there) in found.items() if there} == graded
    assert {name: notes for name, (notes, there) in found.items() if not there} == {
        "eve": "eve.zip holds no notebook (.ipynb).",
        "flo": "inner.zip is a zip within a zip: unpack it.",
        "gil": "gil.zip is no zip that can be read.",
        "hal": "hal.rar is an archive that is not opened: unpack it, or hand in a zip or the notebook itself.",
    }
    _, lines = read_class(folder)
    assert lines["carla"][0].file == "carla.zip/work/x.ipynb"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_zip_of_a_class(tmp_path):
    inside = {f"download/{name}/x.ipynb": notebook(note=name) for name in ("anna", "ben")}
    number, found = read(zipped(tmp_path / "class.zip", **inside))
    assert number == 2
    assert set(found) == {"anna", "ben"}
    flat = {f"{name}_1{k}_9_x.ipynb": notebook(note=name) for k, name in enumerate(("smithanna", "leeben"))}
    assert set(read(zipped(tmp_path / "flat.zip", **flat))[1]) == {"smithanna", "leeben"}
    with pytest.raises(ValueError, match="is no folder"):
        find_submissions(tmp_path / "none")


def test_a_zip_cannot_do_harm(tmp_path):
    hand_in(tmp_path / "outside.ipynb", notebook())
    folder = tmp_path / "in"
    wicked = {str(tmp_path / "outside.ipynb"): "{}", "../outside.ipynb": "{}", "../../x.ipynb": "{}"}
    zipped(folder / "anna.zip", **wicked)
    found = find_submissions(folder)["anna"]
    assert found.files == (folder / "anna.zip",)
    assert all(note.endswith("was left out: it leads out of the zip.") for note in found.notes)
    assert len(found.notes) == 3
    bomb = zipped(folder / "ben.zip", **{"x.ipynb": " " * (LARGEST + 1)})
    with pytest.raises(BadSubmission, match="has 20 MB; at most 20 are read"):
        read_notebook(bomb / "x.ipynb")
    with pytest.raises(BadSubmission, match="cannot be read"):
        read_notebook(bomb / "y.ipynb")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "outside.ipynb"]


def test_the_roster(tmp_path):
    folder = tmp_path / "in"
    for name in ("smithanna_12_34_x.ipynb", "ben lee", "s4711.ipynb", "Dan Wu.ipynb"):
        hand_in(folder / (name if name.endswith("ipynb") else f"{name}/x.ipynb"), notebook(note=name))
    roster = tmp_path / "class.csv"
    roster.write_text(
        "First name,Last name,User\nAnna,Smith,as1\nBen,Lee,bl2\nCarla,Diaz,s4711\nDina,Wu,dw\nEve,Ma,em\n"
    )
    _, found = read(folder, roster=roster)
    assert set(found) == {"Ben Lee", "Dan Wu", "Carla Diaz", "Anna Smith", "Dina Wu", "Eve Ma"}
    assert found["Dan Wu"] == ("'Dan Wu' is not on the roster; the nearest name there is 'Dina Wu'.", True)
    assert found["Eve Ma"] == found["Dina Wu"] == ("handed in nothing.", False)
    assert found["Anna Smith"] == ("", True)
    for text, names in (
        ("Anna Smith\n\nBen Lee\n", ["Anna Smith", "Ben Lee"]),
        ('Student,ID\n"Smith, Anna",1\nBen,2\n', ["Smith, Anna", "Ben"]),
        ("\ufeffid;name\n", ["id;name"]),
        ("Anna,1\nBen,2\n", ["Anna", "Ben"]),
    ):
        roster.write_text(text, encoding="utf-8")
        assert [entry.name for entry in read_roster(roster)] == names
    for text, reason in (("", "holds no name"), ("name\n", "holds no name"), ("Anna\nAnna\n", "'Anna' twice")):
        roster.write_text(text)
        with pytest.raises(ValueError, match=reason):
            read_roster(roster)


def test_names_in_either_order_are_the_same_student(tmp_path):
    hand_in(tmp_path / "in" / "smithanna_12_34_x.ipynb", notebook())
    (tmp_path / "class.txt").write_text("Smith\tAnna\nLee Ben\n")
    _, found = read(tmp_path / "in", roster=tmp_path / "class.txt")
    assert found == {"Smith\tAnna": ("", True), "Lee Ben": ("handed in nothing.", False)}


def test_odd_notebooks_are_noted(tmp_path):
    folder = tmp_path / "in"
    hand_in(folder / "anna.ipynb", notebook(note="same"))
    hand_in(folder / "ben.ipynb", notebook(note="same"))
    lost = notebook(note="lost")
    lost.metadata.pop("cogdyn")
    for cell in lost.cells:
        cell["metadata"] = {}
    hand_in(folder / "carla.ipynb", lost)
    turned = notebook(note="turned")
    (cell,) = [c for c in turned.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "bptt-backward"]
    cell["cell_type"] = "markdown"
    hand_in(folder / "dan.ipynb", turned)
    hand_in(folder / "eve.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}]}))
    hand_in(folder / "flo" / "x.ipynb", notebook(note="flo"))
    hand_in(folder / "flo" / "y.ipynb", "no JSON")
    _, found = read(folder)
    assert found["anna"] == ("the same file, byte for byte, as that of ben.", True)
    assert found["ben"] == ("the same file, byte for byte, as that of anna.", True)
    assert found["carla"] == ("the notebook has lost its metadata; taken for assignment 2, and graded.", True)
    assert found["dan"] == ("no code cells any more, so they were not run: bptt-backward.", True)
    assert found["eve"] == (
        "eve.ipynb is of no assignment that is known; with --only NUMBER it is taken for that one.",
        False,
    )
    assert found["flo"] == ("y.ipynb is no notebook: it is not JSON.", True)
    assert read(folder, only=2)[1]["eve"][1]


@shut_off
def test_the_table_has_who_handed_in_nothing(tmp_path):
    zipped(tmp_path / "in" / "smithanna_1_2_x.zip", **{"x.ipynb": homework(2, solved=True)})
    (tmp_path / "class.txt").write_text("Anna Smith\nBen Lee\n")
    out = tmp_path / "grades.csv"
    words = ["assignment", "grade", str(tmp_path / "in"), "--out", str(out), "--roster", str(tmp_path / "class.txt")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "Ben Lee: handed in nothing." in result.output
    table = out.read_text().splitlines()
    assert table[1].startswith('"Anna Smith","02-bptt-by-hand",12,12,')
    assert table[2].startswith('"Ben Lee","02-bptt-by-hand","",12,')
    assert '"not graded","handed in nothing."' in table[2]
