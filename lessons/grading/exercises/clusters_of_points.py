"""Assignment 8: k-means, and how many clusters there are."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..judging import Slip, compares
from .clusters_inputs import profiles, steps
from .clusters_reference import cluster, number_of_clusters, of_clusters, step


def instead(others: dict[int, Any], right: tuple[Any, ...]) -> tuple[Any, ...]:
    """An answer with other parts in place of some."""
    return tuple(others.get(k, part) for k, part in enumerate(right))


STEP = compares(
    steps,
    step,
    (
        Slip(
            "points go to the farthest centre.",
            "The nearest: argmin.",
            partial(step, farthest=True),
        ),
        Slip(
            "distances are sums of absolute differences.",
            "Sums of squares.",
            partial(step, power=1),
        ),
        Slip(
            "the centres stay where they were.",
            "Each moves to the mean of its points.",
            lambda points, centres: (step(points, centres)[0], centres),
        ),
        Slip(
            "the new centres are medians.",
            "k-means takes means.",
            partial(step, middle=np.median),
        ),
        Slip(
            "the new centres are sums.",
            "The mean of the points of the cluster.",
            partial(step, middle=np.sum),
        ),
        Slip(
            "all centres move to the mean of all points.",
            "Each to the mean of its own points.",
            lambda points, centres: (step(points, centres)[0], 0 * centres + points.mean(axis=0)),
        ),
        Slip(
            "points are assigned again after the centres have moved.",
            "One step: assign once, move once.",
            partial(step, twice=True),
        ),
        Slip(
            "this is where k-means ends.",
            "One step: assign once, move once.",
            cluster,
        ),
        Slip(
            "a centre without points goes to 0.",
            "It stays where it is.",
            lambda points, centres: (
                step(points, centres)[0],
                step(points, centres)[1] * np.isin(np.arange(len(centres)), step(points, centres)[0])[:, None],
            ),
        ),
        Slip(
            "clusters are counted from 1.",
            "centres[0] is the first.",
            lambda points, centres: (step(points, centres)[0] + 1, step(points, centres)[1]),
        ),
    ),
    "one step of k-means.",
    ("the clusters", "the centres"),
    "The cluster of each point, (M,), and as many centres as before, (C, K).",
)

NUMBER = compares(
    profiles,
    number_of_clusters,
    (
        Slip(
            "the smallest silhouette is taken for the best.",
            "Near 1 a point is closer to its own cluster than to any other: take the largest mean.",
            partial(number_of_clusters, pick=np.argmin),
        ),
        Slip(
            "this is the index of the best silhouette, not the number of clusters.",
            "The first score belongs to 2 clusters.",
            lambda **g: instead({0: number_of_clusters(**g)[0] - 2}, number_of_clusters(**g)),
        ),
        Slip(
            "k-means stops after one step.",
            "Repeat it until the centres stay where they are.",
            partial(number_of_clusters, n_steps=1),
        ),
        Slip(
            "in a, a point is compared with itself, too.",
            "Divide the sum of distances by the number of other points in the cluster.",
            partial(number_of_clusters, oneself=True),
        ),
        Slip(
            "b is the mean distance from all points of other clusters.",
            "The smallest of the mean distances, cluster by cluster.",
            partial(number_of_clusters, all_others=True),
        ),
        Slip(
            "distances are squared.",
            "Take the root: np.linalg.norm.",
            partial(number_of_clusters, squares=True),
        ),
        Slip(
            "a and b are distances from centres.",
            "Mean distances from points: of the own cluster, of the nearest other one.",
            partial(number_of_clusters, centres=True),
        ),
        Slip(
            "the difference is divided by a + b.",
            "By the larger of the two.",
            partial(number_of_clusters, larger=False),
        ),
        Slip(
            "a point that is alone in its cluster gets 1.",
            "It gets 0: nobody knows how close it is to others of its kind.",
            partial(number_of_clusters, alone=1.0),
        ),
        Slip(
            "the silhouettes have the wrong sign.",
            "b - a: positive where the own cluster is nearer.",
            lambda **g: instead({1: -number_of_clusters(**g)[1]}, number_of_clusters(**g)),
        ),
        Slip(
            "the silhouettes have the wrong sign, and the worst number is taken for the best.",
            "b - a: positive where the own cluster is nearer.",
            lambda **g: (number_of_clusters(**g, pick=np.argmin)[0], -number_of_clusters(**g)[1]),
        ),
        Slip(
            "the mean is that of the means of the clusters.",
            "The mean over all points.",
            partial(number_of_clusters, mean=of_clusters),
        ),
    ),
    "the number of clusters, by their silhouettes.",
    ("the number", "the scores"),
    "A number, and a score for each number of clusters from 2 to len(starts).",
)
