"""Assignment 1: a task of your own, written, registered, and proved with the contract of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....envs.gym.trial_env import TrialEnv
from ....envs.trial import TrialBatch
from ..judging import Ask, Exercise, Judgement, Unanswered, difference
from . import Work
from .odd_one_out import INPUT_SLIPS, LAMPS, RESPONSES, OddOneOut, lights
from .replica import broken_promise, declaration, observing, painting, replica

N_DRAWN, N_OBSERVED, N_PLAYED = 4000, 400, 2
FACTORS = {"odd": (1, 2, 3, 4), "sign": (-1, 1)}
ROUNDING = 1e-5
"""Largest difference of two observations that are the same except for the order of additions."""


def judge_draws(ask: Ask, rng: np.random.Generator) -> Judgement:
    """Whether channels, responses and factors are as asked for, and what is drawn follows them, by chance."""
    if (fault := _misnamed(declaration(ask))) is not None:
        return fault
    draws = []
    for _ in range(2):
        drawn = ask(what="draw", n=N_DRAWN, seed=int(rng.integers(2**31)))
        if (fault := _wrong_levels(drawn)) is not None:
            return fault
        draws.append((4 * (drawn["sign"] > 0) + drawn["odd"] - 1).astype(int))
    if (fault := _unbalanced(draws[0])) is not None:
        return fault
    pairs = {"from trial to trial": (draws[0][1:], draws[0][:-1]), "for every seed": tuple(draws)}
    for what, (one, other) in pairs.items():
        if np.abs(np.histogram2d(one, other, bins=8, range=2 * [(0, 8)])[0] / len(one) - 1 / 64).max() > 0.015:
            hint = "Declare factors, and leave the drawing to them."
            return Judgement(False, f"what is drawn follows a pattern, {what}.", hint)
    return Judgement(True, "every lamp is odd as often as the others, and brighter as often as dimmer.")


def _wrong_levels(drawn: Any) -> Judgement | None:
    if not isinstance(drawn, dict):
        return Judgement(False, "what is drawn cannot be read.", "factors returns a dictionary.")
    for name, levels in FACTORS.items():
        if not isinstance(values := drawn.get(name), np.ndarray) or values.shape != (N_DRAWN,):
            actual = str(sorted(drawn))[:80]
            return Judgement(False, f"there is no factor {name!r}.", f"It takes the levels {levels}.", actual)
        actual = tuple(np.unique(values).tolist())
        if actual != levels:
            hint = "Classes of answers are counted from 1: 0 is to fixate." if 0 in actual and name == "odd" else ""
            hint = hint or "List the levels in Levels((...))."
            return Judgement(False, f"{name} takes other values.", hint, str(actual)[:80], str(levels))
    return None


def _unbalanced(drawn: np.ndarray) -> Judgement | None:
    """What is wrong with the shares of lamps and signs, numbered from 0 to 7 (n,); None if nothing is."""
    table = np.bincount(drawn, minlength=8).reshape(2, 4) / N_DRAWN
    for name, shares in (("odd", table.sum(axis=0)), ("sign", table.sum(axis=1))):
        if np.abs(shares - 1 / len(shares)).max() > 0.05:
            told_shares = ", ".join(f"{share:.2f}" for share in shares)
            return Judgement(False, f"the levels of {name} are not balanced.", "Levels without p are.", told_shares)
    if np.abs(table - 1 / 8).max() > 0.04:
        return Judgement(False, "odd and sign are not independent.", "Declare two factors; each is drawn on its own.")
    return None


def judge_paints(ask: Ask, rng: np.random.Generator) -> Judgement:
    """Whether conditions are painted as required, whatever the arguments."""
    declaration(ask)
    cases = []
    for arguments in ({}, {"contrast": 0.25, "lamps_ms": 300.0}, {"contrast": 0.8, "delay_ms": 600.0, "dt": 10.0}):
        wanted = OddOneOut(**arguments, noise=0.0)
        seed = int(rng.integers(2**31))
        conditions = {"odd": rng.integers(1, 5, 24), "sign": rng.choice([-1, 1], 24)}
        batch = wanted.lay_out(conditions, np.random.default_rng(seed))
        painted = painting(ask, arguments, conditions, seed)
        for name in ("inputs", "targets"):
            if painted[name].shape != getattr(batch, name).shape:
                actual, expected = str(painted[name].shape), str(getattr(batch, name).shape)
                return Judgement(
                    False, f"{name} have another shape.", "Keep the periods and their order.", actual, expected
                )
        cases.append((batch, wanted.contrast, painted))
    if (fault := _wrong_inputs(cases)) is not None:
        return fault
    if (fault := _wrong_targets(cases)) is not None:
        return fault
    return Judgement(True, "what is shown and what is asked for are as they should be, for other arguments too.")


def _wrong_inputs(cases: list[tuple[TrialBatch, float, dict[str, Any]]]) -> Judgement | None:
    differences = [difference(painted["inputs"], batch.inputs) for batch, _, painted in cases]
    wrong = [one for one in differences if one is not None]
    if not wrong:
        return None
    for reason, hint, slip in INPUT_SLIPS:
        if all(difference(painted["inputs"], slip(batch, contrast)) is None for batch, contrast, painted in cases):
            return Judgement(False, reason, hint, wrong[0].seen, wrong[0].expected)
    batch, contrast, painted = cases[0]
    brighter = lights(contrast, batch.conditions["odd"], np.ones(batch.batch_size))
    if difference(painted["inputs"][..., 1:], batch.during("lamps")[..., None] * brighter) is None:
        return Judgement(False, "the odd lamp is always brighter.", "Where sign is -1 it is dimmer.")
    actual, expected = wrong[0].seen, wrong[0].expected
    return Judgement(False, "the inputs are not as asked for (bin, trial, channel).", wrong[0].hint, actual, expected)


def _wrong_targets(cases: list[tuple[TrialBatch, float, dict[str, Any]]]) -> Judgement | None:
    def all_are(wanted: Callable[[TrialBatch], np.ndarray]) -> bool:
        return all(np.array_equal(painted["targets"], wanted(batch)) for batch, _, painted in cases)

    if all_are(lambda batch: batch.targets):
        return None
    slips = (
        ("no target is set.", 'canvas.target(..., "decision").', lambda batch: 0 * batch.targets),
        (
            "the targets are counted from 0.",
            "Class 0 is to fixate; lamp a is class 1.",
            lambda batch: np.maximum(batch.targets - 1, 0),
        ),
        (
            "an answer is asked for in the whole trial.",
            "Set the target in the decision alone; else it is 0, to fixate.",
            lambda batch: np.broadcast_to(batch.conditions["odd"], batch.targets.shape),
        ),
        (
            "an answer is asked for in the delay already.",
            "Set the target in the decision alone.",
            lambda batch: np.where(batch.during("delay"), batch.conditions["odd"], batch.targets),
        ),
    )
    for reason, hint, wanted in slips:
        if all_are(wanted):
            return Judgement(False, reason, hint)
    return Judgement(False, "the targets are not the odd lamp.", 'canvas.target(conditions["odd"], "decision").')


def judge_observes(ask: Ask, rng: np.random.Generator) -> Judgement:
    """Whether the ideal observer makes no mistake in trials that the submission never painted."""
    if declaration(ask)["responses"] != list(RESPONSES):
        return Judgement(False, "the responses are not as asked for.", "Mend them first.")
    task = OddOneOut()
    batch = task.sample(N_OBSERVED, int(rng.integers(2**31)))
    blank = TrialBatch(batch.inputs, 0 * batch.targets, 0 * batch.mask, {}, batch.periods, batch.dt, batch.kind)
    try:
        outputs = observing(ask, {}, blank, task.n_outputs)
    except Unanswered as error:
        if "KeyError" not in error.judgement.reason:
            raise
        return Judgement(False, "ideal reads a condition, which no observer sees.", "Use inputs: self.mean_input(...).")
    chosen = outputs[-1].argmax(axis=-1)
    odd, brighter = batch.conditions["odd"], batch.conditions["sign"] > 0
    right = chosen == odd
    if right.all() and (task.score(outputs, batch) == 1).all():
        return Judgement(True, f"it is right in all of {N_OBSERVED} trials, and has seen nothing but inputs.")
    score = f"{right.mean():.0%} right"
    known = (
        ((chosen == 0).all(), "it never answers.", "self.respond(batch, choices) answers in the decision."),
        ((chosen == (odd % 5) - 1).all(), "it names the lamp before.", "argmax counts from 0, classes from 1."),
        (
            right[brighter].all() and not right[~brighter].any(),
            "it finds brighter lamps, and no dimmer ones.",
            "Look for the largest distance from the others, not for the largest light.",
        ),
        (
            right[~brighter].all() and not right[brighter].any(),
            "it finds dimmer lamps, and no brighter ones.",
            "Look for the largest distance from the others.",
        ),
        (
            right.all(),
            "it answers at the wrong time.",
            "It has to fixate until the decision, and to answer in all of it: self.respond does.",
        ),
        (right.mean() < 0.35, "it guesses.", 'Where were the lamps on? self.mean_input(batch, "lamp", "lamps").'),
        (
            right.mean() > 0.5,
            "it is not as good as can be.",
            "Average the whole period of the lamps, and compare with the median of the four.",
        ),
    )
    for holds, reason, hint in known:
        if holds:
            return Judgement(False, reason, hint, score, "100% right")
    return Judgement(False, "it is often wrong.", "Which lamp is furthest from the others?", score, "100% right")


def judge_registered(ask: Ask, rng: np.random.Generator) -> Judgement:
    """Whether Gymnasium plays, by its name, the class that was written: its trials are those that the grader plays.

    No word of the submission about its table of tasks counts.
    """
    if not _has(ask(what="play", seed=0, actions=[]), 1):
        return Judgement(
            False, "it is not registered yet.", "register_task(OddOneOut), or @register_task above the class."
        )
    env = TrialEnv(replica(ask))
    for _ in range(N_PLAYED):
        seed, choice = int(rng.integers(2**31)), int(rng.integers(1, env.task.n_outputs))
        observation, info = env.reset(seed=seed)
        observations, rewards, actions, over = [observation], [], [], False
        while not over:
            actions.append(choice if info["period"] == env.task.response_period else 0)
            observation, reward, over, _, info = env.step(actions[-1])
            observations.append(observation)
            rewards.append(reward)
        played = ask(what="play", seed=seed, actions=actions)
        if not _has(played, len(observations)) or not (
            np.allclose(played["observations"], observations, atol=ROUNDING)
            and np.allclose(played["rewards"], rewards, atol=ROUNDING)
        ):
            hint = "Run the registration again, after the last change. Trials may depend on conditions and canvas only."
            return Judgement(False, "another class has its name.", hint)
    return Judgement(True, 'gym.make("cogdyn/OddOneOut-v0") plays it.')


def judge_promises(ask: Ask, rng: np.random.Generator) -> Judgement:
    """Whether the task that is asked for keeps the contract of tasks, checked outside of the submission."""
    facts = declaration(ask)
    if (other := _misnamed(facts)) is not None:
        return other
    if set(facts["factors"]) != set(FACTORS):
        actual, expected = (", ".join(names)[:80] for names in (facts["factors"], FACTORS))
        return Judgement(False, "factors are not as asked for.", "Their names count.", actual, expected)
    fault = broken_promise(replica(ask))
    return fault or Judgement(True, "it keeps the contract of tasks, as ours do.")


def _misnamed(facts: dict[str, Any]) -> Judgement | None:
    """What is wrong with the names of channels and responses; None if nothing is."""
    asked = {"channels": {"fixation": 1, "lamp": list(LAMPS)}, "responses": list(RESPONSES)}
    for name, wanted in asked.items():
        if facts[name] != wanted or list(facts[name]) != list(wanted):
            actual, expected = (str(value)[:200] for value in (facts[name], wanted))
            return Judgement(False, f"{name} are not as asked for.", "Names and order count.", actual, expected)
    return None


def _has(played: Any, n: int) -> bool:
    """Whether an answer holds the observations of n bins, and rewards of all but the first."""
    arrays = [played.get(name) for name in ("observations", "rewards")] if isinstance(played, dict) else []
    lengths = [len(a) for a in arrays if isinstance(a, np.ndarray) and a.dtype.kind in "biuf" and a.ndim]
    return lengths == [n, n - 1]


WORK = Work(
    exercises=(
        Exercise("task/draws", "what is drawn", 2, "OddOneOut", judge_draws, "task"),
        Exercise("task/paints", "what is shown and asked", 4, "OddOneOut", judge_paints, "task", ("task/draws",)),
        Exercise("task/observes", "the ideal observer", 3, "OddOneOut", judge_observes, "task", ("task/draws",)),
        Exercise(
            "task/registered",
            "registered",
            1,
            "OddOneOut",
            judge_registered,
            "task",
            builds_on=("task/draws", "task/paints"),
        ),
        Exercise(
            "task/promises",
            "proved",
            2,
            "OddOneOut",
            judge_promises,
            "task",
            builds_on=("task/draws", "task/paints", "task/observes"),
            with_code=False,
        ),
    ),
    imports=("numpy", "cogdyn.envs", "cogdyn.envs.gym.trial_env"),
    hidden=(),
)
