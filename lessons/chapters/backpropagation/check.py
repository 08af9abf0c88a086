"""The checks of the reader's own backward passes: of one unit, and of a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer
from ...checking.terms import Inputs, Term, wrong_terms, zero

_BINS, _UNITS = 6, 4


@typechecked
def check_backward_unit(backward: Answer) -> CheckResult:
    r"""Check the backward pass of one tanh unit that talks to itself, whose error comes in its last bin.

    p_T = error, p_t = (1 - alpha + alpha w f'(x_t)) p_{t+1}, with p_t = dL/dx_t

    It must be the exact gradient, by automatic differentiation.

    Args:
        backward: Takes w, x (T,), error = dL/dx_T and alpha; returns p (T,).
    """
    w, alpha, error = 1.7, 0.2, -0.6
    x = _voltages_of_unit(w, alpha)
    right = _exact_of_unit(w, alpha, error)
    return check_answer(
        lambda copies: backward(w, copies[0], error, alpha),
        [x],
        right,
        _unit_slips(w, x, error, alpha),
        praise="these are the exact derivatives of the loss. Only multiplications: each bin has one factor.",
        hints={
            "stub": "Replace the raise by a loop that begins at the last bin.",
            "error": "x has T numbers; p too: p = np.zeros(len(x)).",
            "shape": "Return all p, one for each bin.",
            "change": "Make an array of your own with np.zeros.",
        },
    )


def _voltages_of_unit(w: float, alpha: float) -> np.ndarray:
    x = [0.4]
    while len(x) < _BINS:
        x.append((1 - alpha) * x[-1] + alpha * (w * np.tanh(x[-1]) + 0.3))
    return np.array(x)


def _exact_of_unit(w: float, alpha: float, error: float) -> np.ndarray:
    x = [torch.tensor(0.4, dtype=torch.float64, requires_grad=True)]
    while len(x) < _BINS:
        x.append((1 - alpha) * x[-1] + alpha * (w * torch.tanh(x[-1]) + 0.3))
    return np.array([float(p) for p in torch.autograd.grad(error * x[-1], x)])


def _unit_slips(w: float, x: np.ndarray, error: float, alpha: float) -> dict[str, tuple[np.ndarray, str]]:
    slope = 1 - np.tanh(x) ** 2

    def back(factors: np.ndarray) -> np.ndarray:
        """Every p, where factors (T - 1,) lead from each bin to the next."""
        return error * np.append(np.cumprod(factors[::-1])[::-1], 1.0)

    factor = 1 - alpha + alpha * w * slope
    right = back(factor[:-1])
    return {
        "the leak is missing.": (
            back(alpha * w * slope[:-1]),
            "A voltage reaches the next bin in two ways: it stays, (1 - alpha), and it goes round by the synapse.",
        ),
        "the synapse is missing.": (
            back(np.full(len(x) - 1, 1 - alpha)),
            "Besides what stays, alpha w f'(x) comes round by the synapse.",
        ),
        "the slope is missing.": (
            back(np.full(len(x) - 1, 1 - alpha + alpha * w)),
            "The synapse carries tanh(x), whose slope is 1 - tanh(x)**2.",
        ),
        "the slope is that of the later bin.": (
            back(factor[1:]),
            "From bin t to t + 1 goes tanh(x[t]): its slope is taken at x[t].",
        ),
        "the slope stands for tanh itself.": (
            back(1 - alpha + alpha * w * np.tanh(x[:-1])),
            "How much does tanh(x) change with x? By 1 - tanh(x)**2.",
        ),
        "alpha is missing from the synapse.": (
            back(1 - alpha + w * slope[:-1]),
            "All that arrives counts alpha, forward and back.",
        ),
        "alpha and 1 - alpha have changed places.": (
            back(alpha + (1 - alpha) * w * slope[:-1]),
            "(1 - alpha) of the voltage stays.",
        ),
        "time runs forward.": (right[::-1], "p[-1] is the error; the loop goes from there to the first bin."),
        "only the last bin has an error.": (
            np.append(np.zeros(len(x) - 1), error),
            "p[t] = (...) * p[t + 1], in a loop from len(x) - 2 down to 0.",
        ),
        "the error is forgotten.": (right / error, "Begin with p[-1] = error."),
    }


@typechecked
def check_backward(backward: Answer) -> CheckResult:
    r"""Check the backward pass of a network of tanh units that leak on the voltage.

    p_t = (1 - alpha) p_{t+1} + f'(x_t) (e_t + alpha W^T p_{t+1}), with p_t = dL/dx_t and e_t = dL_t/dr_t

    It must be the exact gradient, by automatic differentiation; so is then the gradient of W, which is made of it.

    Args:
        backward: Takes W (N, N), x (T, N), e (T, N) and alpha; returns p (T, N).
    """
    rng = np.random.default_rng(4)
    inputs: dict[str, Any] = {"W": rng.normal(size=(_UNITS, _UNITS))}
    inputs |= {"x": rng.normal(size=(_BINS, _UNITS)), "e": rng.normal(size=(_BINS, _UNITS)), "alpha": 0.2}
    right = _network(**inputs)
    wrong_by = _of_weights(inputs)
    return check_answer(
        lambda copies: backward(*copies, inputs["alpha"]),
        [inputs[name] for name in ("W", "x", "e")],
        right,
        _network_slips(inputs),
        praise=(
            "these are the exact derivatives. The gradient of W that is made of them differs from that of automatic "
            f"differentiation by {wrong_by:.0e}."
        ),
        hints={
            "stub": "Replace the raise by a loop that begins at the last bin, with p = 0 after it.",
            "error": "Shapes: W.T @ p is (N,), and so are e[t] and x[t].",
            "shape": "Return p for every bin: (T, N).",
            "change": "Make an array of your own with np.zeros; p = e would be e itself.",
        },
        explain=lambda: wrong_terms(
            lambda arguments: backward(*(arguments[name] for name in ("W", "x", "e", "alpha"))),
            lambda arguments: _network(**arguments),
            _network_slips,
            _NETWORK_TERMS,
            _at_once(inputs),
        ),
    )


def _network(W: Any, x: Any, e: Any, alpha: float) -> np.ndarray:
    p, later = np.zeros_like(x), np.zeros(x.shape[1])
    for t in range(len(x) - 1, -1, -1):
        later = p[t] = (1 - alpha) * later + (1 - np.tanh(x[t]) ** 2) * (e[t] + alpha * W.T @ later)
    return p


def _of_weights(inputs: Inputs) -> float:
    """How far the gradient of W by p is from autograd's, for inputs that make the voltages what they are."""
    alpha, x, e = inputs["alpha"], torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["e"])
    weights = torch.from_numpy(inputs["W"]).clone().requires_grad_()
    before = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
    drives = x - (1 - alpha) * before - alpha * torch.tanh(before) @ weights.detach().T
    now, loss = torch.zeros_like(x[0]), torch.zeros(()).to(x)
    for drive, error in zip(drives, e, strict=True):
        now = (1 - alpha) * now + alpha * weights @ torch.tanh(now) + drive
        loss = loss + error @ torch.tanh(now)
    (exact,) = torch.autograd.grad(loss, weights)
    by_p = alpha * _network(**inputs).T @ np.tanh(before.numpy())
    return float(np.abs(exact.numpy() - by_p).max())


