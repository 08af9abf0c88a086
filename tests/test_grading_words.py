"""What a submission says reaches the terminal, the table and the pages as harmless text."""

import csv
import json
import os
import unicodedata
import zipfile

import pytest
from homework import hand_in, homework, shut_off
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading.assignment import assignment
from cogdyn.lessons.grading.feedback import feedback_page
from cogdyn.lessons.grading.judging import Judgement
from cogdyn.lessons.grading.marking import Mark
from cogdyn.lessons.grading.printable import printable
from cogdyn.lessons.grading.recognition import read_class
from cogdyn.lessons.grading.summary import summary_page
from cogdyn.lessons.grading.table import Line, table_as_csv

ESCAPES = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202egpj\r\n\tx\u2028y\udcffz\x9b31m"


def is_harmless(text):
    """Lines of characters that show, and nothing else."""
    return all(c.isprintable() for c in text.replace("\n", ""))


def test_printable_text_controls_nothing():
    assert printable(ESCAPES) == "?]52;c;ZXZpbA==??[2J?gpj   x y\ufffdz?31m"
    assert printable("علی\u200cرضا, कृष्णा, 🙂") == "علی\u200cرضا, कृष्णा, 🙂"
    assert printable("abc", 3) == "abc"
    assert printable("abcd", 3) == "ab…"
    assert len(printable("x" * 10**7)) == 400


def test_whatever_a_submission_says_is_harmless_everywhere(tmp_path, monkeypatch):
    folder, name, latin = tmp_path / "in", "\x1b]0;x\x07\u202e\n=1", os.fsdecode(b"\xff\xe4nna\x1b")
    odd = homework(2)
    odd.metadata["cogdyn"] |= {"release": "\x1b[2J\nrelease", "version": "\u202e0\t1", "student": "\x1b[2J anna"}
    hand_in(folder / name / f"{name}.ipynb", odd)
    hand_in(folder / name / f"{name}2.ipynb", "no JSON")
    hand_in(folder / "ben" / f"{name}3.ipynb", json.dumps({"cells": []}))
    hand_in(folder / latin / f"{latin}.ipynb", "{}")
    with zipfile.ZipFile(folder / "carla.zip", "w") as archive:
        archive.writestr(f"{name}/{name}.ipynb", "{}")
    which, lines = read_class(folder)
    assert len(lines) == 4
    assert all(is_harmless(" ".join([line.student, line.file, *line.notes])) for line, _ in lines.values())
    assert any("of another release (?[2J release, cogdyn ?0 1)" in note for note in lines["?]0;x?? =1"][0].notes)
    judgement = Judgement(False, ESCAPES, ESCAPES, ESCAPES, ESCAPES)
    marks = tuple(Mark(one.name, one.points, judgement) for one in which.work.exercises)
    table = [Line(line.student, line.file, marks, (*line.notes, ESCAPES), (ESCAPES,)) for line, _ in lines.values()]
    monkeypatch.setattr("cogdyn.lessons.grading.summary._png", lambda figure: b"")
    for page in (table_as_csv(which, table), summary_page(which, table), *(feedback_page(which, one) for one in table)):
        assert is_harmless(page.decode())


def test_the_terminal_shows_harmless_text_alone(tmp_path):
    hand_in(tmp_path / "in" / "anna" / "\x1b]52;c;ZXZpbA==\x07\n.ipynb", "{}")
    hand_in(tmp_path / "in" / "ben" / os.fsdecode(b"\xff.ipynb"), "{}")
    words = ["assignment", "grade", str(tmp_path / "in"), "--only", "2", "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert is_harmless(result.output)
    assert "anna: ?]52;c;ZXZpbA==? .ipynb is no notebook: it has no cells.\n" in result.output
    assert "ben: \ufffd.ipynb is no notebook: it has no cells.\n" in result.output


@shut_off
def test_a_check_prints_harmless_text_alone(tmp_path):
    path = hand_in(
        tmp_path / "x.ipynb", homework(2, forward=f"def forward(**given):\n    raise ValueError({ESCAPES!r})")
    )
    result = CliRunner().invoke(app, ["assignment", "check", str(path)])
    assert "ValueError: ?]52;c" in result.output
    assert is_harmless(result.output)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_spreadsheet_finds_a_formula(separator):
    plain = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠1", "﹢1"]
    covered = ["\t=1", "\r=1", " =1", '"=1', "\u200d=1", "x;=1", 'x; "=1;y', 'x;"=1;y";=2']
    lines = [Line(word, word, notes=(word,)) for word in (*plain, *covered)]
    for row in csv.reader(table_as_csv(assignment(2), lines).decode().splitlines(), delimiter=separator):
        for cell in row:
            assert unicodedata.normalize("NFKC", cell.lstrip(' "\u200d'))[:1] not in list("=+-@\t\r"), cell


def test_the_table_reads_back():
    words = ['a "quoted" name, with a comma', "two; parts", "O'Neil", "王 小明"]
    content = table_as_csv(assignment(2), [Line(word, word, notes=(word,)) for word in words])
    _, *rows = csv.reader(content.decode().splitlines())
    assert [(row[0], row[-2], row[-1]) for row in rows] == [(word, word, word) for word in words]
    assert {(row[2], row[3]) for row in rows} == {("", "12")}
