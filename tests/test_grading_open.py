"""Where submissions cannot be shut off they run all the same: in a process of their own, with limits, and no longer."""

import os
import time
from pathlib import Path

import pytest
from homework import TIGHT, hand_in, homework, source_of
from hostile import CHEATING, HARM

from cogdyn.lessons.grading import sandbox
from cogdyn.lessons.grading.exercises import work
from cogdyn.lessons.grading.inside import isolation
from cogdyn.lessons.grading.marking import mark
from cogdyn.lessons.grading.sandbox import Nursery
from cogdyn.lessons.grading.submissions import read_notebook

pytestmark = pytest.mark.skipif(os.name == "nt", reason="submissions are run on Linux or macOS")
# Only such harm as limits alone keep off: nothing here may reach for files or for other processes.
HARMLESS = [
    "exit at once",
    "exit when asked",
    "crash",
    "10 GB",
    "memory bit by bit",
    "daemon",
    "large file",
    "open files",
]


@pytest.fixture
def marked(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "readable_by_all", lambda: True)  # what is needed has been imported
    wanted = work(2)

    def run(source):
        path = hand_in(tmp_path / "a.ipynb", homework(2, forward=source, errors=source_of(2, "bptt-errors")))
        notebook = read_notebook(path)
        with Nursery(wanted.imports, wanted.hidden, False, TIGHT) as nursery:
            return mark(nursery, wanted, notebook.cells, notebook.digest, 0)

    return run


def test_what_is_in_force_is_told(marked):
    found = marked(source_of(2, "bptt-forward"))
    assert [one.earned for one in found.marks] == [2, 1, 0, 0, 0]
    assert found.protections.limits
    assert found.protections.own_process
    assert not found.protections.isolated
    assert "NOT in force: own processes, no network, read only files" in found.protections.in_words()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="limits on memory and orphans are Linux's")
@pytest.mark.parametrize("name", HARMLESS)
def test_limits_hold_and_nothing_is_left(name, marked):
    before = set(isolation.descendants(os.getpid()))
    found = marked(HARM[name])
    assert [one.earned for one in found.marks[:2]] == [0, 1]
    until = time.monotonic() + 300
    while (left := set(isolation.descendants(os.getpid())) - before) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left


@pytest.mark.parametrize("name", ["100 %", "patched numpy", "equal to all", "an array that lies", "forged answers"])
def test_cheating_earns_nothing(name, marked):
    assert marked(CHEATING[name]).marks[0].earned == 0
