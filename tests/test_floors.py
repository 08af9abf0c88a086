"""What is scored without doing what a task is about, against numbers worked out by hand and against every docstring."""

import inspect
import re
from dataclasses import dataclass, replace

import numpy as np
import pytest

from cogdyn.envs import Levels, Mixture, Noisy, PaintedTask, Reporting, make_task, score_floors, task_names
from cogdyn.envs.look_alikes import LookAlikes, distinct_rows

REWRITTEN = (
    "StopSignal",
    "GoNogo",
    "TaskSwitching",
    "WisconsinCardSorting",
    "ProbabilisticReversal",
    "PulseDecisionMaking",
)
"""Tasks whose docstrings do not state floors yet, beside all of yang19."""
STREAMS = ("Add", "Mimic")
"""Long streams, which take their time."""

TASKS = [name for name in task_names() if name not in REWRITTEN and not name.startswith("yang19.")]


@pytest.mark.parametrize("name", [name for name in TASKS if name not in STREAMS])
def test_docstrings_state_the_floors(name):
    check_docstring(make_task(name), n_trials=400)


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_docstrings_state_the_floors_exactly(name):
    check_docstring(make_task(name), n_trials=400 if name in STREAMS else 4000)


def check_docstring(task, n_trials):
    """What is stated is what is scored; a constant or memory-free answer that is no guess has to be stated."""
    floors = score_floors(task, n_trials, seed=1)
    response = {} if floors.memory_free is None else {task.response_period: floors.memory_free}
    by_period, text = floors.one_period | response, " ".join((inspect.getdoc(type(task)) or "").split())
    constant, alone, ignored = stated(text)
    for score, value in [
        *[(score, floors.constant) for score in constant],
        *[(score, by_period[period]) for name, score in alone for period in called(name, by_period)],
        *[(score, floors.without[group]) for group, score in ignored],
    ]:
        assert value == pytest.approx(score, abs=0.006 + 4 * floors.standard_error)
    margin = 0.015 + 4 * floors.standard_error
    assert constant or abs(floors.constant - floors.chance) < margin, "state what a constant answer earns"
    if floors.memory_free is not None and not any(task.response_period == name for name, _ in alone):
        assert abs(floors.memory_free - floors.constant) < margin, f"state what the {task.response_period} alone earns"


def stated(text):
    """Scores in a docstring: of a constant answer, by single periods, of one who ignores a group of channels."""
    percent = r"(?: earns)?(?: at most)? ([\d.]+) %"
    constant = re.findall(r"One who always gives the same answer" + percent, text)
    alone = re.findall(r"by (?:the|one) ([a-z]+) alone" + percent, text)
    ignored = re.findall(r"ignores the ([a-z]+)" + percent, text)
    return [float(n) / 100 for n in constant], *(
        [(name, float(n) / 100) for name, n in pairs] for pairs in (alone, ignored)
    )


def called(name, periods):
    """The period of that name, or all of them where they are numbered."""
    found = [period for period in periods if period == name or period.rstrip("0123456789 ") == name]
    assert found, f"no period {name!r} differs between trials"
    return [name] if name in periods else found


def test_what_is_stated_is_read():
    text = "One who always gives the same answer earns 70 %, by the cue alone at most 90 %, by one item alone 8.5 %."
    assert stated(text) == ([0.7], [("cue", 0.9), ("item", 0.085)], [])
    assert stated("One who ignores the rule earns 80 %.") == ([], [], [("rule", 0.8)])


EXACT = [
    ("AXCPT", {}, {"constant": 0.7, "cue": 0.9, "probe": 0.9}),
    # Of ten frequencies as base, two are always the lower one and two the higher one.
    ("DelayComparison", {}, {"constant": 0.5, "memory_free": 0.5, "base": 0.7, "comparison": 0.7}),
    ("DelayComparison", {"lower": (10.0, 20.0), "differences": (20.0,)}, {"base": 1.0}),
    ("DelayMatchSample", {}, {"constant": 0.5, "memory_free": 0.5, "sample": 0.5, "test": 0.5}),
    ("AntiReach", {"p_anti": 0.2}, {"constant": 0.125, "without rule": 0.8, "stimulus": 0.8}),
    # One of four items is known, the others are any of the other five symbols.
    ("CopyMemory", {}, {"constant": 1 / 8, "item 2": (1 + 3 / 8) / 4}),
    ("DelayedReach", {}, {"constant": 1 / 8, "memory_free": 1.0}),
    ("DelayedReach", {"target_input": "extinguished_at_go"}, {"memory_free": 1 / 8, "delay": 1.0}),
    ("MotorTiming", {}, {"constant": 0.25, "without effector": 0.5, "cue": 1.0}),
    # The sure bet pays 0.7 wherever it is offered, a side is right in half of the other trials.
    ("PostDecisionWager", {"p_sure": 0.5, "sure_reward": 0.7}, {"constant": 0.5, "memory_free": 0.6}),
    ("CyclePattern", {}, {"constant": 1.0, "memory_free": 1.0}),
    ("TMaze", {}, {"constant": 0.0, "memory_free": 0.5}),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), EXACT)
