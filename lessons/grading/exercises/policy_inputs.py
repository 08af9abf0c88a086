"""Assignment 7: the inputs of its exercises, drawn again for each submission."""

from __future__ import annotations

import numpy as np

from ..judging import Inputs

SIZES = ((5, 4, 3, 2), (4, 6, 2, 3), (7, 3, 4, 5))
"""Bins, trials, actions and inputs, which differ so that shapes cannot be confused."""
LARGE = 900.0
"""Logits that are so much larger than 0 that their exponential is none that a computer can hold."""


def logits(rng: np.random.Generator) -> list[Inputs]:
    """Logits and actions; in one case so large that a softmax has to subtract something first."""
    cases = []
    for k, (bins, trials, n, _) in enumerate(SIZES):
        z = rng.normal(size=(bins, trials, n)) + (LARGE if k == 2 else 0)
        cases.append({"z": z, "actions": rng.integers(n, size=(bins, trials))})
    return cases


def earnings(rng: np.random.Generator) -> list[Inputs]:
    """Rewards, and a discount."""
    return [
        {"rewards": rng.normal(size=(bins, trials)), "gamma": float(rng.uniform(0.7, 0.95))}
        for bins, trials, _, _ in SIZES
    ]


def lives(rng: np.random.Generator, bins: int, trials: int) -> np.ndarray:
    """1 until the end of each trial, then 0, (T, B): one lasts to the last bin, one ends before, the rest as drawn."""
    ends = np.concatenate([[bins, bins - 2], rng.integers(2, bins + 1, trials - 2)])
    return (np.arange(bins)[:, None] < rng.permutation(ends)).astype(float)


def batches(rng: np.random.Generator) -> list[Inputs]:
    """Batches of trials with what was done and earned in each bin; what is done after the end earns nothing."""
    cases = []
    for bins, trials, n, n_in in SIZES:
        alive = lives(rng, bins, trials)
        cases.append(
            {
                "W": rng.normal(size=(n, n_in)),
                "x": rng.normal(size=(bins, trials, n_in)),
                "actions": rng.integers(n, size=(bins, trials)),
                "rewards": alive * rng.normal(0.5, 1, size=(bins, trials)),
                "alive": alive,
                "gamma": float(rng.uniform(0.7, 0.95)),
                "baseline": float(rng.uniform(0.3, 0.9)),
            }
        )
    return cases


def bandits(rng: np.random.Generator) -> list[Inputs]:
    """Two-step bandits with a policy and a baseline."""
    return [
        {
            "W": rng.normal(size=(n, n_in)),
            "x_1": rng.normal(size=n_in),
            "x_2": rng.normal(size=(n, n_in)),
            "R_1": rng.normal(0.5, 1, size=n),
            "R_2": rng.normal(0.5, 1, size=(n, n)),
            "baseline": float(rng.uniform(0.3, 0.9)),
        }
        for n, n_in in ((3, 2), (2, 4), (4, 3))
    ]


def synapses(rng: np.random.Generator) -> list[Inputs]:
    """What one synapse meets in a batch of trials; values are there after the end, too, and mean nothing."""
    cases = []
    for bins, trials in ((6, 4), (9, 3), (5, 7)):
        alive = lives(rng, bins, trials)
        cases.append(
            {
                "senders": rng.normal(size=(bins, trials)),
                "slopes": rng.uniform(0.1, 1.0, (bins, trials)),
                "signals": rng.normal(size=(bins, trials)),
                "rewards": alive * rng.normal(size=(bins, trials)),
                "values": rng.normal(size=(bins, trials)),
                "alive": alive,
                "alpha": float(rng.uniform(0.15, 0.4)),
                "gamma": float(rng.uniform(0.7, 0.95)),
            }
        )
    return cases
