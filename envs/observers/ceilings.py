"""Ceilings of tasks in which an observer errs only by misreading what is shown, or whose errors no formula gives."""

from __future__ import annotations

from math import erfc

import numpy as np

from ..durations import pmf
from ..painted_task import PaintedTask

NEGLIGIBLE = 1e-4
"""A probability of misreading anything in a trial that no score shows."""
N_PARTS = 10


def ceiling_of(task: PaintedTask, exact: float, risk: float) -> float:
    """Expected score of the ideal observer.

    Args:
        task: The task.
        exact: Expected score of one who reads all inputs without error.
        risk: A bound on the probability that the ideal observer misreads any in a trial; where it is not negligible,
            the ideal observer plays.
    """
    return exact if risk < NEGLIGIBLE else played(task)


def played(task: PaintedTask, n: int | None = None) -> float:
    """Mean score of the ideal observer in n trials of a fixed seed, 40,000 unless given, or 4,000 sessions.

    They are played in ten parts, each of which has its own durations where these are drawn per batch. The standard
    error of the mean is at most 0.5 / sqrt(n): 0.25 % in 40,000 trials.
    """
    rng, scores = np.random.default_rng(0), []
    n = n or (40_000 if task.n_segments == 1 else 4000)
    for _ in range(N_PARTS):
        batch = task.sample(n // N_PARTS, rng, task.ideal_policy())
        scores.append(task.score(task.ideal(batch), batch).mean())
    return float(np.mean(scores))


def misreading(task: PaintedTask, patterns: np.ndarray, bins: int) -> float:
    """Probability of taking one of equally probable patterns (K, k) for another that is seen in noise for some bins.

    Exact for two patterns, P = Phi(-d sqrt(n) / 2s), d their distance and s the noise of a bin; of more it is a bound,
    the sum over all others.
    """
    if task.noise == 0:
        return 0.0
    patterns = patterns.reshape(len(patterns), -1)
    distance = np.sqrt(((patterns[:, None] - patterns) ** 2).sum(axis=-1))
    distances, times = np.unique(distance[~np.eye(len(patterns), dtype=bool)].round(9), return_counts=True)
    errors = [0.5 * erfc(d * np.sqrt(bins / 8) / task.noise_std) for d in distances]
    return float(np.dot(times, errors) / len(patterns))


def shortest(task: PaintedTask, *periods: str) -> int:
    """The least number of bins that periods take together."""
    return sum(int(pmf(getattr(task, f"{name}_ms"), task.dt, f"{name}_ms")[0].min()) for name in periods)
