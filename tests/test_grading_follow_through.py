"""Follow-through marks: a wrong answer costs its own points alone; what builds on it is marked with the reference."""

import re

import pytest
from homework import hand_in, homework, shut_off, source_of
from mistakes import MISTAKES
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading.exercises import MODULES, exercise, work
from cogdyn.lessons.grading.follow_through import Mark, follow_through, needed_by
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.judging import Exercise, Judgement
from cogdyn.lessons.grading.references import reference_cell

CELLS = dict.fromkeys(("task/draws", "task/paints", "task/observes", "task/promises"), "task-odd-one-out")
CELLS["task/registered"] = "task-register"
ALONE = {  # the first mistake of the list breaks another exercise too
    "task/promises": ('source = "https://example.org/odd-one-out"', 'source = "somewhere"'),
    "task/registered": ("register_task(OddOneOut)", ""),
}


def broken(number, name):
    """A solved assignment with a mistake in one exercise."""
    cell = CELLS.get(name, name.replace("/", "-"))
    old, new = ALONE.get(name) or MISTAKES[name][0][:2]
    source = source_of(number, cell)
    assert old in source
    return homework(number, solved=True, **{cell.partition("-")[2]: source.replace(old, new)})


@shut_off
@pytest.mark.parametrize("number", [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 3, 4, 5, 6, 7, 8))])
def test_a_wrong_answer_costs_its_own_points_alone(number, tmp_path):
    for one in work(number).exercises:
        hand_in(tmp_path / "in" / f"{one.name.replace('/', '-')}.ipynb", broken(number, one.name))
    which, lines = grade(tmp_path / "in", tmp_path / "grades.csv", jobs=2)
    lost = {line.student: [mark.exercise for mark in line.marks if not mark.earned] for line in lines}
    assert lost == {one.name.replace("/", "-"): [one.name] for one in which.work.exercises}
    for line in lines:
        for mark in line.marks:
            assert mark.replaced == () or mark.replaced == tuple(lost[line.student])


@shut_off
def test_the_feedback_says_so(tmp_path):
    forward, backward = source_of(2, "bptt-forward"), source_of(2, "bptt-backward")
    wrong = {"forward": "raise NotImplementedError", "backward": backward.replace("W.T @", "W @")}
    hand_in(tmp_path / "in" / "anna.ipynb", homework(2, solved=True, **wrong))
    hand_in(tmp_path / "in" / "ben.ipynb", homework(2, forward=forward))
    _, (anna, ben) = grade(tmp_path / "in", tmp_path / "grades.csv", jobs=1)
    assert [mark.earned for mark in anna.marks] == [0, 1, 0, 3, 2]
    assert [mark.earned for mark in ben.marks] == [2, 0, 0, 0, 0]
    assert ben.marks[3].note == ""  # not written is not wrong
    assert anna.marks[3].note == (
        "forward and backward are not right yet: this was marked with the reference in their place."
    )
    assert anna.marks[3].note in (tmp_path / "grades" / "feedback" / "anna.html").read_text()
    assert "_reference" not in " ".join(anna.remarks)
    _, (again, _) = grade(tmp_path / "in", tmp_path / "grades.csv", jobs=1, resume=True)
    assert again == anna
    result = CliRunner().invoke(app, ["assignment", "check", str(tmp_path / "in" / "anna.ipynb")])
    assert "3/3  the gradient: Right" in result.output
    assert anna.marks[3].note in " ".join(result.output.split())


def exercises(**builds_on):
    return [
        Exercise(name, name, 1, name, lambda ask, rng: Judgement(True, ""), "call", on)
        for name, on in builds_on.items()
    ]


def test_an_exercise_is_judged_again_only_if_it_fails_and_what_it_builds_on_is_wrong():
    some = exercises(**{"x/a": (), "x/b": ("x/a",), "x/c": ("x/b",), "x/d": ("x/a",), "x/e": ()})
    wrong, replaced, asked = {"x/a", "x/b", "x/c", "x/e"}, [], []

    def judge(one):
        asked.append(one.name)
        return Judgement(one.name not in wrong - ({"x/b"} if "x/a" in replaced else set()), "")

    marks = follow_through(some, judge, lambda one: replaced.append(one.name))
    assert replaced == ["x/a"]
    assert asked == ["x/a", "x/b", "x/c", "x/d", "x/e", "x/b", "x/c"]
    assert [mark.earned for mark in marks] == [0, 1, 0, 1, 0]
    assert [mark.replaced for mark in marks] == [(), ("x/a",), ("x/a",), (), ()]
    assert Mark("x/b", 1, Judgement(True, ""), ("x/a",)).note.startswith("a is not right yet")


def test_a_reference_gives_no_later_solution_away():
    """A submission could call it, and earn what it did not write."""
    for number in MODULES:
        names = [one.answer for one in work(number).exercises]
        for i, one in enumerate(work(number).exercises):
            if one.name not in ("task/registered", "task/promises"):
                defined = set(re.findall(r"def (\w+)\(", reference_cell(one)))
                assert not defined & (set(names[i + 1 :]) - set(names[: i + 1]))


def test_every_exercise_has_a_reference_and_builds_on_earlier_ones():
    for number in MODULES:
        earlier = {}
        for one in work(number).exercises:
            assert needed_by(one, earlier | {one.name: one}) <= set(earlier)
            earlier[one.name] = one
            if one.name not in ("task/registered", "task/promises"):
                compile(reference_cell(one), one.name, "exec")
    assert "raise NotImplementedError" not in reference_cell(exercise("bptt/forward"))
