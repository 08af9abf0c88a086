"""Assignment 3: rates and Jacobians with bridges and without, by autograd and by hand, with switches for mistakes.

r_t = (1 - alpha) r_{t-1} + alpha tanh(W r_{t-1} + W_in u_t + b); and at the end of each block of lag bins,
r <- (1 - beta) r_{t-lag} + beta r (skip connections through time, SCTT).

Source: W. W. M. Soo, V. Goudar, X.-J. Wang, Training biologically plausible recurrent neural networks on cognitive
tasks with long-term dependencies, NeurIPS 36 (2023), doi:10.1101/2023.10.10.561588.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..judging import Inputs
from .leaky_network import forward

SMALL = 0.01
"""A share of an error that counts as kept."""


def bridged(
    W: Any,
    W_in: Any,
    b: Any,
    u: Any,
    r_0: Any,
    alpha: float,
    lag: int,
    beta: float,
    start: float | None = None,
    offset: int = 0,
    every_bin: bool = False,
    from_first: bool = False,
    fed_back: bool = True,
    tanh: Any = np.tanh,
) -> list[Any]:
    """The rates of each bin, numpy's or torch's; switches make slips."""
    start = 1 - beta if start is None else start
    r, rates, block = r_0, [], r_0
    for t, light in enumerate(u, 1):
        before = r
        r = (1 - alpha) * r + alpha * tanh(W @ r + W_in @ light + b)
        shown = r
        if every_bin:
            shown = start * before + beta * r
        elif (t + offset) % lag == 0:
            shown = start * (r_0 if from_first else block) + beta * r
            block = shown
        r = shown if fed_back else r
        rates.append(shown)
    return rates


def rates(**given: Any) -> np.ndarray:
    """The rates (T, N) of a network with bridges."""
    return np.array(bridged(**given))


def plain(lag: int = 0, beta: float = 0, **trial: Any) -> np.ndarray:
    """The rates (T, N) without bridges."""
    return forward(**trial)[0]


def turned_beta(given: Inputs) -> Inputs:
    """The same inputs with the weights of both paths exchanged."""
    return changed(given, beta=1 - given["beta"])


def changed(given: Inputs, **changes: Any) -> Inputs:
    """The same inputs but for some."""
    return given | changes


def by_autograd(lag: int = 1, beta: float = 1.0, **trial: Any) -> np.ndarray:
    """How the last rates change with r_0, (N, N), by torch; without lag and beta for the plain network."""
    given: dict[str, Any] = {name: torch.as_tensor(trial[name]) for name in ("W", "W_in", "b", "u")}

    def last(r_0: torch.Tensor) -> torch.Tensor:
        return bridged(**given, r_0=r_0, alpha=trial["alpha"], lag=lag, beta=beta, tanh=torch.tanh)[-1]

    return torch.autograd.functional.jacobian(last, torch.as_tensor(trial["r_0"])).numpy()  # type: ignore[union-attr]


def steps(
    alpha: float,
    drives: np.ndarray,
    W: np.ndarray,
    leak: bool = True,
    slope: bool = True,
    gain: float | None = None,
    side: bool = False,
) -> list[np.ndarray]:
    """The Jacobian of each bin, (N, N); switches make slips."""
    one = np.eye(len(W))
    found = []
    for a in drives:
        slopes = 1 - np.tanh(a) ** 2 if slope else np.ones_like(a)
        inner = W * slopes if side else slopes[:, None] * W
        found.append((1 - alpha if leak else 0) * one + (alpha if gain is None else gain) * inner)
    return found


def product(of: list[np.ndarray], reverse: bool = False) -> np.ndarray:
    """J_T ... J_1, or J_1 ... J_T."""
    found = np.eye(len(of[0]))
    for one in of:
        found = found @ one if reverse else one @ found
    return found


def by_hand(
    reverse: bool = False, turned: bool = False, total: bool = False, bins: int | None = None, **given: Any
) -> np.ndarray:
    """How the last rates change with r_0, (N, N), in the plain network; switches make slips."""
    switches = {name: given.pop(name) for name in ("leak", "slope", "gain", "side") if name in given}
    of = steps(given["alpha"], forward(**given)[1][:bins], given["W"], **switches)
    found = np.sum(of, axis=0) if total else product(of, reverse)
    return found.T if turned else found


def bridged_by_hand(
    lag: int,
    beta: float,
    start: float | None = None,
    plain_rates: bool = False,
    blocks: int | None = None,
    every_bin: bool = False,
    turned: bool = False,
    reverse: bool = False,
    **given: Any,
) -> np.ndarray:
    """How the last rates change with r_0, (N, N), in the network with bridges; switches make slips."""
    start = 1 - beta if start is None else start
    path = plain(**given) if plain_rates else np.array(bridged(**given, lag=lag, beta=beta))
    before = np.vstack([given["r_0"], path[:-1]])
    drives = before @ given["W"].T + given["u"] @ given["W_in"].T + given["b"]
    of, one = steps(given["alpha"], drives, given["W"]), np.eye(len(given["W"]))
    if every_bin:
        return product([start * one + beta * step for step in of])
    found = one
    for number, first in enumerate(range(0, len(of), lag)):
        block = product(of[first : first + lag])
        if first + lag <= len(of) and (blocks is None or number < blocks):
            block = start * one + beta * block
        found = found @ block if reverse else block @ found
    return found.T if turned else found


def kept(jacobian: np.ndarray) -> tuple[float, int]:
    """Largest share of an error that is left, and the number of directions in which a hundredth is."""
    sizes = np.linalg.svd(jacobian, compute_uv=False)
    return float(sizes[0]), int((sizes > SMALL).sum())


def kept_of(sizes: np.ndarray) -> tuple[float, int]:
    """The largest of these sizes, and how many exceed a hundredth."""
    return float(sizes.max()), int((sizes > SMALL).sum())


def predicted(
    alpha: float, lag: int, beta: float, n_blocks: int, through: bool = True, around: bool = True, whole: bool = False
) -> dict[str, float]:
    """What is left of an error where synapses are weak: plain, with SCTT, with DASC; switches make slips."""
    decay = (1 - alpha) ** lag
    left = beta * decay if through else 0.0
    way = 1 - beta if around else 1.0
    coarse = 1.0 if whole else 1 - lag * alpha
    return {"plain": decay**n_blocks, "SCTT": (way + left) ** n_blocks, "DASC": (way * coarse + left) ** n_blocks}
