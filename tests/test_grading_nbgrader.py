"""nbgrader as a client: it takes our sources, and gives the marks that we give."""

import csv
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from homework import hand_in, homework, shut_off, source_of

from cogdyn.lessons.grading.assignment import assignments
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.release import write_source

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("nbgrader") is None, reason="nbgrader is missing"),
    shut_off,
]

WRONG = {
    1: {"odd_one_out": source_of(1, "task-odd-one-out").replace("1 + far.argmax", "far.argmax")},
    2: {"backward": source_of(2, "bptt-backward").replace("W.T @", "W @")},
    3: {"kept": source_of(3, "bridge-kept").replace("sizes[0]", "sizes.mean()")},
    4: {"credits": source_of(4, "rflo-credits").replace("W.T @", "W @")},
    5: {"pulses": source_of(5, "memory-pulses").replace("argmin(axis=1)", "argmin(axis=1) + 1")},
    6: {"tangling": source_of(6, "mechanisms-tangling").replace(".max()", ".mean()")},
    7: {"synapse": source_of(7, "policy-synapse").replace("gamma * F", "F")},
    8: {"variance": source_of(8, "clusters-variance").replace(".var(", ".std(")},
}


def nbgrader(course, *words):
    """Run nbgrader; it looks for its helper alembic on the path."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=course, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nbgrader_gives_the_same_marks(tmp_path):
    course, ours = tmp_path / "course", {}
    course.mkdir()
    (course / "nbgrader_config.py").write_text("get_config().CourseDirectory.course_id = 'cogdyn'\n")
    for which in assignments():
        write_source(which, course)
        nbgrader(course, "generate_assignment", which.stem, "--create", "--force")
        released = course / "release" / which.stem / f"{which.stem}.ipynb"
        text = released.read_text()
        assert "SOLUTION" not in text
        assert "HIDDEN" not in text
        handed_in = {
            "anna": homework(which.number, solved=True),
            "ben": text,
            "carla": homework(which.number, solved=True, **WRONG[which.number]),
        }
        for student, notebook in handed_in.items():
            hand_in(course / "submitted" / student / which.stem / f"{which.stem}.ipynb", notebook)
            hand_in(tmp_path / str(which.number) / f"{student}.ipynb", notebook)
        nbgrader(course, "autograde", which.stem, "--create", "--force")
        _, lines = grade(tmp_path / str(which.number), tmp_path / f"grades-{which.number}.csv")
        ours |= {(which.stem, line.student): float(line.points) for line in lines}
    nbgrader(course, "export")
    rows = csv.DictReader((course / "grades.csv").read_text().splitlines())
    theirs = {(row["assignment"], row["student_id"]): float(row["score"]) for row in rows}
    assert theirs == ours
    assert {ours[which.stem, "anna"] for which in assignments()} == {12.0}
    assert {ours[which.stem, "ben"] for which in assignments()} == {0.0}
    assert all(0 < ours[which.stem, "carla"] < 12 for which in assignments())
    shutil.rmtree(course)
