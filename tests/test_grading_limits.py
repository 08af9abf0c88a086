"""Limits on judging: what is read of a submission is bounded outside, and what it takes to judge costs only it."""

import json
import os
import socket
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

import numpy as np
import pytest
from homework import TIGHT, hand_in, homework, shut_off, source_of
from hostile import HARM, LARGE

from cogdyn.envs.errors import ArgumentError
from cogdyn.lessons.grading import check, markers
from cogdyn.lessons.grading import grade as grading
from cogdyn.lessons.grading.child import Child
from cogdyn.lessons.grading.exercises import exercise, work
from cogdyn.lessons.grading.exercises.odd_one_out import OddOneOut
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.inside import plain, task_probe
from cogdyn.lessons.grading.judging import LONGEST, Exercise, Judgement, judged
from cogdyn.lessons.grading.marking import Marking, mark, not_graded
from cogdyn.lessons.grading.protections import Ended, Limits, Protections, SandboxError
from cogdyn.lessons.grading.sandbox import Nursery, Submission
from cogdyn.lessons.grading.secret_seed import secret_seed
from cogdyn.lessons.grading.submissions import read_notebook
from cogdyn.lessons.grading.view import clean_environment

SMALL = 25_000
"""Bytes of a page of feedback, or of a result, at most."""
WORDS = ["a" * 10**6] + ["b"] * 5000
"""As an array of NumPy, 20 GB."""


def classroom(folder, names):
    """A class of whom some would have the grader take what it has not."""
    hand_in(folder / "honest.ipynb", homework(2, solved=True))
    hand_in(folder / "much text.ipynb", homework(2, solved=True, think=f"# {'é' * 3_000_000}"))
    for name in names:
        hand_in(folder / f"{name}.ipynb", homework(2, forward=LARGE[name], errors=source_of(2, "bptt-errors")))
    return folder


def graded(folder, out, jobs):
    _, lines = grade(folder, out, jobs=jobs, seed=0, limits=TIGHT)
    for path in out.with_suffix("").rglob("*.*"):
        assert path.stat().st_size < (200_000 if path.name == "summary.html" else SMALL), path
    return {line.student: line for line in lines}


def costs_only_itself(lines):
    assert lines["honest"].points == 12
    assert "its code cells are too large" in lines["much text"].notes[-1]
    for line in lines.values():
        if line.student not in ("honest", "much text"):
            assert line.marks[0].earned == 0
            assert line.marks[0].judgement.reason
        for text in (text for one in line.marks for text in list(vars(one.judgement).values())[1:]):
            assert len(text) <= LONGEST
            assert text.isprintable()


@shut_off
def test_what_is_large_costs_only_itself(tmp_path):
    names = ["words as long as the longest", "cells that failed", "lone surrogates"]
    costs_only_itself(graded(classroom(tmp_path / "in", names), tmp_path / "grades.csv", 2))


@pytest.mark.slow
@shut_off
def test_whatever_is_large_gives_the_same_table_on_one_and_on_four_workers(tmp_path):
    folder = classroom(tmp_path / "in", LARGE)
    costs_only_itself(graded(folder, tmp_path / "one.csv", 1))
    graded(folder, tmp_path / "four.csv", 4)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "four.csv").read_bytes()


@pytest.fixture
def submission(tmp_path):
    """A submission that says what the test has it say."""
    line, its_line = socket.socketpair()
    life, its_life = socket.socketpair()
    plain.write(its_line, {"ready": []})
    with its_line, its_life, ThreadPoolExecutor(1) as its_process:
        found = Submission(line, life, tmp_path / "none", Limits())
        yield found, lambda *messages: [its_process.submit(plain.write, its_line, one) for one in messages]
        found.hang_up()
        its_life.close()
        found.close()


ERROR = {"error": "E" * 10**6, "message": "x" * 10**6, "where": ["w"]}


def test_of_each_cell_one_failure_is_read_and_it_is_cut(submission):
    found, say = submission
    say({"begins": 1}, {"failed": 1, **ERROR}, {"begins": 2}, {"done": True})
    (error,) = found.run([(1, ""), (2, "")], lambda number: None).values()
    assert {name: len(text) for name, text in error.items()} == {"error": 80, "message": plain.LONGEST, "where": 0}
    say(ERROR)
    assert {name: len(text) for name, text in found.ask("call", "f", {}).items()} == {
        "error": 80,
        "message": plain.LONGEST,
        "where": 0,
    }


