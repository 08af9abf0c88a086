"""The exercise on a block of steps with a bridge."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer
from ...checking.terms import Inputs, Term, wrong_terms, zero


@typechecked
def check_bridged_block(block: Answer) -> CheckResult:
    """Check a block of steps with a bridge to its start (SCTT).

    h = (1 - beta) h_0 + beta E(h_0), where E takes lag steps

    Args:
        block: Takes step, which takes h (N,) to the next h (N,), and h_0 (N,), lag and beta; returns h (N,).
    """
    rng = np.random.default_rng(2)
    w, lag = rng.normal(size=(4, 4)), 5
    inputs: dict[str, Any] = {"h0": rng.normal(size=4), "beta": 0.3}

    def step(h: np.ndarray) -> np.ndarray:
        return h + 0.2 * (np.tanh(w @ h) - h)

    def joined_with_start(arguments: Inputs) -> np.ndarray:
        return (1 - arguments["beta"]) * arguments["h0"] + arguments["beta"] * _repeated(step, arguments["h0"], lag)

    def slips(arguments: Inputs) -> dict[str, tuple[np.ndarray, str]]:
        return _block_slips(step, arguments["h0"], lag, arguments["beta"])

    return check_answer(
        lambda arguments: block(step, *arguments, lag, inputs["beta"]),
        [inputs["h0"]],
        right=joined_with_start(inputs),
        slips=slips(inputs),
        praise="at beta = 1 it is the plain network, and below it an error finds a short way back.",
        hints={
            "stub": "Replace the raise by a loop over the steps, and join after it.",
            "error": "step takes one state, h, and returns the next.",
            "shape": "Return the state after the block.",
            "change": "Write h = step(h), not h += ..., which changes the caller's h_0.",
        },
        explain=lambda: wrong_terms(
            lambda arguments: block(step, arguments["h0"].copy(), lag, arguments["beta"]),
            joined_with_start,
            slips,
            (
                Term("the start of the block (all there is at beta = 0)", zero("beta")),
                Term("its end (all there is at beta = 1)", zero(beta=1.0)),
            ),
            inputs,
        ),
    )


def _repeated(step: Answer, h: np.ndarray, n: int) -> np.ndarray:
    for _ in range(n):
        h = step(h)
    return h


def _block_slips(step: Answer, h0: np.ndarray, lag: int, beta: float) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""

    def joined(skip: np.ndarray, h: np.ndarray) -> np.ndarray:
        return (1 - beta) * skip + beta * h

    end = _repeated(step, h0, lag)
    return {
        "the bridge is missing: this is the plain network.": (
            end,
            "Keep h_0 while h moves on, and join the two after the loop.",
        ),
        "beta weighs the wrong path.": (
            beta * h0 + (1 - beta) * end,
            "At beta = 1 the network must be plain: beta belongs to what the steps made of h_0.",
        ),
        "the start counts whole.": (h0 + beta * end, "Its weight is 1 - beta, so that both weights add up to 1."),
        "the state before the last step is joined, not that at the start.": (
            joined(_repeated(step, h0, lag - 1), end),
            "Keep h_0 under a name of its own, and let another name move on.",
        ),
        "h_0 is joined after every step.": (
            _repeated(lambda h: joined(h0, step(h)), h0, lag),
            "The bridge has one end: join after the loop.",
        ),
        "every step is joined with the one before.": (
            _repeated(lambda h: joined(h, step(h)), h0, lag),
            "Such a network is merely slower. Join once, after the loop, with h_0.",
        ),
        "one step is missing.": (joined(h0, _repeated(step, h0, lag - 1)), "range(lag) counts lag steps."),
        "that is one step too many.": (joined(h0, _repeated(step, h0, lag + 1)), "range(lag) counts lag steps."),
        "only one step is taken.": (joined(h0, step(h0)), "The network moves lag times from one end to the other."),
        "this is DASC.": (
            joined(h0 + lag * (step(h0) - h0), end),
            "Well done, but the exercise is simpler: skip to h_0 itself.",
        ),
    }
