"""Grading a class: the table, a page for each student, a page of the class; the same to the byte whoever does it."""

import csv
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from homework import hand_in, homework, shut_off, source_of
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading import grade as grading
from cogdyn.lessons.grading.assignment import assignment
from cogdyn.lessons.grading.exercises import MODULES
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.judging import Judgement
from cogdyn.lessons.grading.marking import Mark
from cogdyn.lessons.grading.protections import SandboxError
from cogdyn.lessons.grading.sandbox import Nursery
from cogdyn.lessons.grading.summary import draw_class, summary_page, wrong_answers
from cogdyn.lessons.grading.table import Line, table_as_csv

pytestmark = shut_off
WRONG = source_of(2, "bptt-backward").replace("W.T @", "W @")


class Text(HTMLParser):
    """The words of a page; complains of tags that are not closed in order."""

    def __init__(self, page):
        super().__init__()
        self.words, self.open = [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        outside = {name for name, value in attributes if not (value or "").startswith(("data:", "feedback/"))}
        assert not {"src", "href"} & outside
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def __str__(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "in"
    hand_in(folder / "anna" / "my work.ipynb", homework(2, solved=True))
    hand_in(folder / "ben.ipynb", homework(2))
    hand_in(folder / "carla" / "sub" / "x.ipynb", homework(2, solved=True, backward=WRONG))
    hand_in(folder / "=danger()" / "x.ipynb", homework(2, forward=source_of(2, "bptt-forward")))
    return folder


@pytest.fixture(scope="module")
def graded(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "grades.csv"
    told = []
    settings = {"jobs": 2, "require_isolation": True, "seed": 0}
    _, lines = grade(folder, out, **settings, progress=lambda *numbers: told.append(numbers))
    return out, lines, told


def test_the_table(graded):
    out, lines, told = graded
    rows = {row["student"]: row for row in csv.DictReader(out.read_text().splitlines())}
    assert list(rows) == ["'=danger()", "anna", "ben", "carla"]
    assert {name: row["points"] for name, row in rows.items()} == {
        "anna": "12",
        "ben": "0",
        "carla": "8",
        "'=danger()": "2",
    }
    assert [
        rows["carla"][f"bptt/{name}"] for name in ("forward", "errors", "backward", "gradient", "truncated")
    ] == list("21032")
    assert rows["anna"]["file"] == "anna/my work.ipynb"
    assert {row["status"] for row in rows.values()} == {"graded"}
    assert [line.student for line in lines] == ["=danger()", "anna", "ben", "carla"]
    assert told[0] == (0, 0)
    assert told[-1] == (4, 0)


def test_the_page_of_a_student_says_what_was_seen_what_was_expected_and_what_helps(graded):
    out, *_ = graded
    text = str(Text((out.with_suffix("") / "feedback" / "carla.html").read_text()))
    for words in (
        "carla : 8 of 12 points",
        "3. back through time: 0 of 4 points",
        "W is used as on the way forward",
        "On the way back an error goes from i to j: multiply by W.T.",
        "backward is not right yet: this was marked with the reference in its place.",
        "in force: own process",
    ):
        assert words in text
    assert re.search(r"Seen: the result\[\d, \d\] = \S+ Expected: the result\[\d, \d\] = ", text)
    blank = str(Text((out.with_suffix("") / "feedback" / "ben.html").read_text()))
    assert blank.count("not implemented yet") == 5
    assert "What happened in the cells" not in blank


def test_the_page_of_the_class(graded):
    out, *_ = graded
    page = (out.with_suffix("") / "summary.html").read_text()
    text = str(Text(page))
    assert "4 submissions were graded, half of them with 5 of 12 points or more" in text
    assert "back through time 4 25%" in text
    assert "W is used as on the way forward" in text
    assert "data:image/png;base64," in page
    assert re.search(r'alt="Bars of right.*bptt/forward: 75% right', page)
    links = re.findall(r'href="(feedback/[^"]*)"', page)
    pages = (out.with_suffix("") / "feedback").iterdir()
    assert sorted(unquote(link) for link in links) == sorted(f"feedback/{path.name}" for path in pages)


@pytest.mark.parametrize("jobs", [1, 3])
def test_again_with_other_workers_it_is_the_same_to_the_byte(graded, folder, tmp_path, jobs):
    first = graded[0]
    grade(folder, tmp_path / "grades.csv", jobs=jobs, seed=0)
    for path in [first, *first.with_suffix("").rglob("*.html")]:
        assert (tmp_path / path.relative_to(first.parent)).read_bytes() == path.read_bytes(), path


def test_marks_do_not_depend_on_the_rest_of_the_class(graded, folder, tmp_path):
    hand_in(tmp_path / "in" / "carla.ipynb", (folder / "carla/sub/x.ipynb").read_text())
    _, (line,) = grade(tmp_path / "in", tmp_path / "grades.csv", seed=0)
    assert line.marks == graded[1][3].marks


def test_another_seed_gives_other_numbers_and_the_same_marks(graded, folder, tmp_path):
    _, lines = grade(folder, tmp_path / "grades.csv", seed=1)
    assert [line.points for line in lines] == [line.points for line in graded[1]]
    assert lines[3].marks[2].judgement.seen != graded[1][3].marks[2].judgement.seen


def test_inputs_follow_from_the_file(folder, tmp_path):
    """So nobody can hand in answers to them: to write one down changes them."""
    seen = []
    for note in ("", "# a note\n"):
        hand_in(tmp_path / "in" / "x.ipynb", homework(2, solved=True, backward=note + WRONG))
        _, (line,) = grade(tmp_path / "in", tmp_path / "grades.csv", seed=0)
        seen.append(line.marks[2].judgement.seen)
    assert seen[0] != seen[1]


def test_draws_from_global_generators_are_the_same_every_time(tmp_path):
    draws = "np.random.rand(), random.random(), hash('a')"
    chance = f"import random, numpy as np\ndef forward(**given):\n    raise ValueError({draws})"
    hand_in(tmp_path / "in" / "x.ipynb", homework(2, forward=chance))
    lines = [grade(tmp_path / "in", tmp_path / f"{k}.csv", seed=0)[1][0] for k in range(2)]
    found = [line.marks[0].judgement.reason for line in lines]
    assert found[0] == found[1]
    assert re.search(r"ValueError: \(0\.\d+", found[0])


def test_magics_and_a_cell_that_fails_cost_nothing(tmp_path):
    notebook = homework(2, solved=True)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first["source"] = "%matplotlib inline\n!ls\n" + first["source"]
    notebook.cells.append({"cell_type": "code", "metadata": {}, "source": ["1 / 0\n", "x = 1"], "outputs": []})
    hand_in(tmp_path / "in" / "x.ipynb", notebook)
    _, (line,) = grade(tmp_path / "in", tmp_path / "grades.csv")
    assert line.points == 12
    assert line.remarks == (f"cell {len(notebook.cells)} raised ZeroDivisionError: division by zero.",)


@pytest.mark.parametrize("number", MODULES)
def test_solution_all_stub_nothing(number, tmp_path):
    hand_in(tmp_path / "in" / "solved.ipynb", homework(number, solved=True))
    hand_in(tmp_path / "in" / "stub.ipynb", homework(number))
    which, (solved, stub) = grade(tmp_path / "in", tmp_path / "grades.csv")
    assert (solved.points, stub.points) == (which.points, 0)
    left = {"not implemented yet.", "it is not registered yet."} if number == 1 else {"not implemented yet."}
    assert {mark.judgement.reason for mark in stub.marks} == left
    assert stub.remarks == ()


def test_the_command(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["assignment", "grade", str(folder), "--require-isolation"])
    assert result.exit_code == 0, result.output
    for words in ("4 of 4 submissions graded", "protections in force", "grades.csv: the table", "grades/summary.html"):
        assert words in result.output


def test_a_student_checks_a_notebook(folder, tmp_path):
    result = CliRunner().invoke(app, ["assignment", "check", str(folder / "carla/sub/x.ipynb")])
    assert result.exit_code == 1
    assert "0/4  back through time: Not yet: W is used as on the way forward." in result.output
    assert "8 of 12 points, if it were graded now" in result.output
    result = CliRunner().invoke(app, ["assignment", "check", str(folder / "anna/my work.ipynb")])
    assert result.exit_code == 0, result.output


def marks(*passed, reason="off by 1.5e-3."):
    names = [exercise.name for exercise in assignment(2).work.exercises]
    return tuple(Mark(name, 1, Judgement(ok, "" if ok else reason)) for name, ok in zip(names, passed, strict=True))


def test_wrong_answers_are_counted_without_their_numbers():
    lines = [Line("a", "", marks(1, 0, 1, 1, 1)), Line("b", "", marks(1, 0, 1, 1, 1, reason="off by 20."))]
    assert wrong_answers(assignment(2), lines) == [["loss and errors", 2, "off by …"]]


def test_the_picture_counts():
    lines = [
        Line("a", "", marks(1, 0, 1, 1, 1)),
        Line("b", "", marks(0, 0, 0, 0, 0, reason="not implemented yet.")),
        Line("c", ""),
    ]
    bars, spread = draw_class(assignment(2), lines).axes
    assert [bar.get_width() for bar in bars.patches[:5]] == [1, 0, 1, 1, 1]
    assert [bar.get_width() for bar in bars.patches[10:]] == [1, 1, 1, 1, 1]
    assert sum(bar.get_height() for bar in spread.patches) == 2


def test_a_class_without_a_graded_submission_has_a_page_too():
    lines = [Line("a <b>", "", notes=("no & notebook.",))]
    assert "a <b> no & notebook." in str(Text(summary_page(assignment(2), lines).decode()))
    assert b"not graded" in table_as_csv(assignment(2), lines)


@pytest.mark.slow
def test_two_hundred_submissions_in_one_run(tmp_path):
    for k in range(200):
        kind = k % 4
        notebook = homework(2, solved=kind < 2, **({"backward": WRONG} if kind == 1 else {}))
        notebook.metadata["number"] = k
        hand_in(tmp_path / "in" / f"student {k:03}" / "work.ipynb", notebook)
    _, lines = grade(tmp_path / "in", tmp_path / "grades.csv", jobs=2, require_isolation=True)
    assert [line.points for line in lines] == [(12, 8, 0, 0)[k % 4] for k in range(200)]


def test_submissions_at_once_run_on_different_cores(tmp_path, monkeypatch):
    cores = []

    class Recorder(Nursery):
        def __init__(self, *settings):
            cores.append(settings[4])

        def __enter__(self):
            if len(cores) == 3:
                raise SandboxError("that will do")
            return self

        def __exit__(self, *error):
            pass

    for name in ("a", "b", "c"):
        hand_in(tmp_path / "in" / f"{name}.ipynb", homework(2))
    monkeypatch.setattr(grading, "Nursery", Recorder)
    monkeypatch.setattr(grading, "why_not_isolated", lambda *modules: None)
    with pytest.raises(SandboxError, match="that will do"):
        grade(tmp_path / "in", tmp_path / "out.csv", jobs=3)
    assert cores == [0, 1, 2]