@pytest.mark.parametrize(
    "said",
    [
        [{"failed": 1}],
        [{"begins": 2}],
        [{"begins": 1}, {"failed": 2}],
        [{"begins": 1}, {"failed": 1}, {"failed": 1}],
        [{"begins": 1}, {"begins": 1}],
        [{"begins": 1}, {"done": True}],
        [{"begins": True}],
        [{"begins": 1}, {"begins": 2}, {"failed": 3}],
    ],
)
def test_cells_are_told_of_in_their_order_or_not_at_all(said, submission):
    found, say = submission
    say(*said)
    with pytest.raises(Ended, match="out of turn"):
        found.run([(1, ""), (2, "")], lambda number: None)


def test_what_is_no_answer_leaves_the_submission_alive(submission):
    found, say = submission
    say({"value": {"list": ["x" * plain.MOST]}}, {"value": 3})
    assert found.ask("call", "f", {})["error"] == "not plain"
    assert found.ask("call", "f", {}) == {"value": 3}
    with pytest.raises(plain.NotPlain):
        found.run([(1, "x" * plain.LARGEST)], lambda number: None)


def answering(value):
    return lambda probe, name, inputs: {"value": {"value": value, "changed": []}}


@pytest.mark.parametrize("value", [(WORDS, WORDS), (np.zeros((1, 1)), WORDS)])
def test_words_are_no_numbers_and_become_no_array(value):
    found = judged(exercise("bptt/forward"), answering(value), [0])
    assert not found.passed
    assert "memory" not in str(found).lower()
    assert not judged(exercise("memory/points"), answering(WORDS), [0]).passed


def test_every_text_of_a_judgement_is_cut():
    verdict = Judgement(False, "r" * 10**6, "h" * 10**6, "\x1b" * 10**6, "e\n" * 10**6)
    found = judged(Exercise("a/b", "", 1, "f", lambda ask, rng: verdict), answering(1), [0])
    assert [len(text) for text in list(vars(found).values())[1:]] == [LONGEST] * 4
    assert "\x1b" not in found.seen


def test_an_answer_without_memory_to_judge_it_is_too_large():
    def judge(ask, rng):
        raise MemoryError

    assert "too large" in judged(Exercise("a/b", "", 1, "f", judge), answering(1), [0]).reason


@dataclass(frozen=True, kw_only=True)
class InSeconds(OddOneOut):
    fixation_ms: float = 2e9


def test_a_trial_of_days_is_not_painted():
    assert "a trial lasts 2e+09 ms, 1e+08 bins of 5 inputs: too large" in check("task/promises", InSeconds).reason
    assert check("task/promises", OddOneOut).passed


@pytest.mark.parametrize(
    "forged",
    [
        {"channels": {"fixation": 1, "x": 4_000_000}},
        {"channels": {"fixation": 1, "x": 1e300}},
        {"responses": ["x"] * 10**6},
        {"durations": {"fixation": 1e9, "delay": -1e9}},
        {"durations": {"fixation": [1]}},
        {"dt": 1e-300},
        {"dt": 0.0},
        {"dt": float("nan")},
    ],
)
def test_a_description_that_is_too_large_is_not_painted(forged):
    told = task_probe.task(OddOneOut, "describe") | forged
    found = judged(exercise("task/promises"), lambda probe, name, inputs: {"value": told}, [0])
    assert any(words in found.reason for words in ("too large", "cannot be read", "not as asked for"))


def marked(tmp_path, of_limits, run, number=2, **cells):
    notebook = read_notebook(hand_in(tmp_path / "a.ipynb", homework(number, **cells)))
    wanted = work(number)
    with Nursery(wanted.imports, wanted.hidden, True, Limits(**{**vars(TIGHT), **of_limits})) as nursery:
        return run(nursery, notebook)


@shut_off
def test_an_answer_that_the_judge_has_no_memory_for_costs_its_exercise(tmp_path):
    large = "import numpy as np\ndef forward(**given):\n    return np.zeros(10**6), np.zeros(10**5)"
    found = marked(
        tmp_path,
        {"judging_memory": 2**24},
        lambda nursery, notebook: markers.mark_apart(nursery, 2, notebook.cells, notebook.digest, 0),
        forward=large,
        errors=source_of(2, "bptt-errors"),
    )
    assert [one.earned for one in found.marks[:2]] == [0, 1]
    assert "too large" in found.marks[0].judgement.reason


