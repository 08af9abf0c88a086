"""The exercise on one Euler step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer
from ...checking.terms import Inputs, Term, wrong_terms, zero


@typechecked
def check_euler_step(step: Answer) -> CheckResult:
    """Check one Euler step of a leaky rate network with f = relu, leak on the voltage.

    x_t = (1 - alpha) x + alpha (W f(x) + W_in u + b)

    Args:
        step: Takes x (N,), u (n_in,), W (N, N), W_in (N, n_in), b (N,) and alpha; returns the next x (N,).
    """
    rng = np.random.default_rng(1)
    inputs: dict[str, Any] = {"x": rng.normal(size=5), "u": rng.normal(size=3)}
    inputs |= {"b": rng.normal(size=5), "W": rng.normal(size=(5, 5)), "W_in": rng.normal(size=(5, 3)), "alpha": 0.2}
    order = ("x", "u", "W", "W_in", "b", "alpha")
    return check_answer(
        lambda arguments: step(*arguments, inputs["alpha"]),
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
        explain=lambda: wrong_terms(
            lambda arguments: step(*(arguments[name] for name in order)),
            lambda arguments: _euler_step(**arguments),
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
