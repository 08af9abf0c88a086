"""Submissions that are too large, too many or nested too deeply cost a line, and never the class."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from homework import hand_in, homework

from cogdyn.lessons.grading.assignment import assignment
from cogdyn.lessons.grading.inside import plain
from cogdyn.lessons.grading.intake import LARGEST_ZIP, find_submissions, student_of
from cogdyn.lessons.grading.judging import Judgement
from cogdyn.lessons.grading.marking import Mark
from cogdyn.lessons.grading.recognition import MOST_FILES, read_class
from cogdyn.lessons.grading.submissions import LARGEST_CODE, BadSubmission, read_notebook
from cogdyn.lessons.grading.summary import wrong_answers
from cogdyn.lessons.grading.table import Line


def read(folder):
    """Of each student the notes and whether there is something to grade."""
    return {name: (list(line.notes), found is not None) for name, (line, found) in read_class(folder, 2)[1].items()}


@pytest.mark.parametrize("source", ["# " + "é" * 3_000_000, f"x = {'1' * LARGEST_CODE!r}", "\ud800" * 10**6])
def test_cells_that_cannot_be_sent_are_one_line(source, tmp_path):
    hand_in(tmp_path / "anna.ipynb", homework(2))
    path = hand_in(tmp_path / "ben.ipynb", homework(2, forward=source))
    with pytest.raises(BadSubmission, match="its code cells are too large"):
        read_notebook(path)
    assert [graded for _, graded in read(tmp_path).values()] == [True, False]


@pytest.mark.parametrize("character", ["\x00", "é", "🙂", "\ud800"], ids=ascii)
def test_cells_that_are_read_can_be_sent(character):
    n = LARGEST_CODE // len(character.encode("utf-8", "surrogatepass"))
    assert len(json.dumps({"cells": [[1, character * n]]}).encode()) < plain.LARGEST


def test_many_large_notebooks_of_one_student_are_not_kept(tmp_path):
    for k in range(3):
        hand_in(tmp_path / "anna" / f"{k}.ipynb", homework(2, forward="#" * (LARGEST_CODE // 2)))
    assert "the code of all notebooks together is too large; leave one." in read(tmp_path)["anna"][0]


def test_a_large_zip_of_a_student_is_not_opened(tmp_path):
    with (tmp_path / "anna.zip").open("wb") as file:
        file.truncate(LARGEST_ZIP + 1)
    assert read(tmp_path)["anna"][0] == ["anna.zip has 64 MB; at most 64 are opened: hand in the notebook itself."]


def test_metadata_of_any_size_and_kind_are_no_stamp(tmp_path):
    odd = homework(2)
    odd.metadata["cogdyn"] = {"assignment": 10**3000, "release": "x" * 10**6, "version": [1], "student": {}, "x": "y"}
    assert read_notebook(hand_in(tmp_path / "x.ipynb", odd)).stamp == {}


def test_reading_takes_linear_time(tmp_path):
    """In quadratic time this would take hours."""
    blank, long = "\n" * (LARGEST_CODE - 20_000), 10**5
    path = hand_in(tmp_path / "in" / "x.ipynb", homework(2, forward=blank))
    assert blank in [source for _, source in read_notebook(path).cells]
    for name in ("_1" * long, "a_1_1_" + "." * long, "a_1_1_" + ".a" * long + "!", "_" * long + "assignsubmission_"):
        student_of(name)
    bare = homework(2)
    del bare.metadata["cogdyn"]
    bare["cells"] = [
        {"cell_type": "code", "metadata": {}, "source": text * long} for text in ("def ", "\n ", "class\n")
    ]
    hand_in(path, bare)
    assert read(tmp_path / "in")["x"][1]
    judgement = Judgement(False, "1" + "e" * long + "1." * long + "x" + "1e" * long)
    marks = tuple(Mark(one.name, 1, judgement) for one in assignment(2).work.exercises)
    assert wrong_answers(assignment(2), [Line("a", "", marks)])


def test_folders_nested_without_end_stop_nobody(tmp_path):
    hand_in(tmp_path / "in" / "anna.ipynb", homework(2))
    folders = [f"{tmp_path}/in/ben{'/a' * depth}" for depth in range(1010)]
    for folder in folders:
        os.mkdir(folder)
    (Path(folders[-1]) / "x.ipynb").touch()
    found = find_submissions(tmp_path / "in")
    os.remove(f"{folders[-1]}/x.ipynb")
    for folder in reversed(folders):  # pytest would remove them by recursion
        os.rmdir(folder)
    assert len(found["ben"].files) == 1
    assert found["anna"].files == (tmp_path / "in" / "anna.ipynb",)


def test_links_and_what_cannot_be_read_are_named(tmp_path, monkeypatch):
    folder, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    for path in (elsewhere, folder / "anna", folder / "anna" / ".work", folder / ".carla"):
        hand_in(path / "x.ipynb", homework(2))
    hand_in(folder / "anna" / ".ipynb_checkpoints" / "x-checkpoint.ipynb", homework(2))
    for link, target in (("anna/more", ""), ("anna/old.ipynb", "x.ipynb"), ("ben", ""), ("readme", "none")):
        (folder / link).symlink_to(elsewhere / target)
    (folder / ".cache").mkdir()
    (folder / "dan" / "shut").mkdir(parents=True)
    with zipfile.ZipFile(folder / "eve.zip", "w") as archive:
        archive.writestr(".x/x.ipynb", "{}")
        archive.writestr("__MACOSX/._x.ipynb", "{}")
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    link, dot = (
        "is a link; links are not followed.",
        "was left out: its name, or that of a folder it is in, begins with a dot.",
    )
    assert read(folder) == {
        "anna": ([f"anna/.work/x.ipynb {dot}", f"anna/more {link}", f"anna/old.ipynb {link}"], True),
        "ben": ([f"ben {link}"], False),
        ".carla": ([f".carla/x.ipynb {dot}"], False),
        "dan": (["dan/shut cannot be read: Permission denied."], False),
        "eve": (["eve.zip holds no notebook (.ipynb).", f"eve.zip/.x/x.ipynb {dot}"], False),
    }


def test_notes_are_cut(tmp_path):
    for name, n in (("ben", 3000), ("carla", MOST_FILES)):
        (tmp_path / name).mkdir()
        for k in range(n):
            (tmp_path / name / f"{k:04}.ipynb").touch()
    with zipfile.ZipFile(tmp_path / "dan.zip", "w") as archive:
        for k in range(3000):
            archive.writestr(f".{'x' * 1000}{k:04}.ipynb", "")
    for k in range(9):
        hand_in(tmp_path / f"student {k}.ipynb", homework(2))
    found = read(tmp_path)
    assert found["ben"][0] == [f"there are 3,000 notebooks and archives; at most {MOST_FILES} are read: leave one."]
    assert found["carla"][0][-1] == f"and {MOST_FILES - 5} more cannot be read."
    assert found["dan"][0][-1] == "and 2,995 more were left out."
    (note,) = found["student 7"][0]
    assert note.endswith("as that of student 0, student 1, student 2, student 3, student 4 and 3 more.")
    assert all(len(" ".join(notes)) < 5000 for notes, _ in found.values())
