"""Judges: five plausible wrong answers, or more, to each exercise are told apart, each with its reason."""

import re
import types

import gymnasium as gym
import numpy as np
import pytest
from homework import homework, source_of
from mistakes import MISTAKES

from cogdyn.envs import TrialEnv, register_task
from cogdyn.envs.registry import TASKS
from cogdyn.envs.tasks.catalogue import task_class
from cogdyn.lessons.grading import check, demand
from cogdyn.lessons.grading.assignment import assignments
from cogdyn.lessons.grading.check import marked_in
from cogdyn.lessons.grading.exercises import MODULES, exercise, work
from cogdyn.lessons.grading.exercises.bptt_reference import by_autograd, by_hand
from cogdyn.lessons.grading.inside.task_probe import task as task_probe
from cogdyn.lessons.grading.judging import Exercise, Judgement, compares, difference, judged

pytestmark = pytest.mark.usefixtures("pairs_drawn_once")


@pytest.fixture(autouse=True)
def no_tasks_left():
    yield
    TASKS.pop("OddOneOut", None)
    gym.registry.pop("cogdyn/OddOneOut-v0", None)


def written(name, old, new, monkeypatch):
    """What the notebook defines when the solution is changed in the cell of the exercise."""
    which = exercise(name)
    number = next(number for number in MODULES if which in work(number).exercises)
    notebook = homework(number, solved=True)
    cell_name = "task-odd-one-out" if number == 1 else name.replace("/", "-")
    (cell,) = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == cell_name]
    assert old in cell["source"], f"{old!r} is not in the solution"
    cell["source"] = cell["source"].replace(old, new)
    page = types.ModuleType("page")
    monkeypatch.setitem(__import__("sys").modules, "page", page)
    for one in notebook.cells:
        grade_id = one.metadata.get("nbgrader", {}).get("grade_id", "")
        if one.cell_type == "code" and not grade_id.endswith(("-check", "-think", "-prove", "-register")):
            exec(compile(one["source"], "page", "exec"), page.__dict__)
    return page.__dict__[which.answer]


CASES = [(name, *mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]


@pytest.mark.parametrize(("name", "old", "new", "reason"), CASES, ids=[f"{c[0]}-{c[3]}" for c in CASES])
def test_a_mistake_is_recognised(name, old, new, reason, monkeypatch):
    found = check(name, written(name, old, new, monkeypatch))
    assert not found.passed
    assert reason in found.reason + " " + found.hint
    assert found.hint
    assert "assert" not in found.reason.lower()


def test_every_exercise_has_five_mistakes():
    names = {one.name for which in assignments() for one in which.work.exercises}
    told = {"task/registered"}  # it has a test of its own
    assert {name for name in names - told if len(MISTAKES.get(name, ())) < 5} == set()


def test_registration_is_checked(monkeypatch):
    task = written("task/paints", "odd", "odd", monkeypatch)
    assert "not registered yet" in check("task/registered", task).reason
    TASKS["OddOneOut"] = written("task/paints", "self.contrast", "0.1", monkeypatch)
    TASKS.pop("OddOneOut")
    other = written("task/paints", "1 + self.contrast", "self.contrast", monkeypatch)
    register_task(other)
    assert "another class has its name" in check("task/registered", task).reason
    assert check("task/registered", other).passed  # what it paints is marked elsewhere
    assert "is no task" not in check("task/registered", type("OddOneOut", (), {})).reason
    for no_task in (type("OddOneOut", (), {}), None, task()):
        assert not check("task/registered", no_task).passed


PLAYED = {
    "the class by another way": (lambda task, played: played(task()), "Right"),  # as much work as to register it
    "what paint paints": (lambda task, played: played(task(noise=0.0)), "another class has its name"),
    "another reward": (
        lambda task, played: (said := played(task())) | {"rewards": said["rewards"] + 1},
        "another class has its name",
    ),
    "words": (lambda task, played: {"known": True, "name": "OddOneOut", "same": True}, "not registered yet"),
    "arrays of words": (
        lambda task, played: played(task()) | {"observations": np.array(["0"])},
        "not registered yet",
    ),
}


@pytest.mark.parametrize("name", [*PLAYED])
def test_what_a_submission_says_of_its_table_of_tasks_is_not_believed(name, monkeypatch):
    task, (forged, reason) = written("task/paints", "odd", "odd", monkeypatch), PLAYED[name]

    def answer(probe, name, inputs):
        def played(made):
            env = TrialEnv(made)
            first, _ = env.reset(seed=inputs["seed"])
            steps = [env.step(action)[:2] for action in inputs["actions"]]
            return {
                "observations": np.array([first, *(observation for observation, _ in steps)]),
                "rewards": np.array([float(reward) for _, reward in steps]),
            }

        return {"value": forged(task, played) if inputs["what"] == "play" else task_probe(task, **inputs)}

    assert reason in str(judged(exercise("task/registered"), answer, [3]))


def test_a_class_that_cannot_paint_is_registered_all_the_same(monkeypatch):
    """What plays is then the reference, in its place; afterwards all is as it was."""
    task = written(
        "task/paints", "odd, sign = conditions", "raise KeyError\n        odd, sign = conditions", monkeypatch
    )
    page = __import__("sys").modules["page"].__dict__
    mark = marked_in(page, exercise("task/registered"), task)
    assert mark.judgement.reason == "it is not registered yet."
    register_task(task)
    mark = marked_in(page, exercise("task/registered"), task)
    assert mark.judgement.passed
    assert mark.replaced == ("task/paints",)
    assert TASKS["OddOneOut"] is page["OddOneOut"] is task


def test_a_task_of_the_library_under_another_name_proves_nothing():
    """It keeps the contract, and nobody wrote it."""
    borrowed = type("OddOneOut", (task_class("PerceptualDecisionMaking"),), {"__doc__": "Which side is brighter?"})
    found = check("task/promises", borrowed)
    assert found.reason == "channels are not as asked for."


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("np.arange(n)", "from trial to trial"),
        ("np.random.default_rng(0).integers(8, size=n)", "for every seed"),
    ],
)
def test_draws_that_follow_a_pattern_are_not_drawn(source, reason, monkeypatch):
    complete = f"n = len(drawn['odd']); k = {source}\n        return {{'odd': 1 + k % 4, 'sign': 2 * (k // 4 % 2) - 1}}"
    new = f"    def complete(self, drawn, rng):\n        {complete}\n\n    def paint("
    task = written("task/draws", "    def paint(", new, monkeypatch)
    found = check("task/draws", task)
    assert "what is drawn follows a pattern" in found.reason
    assert reason in found.reason