def _at_once(inputs: Inputs) -> dict[str, Any]:
    """The same network in two bins, of which the first shows what comes back and the last what is new."""
    return {**inputs, "x": inputs["x"][:2], "e": inputs["e"][:2]}


_LAST = np.array([[0.0], [1.0]])


def _error_of(first: float, last: float, *without: str, **others: Any) -> Any:
    """A change of inputs: errors of the two bins count so much, and what is named becomes 0."""
    change = zero(*without, **others)
    return lambda inputs: {**(changed := change(inputs)), "e": changed["e"] * np.array([[first], [last]])}


_NETWORK_TERMS = (
    Term("the error of the bin itself", _error_of(0, 1), at=(1,)),
    Term(
        "what stays, by the leak",
        _error_of(0, 1, "W"),
        weight="1 - alpha",
        at=(0,),
        after=("the error of the bin itself",),
    ),
    Term(
        "what comes back by the synapses",
        _error_of(0, 1),
        _error_of(0, 1, "W"),
        weight="alpha",
        at=(0,),
        after=("the error of the bin itself",),
    ),
)


def _network_slips(inputs: Inputs) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    w, x, e, alpha = (inputs[name] for name in ("W", "x", "e", "alpha"))
    slope = 1 - np.tanh(x) ** 2

    def back(step: Any) -> np.ndarray:
        p = np.zeros_like(x)
        later = np.zeros(x.shape[1])
        for t in range(len(x) - 1, -1, -1):
            later = p[t] = step(t, later)
        return p

    def shifted(t: int) -> np.ndarray:
        return slope[min(t + 1, len(x) - 1)]

    right = _network(w, x, e, alpha)
    return {
        "W is the wrong way round.": (
            back(lambda t, p: (1 - alpha) * p + slope[t] * (e[t] + alpha * w @ p)),
            "Forward, W[i, j] carries from j to i. Back, the error of i goes to j: W.T @ p.",
        ),
        "the leak is missing.": (
            back(lambda t, p: slope[t] * (e[t] + alpha * w.T @ p)),
            "(1 - alpha) of a voltage stays; so does (1 - alpha) of its error.",
        ),
        "the leak goes through the slope.": (
            back(lambda t, p: slope[t] * ((1 - alpha) * p / 1 + e[t] + alpha * w.T @ p)),
            "What leaks is the voltage itself. Only what left as a rate goes through the slope.",
        ),
        "the slope is missing.": (
            back(lambda t, p: (1 - alpha) * p + e[t] + alpha * w.T @ p),
            "e and W.T @ p are errors of rates. Times 1 - tanh(x[t])**2 they become errors of voltages.",
        ),
        "the error of the bin does not go through the slope.": (
            back(lambda t, p: (1 - alpha) * p + e[t] + slope[t] * (alpha * w.T @ p)),
            "e is an error of rates too: slope * (e[t] + ...).",
        ),
        "the slope is that of the later bin.": (
            back(lambda t, p: (1 - alpha) * p + slope[t] * e[t] + shifted(t) * (alpha * w.T @ p)),
            "What went to bin t + 1 was tanh(x[t]): its slope is taken at x[t].",
        ),
        "alpha is missing from the synapses.": (
            back(lambda t, p: (1 - alpha) * p + slope[t] * (e[t] + w.T @ p)),
            "All that arrives counts alpha, forward and back.",
        ),
        "alpha also multiplies the error of the bin.": (
            back(lambda t, p: (1 - alpha) * p + slope[t] * alpha * (e[t] + w.T @ p)),
            "e comes from the readout, without a leak: e[t] + alpha * ...",
        ),
        "only the last error counts.": (
            back(lambda t, p: (1 - alpha) * p + slope[t] * ((t == len(x) - 1) * e[t] + alpha * w.T @ p)),
            "Every bin may have an error: add e[t] inside the loop.",
        ),
        "no error comes back from a later bin.": (slope * e, "Add what comes back from p of bin t + 1."),
        "time runs forward.": (
            _network(w, x[::-1], e[::-1], alpha)[::-1],
            "The loop begins at the last bin: range(len(x) - 1, -1, -1).",
        ),
        "p is in the order of the loop, last bin first.": (right[::-1], "Row t of p belongs to bin t."),
        "the sign is turned.": (-right, "The derivative is asked for. Learning goes the other way, later."),
    }
