"""Hostile submissions: each costs itself only, earns nothing, and leaves nothing behind."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from homework import TIGHT, hand_in, homework, shut_off, source_of
from hostile import CHEATING, HARM, HOARDING, SPINNING

from cogdyn.lessons.grading import judging
from cogdyn.lessons.grading.exercises import work
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.inside import isolation
from cogdyn.lessons.grading.marking import mark
from cogdyn.lessons.grading.protections import Limits, Protections
from cogdyn.lessons.grading.sandbox import Nursery
from cogdyn.lessons.grading.submissions import read_notebook

pytestmark = shut_off
QUICK = ("exit when asked", "crash", "10 GB", "fork bomb", "daemon", "full disk", "kill all", "delete home", "network")
EVERY = HARM | CHEATING | HOARDING | {"spinning": SPINNING}
STAY = (b"resource_tracker", b"marker_process")
"""What serves this process as long as it runs."""


def processes():
    """Numbers and commands of what runs on this machine below us."""
    return {number: command(number) for number in isolation.descendants(os.getpid())}


def command(number):
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="module")
def nursery():
    wanted = work(2)
    with Nursery(wanted.imports, wanted.hidden, True, TIGHT) as nursery:
        yield nursery


@pytest.fixture
def marked(nursery, tmp_path):
    def run(source):
        path = hand_in(tmp_path / "a.ipynb", homework(2, forward=source, errors=source_of(2, "bptt-errors")))
        notebook = read_notebook(path)
        return mark(nursery, work(2), notebook.cells, notebook.digest, 0)

    return run


def test_the_protections_are_in_force(marked):
    found = marked(source_of(2, "bptt-forward"))
    assert [one.earned for one in found.marks] == [2, 1, 0, 0, 0]
    assert found.protections.isolated
    assert found.protections.other_user == (os.geteuid() == 0)
    assert "NOT" not in found.protections.in_words()
    assert "NOT in force: memory limit, own processes, no network, read only files" in Protections().in_words()


@pytest.mark.parametrize("name", [*QUICK, *CHEATING])
def test_it_earns_nothing_and_costs_only_itself(name, marked):
    found = marked(EVERY[name])
    assert found.marks[0].earned == 0
    assert found.marks[0].judgement.reason
    if name not in ("forged answers", "noise on the line", "patched check", "patched json", "patched builtins"):
        assert found.marks[1].earned == 1  # what else the student wrote
    assert len(judging.Judgement.__str__(found.marks[0].judgement)) < 2000
    assert all("\n" not in remark for remark in found.remarks)


def test_memory_that_copies_of_a_process_share_counts_once(marked):
    shares = (
        "import os, time\nx = bytearray(2**27)\nfor k in range(8):\n    if os.fork() == 0:\n        time.sleep(60)\n"
    )
    found = marked(f"{shares}time.sleep(0.5)\n{source_of(2, 'bptt-forward')}")  # 1.2 GB to who adds up what is resident
    assert found.remarks == ()
    assert [one.earned for one in found.marks[:2]] == [2, 1]


def test_a_submission_sees_nothing_of_this_machine(marked):
    found = marked(
        "import os, json\n"
        "seen = {'root': os.listdir('/'), 'home': os.listdir('.'), 'environment': sorted(os.environ)}\n"
        "seen['processes'] = [name for name in os.listdir('/proc') if name.isdigit()]\n"
        "raise RuntimeError(json.dumps(seen))"
    )
    said = found.remarks[0]
    seen = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert set(seen["processes"]) == {"1", "2"}
    assert seen["home"] == []
    assert {"sys", "var", "run", "srv", "mnt"} & set(seen["root"]) == set()
    private = {"USER", "PYTHONPATH", "SSH_AUTH_SOCK", "PYTEST_CURRENT_TEST", "COGDYN_NO_SKIP"}
    assert private & set(seen["environment"]) == set()


def test_nothing_is_left_and_nothing_outside_has_changed(marked, tmp_path):
    home = Path.home()
    before, listing = processes(), sorted(os.listdir(home))
    (tmp_path / "keep").write_text("mine")
    for name in ("daemon", "delete home", "kill the parent", "write outside"):
        marked(HARM[name])
    until = time.monotonic() + 300
    while processes().keys() - before.keys() and time.monotonic() < until:
        time.sleep(0.05)
    assert not processes().keys() - before.keys()
    assert sorted(os.listdir(home)) == listing
    assert (tmp_path / "keep").read_text() == "mine"
    assert not Path("/usr/evil").exists()
    assert not Path("/tmp/cogdyn-evil").exists()


@pytest.mark.slow
def test_thirty_hostile_submissions_among_honest_ones(tmp_path):
    """In one run; the honest ones get what is theirs, and each hostile one a line that says why not."""
    folder, solution = tmp_path / "in", homework(2, solved=True)
    for k in range(3):
        hand_in(folder / f"honest {k}" / "work.ipynb", solution)
    for name, source in EVERY.items():
        hand_in(folder / f"{name}.ipynb".replace("/", "-"), homework(2, forward=source))
    hand_in(folder / "no JSON.ipynb", "{'cells': [")
    before = processes()
    limits = Limits(**{**vars(TIGHT), "cell_s": 10, "answer_s": 10, "total_s": 30, "patience": 2})
    _, lines = grade(folder, tmp_path / "grades.csv", jobs=2, require_isolation=True, limits=limits)
    points = {line.student: line.points for line in lines}
    assert {name: points[name] for name in points if name.startswith("honest")} == {f"honest {k}": 12 for k in range(3)}
    assert {name for name, earned in points.items() if earned} == {f"honest {k}" for k in range(3)}
    assert len(lines) == 4 + len(EVERY) >= 45
    for line in lines:
        if line.student not in ("no JSON",) and not line.student.startswith("honest"):
            assert line.marks[0].judgement.reason
            assert line.remarks or line.marks[0].judgement.hint
    assert "took longer than 20 s by the clock" in str(next(line for line in lines if line.student == "endless sleep"))
    until = time.monotonic() + 300
    while left := [k for k, said in processes().items() if k not in before and not any(one in said for one in STAY)]:
        assert time.monotonic() < until, left
        time.sleep(0.05)
    page = (tmp_path / "grades/feedback/long error.html").read_text()
    assert "<script>" not in page
    assert len(page) < 20_000


@pytest.mark.slow
def test_a_killed_grader_takes_its_submissions_along(tmp_path):
    hand_in(tmp_path / "in/sleeper.ipynb", homework(2, forward=HARM["endless loop that ignores signals"]))
    words = [
        sys.executable,
        "-m",
        "cogdyn",
        "assignment",
        "grade",
        str(tmp_path / "in"),
        "--out",
        str(tmp_path / "o.csv"),
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 600
    while len(below := isolation.descendants(process.pid)) < 6 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(below) >= 6  # what makes markers, the marker; nursery, guard, init, submission
    process.kill()
    process.wait()
    until = time.monotonic() + 300
    while any(command(one) for one in below) and time.monotonic() < until:
        time.sleep(0.05)
    assert [one for one in below if command(one)] == []
