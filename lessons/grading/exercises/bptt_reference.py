"""Assignment 2: the network, its errors and its gradient, by autograd and by hand, with switches for mistakes.

r_t = (1 - alpha) r_{t-1} + alpha tanh(a_t),  a_t = W r_{t-1} + W_in u_t + b,  z_t = W_out r_t,
L = 1/2 sum_t |z_t - y_t|^2.

Source: P. J. Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE 78,
1550-1560 (1990), doi:10.1109/5.58337; truncated: R. J. Williams and J. Peng, Neural Computation 2, 490-501 (1990),
doi:10.1162/neco.1990.2.4.490.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ...checking.terms import Inputs as Given
from ...checking.terms import Term, zero
from ..judging import Inputs
from .leaky_network import forward

Gradient = dict[str, np.ndarray]


def network_of(trial: Inputs) -> Inputs:
    """The arguments of :func:`forward` among those of a trial."""
    return {name: trial[name] for name in ("W", "W_in", "b", "u", "r_0", "alpha")}


def errors_of(
    rates: np.ndarray, W_out: np.ndarray, targets: np.ndarray, sign: float = 1, over: int = 1
) -> tuple[float, np.ndarray]:
    """The loss, and how it changes with each rate through the readout alone, (T, N)."""
    misses = rates @ W_out.T - targets
    return 0.5 * float((misses**2).sum()) / over, sign * misses @ W_out / over


def backward(
    W: np.ndarray,
    drives: np.ndarray,
    errors: np.ndarray,
    alpha: float,
    leak: bool = True,
    gain: float | None = None,
    slope: int = 1,
    transpose: bool = False,
    last_only: bool = False,
    reverse: bool = True,
) -> np.ndarray:
    """How the loss changes with each rate, all ways through later bins counted, (T, N); switches make slips."""
    gain = alpha if gain is None else gain
    errors = errors * (np.arange(len(errors)) == len(errors) - 1)[:, None] if last_only else errors
    slopes = 1 - np.tanh(drives) ** 2 if slope >= 0 else np.ones_like(drives)
    weights = W if transpose else W.T
    adjoint = np.zeros_like(errors)
    carried = np.zeros(errors.shape[1])
    order = range(len(errors))
    for t in reversed(order) if reverse else order:
        adjoint[t] = errors[t] + carried
        at = t if slope else t - 1
        here = slopes[at] if at >= 0 else np.ones(errors.shape[1])
        carried = (1 - alpha if leak else 0) * adjoint[t] + gain * weights @ (here * adjoint[t])
    return adjoint


def backward_terms(slopes: str, straight: float, *at: int) -> tuple[Term, ...]:
    """The terms of an error that goes back by one bin, and what follows.

    Args:
        slopes: Name of the argument from which the slopes of tanh follow.
        straight: Its value where they are 1.
        at: Where the credit is in an answer.
    """

    def two(*names: str, flat: bool = False, last: float = 1.0) -> Callable[[Given], Given]:
        def change(inputs: Given) -> Given:
            few = {name: inputs[name][:2] for name in (slopes, "errors")}
            few["errors"] = few["errors"] * np.array([[1.0], [last]])
            return zero(*names)({**inputs, **few, **({slopes: 0 * few[slopes] + straight} if flat else {})})

        return change

    first, arrives = (*at, 0), "what comes back along W"
    terms = (
        Term("the error of the bin itself", two("W", last=0.0), at=first),
        Term("the leak", two("W"), two("W", last=0.0), "1 - alpha", first),
        Term(arrives, two(flat=True), two("W", flat=True), "alpha", first),
        Term("the slope of tanh", two(), two("W"), "alpha", first, after=(arrives,)),
    )
    return *terms, Term("what goes back by more than a bin", zero(), at=at, after=tuple(term.name for term in terms))


def by_autograd(**trial: Any) -> Gradient:
    """The gradient of the loss, by torch."""
    leaves = {name: torch.tensor(trial[name], requires_grad=True) for name in ("W", "W_in", "b", "W_out")}
    tensors = {name: torch.tensor(trial[name]) for name in ("u", "r_0", "targets")}
    r, loss, alpha = tensors["r_0"], torch.zeros((), dtype=torch.float64), trial["alpha"]
    for u, y in zip(tensors["u"], tensors["targets"], strict=True):
        a = leaves["W"] @ r + leaves["W_in"] @ u + leaves["b"]
        r = (1 - alpha) * r + alpha * torch.tanh(a)
        loss = loss + 0.5 * ((leaves["W_out"] @ r - y) ** 2).sum()
    loss.backward()
    return {name: leaf.grad.numpy() for name, leaf in leaves.items() if leaf.grad is not None}


def by_hand(
    horizon: int | None = None,
    sign: float = 1,
    over_time: bool = False,
    before: bool = True,
    first: bool = True,
    with_alpha: bool = True,
    with_slope: bool = True,
    transpose: bool = False,
    local: bool = False,
    **trial: Any,
) -> Gradient:
    """The gradient from the adjoint, with errors that go back at most ``horizon`` bins; switches make slips."""
    rates, drives = forward(**network_of(trial))
    errors = errors_of(rates, trial["W_out"], trial["targets"])[1]
    alpha, bins = trial["alpha"], len(rates)
    if local:
        adjoint = errors
    elif horizon is None:
        adjoint = backward(trial["W"], drives, errors, alpha)
    else:
        adjoint = np.zeros_like(errors)
        for t in range(bins):  # the error of bin t visits t, t - 1, ..., t - horizon
            window = slice(max(t - horizon, 0), t + 1)
            adjoint[window] += backward(trial["W"], drives[window], errors[window], alpha, last_only=True)
    slopes = 1 - np.tanh(drives) ** 2 if with_slope else 1
    delta = (alpha if with_alpha else 1) * slopes * adjoint
    earlier = np.vstack([trial["r_0"], rates[:-1]]) if before else rates
    some = slice(None if first else 1, None)
    recurrent = delta[some].T @ earlier[some]
    gradient = {
        "W": recurrent.T if transpose else recurrent,
        "W_in": delta.T @ trial["u"],
        "b": delta.sum(axis=0),
        "W_out": (rates @ trial["W_out"].T - trial["targets"]).T @ rates,
    }
    return {name: sign * value / (bins if over_time else 1) for name, value in gradient.items()}


def in_windows(horizon: int, **trial: Any) -> Gradient:
    """Truncation at the borders of windows: an error stops where its window begins."""
    rates, drives = forward(**network_of(trial))
    errors = errors_of(rates, trial["W_out"], trial["targets"])[1]
    adjoint = np.zeros_like(errors)
    for start in range(0, len(rates), horizon):
        window = slice(start, start + horizon)
        adjoint[window] = backward(trial["W"], drives[window], errors[window], trial["alpha"])
    delta = trial["alpha"] * (1 - np.tanh(drives) ** 2) * adjoint
    gradient = by_hand(**trial)
    earlier = np.vstack([trial["r_0"], rates[:-1]])
    return gradient | {"W": delta.T @ earlier, "W_in": delta.T @ trial["u"], "b": delta.sum(axis=0)}
