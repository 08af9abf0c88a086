"""Assignment 6: autonomy, rotations and tangling from their equations, with switches for mistakes.

Sources: skew-symmetric fit: M. M. Churchland et al., Neural population dynamics during reaching, Nature 487, 51-56
(2012), doi:10.1038/nature11129. Tangling: A. A. Russo et al., Motor cortex embeds muscle-like commands in an untangled
population response, Neuron 97, 953-966 (2018), doi:10.1016/j.neuron.2018.01.004. The question: J. C. Kao,
Considerations in using recurrent neural networks to probe neural dynamics, J Neurophysiol 122, 2504-2521 (2019),
doi:10.1152/jn.00467.2018; the score of autonomy is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..inside.reaching_networks import run

COMPONENTS = 6
"""Principal components in which rotations are looked for."""
SHARE = 0.1
"""Epsilon of tangling, as a share of the variance."""
WORST = 0.9
"""Quantile of tangling that is reported."""


def variance_explained(outputs: np.ndarray, targets: np.ndarray, about_mean: bool = False) -> float:
    """R² about zero, 1 - sum |z - z*|^2 / sum |z*|^2; the switch makes a slip."""
    rest = targets.mean(axis=(0, 1)) if about_mean else 0
    return float(1 - ((outputs - targets) ** 2).sum() / ((targets - rest) ** 2).sum())


def autonomy(
    network: dict[str, Any],
    inputs: np.ndarray,
    targets: np.ndarray,
    go: int,
    start: int = 0,
    stop: int | None = None,
    swap: bool = False,
    about_mean: bool = False,
) -> float:
    """R² of the velocities without the target from go on; switches make slips."""
    inputs = inputs.copy()
    gone = slice(max(go + start, 0), None if stop is None else go + stop)
    inputs[gone, :, :2] *= -1 if swap else 0
    return variance_explained(run(network, inputs)[1], targets, about_mean)


def skew_fit(states: np.ndarray, changes: np.ndarray) -> tuple[np.ndarray, float]:
    """The skew-symmetric A (K, K) closest to changes = states A, and its R²."""
    return fitted(states, changes, lambda squares, products: _lyapunov(squares, products - products.T))


def fitted(
    states: np.ndarray,
    changes: np.ndarray,
    solve: Callable[[np.ndarray, np.ndarray], np.ndarray],
    about_mean: bool = False,
) -> tuple[np.ndarray, float]:
    """A from X'X and X' dX by some way, and the R² of changes = states A."""
    A = solve(states.T @ states, states.T @ changes)
    return A, r2_of(changes - states @ A, changes, about_mean)


def r2_of(left: np.ndarray, changes: np.ndarray, about_mean: bool = False) -> float:
    """1 - what is left / what there was; the switch makes a slip."""
    rest = changes.mean(axis=0) if about_mean else 0
    return float(1 - (left**2).sum() / ((changes - rest) ** 2).sum())


def halved_skew(squares: np.ndarray, products: np.ndarray) -> np.ndarray:
    """The skew part of the unconstrained fit, which is not the best skew fit."""
    best = np.linalg.solve(squares, products)
    return (best - best.T) / 2


def _lyapunov(squares: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A with S A + A S = right: in the eigenvectors of S, entry by entry."""
    sizes, basis = np.linalg.eigh(squares)
    return basis @ (basis.T @ right @ basis / (sizes[:, None] + sizes)) @ basis.T


def rotation_r2(
    rates: np.ndarray,
    centre: Literal["conditions", "all", "time", "none"] = "conditions",
    components: int = COMPONENTS,
    forward: bool = False,
    join: bool = False,
    best: bool = False,
) -> float:
    """R² of rotations in the first principal components of rates (T, C, N); switches make slips."""
    axis = {"conditions": (1,), "all": (0, 1), "time": (0,), "none": ()}[centre]
    x = rates - rates.mean(axis=axis, keepdims=True) if axis else rates
    x = x @ np.linalg.svd(x.reshape(-1, x.shape[-1]), full_matrices=False)[2][:components].T
    x = x.swapaxes(0, 1).reshape(-1, 1, x.shape[-1]) if join else x
    states, changes = x[:-1] if forward else (x[1:] + x[:-1]) / 2, np.diff(x, axis=0)
    states, changes = (one.reshape(-1, x.shape[-1]) for one in (states, changes))
    return fitted(states, changes, np.linalg.solve)[1] if best else skew_fit(states, changes)[1]


def tangling(
    rates: np.ndarray,
    dt: float,
    epsilon: float | None = None,
    flat: bool = False,
    power: int = 2,
    own: bool = False,
    mean: bool = False,
    later: bool = False,
    centred: bool = False,
) -> np.ndarray:
    """Q (T - 1, C) of each bin but the first; switches make slips."""
    x = rates - rates.mean(axis=1, keepdims=True) if centred else rates
    flow = np.diff(x, axis=0) / (dt / 1000)
    tenth = SHARE * float(x.var() if flat else x.var(axis=(0, 1)).sum())
    x = x[:-1] if later else x[1:]
    moved, apart = (_distances(one) ** (power / 2) for one in (flow, x))
    q = moved / (apart + (tenth if epsilon is None else epsilon))
    if own:
        others = np.eye(x.shape[1], dtype=bool)[None, :, None, :]
        q = np.where(others, q, 0)
    return q.mean(axis=(2, 3)) if mean else q.max(axis=(2, 3))


def _distances(x: np.ndarray) -> np.ndarray:
    """Squared distances between all moments of all conditions, (T, C, T, C)."""
    rows = x.reshape(-1, x.shape[-1])
    rows = rows - rows.mean(axis=0)
    lengths = (rows**2).sum(axis=1)
    squared = np.maximum(lengths[:, None] + lengths - 2 * rows @ rows.T, 0)
    np.fill_diagonal(squared, 0)
    return squared.reshape(*x.shape[:2], *x.shape[:2])


def evidence(
    first: dict[str, Any], second: dict[str, Any], inputs: np.ndarray, targets: np.ndarray, go: int, onset: int
) -> dict[str, tuple[float, float]]:
    """What the three analyses say of both networks."""
    moving = [run(network, inputs)[0][onset:] for network in (first, second)]
    return {
        "autonomy": _both(autonomy(network, inputs, targets, go) for network in (first, second)),
        "rotations": _both(rotation_r2(rates) for rates in moving),
        "tangling": _both(np.quantile(tangling(rates, 10), WORST) for rates in moving),
    }


def _both(values: Any) -> tuple[float, float]:
    first, second = values
    return float(first), float(second)
