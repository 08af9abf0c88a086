"""Assignment 5: fixed points of a leaky network and what they show of its memory, with switches for mistakes.

F(r) = (1 - alpha) r + alpha tanh(a),  a = W r + W_in u + b,  u held;  J = (1 - alpha) I + alpha D W.

Source: D. Sussillo and O. Barak, Opening the black box, Neural Computation 25, 626-649 (2013),
doi:10.1162/NECO_a_00409.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..judging import Inputs

APART = 1e-3
"""Distance (largest of all units) below which two points are one."""
STANDS = 1e-9
"""Largest |F(r) - r| of a unit at a fixed point."""


def step(W: np.ndarray, W_in: np.ndarray, b: np.ndarray, u: np.ndarray, alpha: float, r: np.ndarray) -> np.ndarray:
    """F(r), for one state (N,) or many (K, N), with one input (n_in,) or one for each state (K, n_in)."""
    return (1 - alpha) * r + alpha * np.tanh(r @ W.T + u @ W_in.T + b)


def jacobian(
    W: np.ndarray,
    W_in: np.ndarray,
    b: np.ndarray,
    u: np.ndarray,
    alpha: float,
    r: np.ndarray,
    leak: bool = True,
    gain: float | None = None,
    slope: str = "tanh",
    side: bool = False,
    transpose: bool = False,
    with_input: bool = True,
    bias: bool = True,
) -> np.ndarray:
    """How F(r) changes with r, (N, N), or (K, N, N) for states (K, N); switches make slips."""
    a = r @ W.T + (u @ W_in.T if with_input else 0) + (b if bias else 0)
    slopes = {
        "tanh": 1 - np.tanh(a) ** 2,
        "rate": 1 - r**2,
        "state": 1 - np.tanh(r) ** 2,
        "first power": 1 - np.tanh(a),
        "none": np.ones_like(a),
    }[slope]
    through = W * slopes[..., None, :] if side else slopes[..., None] * W
    J = (1 - alpha if leak else 0) * np.eye(len(W)) + (alpha if gain is None else gain) * through
    return np.swapaxes(J, -1, -2) if transpose else J


def newton(
    W: np.ndarray,
    W_in: np.ndarray,
    b: np.ndarray,
    u: np.ndarray,
    alpha: float,
    candidates: np.ndarray,
    n_steps: int = 30,
) -> np.ndarray:
    """The fixed points at which Newton's search from the candidates (C, N) arrives, each once, (K, N)."""
    r, one = candidates, np.eye(len(W))
    for _ in range(n_steps):
        missed = step(W, W_in, b, u, alpha, r) - r
        r = r - np.linalg.solve(jacobian(W, W_in, b, u, alpha, r) - one, missed[..., None])[..., 0]
    speed = np.abs(step(W, W_in, b, u, alpha, r) - r).max(axis=1)
    points: list[np.ndarray] = []
    for state in r[speed < STANDS]:
        if all(np.abs(state - point).max() > APART for point in points):
            points.append(state)
    return np.array(points).reshape(-1, len(W))


def moduli(W: np.ndarray, W_in: np.ndarray, b: np.ndarray, u: np.ndarray, alpha: float, r: np.ndarray) -> np.ndarray:
    """|lambda| of the modes, from the largest down, (N,) or (K, N)."""
    values = np.linalg.eigvals(jacobian(W, W_in, b, u, alpha, r))
    return -np.sort(-np.abs(values), axis=-1)


def modes(dt: float, part: str = "modulus", matrix: str = "J", **arguments: Any) -> tuple[int, np.ndarray]:
    """Number of growing modes, and the time constants (ms) from the largest modulus down; switches make slips."""
    one, alpha = np.eye(len(arguments["W"])), arguments["alpha"]
    J = jacobian(**arguments)
    if matrix == "W":
        J = arguments["W"]
    elif matrix == "symmetric":
        J = (J + J.T) / 2
    elif matrix == "J - I":
        J = J - one
    values = np.linalg.eigvals(J)
    sizes = np.abs(values.real if part == "real" else values)
    if part == "continuous":  # of alpha dr/dt = F(r) - r, as if a bin were short
        rates = np.sort((values.real - 1) / alpha)[::-1]
        return int((rates > 0).sum()), -dt / alpha / rates
    sizes = np.sort(sizes)[::-1]
    return int((sizes > 1).sum()), -dt / np.log(sizes)


def run(
    W: np.ndarray,
    W_in: np.ndarray,
    b: np.ndarray,
    u: np.ndarray,
    r_0: np.ndarray,
    alpha: float,
    settle: int = 500,
    after: str = "nothing",
) -> np.ndarray:
    """The state in which trials u (T, B, n_in) leave the network after a pause, (B, N)."""
    r = np.broadcast_to(r_0, (u.shape[1], len(W)))
    rest = u[-1] if after == "last" else np.zeros_like(u[-1])
    for light in u:
        r = step(W, W_in, b, light, alpha, r)
    for _ in range(settle):
        r, before = step(W, W_in, b, rest, alpha, r), r
        if np.abs(r - before).max() < 1e-12:
            break
    return r


def nearest(states: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Index of the point (K, N) that is nearest to each state (B, N)."""
    return np.linalg.norm(states[:, None] - points, axis=2).argmin(axis=1)


def left_at(points: np.ndarray, **arguments: Any) -> np.ndarray:
    """Index of the stable point at which each trial leaves the network, (B,); switches of :func:`run` make slips."""
    return nearest(run(**arguments), points)


def read_off(points: np.ndarray, **arguments: Any) -> np.ndarray:
    """A slip: the last pulse of each channel is believed to set what its channel drives, (B,)."""
    W_in, u = arguments["W_in"], arguments["u"]
    wanted = np.broadcast_to(np.sign(arguments["r_0"] @ W_in), u.shape[1:])
    for light in u:
        wanted = np.where(light != 0, np.sign(light), wanted)
    return (wanted[:, None] == np.sign(points @ W_in)).sum(axis=2).argmax(axis=1)


FORGETS, FADES, KEEPS_BITS, NEVER_RESTS = 1, 2, 3, 4
"""The statements of the last exercise."""


def explain(
    dt: float,
    hold_ms: float,
    candidates: np.ndarray,
    all_points: bool = False,
    with_input: bool = True,
    pick: Callable[[np.ndarray], float] = max,
    **network: Any,
) -> tuple[int, float, float]:
    """The statement that is true of a network, the bits it keeps, its longest time constant; switches make slips."""
    network = network if with_input else network | {"u": 0 * network["u"]}
    points = newton(candidates=candidates, **network)
    sizes = moduli(r=points, **network)
    stable = np.ones(len(points), bool) if all_points else sizes[:, 0] < 1
    if not stable.any():
        return NEVER_RESTS, 0.0, 0.0
    longest = float(pick(-dt / np.log(sizes[stable, 0])))
    if stable.sum() > 1:
        return KEEPS_BITS, float(np.log2(stable.sum())), longest
    return (FADES if longest >= hold_ms else FORGETS), 0.0, longest


def network_of(inputs: Inputs) -> Inputs:
    """The network and the input that is held, among the inputs of an exercise."""
    return {name: inputs[name] for name in ("W", "W_in", "b", "u", "alpha")}
