"""Checks of the exercises on fixed points: a Jacobian, and a step of Newton's method."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer
from ...checking.terms import Inputs, Term, wrong_terms, zero

ARRIVES = "what arrives along W"
"""A term of the Jacobian, seen where tanh is straight."""


@typechecked
def check_jacobian(jacobian: Answer) -> CheckResult:
    r"""Check the Jacobian of a step of tanh units that leak on the rate.

    F(r) = (1 - alpha) r + alpha tanh(W r + W_in u + b), J_ij = dF_i / dr_j

    Args:
        jacobian: Takes r (N,), u (n_in,), W (N, N), W_in (N, n_in), b (N,) and alpha; returns J (N, N).
    """
    rng = np.random.default_rng(3)
    n = 5
    inputs: dict[str, Any] = {"r": 0.5 * rng.normal(size=n), "u": rng.normal(size=2), "b": rng.normal(size=n)}
    inputs |= {"W": rng.normal(size=(n, n)), "W_in": rng.normal(size=(n, 2)), "alpha": 0.2}
    order = ("r", "u", "W", "W_in", "b", "alpha")
    return check_answer(
        lambda arguments: jacobian(*arguments, inputs["alpha"]),
        [inputs[name] for name in order[:-1]],
        _jacobian(**inputs),
        _jacobian_slips(inputs),
        praise="it shows what becomes of any small push within one bin, and its eigenvalues what becomes of it later.",
        hints={
            "stub": "Replace the raise by the slope of every unit and one line that returns J (N, N).",
            "error": "slope (N,) times W by rows is slope[:, None] * W.",
            "shape": "J has a row for each unit that is moved and a column for each that moves it.",
            "change": "Return a new array; W *= ... changes the caller's W.",
        },
        explain=lambda: wrong_terms(
            lambda arguments: jacobian(*(arguments[name] for name in order)),
            lambda arguments: _jacobian(**arguments),
            _jacobian_slips,
            JACOBIAN_TERMS,
            inputs,
        ),
    )


JACOBIAN_TERMS = (
    Term("the leak", zero("W"), weight="1 - alpha"),
    Term(ARRIVES, zero("r", "u", "b"), zero("r", "u", "b", "W"), weight="alpha"),
    Term("the slope of tanh", zero(), zero("W"), weight="alpha", after=(ARRIVES,)),
)


def _jacobian(r: Any, u: Any, W: Any, W_in: Any, b: Any, alpha: float) -> np.ndarray:
    return (1 - alpha) * np.eye(len(r)) + alpha * _slope(W @ r + W_in @ u + b) * W


def _slope(x: np.ndarray) -> np.ndarray:
    return (1 - np.tanh(x) ** 2)[:, None]


def _jacobian_slips(inputs: Inputs) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    r, u, w, w_in, b, alpha = (inputs[name] for name in ("r", "u", "W", "W_in", "b", "alpha"))
    one, drive, slope = np.eye(len(r)), w @ r + w_in @ u + b, _slope
    leak, moved = (1 - alpha) * one, alpha * slope(drive) * w
    right = leak + moved
    return {
        "the leak is missing.": (moved, "A unit keeps (1 - alpha) of its own rate: add that on the diagonal."),
        "the leak is everywhere.": (
            1 - alpha + moved,
            "A unit keeps a part of its own rate only: (1 - alpha) * np.eye(N).",
        ),
        "this is the Jacobian of the velocity F(r) - r.": (right - one, "That is J - I. Here J itself is asked for."),
        "the slope is the sender's.": (
            leak + alpha * w * slope(drive).T,
            "Which unit is moved? The receiver i, so the slope scales rows: slope[:, None] * W.",
        ),
        "the slope is missing.": (
            leak + alpha * w,
            "A saturated unit does not move: multiply by the slope 1 - tanh(x)^2 of the receiver.",
        ),
        "that is tanh, not its slope.": (
            leak + alpha * np.tanh(drive)[:, None] * w,
            "The derivative of tanh(x) is 1 - tanh(x)^2.",
        ),
        "the slope lacks its square.": (
            leak + alpha * (1 - np.tanh(drive))[:, None] * w,
            "The derivative of tanh(x) is 1 - tanh(x)^2.",
        ),
        "alpha and 1 - alpha have changed places.": (
            alpha * one + (1 - alpha) * slope(drive) * w,
            "A unit keeps (1 - alpha) of its own rate, and what arrives counts alpha.",
        ),
        "the slope is taken at the rate.": (
            leak + alpha * (1 - r**2)[:, None] * w,
            "1 - tanh(x)^2 is 1 - r^2 at a fixed point alone. In general it takes the current x = W r + W_in u + b.",
        ),
        "the slope is taken at tanh of the rate.": (
            leak + alpha * slope(r) * w,
            "The slope belongs to the current x = W r + W_in u + b.",
        ),
        "the input is missing from the current.": (
            leak + alpha * slope(w @ r + b) * w,
            "The input does not depend on r, but the slope depends on it: x = W r + W_in u + b.",
        ),
        "the bias is missing from the current.": (
            leak + alpha * slope(w @ r + w_in @ u) * w,
            "The slope depends on the bias, too: x = W r + W_in u + b.",
        ),
        "what arrives is not multiplied by alpha.": (leak + slope(drive) * w, "All that arrives counts alpha."),
        "the result is the wrong way round.": (right.T, "Entry [i, j] is what unit j does to unit i, as in W."),
    }


@typechecked
def check_newton_step(newton: Answer) -> CheckResult:
    r"""Check one step of Newton's method towards a state at which a network stands still.

    r' = r - (J(r) - I)^-1 (F(r) - r)

    Args:
        newton: Takes r (N,), F and its Jacobian J as functions of r; returns the next r (N,).
    """
    step, jacobian, r = _small_network()
    one, here = np.eye(len(r)), jacobian(r)
    velocity = step(r) - r
    towards = np.linalg.solve(here - one, velocity)
    n_steps = _steps_to_arrive(step, jacobian, r)
    slips = {
        "that leads away.": (r + towards, "Subtract: r minus what solves (J - I) d = F(r) - r."),
        "that is only the way, not the place.": (-towards, "Add it to r."),
        "that is only the way, and it leads away.": (towards, "Subtract it from r."),
        "this looks for a root of F, not of F(r) - r.": (
            r - np.linalg.solve(here, step(r)),
            "A state stands still where F(r) = r.",
        ),
        "the Jacobian is F's, but the function is F(r) - r.": (
            r - np.linalg.solve(here, velocity),
            "The derivative of F(r) - r is J - I.",
        ),
        "F is set to zero with the derivative of F(r) - r.": (
            r - np.linalg.solve(here - one, step(r)),
            "What should become zero is F(r) - r.",
        ),
        "the velocity is multiplied by the matrix, not by its inverse.": (
            r - (here - one) @ velocity,
            "Solve a linear equation: np.linalg.solve(J - I, F(r) - r).",
        ),
        "the matrix is the wrong way round.": (
            r - np.linalg.solve((here - one).T, velocity),
            "J[i, j] is what r_j does to F_i. That is how it comes; no transpose is needed.",
        ),
        "this is a step of the network.": (
            step(r),
            "The network itself goes to stable points only, and takes its time.",
        ),
        "this is a step of gradient descent in the speed.": (
            r - (here - one).T @ velocity,
            "A good thought, and safe, but slow. Newton solves: np.linalg.solve(J - I, F(r) - r).",
        ),
    }
    return check_answer(
        lambda arguments: newton(*arguments, step, jacobian),
        [r],
        r - towards,
        slips,
        praise=f"from this state {n_steps} such steps lead to a saddle, where the network itself never goes: nothing "
        "flows here, an equation is solved.",
        hints={
            "stub": "Replace the raise by one line with np.linalg.solve.",
            "error": "step and jacobian are functions: step(r) is (N,), jacobian(r) is (N, N).",
            "shape": "np.linalg.solve(matrix, vector) is a vector.",
            "change": "Write r - ..., not r -= ..., which changes the caller's r.",
        },
    )


@cache
def _small_network() -> tuple[Answer, Answer, np.ndarray]:
    """A step of five units, its Jacobian, and a state not far from a saddle."""
    rng = np.random.default_rng(27)
    w, b, alpha = 0.8 * rng.normal(size=(5, 5)), 0.3 * rng.normal(size=5), 0.2

    def step(r: np.ndarray) -> np.ndarray:
        return (1 - alpha) * r + alpha * np.tanh(w @ r + b)

    def jacobian(r: np.ndarray) -> np.ndarray:
        return (1 - alpha) * np.eye(5) + alpha * (1 - np.tanh(w @ r + b) ** 2)[:, None] * w

    return step, jacobian, 0.4 * rng.normal(size=5)


def _steps_to_arrive(step: Answer, jacobian: Answer, r: np.ndarray) -> int:
    """Newton steps until nothing moves by more than 1e-12."""
    n_steps = 0
    while np.abs(step(r) - r).max() > 1e-12 and n_steps < 50:
        r = r - np.linalg.solve(jacobian(r) - np.eye(len(r)), step(r) - r)
        n_steps += 1
    return n_steps
