"""Assignment 8: the inputs of its exercises, drawn again for each submission."""

from __future__ import annotations

import numpy as np

from ..inside.multitask_networks import drawn_case
from ..judging import Inputs
from .clusters_reference import cluster, distances, number_of_clusters, step

CLEAR = 0.02
"""By how much the largest mean silhouette is larger than the next, at least."""
CANDIDATES = 7
"""The largest number of clusters that is tried."""


def rates(rng: np.random.Generator) -> list[Inputs]:
    """Rates (T, K, C, N) of units that differ in size, in what they do in time, and in what they depend on."""
    cases = []
    for bins, tasks, conditions, n in ((9, 3, 5, 4), (7, 4, 6, 5), (11, 5, 3, 2)):
        size = rng.uniform(0.3, 2, (tasks, 1, n))
        course = rng.normal(size=(bins, tasks, 1, n)) + rng.normal(size=(1, tasks, 1, n))
        values = size * np.abs(rng.normal(size=(bins, tasks, conditions, n)) + course)
        cases.append({"rates": values, "start": int(rng.integers(2, 4))})
    return cases


def variances(rng: np.random.Generator) -> list[Inputs]:
    """Task variances (N, K): of units that do something, hardly anything, and much in no task that is compared."""
    cases = []
    for n, k in ((9, 4), (12, 5), (10, 6)):
        smallest = float(rng.uniform(0.01, 0.02))
        values = rng.uniform(0.1, 2, (n, k))
        first, second = (int(one) for one in rng.choice(k, 2, replace=False))
        values[0] = smallest * rng.dirichlet(np.full(k, 5.0)) * 0.5  # too little
        values[1] = smallest * rng.dirichlet(np.full(k, 5.0)) * 0.9
        values[2] = smallest * rng.uniform(0.45, 0.6, k)  # enough, but not in any one task
        values[4] = smallest * rng.permutation(
            np.concatenate([[1.5], np.full(k - 1, 0.2)])
        )  # enough, but not on average
        values[3, [first, second]] = smallest * rng.uniform(0.1, 0.4, 2)  # nothing in the two that are compared
        cases.append({"variance": rng.permutation(values), "smallest": smallest, "first": first, "second": second})
    return cases


def steps(rng: np.random.Generator) -> list[Inputs]:
    """Points (M, K) with centres (C, K), one of which is nobody's nearest in one case."""
    cases: list[Inputs] = []
    sizes = ((12, 3, 4), (15, 4, 3), (18, 2, 5))
    while len(cases) < len(sizes):
        m, k, n = sizes[len(cases)]
        points = rng.uniform(0, 1, (m, k))
        centres = rng.uniform(0, 1, (n, k))
        if len(cases) == 1:
            centres[rng.integers(n)] += 3
        counts = np.bincount(step(points, centres)[0], minlength=n)
        if (counts == 0).sum() == (len(cases) == 1) and (counts > 2).any():
            cases.append({"points": points, "centres": centres})
    return cases


def profiles(rng: np.random.Generator) -> list[Inputs]:
    """Points in a number of clusters that is drawn, one of them alone in one case, and where to start from."""
    cases: list[Inputs] = []
    numbers = rng.permutation([3, 4, 5])
    while len(cases) < 3:
        planted, k = int(numbers[len(cases)]), (6, 5, 7)[len(cases)]
        sizes = rng.integers(4, 8, planted)
        if len(cases) == 1:
            sizes[0] = 1
        middles = (rng.uniform(size=(planted, k)) < 0.5) * rng.uniform(0.7, 1, (planted, k))
        points = np.repeat(middles, sizes, axis=0) + rng.normal(0, 0.12, (sizes.sum(), k))
        points = rng.permutation(np.clip(points, 0, 1))
        starts = _spread(points, rng)
        best, found = number_of_clusters(points, starts)
        labels = [cluster(points, starts[:n])[0] for n in range(2, CANDIDATES + 1)]
        full = all(len(np.unique(one)) == n for n, one in enumerate(labels, 2))
        clear = np.diff(np.sort(found))[-1] > CLEAR
        alone = len(cases) != 1 or any((np.bincount(one) == 1).any() for one in labels)
        soon = np.abs(number_of_clusters(points, starts, n_steps=1)[1] - found).max() < CLEAR
        if full and clear and alone and best == planted and not soon:
            cases.append({"points": points, "starts": starts})
    return cases


def _spread(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Points to start from, each as far as can be from those before, moved a little, (7, K)."""
    chosen = [int(rng.integers(len(points)))]
    for _ in range(CANDIDATES - 1):
        chosen.append(int(distances(points, points[chosen]).min(axis=1).argmax()))
    return points[chosen] + rng.normal(0, 0.1, (CANDIDATES, points.shape[1]))


def networks(rng: np.random.Generator) -> list[Inputs]:
    """Networks with their trials, clusters, and rules to compose."""
    names = ("network", "inputs", "targets", "answer", "labels", "compositions")
    return [{name: case[name] for name in names} for case in (drawn_case(rng) for _ in range(2))]
