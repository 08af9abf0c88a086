"""Assignment 4: the inputs of its exercises, drawn again for each submission."""

from __future__ import annotations

import numpy as np

from ..judging import Inputs
from .leaky_network import drawn_network


def _drawn(rng: np.random.Generator, n: int, n_in: int, n_out: int, bins: int) -> Inputs:
    """A network with a trial and its targets."""
    readout = {"W_out": rng.normal(size=(n_out, n)), "targets": rng.normal(size=(bins, n_out))}
    return drawn_network(rng, n, n_in, bins) | readout


def slopes_and_senders(rng: np.random.Generator) -> list[Inputs]:
    """Sizes that differ, so that bins, units and senders cannot be confused."""
    return [
        {
            "slopes": rng.uniform(0.1, 1.0, (bins, n)),
            "senders": rng.normal(size=(bins, m)),
            "alpha": float(rng.uniform(0.15, 0.4)),
        }
        for bins, n, m in ((7, 4, 3), (12, 3, 5), (9, 5, 1))
    ]


def trials(rng: np.random.Generator) -> list[Inputs]:
    """Networks with trials, random feedback and a learning rate."""
    sizes = ((5, 3, 2, 7), (4, 2, 3, 12), (6, 1, 2, 9))
    return [
        _drawn(rng, n, n_in, n_out, bins) | {"W_fb": rng.normal(size=(n_out, n)), "lr": float(rng.uniform(0.1, 0.3))}
        for n, n_in, n_out, bins in sizes
    ]


def errors_to_carry(rng: np.random.Generator) -> list[Inputs]:
    """Errors of every bin, to be carried back."""
    return [
        {
            "W": rng.normal(size=(n, n)) / np.sqrt(n),
            "slopes": rng.uniform(0.3, 1.0, (bins, n)),
            "errors": rng.normal(size=(bins, n)),
            "alpha": float(rng.uniform(0.15, 0.4)),
        }
        for n, bins in ((4, 7), (3, 11), (5, 2))
    ]


def families(rng: np.random.Generator) -> list[Inputs]:
    """Networks that see a flash, from none to strong recurrence, with an error in the first bin, or in later ones."""
    cases = []
    for n, n_in, n_out, bins in ((6, 2, 2, 9), (5, 3, 1, 11), (7, 1, 2, 8)):
        gains = np.array([0.0, rng.uniform(0.4, 0.8), rng.uniform(1.2, 1.8)])
        when = np.array([0, rng.integers(2, 5), bins - 2, bins - 1])
        trial = _drawn(rng, n, n_in, n_out, bins)
        flash = trial["u"] * (np.arange(bins) < 2)[:, None]
        cases.append(trial | {"u": flash, "gains": gains, "when": when})
    return cases


def wirings(rng: np.random.Generator) -> list[Inputs]:
    """Sparse networks that hold each kind of way: none, one synapse, several, a loop, one that nobody reads."""
    # 10 -> 0 -> 1 -> 2, which is read; 3 onto itself, read; 4 -> 5, unread; 6 alone, read; 7 -> 8 -> 9 -> 7, 9 read.
    ways = ((10, 0), (0, 1), (1, 2), (3, 3), (4, 5), (7, 8), (8, 9), (9, 7))
    cases = []
    for n_out, more in ((2, ()), (1, ((3, 11), (11, 5))), (3, ((11, 4), (4, 11), (0, 8)))):
        n = 12
        W, W_out, order = np.zeros((n, n)), np.zeros((n_out, n)), rng.permutation(n)
        for of, to in (*ways, *more):
            W[to, of] = rng.choice([-1, 1]) * rng.uniform(0.2, 1)
        for unit in (2, 3, 6, 9):
            W_out[rng.integers(n_out), unit] = rng.choice([-1, 1]) * rng.uniform(0.2, 1)
        cases.append({"W": W[np.ix_(order, order)], "W_out": W_out[:, order]})
    return cases
