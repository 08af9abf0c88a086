"""The lesson on two mechanisms behind one reach: the check of the reader's own autonomy score."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer
from .reachers import reacher

Responder = Callable[[np.ndarray], np.ndarray]


@typechecked
def check_autonomy(score: Answer) -> CheckResult:
    r"""Check a score of how well a network responds without its target from go on.

    R² = 1 - sum of (z - z*)² / sum of z*², where z is the response to inputs whose target is 0 from go on

    It is tried on a made-up system, then on the networks of the lesson.

    Args:
        score: Takes respond, from inputs (T, B, 3), of which the first two are the target, to outputs (T, B, 2), and
            inputs, targets z* (T, B, 2) and the bin of go; returns a number.
    """
    respond, inputs, targets, go = _made_up()
    scores = {name: _autonomy(*_trials(name)) for name in ("held", "extinguished")}
    verdict = check_answer(
        lambda arguments: score(respond, *arguments, go),
        [inputs, targets],
        right=np.array(_autonomy(respond, inputs, targets, go)),
        slips=_slips(respond, inputs, targets, go),
        praise="without its target, "
        + ", ".join(f"the network {name!r} gets {r2:.2f}" for name, r2 in scores.items())
        + ".",
        hints={
            "stub": "Replace the raise: copy the inputs, take the target away from go on, respond, and compare.",
            "error": "respond takes inputs (T, B, 3) and returns outputs (T, B, 2), as targets are.",
            "shape": "The score is one number: sum over bins, trials and outputs.",
            "change": "inputs[go:] = ... changes the caller's trials for good. Work on inputs.copy().",
        },
    )
    if not verdict.passed:
        return verdict
    for name, r2 in scores.items():
        if not np.isclose(np.asarray(score(*_trials(name))), r2, rtol=1e-6):
            return CheckResult(
                False,
                f"the score is right for a small system, not for the network {name!r}.",
                "Count bins and trials from the arrays.",
            )
    return verdict


def _autonomy(respond: Responder, inputs: np.ndarray, targets: np.ndarray, go: int) -> float:
    blind = inputs.copy()
    blind[go:, :, :2] = 0
    return float(1 - np.sum((respond(blind) - targets) ** 2) / np.sum(targets**2))


@cache
def _trials(name: str) -> tuple[Responder, np.ndarray, np.ndarray, int]:
    """What a score is given of one of the networks."""
    one = reacher(name)
    return one.respond, one.batch.inputs, one.batch.targets, one.batch.first_bin("reaction")


@cache
def _made_up() -> tuple[Responder, np.ndarray, np.ndarray, int]:
    """A leaky linear system with inputs, targets and go."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(3, 2))

    def respond(inputs: np.ndarray) -> np.ndarray:
        made = np.zeros((*inputs.shape[:2], 2))
        for t, u in enumerate(inputs):
            made[t] = 0.8 * made[t - 1] + u @ weights if t else u @ weights
        return made

    inputs = rng.normal(size=(12, 4, 3))
    targets = respond(inputs) + rng.normal(size=(12, 4, 2)) + 0.5
    return respond, inputs, targets, 7


def _slips(respond: Responder, inputs: np.ndarray, targets: np.ndarray, go: int) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""

    def blind(bins: slice, channels: slice = slice(0, 2)) -> np.ndarray:
        arguments = inputs.copy()
        arguments[bins, :, channels] = 0
        return respond(arguments)

    def r2(made: np.ndarray, goal: np.ndarray = targets, rest: np.ndarray | float = 0.0) -> np.ndarray:
        return np.array(1 - np.sum((made - goal) ** 2) / np.sum((goal - rest) ** 2))

    z = blind(slice(go, None))
    mean = targets.mean(axis=(0, 1))
    each = 1 - ((z - targets) ** 2).sum(axis=(0, 2)) / (targets**2).sum(axis=(0, 2))
    return {
        "the target is still there: this is R² of the task.": (
            r2(respond(inputs)),
            "Give respond a copy of the inputs in which the first two channels are 0 from bin go on.",
        ),
        "the hold cue is taken away as well.": (
            r2(blind(slice(go, None), slice(None))),
            "Only channels 0 and 1 are the target: [go:, :, :2].",
        ),
        "the target is gone from the start.": (
            r2(blind(slice(None))),
            "The network is to see its target until go: [go:, :, :2].",
        ),
        "the target is taken away before go, not after.": (
            r2(blind(slice(go))),
            "[go:] is go and later; [:go] before.",
        ),
        "the target goes one bin too late.": (r2(blind(slice(go + 1, None))), "In the bin go it is gone already."),
        "the target goes in a single bin only.": (r2(blind(slice(go, go + 1))), "From go on, not at go: [go:]."),
        "only x of the target is taken away.": (
            r2(blind(slice(go, None), slice(0, 1))),
            "The target has two channels: [go:, :, :2].",
        ),
        "R² is about the mean of the target.": (
            r2(z, rest=mean),
            "A hand that rests is at 0: divide by the sum of targets squared.",
        ),
        "the response is compared with that to the untouched inputs.": (
            r2(z, respond(inputs)),
            "Is the reach right? Compare with the targets.",
        ),
        "the squares of the response are below the line.": (
            np.array(1 - np.sum((z - targets) ** 2) / np.sum(z**2)),
            "Divide by what was to be done: the sum of targets squared.",
        ),
        "this is the share that is missing.": (1 - r2(z), "R² is 1 less that."),
        "this is the squared error.": (np.array(np.sum((z - targets) ** 2)), "Divide by the sum of targets squared."),
        "R² of each trial is averaged.": (
            np.array(each.mean()),
            "Sum over all trials above and below, then divide once.",
        ),
    }
