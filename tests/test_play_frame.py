"""What a person who does a task sees of it."""

import re
from dataclasses import dataclass

import numpy as np
import pytest

from cogdyn.envs import Levels, PaintedTask, Ring, make_task
from cogdyn.envs.describe import question
from cogdyn.lessons.player.frame import frame, opening, room_for_inputs, rows_of
from cogdyn.lessons.player.session import PlaySession

DMS = make_task("DelayMatchSample")


@dataclass(frozen=True, kw_only=True)
class Wide(PaintedTask):
    """Two rings and 20 rules.

    This is not the question.
    """

    family, source, contrasts = "test", "none", ("answer",)
    periods = essential = ("fixation", "decision")
    fixation_ms: float = 100
    decision_ms: float = 300

    def channels(self):
        return {"fixation": 1, "ring 1": Ring(32), "ring 2": Ring(32), "rule": tuple(f"rule-{i}" for i in range(20))}

    def responses(self):
        return ("fixate", *(f"answer {i}" for i in range(32)))

    def factors(self):
        return {"answer": Levels(range(1, 33))}

    def paint(self, canvas, conditions):
        canvas.add("fixation", 1.0, "fixation")
        canvas.add("ring 1", Ring(32).bump(np.array(np.pi / 2)), "fixation")
        canvas.add("rule", np.eye(20)[7], "fixation")
        canvas.target(conditions["answer"], "decision")

    def ideal(self, batch):
        return self.hold(batch)


def screens(task, show_period=False, **arguments):
    """The text of every bin of a trial, without the lines of the keys, and all of it."""
    session = PlaySession(task, seed=0, **arguments)
    rows = rows_of(task, room_for_inputs(session, show_period=show_period))
    session.begin()
    while session.running:
        yield session.period, frame(session, rows, show_period=show_period).plain
        session.step()


@pytest.mark.parametrize("name", ["PerceptualDecisionMaking", "DelayMatchSample", "ReversalBandit", "ReadySetGo"])
def test_a_frame_shows_the_channels_and_does_not_tell_the_answer(name):
    task = make_task(name)
    labels = [row.label for row in rows_of(task, 15)]
    assert labels == ([*task.input_names] if name != "DelayMatchSample" else ["fixation", "stimulus"])
    for _, text in screens(task):
        lines = text.split("\n")
        assert len(lines) == 24
        assert max(map(len, lines)) <= 80
        assert all(any(line.startswith(label) for line in lines) for label in labels)
        told = "\n".join(line.removeprefix(label) for line in lines[2:-3] for label in labels if line.startswith(label))
        assert not re.search("[a-z]", told)
    assert "period" not in text


def test_the_period_is_told_when_asked_for():
    seen = set()
    for period, text in screens(DMS, show_period=True):
        assert re.search(f"^period +{period}$", text, re.MULTILINE)
        seen.add(period)
    assert seen == set(DMS.periods)


def test_inputs_are_drawn_to_scale():
    session = PlaySession(make_task("DelayedReach", noise=0.0), seed=0)
    rows = rows_of(session.task, 10)
    session.begin()
    for inputs, expected in (([1, 0, 1], "full empty full"), ([-1, 0.5, 0], "left half empty")):
        session.inputs = np.array(inputs, np.float32)
        for line, what in zip(frame(session, rows).plain.split("\n")[3:6], expected.split(), strict=True):
            left, right = line[18:].rstrip("│").split("│", 1)
            full = len(right)
            filled = {"full": (0, full), "empty": (0, 0), "left": (len(left), 0), "half": (0, full // 2)}[what]
            assert (left.count("█"), right.count("█")) == pytest.approx(filled, abs=1)


def test_85_channels_fit_a_screen_of_24_rows():
    task = Wide()
    assert task.n_inputs == 85
    session = PlaySession(task, seed=0)
    rows = rows_of(task, room_for_inputs(session))
    assert [row.label for row in rows] == ["fixation", "ring 1", "ring 2", "rule"]
    session.begin()
    text = frame(session, rows).plain
    lines = text.split("\n")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert lines[3].startswith("fixation")
    ring = next(line for line in lines if line.startswith("ring 1")).removeprefix("ring 1").strip()
    assert len(ring) == 32
    assert ring[8] == "█"
    assert next(line for line in lines if line.startswith("rule")).endswith(" rule-7")
    assert "q quit" in text
    assert "x answer 31" in text
    first = opening(session).plain.split("\n")
    assert len(first) <= 18
    assert first[-1] == "Press any key to start."


def test_the_opening_asks_the_question_and_names_the_keys():
    assert question(Wide()) == "Two rings and 20 rules."
    text = opening(PlaySession(DMS)).plain
    for said in (
        question(DMS),
        "space  fixate",
        "2      non-match",
        "q      quit",
        "Press any key to start.",
        "20 trials",
    ):
        assert said in text
