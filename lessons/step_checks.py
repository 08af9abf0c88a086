"""Checks of the exercises on steps in time: one Euler step, and a block of steps with a bridge."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..envs.typechecked import typechecked
from .checks import Answer, Verdict, judged
from .terms import Inputs, Term, wrong_terms, zero


@typechecked
def check_euler_step(step: Answer) -> Verdict:
    """Check one Euler step of a leaky rate network with f = relu, leak on the voltage.

    x_t = (1 - alpha) x + alpha (W f(x) + W_in u + b)

    Args:
        step: Takes x (N,), u (n_in,), W (N, N), W_in (N, n_in), b (N,) and alpha; returns the next x (N,).
    """
    rng = np.random.default_rng(1)
    inputs: dict[str, Any] = {"x": rng.normal(size=5), "u": rng.normal(size=3)}
    inputs |= {"b": rng.normal(size=5), "W": rng.normal(size=(5, 5)), "W_in": rng.normal(size=(5, 3)), "alpha": 0.2}
    order = ("x", "u", "W", "W_in", "b", "alpha")
    return judged(
        lambda given: step(*given, inputs["alpha"]),
        [inputs[name] for name in order[:-1]],
        right=_euler_step(**inputs),
        slips=_euler_slips(inputs),
        praise="this is the step that the trained network takes, once every 20 ms.",
        hints={
            "stub": "Replace the raise by one line that returns the next x.",
            "error": "Check the shapes: W is (N, N).",
            "shape": "W @ r sums over j.",
            "change": "Return a new array; x += ... changes the caller's x.",
        },
        explained=lambda: wrong_terms(
            lambda given: step(*(given[name] for name in order)),
            lambda given: _euler_step(**given),
            _euler_slips,
            _EULER_TERMS,
            inputs,
        ),
    )


_EULER_TERMS = (
    Term("the leak", zero("W", "W_in", "b"), weight="1 - alpha"),
    Term("the recurrent input", zero("u", "b"), zero("u", "b", "W"), weight="alpha"),
    Term("the external input", zero("x", "b"), zero("x", "b", "u"), weight="alpha"),
    Term("the bias", zero("x", "u"), zero("x", "u", "b"), weight="alpha"),
)


def _euler_step(x: Any, u: Any, W: Any, W_in: Any, b: Any, alpha: float) -> np.ndarray:
    return (1 - alpha) * x + alpha * (W @ np.maximum(x, 0) + W_in @ u + b)


def _euler_slips(inputs: Inputs) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    x, u, w, w_in, b, alpha = (inputs[name] for name in ("x", "u", "W", "W_in", "b", "alpha"))
    r = np.maximum(x, 0)
    drive = w @ r + w_in @ u + b
    return {
        "the leak is missing: x keeps its whole value.": (x + alpha * drive, "(1 - alpha) of x stays."),
        "voltages travel along the synapses.": (
            (1 - alpha) * x + alpha * (w @ x + w_in @ u + b),
            "A synapse passes on the rate f(x) of its unit, not the voltage x.",
        ),
        "W is the wrong way round.": (
            (1 - alpha) * x + alpha * (w.T @ r + w_in @ u + b),
            "W[i, j] is the synapse from j to i, so the sum over j is W @ r.",
        ),
        "the drive is not multiplied by alpha.": ((1 - alpha) * x + drive, "All that arrives counts alpha."),
        "only the recurrent input is multiplied by alpha.": (
            (1 - alpha) * x + alpha * (w @ r) + w_in @ u + b,
            "Put the recurrent input, W_in u and b into one bracket.",
        ),
        "the bias is missing.": ((1 - alpha) * x + alpha * (drive - b), "Add b inside the bracket."),
        "the external input is missing.": ((1 - alpha) * x + alpha * (w @ r + b), "Add W_in @ u inside the bracket."),
        "the recurrent input is missing.": ((1 - alpha) * x + alpha * (w_in @ u + b), "Add W @ r inside the bracket."),
        "rates leak, not voltages.": ((1 - alpha) * r + alpha * drive, "What decays here is x."),
        "alpha and 1 - alpha have changed places.": (
            alpha * x + (1 - alpha) * drive,
            "A small alpha = dt / tau means a slow unit: (1 - alpha) of x stays.",
        ),
        "relu is round the sum.": (
            (1 - alpha) * x + alpha * np.maximum(w @ r + w_in @ u + b, 0),
            "f acts on voltages, on the way to the synapses: W @ f(x). The sum itself may be negative.",
        ),
    }


@typechecked
def check_bridged_block(block: Answer) -> Verdict:
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

    def joined_with_start(given: Inputs) -> np.ndarray:
        return (1 - given["beta"]) * given["h0"] + given["beta"] * _repeated(step, given["h0"], lag)

    def slips(given: Inputs) -> dict[str, tuple[np.ndarray, str]]:
        return _block_slips(step, given["h0"], lag, given["beta"])

    return judged(
        lambda given: block(step, *given, lag, inputs["beta"]),
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
        explained=lambda: wrong_terms(
            lambda given: block(step, given["h0"].copy(), lag, given["beta"]),
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
