"""Assignment 8: the clusters of a multitask network, lesions and composed rules, with switches for mistakes.

v_i(A) = < var_c r_i(t, c) >_t over the conditions c of task A;  FTV_i(A, B) = (v_i(A) - v_i(B)) / (v_i(A) + v_i(B));
s_p = (b_p - a_p) / max(a_p, b_p).

Source: G. R. Yang, M. R. Joglekar, H. F. Song, W. T. Newsome and X.-J. Wang, Nature Neuroscience 22, 297-306 (2019),
doi:10.1038/s41593-018-0310-2; the silhouette: P. J. Rousseeuw, Journal of Computational and Applied Mathematics 20,
53-65 (1987), doi:10.1016/0377-0427(87)90125-7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..inside.multitask_networks import run, scores

MOST_STEPS = 100
"""Steps of k-means, at most; all that are asked about stop long before."""


def task_variance(rates: np.ndarray, start: int) -> np.ndarray:
    """Variance of each unit over the conditions of each task, averaged over the bins from start on, (N, K)."""
    return rates[start:].var(axis=2).mean(axis=0).T


def shares(
    variance: np.ndarray,
    smallest: float,
    first: int,
    second: int,
    of: Callable[..., np.ndarray] = np.sum,
    divide: Callable[[np.ndarray], np.ndarray] | None = None,
    floor: bool = True,
    by: Callable[[np.ndarray, np.ndarray], np.ndarray] = np.add,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units that do something, (M,), their profiles (M, K), and their fractional variance (M,); switches make slips."""
    kept = np.flatnonzero(of(variance, axis=1) > smallest)
    v = variance[kept]
    a, b = v[:, first], v[:, second]
    enough = a + b > smallest if floor else np.ones(len(v), bool)
    fractional = enough * (a - b) / np.where(enough, by(a, b), 1)
    profiles = v / (v.max(axis=1, keepdims=True) if divide is None else divide(v))
    return kept, profiles, fractional


def distances(points: np.ndarray, others: np.ndarray, power: float = 2) -> np.ndarray:
    """Of each point from each other, (M, C)."""
    return (np.abs(points[:, None] - others) ** power).sum(axis=2) ** (1 / power)


def step(
    points: np.ndarray,
    centres: np.ndarray,
    power: float = 2,
    farthest: bool = False,
    middle: Callable[..., np.ndarray] = np.mean,
    twice: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """A step of k-means: the cluster of each point, (M,), and the new centres (C, K); switches make slips."""
    apart = distances(points, centres, power)
    labels = (apart.argmax if farthest else apart.argmin)(axis=1)
    new = np.array(
        [middle(points[labels == c], axis=0) if (labels == c).any() else old for c, old in enumerate(centres)]
    )
    return (distances(points, new).argmin(axis=1) if twice else labels), new


def cluster(points: np.ndarray, centres: np.ndarray, n_steps: int = MOST_STEPS) -> tuple[np.ndarray, np.ndarray]:
    """Clusters and centres, once nothing moves any more."""
    labels = np.zeros(len(points), int)
    for _ in range(n_steps):
        before = centres
        labels, centres = step(points, centres)
        if np.array_equal(before, centres):
            break
    return labels, centres


def silhouettes(
    points: np.ndarray,
    labels: np.ndarray,
    oneself: bool = False,
    all_others: bool = False,
    squares: bool = False,
    larger: bool = True,
    alone: float = 0.0,
) -> np.ndarray:
    """Of each point, (M,), 0 where it is alone in its cluster; switches make slips."""
    apart = distances(points, points) ** (2 if squares else 1)
    present = np.unique(labels)
    totals = np.array([apart[:, labels == c].sum(axis=1) for c in present]).T
    counts = np.array([(labels == c).sum() for c in present])
    own = labels[:, None] == present
    inside = counts[own.argmax(axis=1)]
    a = totals[own] / np.maximum(inside - (0 if oneself else 1), 1)
    if all_others:
        b = (totals * ~own).sum(axis=1) / np.maximum(len(points) - inside, 1)
    else:
        b = np.where(own, np.inf, totals / counts).min(axis=1)
    return np.where(inside > 1, (b - a) / (np.maximum(a, b) if larger else a + b), alone)


def number_of_clusters(
    points: np.ndarray,
    starts: np.ndarray,
    n_steps: int = MOST_STEPS,
    pick: Callable[[np.ndarray], Any] = np.argmax,
    mean: Callable[[np.ndarray, np.ndarray], float] | None = None,
    **switches: Any,
) -> tuple[int, np.ndarray]:
    """The number with the largest mean silhouette, and that of each number from 2 on; switches make slips."""
    found = []
    for k in range(2, len(starts) + 1):
        labels, centres = cluster(points, starts[:k], n_steps)
        values = to_centres(points, centres) if "centres" in switches else silhouettes(points, labels, **switches)
        found.append(values.mean() if mean is None else mean(values, labels))
    return 2 + int(pick(np.array(found))), np.array(found)


def to_centres(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """A slip: distances from the centres in the place of mean distances from points."""
    apart = np.sort(distances(points, centres), axis=1)
    return (apart[:, 1] - apart[:, 0]) / apart[:, 1]


def of_clusters(values: np.ndarray, labels: np.ndarray) -> float:
    """A slip: the mean of the means of clusters."""
    return float(np.mean([values[labels == c].mean() for c in np.unique(labels)]))


def without(
    network: dict[str, Any], silent: np.ndarray, names: tuple[str, ...] = ("W", "W_out"), rows: bool = False
) -> dict[str, Any]:
    """A network of which some units reach nobody; switches make slips."""
    cut = {name: network[name].copy() for name in names}
    for name, weights in cut.items():
        weights[(silent, slice(None)) if rows and name == "W" else (slice(None), silent)] = 0
    return network | cut


def lesions(
    network: dict[str, Any],
    inputs: np.ndarray,
    targets: np.ndarray,
    answer: int,
    labels: np.ndarray,
    compositions: np.ndarray,
    signs: tuple[float, float, float] = (1, -1, 1),
    keep_rule: bool = False,
    stimuli: bool = False,
    others: bool = False,
    scored_by: int = 0,
    **cut: Any,
) -> dict[str, np.ndarray]:
    """Scores without each cluster, which tasks fall, and scores with composed rules; switches make slips."""
    n_rules, n_clusters = len(targets), labels.max() + 1
    intact = scores(run(network, inputs)[1], targets, answer)
    silent = [(labels != c) & (labels >= 0) if others else labels == c for c in range(n_clusters)]
    silenced = np.array([scores(run(without(network, s, **cut), inputs)[1], targets, answer) for s in silent])
    tasks = compositions[:, 0]
    u = inputs[:, tasks].copy()
    for k, (task, *rules) in enumerate(compositions):
        composed = sum(sign * np.eye(n_rules)[rule] for sign, rule in zip(signs, rules, strict=True))
        u[:, k, :, -n_rules:] = composed + (np.eye(n_rules)[task] if keep_rule else 0)
        if stimuli:
            u[:, k] = sum(sign * inputs[:, rule] for sign, rule in zip(signs, rules, strict=True))
    return {
        "scores": silenced,
        "fallen": silenced < intact / 2,
        "composed": scores(run(network, u)[1], targets[compositions[:, scored_by]], answer),
    }
