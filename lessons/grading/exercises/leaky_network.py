"""The small leaky network of the assignments by hand, with switches for the mistakes that it invites.

r_t = (1 - alpha) r_{t-1} + alpha tanh(W r_{t-1} + W_in u_t + b)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...checking.terms import Inputs, Term, zero


def drawn_network(rng: np.random.Generator, n: int, n_in: int, bins: int) -> dict[str, Any]:
    """A network with a trial: W (N, N), W_in (N, n_in), b (N,), u (T, n_in), r_0 (N,) and alpha."""
    return {
        "W": rng.normal(size=(n, n)) / np.sqrt(n),
        "W_in": rng.normal(size=(n, n_in)),
        "b": rng.normal(size=n),
        "u": rng.normal(size=(bins, n_in)),
        "r_0": rng.normal(size=n),
        "alpha": float(rng.uniform(0.15, 0.4)),
    }


def forward_terms(*at: int) -> tuple[Term, ...]:
    """The terms of the first bin, and what follows it.

    Args:
        at: Where the rates are in an answer.
    """

    def first(*names: str) -> Callable[[Inputs], Inputs]:
        return lambda inputs: zero(*names)({**inputs, "u": inputs["u"][:1]})

    terms = (
        Term("the leak", first("W", "W_in", "b"), weight="1 - alpha", at=at),
        Term("the recurrent input", first("W_in", "b"), first("W", "W_in", "b"), "alpha", at),
        Term("the external input", first("r_0", "b"), first("r_0", "b", "u"), "alpha", at),
        Term("the bias", first("r_0", "u"), first("r_0", "u", "b"), "alpha", at),
    )
    return *terms, Term("what follows the first bin", zero(), at=at, after=tuple(term.name for term in terms))


def forward(
    W: np.ndarray,
    W_in: np.ndarray,
    b: np.ndarray,
    u: np.ndarray,
    r_0: np.ndarray,
    alpha: float,
    keep: float | None = None,
    gain: float | None = None,
    transpose: bool = False,
    late: bool = False,
    bias: bool = True,
    linear: bool = False,
    before_step: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Rates and drives, (T, N) each; the switches make the slips."""
    keep, gain = 1 - alpha if keep is None else keep, alpha if gain is None else gain
    r, rates, drives = r_0, [], []
    for t in range(len(u)):
        light = u[t - 1] if late and t else np.zeros_like(u[0]) if late else u[t]
        a = (W.T if transpose else W) @ r + W_in @ light + (b if bias else 0)
        rates.append(r)
        r = keep * r + gain * (a if linear else np.tanh(a))
        if not before_step:
            rates[-1] = r
        drives.append(a)
    return np.array(rates), np.array(drives)