def test_nothing_but_words_of_a_judge_is_said_when_slips_are_right_for_some_inputs_only():
    judge = compares(lambda rng: [{"x": 1.0}, {"x": 2.0}], lambda x: x, (), "good.")
    found = judged(Exercise("a/b", "b", 1, "f", judge), lambda *_: {"value": {"value": 1.0, "changed": []}}, [0])
    assert not found.passed
    assert found.reason.startswith("right for 1 of 2 inputs, else the result is off by up to 1")
    assert (found.seen, found.expected) == ("the result = 1", "the result = 2")


@pytest.mark.parametrize(
    "said",
    [None, {}, {"value": None}, 7, {"value": {"W": "x"}, "changed": 3}, {"value": [[1], [2, 3]]}, {"value": "100 %"},
     {"value": np.array(["a"])}, {"value": 1 + 2j}, {"value": 10**400}, {"value": [[]]}, {"value": np.full(3, np.inf)}],
)  # fmt: skip
def test_no_answer_stops_a_judge(said):
    for number in MODULES:
        for one in work(number).exercises:
            found = judged(one, lambda *_, said=said: {"value": said}, [0])
            assert not found.passed
            assert found.reason


def test_slips_differ_from_each_other_and_from_what_is_right():
    for number in (2, 3, 4, 6, 7, 8):
        for one in work(number).exercises:
            if one.judge.__closure__ is None:  # not one that compares
                continue
            inside = dict(
                zip(one.judge.__code__.co_freevars, (c.cell_contents for c in one.judge.__closure__), strict=True)
            )
            for seed in range(3):
                cases = inside["draw"](np.random.default_rng(seed))
                answers = [[inside["right"](**case) for case in cases]]
                answers += [[slip.wrong(**case) for case in cases] for slip in inside["slips"]]
                for i, first in enumerate(answers):
                    for second in answers[:i]:
                        assert any(difference(a, b) is not None for a, b in zip(first, second, strict=True)), one.name


def test_the_gradient_by_hand_is_that_of_autograd():
    inside = exercise("bptt/gradient").judge
    draw = dict(zip(inside.__code__.co_freevars, (c.cell_contents for c in inside.__closure__), strict=True))["draw"]
    for trial in draw(np.random.default_rng(5)):
        exact, ours = by_autograd(**trial), by_hand(**trial)
        assert all(np.abs(exact[name] - ours[name]).max() < 1e-12 for name in exact)
        numeric = (loss(trial, 1e-5) - loss(trial, -1e-5)) / 2e-5
        assert abs(numeric - exact["W"][1, 0]) < 1e-6


def loss(trial, nudge):
    W = trial["W"].copy()
    W[1, 0] += nudge
    r, total = trial["r_0"], 0.0
    for u, y in zip(trial["u"], trial["targets"], strict=True):
        a = W @ r + trial["W_in"] @ u + trial["b"]
        r = r + trial["alpha"] * (np.tanh(a) - r)
        total += 0.5 * ((trial["W_out"] @ r - y) ** 2).sum()
    return total


def test_single_precision_is_precise_enough():
    def forward(W, W_in, b, u, r_0, alpha):
        W, W_in, b, u, r = (np.asarray(x, np.float32) for x in (W, W_in, b, u, r_0))
        rates, drives = [], []
        for light in u:
            drives.append(W @ r + W_in @ light + b)
            r = np.float32(1 - alpha) * r + np.float32(alpha) * np.tanh(drives[-1])
            rates.append(r)
        return np.array(rates), np.array(drives)

    assert check("bptt/forward", forward).passed


def test_demand_raises_the_reason(monkeypatch):
    right = written("bptt/errors", "misses", "misses", monkeypatch)
    demand("bptt/errors", right)
    with pytest.raises(AssertionError, match=re.escape("Not yet: not implemented yet.")):
        demand("bptt/errors", stub)
    assert source_of(2, "bptt-errors").startswith("def loss_and_errors")


def stub(**given):
    raise NotImplementedError


def test_a_judgement_is_a_verdict():
    assert str(Judgement(True, "good.")) == "Right: good."
