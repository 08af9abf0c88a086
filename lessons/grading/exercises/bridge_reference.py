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
        state = r
        if every_bin:
            state = start * before + beta * r
        elif (t + offset) % lag == 0:
            state = start * (r_0 if from_first else block) + beta * r
            block = state
        r = state if fed_back else r
        rates.append(state)
    return rates


def rates(**arguments: Any) -> np.ndarray:
    """The rates (T, N) of a network with bridges."""
    return np.array(bridged(**arguments))


def plain(lag: int = 0, beta: float = 0, **trial: Any) -> np.ndarray:
    """The rates (T, N) without bridges."""
    return forward(**trial)[0]


def turned_beta(arguments: Inputs) -> Inputs:
    """The same inputs with the weights of both paths exchanged."""
    return changed(arguments, beta=1 - arguments["beta"])


def changed(arguments: Inputs, **changes: Any) -> Inputs:
    """The same inputs except for some."""
    return arguments | changes


def by_autograd(lag: int = 1, beta: float = 1.0, **trial: Any) -> np.ndarray:
    """How the last rates change with r_0, (N, N), by torch; without lag and beta for the plain network."""
    arguments: dict[str, Any] = {name: torch.as_tensor(trial[name]) for name in ("W", "W_in", "b", "u")}

    def last(r_0: torch.Tensor) -> torch.Tensor:
        return bridged(**arguments, r_0=r_0, alpha=trial["alpha"], lag=lag, beta=beta, tanh=torch.tanh)[-1]

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
    result = []
    for a in drives:
        slopes = 1 - np.tanh(a) ** 2 if slope else np.ones_like(a)
        inner = W * slopes if side else slopes[:, None] * W
        result.append((1 - alpha if leak else 0) * one + (alpha if gain is None else gain) * inner)
    return result


def product(of: list[np.ndarray], reverse: bool = False) -> np.ndarray:
    """J_T ... J_1, or J_1 ... J_T."""
    result = np.eye(len(of[0]))
    for one in of:
        result = result @ one if reverse else one @ result
    return result


def by_hand(
    reverse: bool = False, transpose: bool = False, total: bool = False, bins: int | None = None, **arguments: Any
) -> np.ndarray:
    """How the last rates change with r_0, (N, N), in the plain network; switches make slips."""
    switches = {name: arguments.pop(name) for name in ("leak", "slope", "gain", "side") if name in arguments}
    of = steps(arguments["alpha"], forward(**arguments)[1][:bins], arguments["W"], **switches)
    result = np.sum(of, axis=0) if total else product(of, reverse)
    return result.T if transpose else result


def bridged_by_hand(
    lag: int,
    beta: float,
    start: float | None = None,
    plain_rates: bool = False,
    blocks: int | None = None,
    every_bin: bool = False,
    transpose: bool = False,
    reverse: bool = False,
    **arguments: Any,
) -> np.ndarray:
    """How the last rates change with r_0, (N, N), in the network with bridges; switches make slips."""
    start = 1 - beta if start is None else start
    path = plain(**arguments) if plain_rates else np.array(bridged(**arguments, lag=lag, beta=beta))
    before = np.vstack([arguments["r_0"], path[:-1]])
    drives = before @ arguments["W"].T + arguments["u"] @ arguments["W_in"].T + arguments["b"]
    of, one = steps(arguments["alpha"], drives, arguments["W"]), np.eye(len(arguments["W"]))
    if every_bin:
        return product([start * one + beta * step for step in of])
    result = one
    for number, first in enumerate(range(0, len(of), lag)):
        block = product(of[first : first + lag])
        if first + lag <= len(of) and (blocks is None or number < blocks):
            block = start * one + beta * block
        result = result @ block if reverse else block @ result
    return result.T if transpose else result


def share_left(jacobian: np.ndarray) -> tuple[float, int]:
    """Largest share of an error that is left, and the number of directions in which a hundredth is."""
    sizes = np.linalg.svd(jacobian, compute_uv=False)
    return float(sizes[0]), int((sizes > SMALL).sum())


def share_of(sizes: np.ndarray) -> tuple[float, int]:
    """The largest of these sizes, and how many exceed a hundredth."""
    return float(sizes.max()), int((sizes > SMALL).sum())


def predict_share(
    alpha: float, lag: int, beta: float, n_blocks: int, through: bool = True, around: bool = True, whole: bool = False
) -> dict[str, float]:
    """What is left of an error where synapses are weak: plain, with SCTT, with DASC; switches make slips."""
    decay = (1 - alpha) ** lag
    left = beta * decay if through else 0.0
    way = 1 - beta if around else 1.0
    coarse = 1.0 if whole else 1 - lag * alpha
    return {"plain": decay**n_blocks, "SCTT": (way + left) ** n_blocks, "DASC": (way * coarse + left) ** n_blocks}
