"""What is scored without doing what a task is about, against numbers worked out by hand and against every docstring."""

import inspect
import re
from dataclasses import dataclass, replace

import numpy as np
import pytest
from rich.console import Console

from cogdyn.envs import Levels, Mixture, Noisy, PaintedTask, Reporting, make_task, score_floors, task_names
from cogdyn.envs.describe import shortcuts
from cogdyn.envs.observers.look_alikes import LookAlikes, distinct_rows
from cogdyn.lessons.commands.task_table import task_in_words

STREAMS = ("Add", "Mimic")
"""Long streams, which take their time."""

TASKS = [name for name in task_names() if not name.startswith("yang19.")]
"""Those of yang19 have 32 outputs, and take minutes together."""


def docstring(name):
    return " ".join((inspect.getdoc(type(make_task(name))) or "").split())


def stated(text):
    """Scores in a docstring: of a constant answer, by single periods, of one who ignores a group of channels."""
    percent = r"(?: earns)?(?: at most)? ([\d.]+) %"
    patterns = {
        "constant": r"One who always gives the same answer()" + percent,
        "the {} alone": r"by (?:the|one) ([a-z]+) alone" + percent,
        "ignores the {}": r"ignores the ([a-z]+)" + percent,
    }
    for what, pattern in patterns.items():
        yield [(what.format(name), float(score) / 100) for name, score in re.findall(pattern, text)]


@pytest.mark.parametrize("name", [name for name in TASKS if any(stated(docstring(name)))])
def test_what_docstrings_state_is_what_is_scored(name):
    check_docstring(name, n_trials=300)


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_docstrings_state_all_floors(name):
    missing = check_docstring(name, n_trials=400 if name in STREAMS else 3000)
    assert not missing, f"the docstring states scores that are not found: {missing}"


def check_docstring(name, n_trials):
    """What is stated is what is scored; a constant or memory-free answer that is no guess has to be stated.

    Returns what is stated, but could not be found with so few trials.
    """
    task = make_task(name)
    floors = score_floors(task, n_trials, seed=1)
    response = {} if floors.memory_free is None else {task.response_period: floors.memory_free}
    constant, alone, ignored = stated(docstring(name))
    found = {f"the {name} alone": score for name, score in (floors.one_period | response).items()}
    found |= {f"ignores the {name}": score for name, score in floors.without.items()} | {"constant": floors.constant}
    missing = []
    for what, score in [*constant, *alone, *ignored]:
        values = [value for name, value in found.items() if re.sub(r" \d+", "", name) == what]
        missing += [] if values else [what]
        assert values == pytest.approx([score] * len(values), abs=0.006 + 4 * floors.standard_error), what
    margin = 0.015 + 4 * floors.standard_error
    assert constant or abs(floors.constant - floors.chance) < margin, "state what a constant answer earns"
    if floors.memory_free is not None and not any(what == f"the {task.response_period} alone" for what, _ in alone):
        assert abs(floors.memory_free - floors.constant) < margin, f"state what the {task.response_period} alone earns"
    return missing


def test_what_is_stated_is_read():
    text = "One who always gives the same answer earns 70 %, by the cue alone at most 90 %, by one item alone 8.5 %."
    assert [*stated(text)] == [[("constant", 0.7)], [("the cue alone", 0.9), ("the item alone", 0.085)], []]
    assert [*stated("One who ignores the rule earns 80 %.")] == [[], [], [("ignores the rule", 0.8)]]


def test_the_command_line_shows_what_shortcuts_score():
    sentence = shortcuts(make_task("AXCPT"))
    assert [*stated(sentence)] == [[("constant", 0.7)], [("the cue alone", 0.9), ("the probe alone", 0.9)], []]
    assert shortcuts(make_task("ReversalBandit")).endswith("is as good as it gets.")
    assert shortcuts(make_task("DelayMatchSample")) == ""
    console = Console(width=1000)
    with console.capture() as shown:
        console.print(task_in_words("AXCPT"))
    assert sentence in shown.get()


EXACT = [
    ("AXCPT", {}, {"constant": 0.7, "cue": 0.9, "probe": 0.9}),
    # 10 and 14 Hz are always the lower ones, 30 and 34 Hz the higher ones; 18, 22 and 26 Hz are as often either.
    ("DelayComparison", {}, {"constant": 0.5, "memory_free": 0.5, "base": 0.7, "comparison": 0.7}),
    ("DelayComparison", {"lower": (10.0, 20.0), "differences": (20.0,)}, {"base": 1.0}),
    ("DelayMatchSample", {}, {"constant": 0.5, "memory_free": 0.5, "sample": 0.5, "test": 0.5}),
    ("AntiReach", {"p_anti": 0.2}, {"constant": 0.125, "without rule": 0.8, "stimulus": 0.8}),
    # One of four items is known, each of the others is any of eight symbols.
    ("CopyMemory", {}, {"constant": 1 / 8, "item 2": (1 + 3 / 8) / 4}),
    ("DelayedReach", {"target_input": "extinguished_at_go"}, {"memory_free": 1 / 8, "delay": 1.0}),
    # The sure bet pays 0.7 wherever it is offered, a side is right in half of the other trials.
    ("PostDecisionWager", {"p_sure": 0.5, "sure_reward": 0.7}, {"constant": 0.5, "memory_free": 0.6}),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), EXACT)
def test_floors_are_what_probability_theory_says(name, arguments, expected):
    floors = score_floors(make_task(name, **arguments), n_trials=1000)
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
    assert score_floors(reporting, 300).memory_free == 1.0
    mixture = score_floors(Mixture(tasks=[task, make_task("DelayMatchSample")]), 1000)
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
    answers, distance = trials.best_answers(grid)
    assert not distance.any()
    np.testing.assert_array_equal(answers, np.arange(9))


def test_rows_are_distinct_as_numbers_are():
    values = np.random.default_rng(1).integers(-1, 2, (200, 3)).astype(float)
    values[values == 0] *= np.random.default_rng(2).choice([-1.0, 1.0], (values == 0).sum())
    rows, which = distinct_rows(values)
    np.testing.assert_array_equal(rows[which], values)
    assert len(rows) == len(np.unique(values, axis=0)) == 27
