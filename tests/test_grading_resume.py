"""Grading goes on where it was stopped, and ends with the same table; what has changed is graded anew."""

import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from homework import hand_in, homework, shut_off, source_of

from cogdyn.agents.training.files import FolderInUse, locked
from cogdyn.lessons.grading import grade as grading
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.protections import SandboxError

pytestmark = shut_off


def classroom(folder, n=4):
    for k in range(n):
        hand_in(folder / f"student {k}.ipynb", homework(2, solved=k % 2 == 0) | {"number": k})
    return folder


@pytest.fixture
def counted(monkeypatch):
    """Which submissions were run."""
    ran, mark = [], grading.mark_apart
    monkeypatch.setattr(grading, "mark_apart", lambda *given: (ran.append(given[3]), mark(*given))[1])
    return ran


def test_only_what_has_changed_is_graded(tmp_path, counted):
    folder, out = classroom(tmp_path / "in"), tmp_path / "grades.csv"
    grade(folder, out)
    table = out.read_bytes()
    assert len(counted) == 4
    grade(folder, out, resume=True)
    assert len(counted) == 4
    assert out.read_bytes() == table
    hand_in(folder / "student 1.ipynb", homework(2, forward=source_of(2, "bptt-forward")))
    _, lines = grade(folder, out, resume=True)
    assert len(counted) == 5
    assert [line.points for line in lines] == [12, 2, 12, 0]
    grade(folder, out, resume=True, seed=1)
    grade(folder, out)
    assert len(counted) == 13


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"marks": [1]}'])
def test_a_result_that_cannot_be_read_is_made_again(content, tmp_path, counted):
    folder, out = classroom(tmp_path / "in", 1), tmp_path / "grades.csv"
    grade(folder, out)
    (result,) = (out.with_suffix("") / "results").iterdir()
    result.write_text(content)
    grade(folder, out, resume=True)
    assert len(counted) == 2
    assert json.loads(result.read_text())["student"] == "student 0"


def test_what_could_not_be_run_is_no_result(tmp_path, monkeypatch):
    folder, out = classroom(tmp_path / "in", 2), tmp_path / "grades.csv"
    ran, mark = [], grading.mark_apart

    def once(*given):
        ran.append(given)
        if len(ran) == 2:
            raise SandboxError("no more processes.")
        return mark(*given)

    monkeypatch.setattr(grading, "mark_apart", once)
    with pytest.raises(SandboxError, match="no more processes"):
        grade(folder, out, jobs=1)
    assert len(list((out.with_suffix("") / "results").iterdir())) == 1
    _, lines = grade(folder, out, jobs=1, resume=True)
    assert [line.points for line in lines] == [12, 0]
    assert len(ran) == 3


def start(folder, out):
    """A grader at work: its process, and a function that counts the results so far."""
    words = [
        sys.executable,
        "-m",
        "cogdyn",
        "assignment",
        "grade",
        str(folder),
        "--out",
        str(out),
        "--resume",
        "--jobs",
        "1",
        "--seed",
        "0",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, lambda: len(list((out.with_suffix("") / "results").glob("*.json")))


def wait_for(condition, process, seconds=600):
    until = time.monotonic() + seconds
    while not condition() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)


@pytest.mark.slow
def test_a_grader_killed_at_ten_instants_ends_with_the_same_table(tmp_path):
    folder = classroom(tmp_path / "in", 40)
    whole, out = tmp_path / "whole.csv", tmp_path / "grades.csv"
    grade(folder, whole, jobs=2, seed=0)
    rng, progress = np.random.default_rng(0), [0]
    for _ in range(10):
        process, results = start(folder, out)
        wait_for(lambda count=results, seen=progress[-1]: count() > seen, process)
        time.sleep(rng.uniform(0, 0.1))
        process.kill()
        process.communicate()
        progress.append(results())
    assert progress[1] > 0
    assert progress[-2] < 40
    assert progress == sorted(progress)
    process, _ = start(folder, out)
    said, errors = process.communicate()
    assert "40 of 40 submissions graded" in said, errors
    assert out.read_bytes() == whole.read_bytes()
    for page in whole.with_suffix("").rglob("*.html"):
        assert (out.with_suffix("") / page.relative_to(whole.with_suffix(""))).read_bytes() == page.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_says_how_to_go_on(tmp_path, number):
    folder, out = classroom(tmp_path / "in", 1), tmp_path / "grades.csv"
    hand_in(folder / "student z.ipynb", homework(2, solved=True, think="while True:\n    pass"))
    process, results = start(folder, out)
    wait_for(lambda: results() == 1, process)
    time.sleep(0.5)
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == 128 + number, errors
    assert "Stopped. What is graded is kept; the same command with --resume continues." in errors
    assert "Traceback" not in errors
    assert results() == 1  # the endless one was not waited for
    assert not out.exists()


def test_two_graders_do_not_share_a_table(tmp_path):
    folder, out = classroom(tmp_path / "in", 1), tmp_path / "grades.csv"
    out.with_suffix("").mkdir()
    with locked(out.with_suffix("")), pytest.raises(FolderInUse, match="is at work in"):
        grade(folder, out)
    grade(folder, out)
    shutil.rmtree(out.with_suffix(""))