@shut_off
def test_who_is_stopped_by_the_clock_is_late(tmp_path):
    found = marked(
        tmp_path,
        {"cell_s": 1},
        lambda nursery, notebook: mark(nursery, work(2), notebook.cells, notebook.digest, 0),
        forward=HARM["endless sleep"],
    )
    assert found.late
    assert "took longer than" in found.remarks[0]


class Scripted:
    """A nursery and an office at once, whose marker says what the test has it say, and then is gone."""

    def __init__(self, *messages, closed=False):
        self.messages, self.closed, self.limits, self.on_close = messages, closed, Limits(), set()

    def marker(self, number):
        (line, self.its_line), (life, self.its_life) = socket.socketpair(), socket.socketpair()
        for message in self.messages:
            plain.write(self.its_line, message)
        self.its_line.shutdown(socket.SHUT_WR)
        return line, life

    def mark(self, cells=()):
        try:
            return markers.mark_apart(self, 2, cells, "digest", 0, self)
        finally:
            self.its_line.close()
            self.its_life.close()


def test_a_marker_that_is_gone_costs_its_submission_alone():
    assert Scripted().mark() == not_graded("judging its answers took too much time or memory")
    assert Scripted({"marked": asdict(not_graded("because"))}).mark() == not_graded("because")
    assert Scripted().mark([(1, "é" * 3_000_000)]) == not_graded("its cells are too large")
    with pytest.raises(SandboxError, match="nobody is to blame"):
        Scripted({"error": "nobody is to blame"}).mark()
    with pytest.raises(SandboxError, match="stopped"):
        Scripted(closed=True).mark()


def test_where_no_marker_can_be_made_nobody_is_to_blame(monkeypatch):
    monkeypatch.setattr(markers, "_PROGRAM", "import sys; sys.exit('no judges here')")
    with pytest.raises(SandboxError, match="no judges here"):
        markers.Office().marker(2)


@pytest.mark.slow
def test_a_marker_that_takes_too_much_time_says_so():
    head = markers._PROGRAM.rpartition("from cogdyn")[0]
    program = head + (
        "import socket\n"
        "from cogdyn.lessons.grading.marker_process import Limits, _limit\n"
        "line = socket.socket(fileno=3)\nline.send(b'!')\n_limit(Limits(judging_s=1), line)\nwhile True:\n    pass"
    )
    child = Child(program, json.dumps(sys.path), clean_environment())
    said = plain.read(child.line)
    child.stop()
    assert said["marked"]["notes"] == ["not graded: judging its answers took too much time."]


@shut_off
def test_who_was_stopped_by_the_clock_is_run_again_alone_when_all_others_are_done(tmp_path, monkeypatch):
    for name in "abc":
        hand_in(tmp_path / "in" / f"{name}.ipynb", homework(2) | {"name": name})
    (folder, out), ran, at_work = (tmp_path / "in", tmp_path / "grades.csv"), [], threading.Semaphore(2)
    digests = {read_notebook(path).digest: path.stem for path in folder.iterdir()}
    marks = Marking((), (), Protections())

    def run(nursery, number, cells, digest, seed):
        name = digests[digest]
        ran.append(name)
        with at_work:
            late = name == "c" or (name == "a" and ran.count("a") == 1)
            return replace(marks, remarks=(name,), late=late)

    monkeypatch.setattr(grading, "mark_apart", run)
    _, lines = grade(folder, out, jobs=2)
    assert sorted(ran[:3]) == ["a", "b", "c"]
    assert sorted(ran[3:]) == ["a", "c"]
    again = "it ran out of time by the clock, so it was run again, alone"
    assert [line.notes for line in lines] == [(f"{again}.",), (), (f"{again}, and ran out of it alone too.",)]


def test_the_seed_is_secret_and_stays_the_same(tmp_path):
    first, other = tmp_path / "first", tmp_path / "other"
    first.mkdir()
    other.mkdir()
    seed = secret_seed(first)
    assert secret_seed(first) == seed != secret_seed(other)
    assert os.listdir(first) == ["seed"]
    assert stat.S_IMODE((first / "seed").stat().st_mode) == 0o600
    for damaged in ("", "-1", "x", "1.5", "²"):
        (first / "seed").write_text(damaged)
        with pytest.raises(ValueError, match="holds no seed; remove it"):
            secret_seed(first)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0"])
def test_a_seed_is_a_whole_number_and_not_that_of_the_students_own_check(seed, tmp_path):
    with pytest.raises(ArgumentError, match="seed is"):
        grade(tmp_path, tmp_path / "grades.csv", seed=seed)
