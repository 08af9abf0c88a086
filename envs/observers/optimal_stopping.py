"""When to stop looking: the best time to answer if time costs, by dynamic programming."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

N_GRID = 1201
"""Number of sums of evidence at which it is decided whether to go on."""
N_STDS = 6
"""How far the sum of evidence is followed beyond its most extreme mean, in standard deviations."""


@dataclass(frozen=True)
class StoppingPlan:
    """What to do after each bin and sum of evidence.

    Attributes:
        grid: Sums of evidence, evenly spaced, (G,).
        actions: After each of T bins: 0 to wait, or the class to answer with, (T, G).
        value: Expected score of one who follows the plan.
    """

    grid: np.ndarray
    actions: np.ndarray
    value: float

    def act(self, sums: np.ndarray) -> np.ndarray:
        """What to do after each bin, (T, B), at these sums of the evidence up to it, (T, B)."""
        step = self.grid[1] - self.grid[0]
        nearest = np.clip(np.rint((sums - self.grid[0]) / step), 0, len(self.grid) - 1).astype(np.int64)
        return np.take_along_axis(self.actions, nearest, axis=1)


def plan_stopping(
    drift: np.ndarray, prior: np.ndarray, answers: np.ndarray, noise: float, worth: np.ndarray
) -> StoppingPlan:
    r"""Best moments to answer, by backward induction over the sum of evidence x.

    .. math::
        V_t(x) = \max\Big(w_t \max_a p(a \mid x, t),\; \sum_h p(h \mid x, t)\,
        \mathrm{E}\big[V_{t+1}(x + d_h + s\,\xi)\big]\Big)

    In each of T bins x grows by the drift of the hypothesis h that holds, and by Gaussian noise: x and t are all that
    the evidence says of h. After the last bin there is nothing to wait for.

    Args:
        drift: Mean evidence of a bin d under each hypothesis, (H,).
        prior: Probability of each hypothesis, (H,).
        answers: Right class under each, (H,).
        noise: Standard deviation of the evidence of a bin s.
        worth: Score of a correct answer after each bin w, (T,).
    """
    n_bins = len(worth)
    reach = n_bins * np.abs(drift).max() + N_STDS * noise * sqrt(n_bins)
    grid = np.linspace(-reach, reach, N_GRID)
    step = grid[1] - grid[0]
    # Probability that a bin of evidence moves x by so many steps; what leaves the grid stays at its end.
    edges = (np.arange(-N_GRID, N_GRID) + 0.5) * step
    below = [np.array([0.5 * (1 + erf((edge - d) / (noise * sqrt(2)))) for edge in edges]) for d in drift]
    moves = [np.diff(p) for p in below]
    classes = np.unique(answers)
    actions, value = np.zeros((n_bins, N_GRID), np.int64), np.zeros(N_GRID)
    for t in reversed(range(n_bins)):
        p = posterior(grid, t + 1, drift, prior, noise)
        right = np.stack([p[answers == a].sum(axis=0) for a in classes])
        stop, best = worth[t] * right.max(axis=0), classes[right.argmax(axis=0)]
        wait = np.sum(p * after(value, moves), axis=0) if t < n_bins - 1 else np.full(N_GRID, -np.inf)
        actions[t] = np.where(stop >= wait, best, 0)
        value = np.maximum(stop, wait)
    start = np.array([row[N_GRID // 2] for row in after(value, moves)])
    return StoppingPlan(grid, actions, float(prior @ start))


def posterior(x: np.ndarray, n_bins: int, drift: np.ndarray, prior: np.ndarray, noise: float) -> np.ndarray:
    """Probability of each hypothesis at sums of evidence x, (G,), after some bins, (H, G)."""
    log = (drift[:, None] * x - n_bins * drift[:, None] ** 2 / 2) / noise**2 + np.log(prior)[:, None]
    p = np.exp(log - log.max(axis=0))
    return p / p.sum(axis=0)


def after(value: np.ndarray, moves: list[np.ndarray]) -> np.ndarray:
    """Expected value a bin later at each sum of evidence, under each hypothesis, (H, G)."""
    padded = np.concatenate([np.full(N_GRID - 1, value[0]), value, np.full(N_GRID - 1, value[-1])])
    return np.stack([np.convolve(padded, move[::-1], mode="valid") for move in moves])
