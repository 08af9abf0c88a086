"""What assignment 6 has analysed: states and their changes, rates that rotate, rates that wander."""

from __future__ import annotations

import numpy as np

from ..judging import Inputs

GAP = 1.2
"""Variance of the sixth principal component over that of the seventh, at least: else it would be unclear which six."""


def changing(rng: np.random.Generator) -> list[Inputs]:
    """States (S, K) and their changes (S, K): rotation, growth, noise, and a drift, so that means matter."""
    cases = []
    for n, k in ((40, 4), (30, 6), (50, 3)):
        states = rng.normal(size=(n, k)) * rng.uniform(0.3, 2, k) + rng.normal(size=k)
        flow = rng.normal(size=(k, k))
        changes = states @ (flow - flow.T) + 0.5 * states @ rng.normal(size=(k, k))
        changes += rng.normal(size=(n, k)) + rng.normal(size=k)
        cases.append({"states": states, "changes": changes})
    return cases


def rotating(rng: np.random.Generator) -> list[Inputs]:
    """Rates (T, C, N) in which planes turn, on top of what all conditions share."""
    sizes = ((24, 6, 9), (30, 8, 14), (20, 5, 11))
    return [{"rates": _rotating(rng, *size)} for size in sizes]


def _rotating(rng: np.random.Generator, bins: int, conditions: int, n: int) -> np.ndarray:
    time = np.arange(bins)[:, None, None]
    while True:
        speeds, sizes = rng.uniform(0.1, 0.6, 4), 0.7 ** np.arange(4)
        turns = np.exp((1j * speeds + rng.uniform(-0.03, 0.01, 4)) * time)
        turns = turns * sizes * (rng.normal(size=(conditions, 4)) + 1j * rng.normal(size=(conditions, 4)))
        latent = np.concatenate([turns.real, turns.imag], axis=2)
        rates = latent @ np.linalg.qr(rng.normal(size=(n, 8)))[0].T + 0.05 * rng.normal(size=(bins, conditions, n))
        own = (rates - rates.mean(axis=1, keepdims=True)).reshape(-1, n)
        variances = np.linalg.svd(own, compute_uv=False) ** 2
        if variances[5] > GAP * variances[6]:
            return rates + np.sin(0.2 * time[:, 0] + rng.uniform(0, 6, n))[:, None] + rng.normal(size=n)


def wandering(rng: np.random.Generator) -> list[Inputs]:
    """Rates (T, C, N) that wander, each unit by as much as it does, and the length of a bin, ms."""
    cases = []
    for bins, conditions, n, dt in ((12, 3, 4, 10.0), (15, 4, 3, 20.0), (10, 5, 6, 5.0)):
        steps = rng.normal(size=(bins, conditions, n)) + rng.normal(size=(bins, 1, n))
        cases.append({"rates": np.cumsum(steps, axis=0) * rng.uniform(0.5, 2, n), "dt": dt})
    return cases