def test_floors_are_what_probability_theory_says(name, arguments, expected):
    floors = score_floors(make_task(name, **arguments), n_trials=2000)
    found = {"constant": floors.constant, "memory_free": floors.memory_free, **floors.one_period}
    found |= {f"without {group}": score for group, score in floors.without.items()}
    for what, score in expected.items():
        assert found[what] == pytest.approx(score, abs=1e-9 + 4 * floors.standard_error), what


def test_where_the_answer_takes_time_there_is_no_memory_free_one():
    for name in ("ReadySetGo", "FlipFlop"):
        assert score_floors(make_task(name), n_trials=100).memory_free is None


def test_staying_after_a_reward_is_all_the_memory_that_a_reversal_needs():
    """Who stays after a reward and leaves after none is next right with (1 - h) p + h (1 - p), whatever was chosen."""
    task = make_task("ReversalBandit")
    p, h, n = task.p_reward, task.p_reversal, task.n_segments
    floors = score_floors(task, n_trials=1000)
    expected = (0.5 + (n - 1) * ((1 - h) * p + h * (1 - p))) / n
    assert floors.one_period["feedback"] == pytest.approx(expected, abs=4 * floors.standard_error)


def test_wrapped_and_mixed_tasks_have_floors():
    task = make_task("AXCPT")
    assert score_floors(Noisy(task=task, added=3.0), 400) == replace(score_floors(task, 400), chance=task.chance)
    reach = make_task("DelayedReach")
    reporting = Reporting(task=reach, group="target", seen="delay", reported="movement")
    assert score_floors(reporting, 200).memory_free == 1.0
    mixture = score_floors(Mixture(tasks=[task, make_task("DelayMatchSample")]), 2000)
    assert mixture.without["letter"] == pytest.approx(0.5 * 0.7 + 0.5, abs=4 * mixture.standard_error)


def test_the_same_seed_gives_the_same_floors():
    task = make_task("Stroop")
    assert score_floors(task, 100, seed=3) == score_floors(task, 100, seed=3) != score_floors(task, 100, seed=4)


@pytest.mark.parametrize(
    ("arguments", "word"), [({"n_trials": 39}, "n_trials"), ({"n_trials": 1e3}, "n_trials"), ({"seed": -1}, "seed")]
)
def test_numbers_of_trials_and_seeds_are_checked(arguments, word):
    with pytest.raises(ValueError, match=word):
        score_floors(make_task("AXCPT"), **arguments)


@dataclass(frozen=True, kw_only=True)
class ManyFaces(PaintedTask):
    """Thirty lights, on or off; the first one counts."""

    stimulus_ms: float = 100
    decision_ms: float = 300
    family = "test"
    source = "none"
    contrasts = ("side",)
    periods = ("stimulus", "decision")

    def channels(self):
        return {"light": 30}

    def responses(self):
        return ("fixate", "on", "off")

    def factors(self):
        return {f"light {k}": Levels((0, 1)) for k in range(30)}

    def paint(self, canvas, conditions):
        lights = np.stack([conditions[f"light {k}"] for k in range(30)], axis=-1)
        canvas.add("light", lights.astype(float), "stimulus")
        canvas.target(2 - conditions["light 0"], "decision")

    def ideal(self, batch):
        return self.respond(batch, np.where(self.mean_input(batch, "light", "stimulus")[:, 0] > 0.5, 1, 2))


def test_where_no_two_trials_look_alike_nothing_is_claimed():
    floors = score_floors(ManyFaces(), n_trials=1000)
    assert "stimulus" not in floors.one_period
    assert floors.memory_free == pytest.approx(0.5, abs=4 * floors.standard_error)


def test_answers_are_those_of_the_trials_that_look_alike():
    rng = np.random.default_rng(0)
    seen = rng.integers(0, 3, (600, 2)).astype(float)
    right = (seen[:, 0] * 3 + seen[:, 1]).astype(int)
    trials = LookAlikes(seen, np.eye(9)[:, right])
    grid = np.stack(np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], indexing="ij"), axis=-1).reshape(-1, 2)
    answers, alike = trials.best_answers(grid)
    assert alike
    np.testing.assert_array_equal(answers, np.arange(9))


def test_rows_are_distinct_as_numbers_are():
    values = np.random.default_rng(1).integers(-1, 2, (200, 3)).astype(float)
    values[values == 0] *= np.random.default_rng(2).choice([-1.0, 1.0], (values == 0).sum())
    rows, which = distinct_rows(values)
    np.testing.assert_array_equal(rows[which], values)
    assert len(rows) == len(np.unique(values, axis=0)) == 27
