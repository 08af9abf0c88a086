"""Optimal exploration: the best play of a bandit whose arms pay with unknown probabilities, by dynamic programming."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, factorial

import numpy as np

N_GRID = 200
"""Number of pay probabilities at which posterior densities are evaluated."""


def n_histories(n_arms: int, n_choices: int) -> int:
    """About how many different counts of gains and losses there may be before the last choice."""
    return comb(n_choices - 1 + 2 * n_arms, 2 * n_arms) // factorial(n_arms)


@dataclass(frozen=True)
class BanditPlan:
    """What to choose after any counts of gains and losses, to choose the best arm as often as possible.

    Arms are interchangeable: a history is the sorted codes ``gains * (n_choices + 1) + losses`` of all arms, and its
    key is the number that has them as digits.

    Attributes:
        n_choices: Number of choices in a session.
        keys: All histories, sorted, (H,).
        best: Which of the sorted arms to choose after each, (H,).
        score: Expected fraction of the choices in which the best arm is chosen, or for pay of those that pay.
    """

    n_choices: int
    keys: np.ndarray
    best: np.ndarray
    score: float

    def choose(self, counts: np.ndarray) -> np.ndarray:
        """Arm to choose, (B,), after counts of gains and losses (B, n_arms, 2)."""
        codes = counts[..., 0] * (self.n_choices + 1) + counts[..., 1]
        order = codes.argsort(axis=1, kind="stable")
        history = key(np.take_along_axis(codes, order, axis=1), self.n_choices)
        return np.take_along_axis(order, self.best[np.searchsorted(self.keys, history)][:, None], axis=1)[:, 0]


def key(codes: np.ndarray, n_choices: int) -> np.ndarray:
    """Key of histories given as sorted codes, (H, n_arms) to (H,)."""
    return codes @ ((n_choices + 1) ** 2) ** np.arange(codes.shape[1], dtype=np.int64)


def plan_bandit(n_arms: int, n_choices: int, low: float, high: float, *, for_pay: bool = False) -> BanditPlan:
    """Best play of arms whose pay probabilities are independent and uniform between low and high.

    Q(h, i) = P(i is best | h) + E[V(h')], V(h) = max_i Q(h, i), backwards from the last choice; for pay,
    Q(h, i) = E[pay of i | h] + E[V(h')].
    """
    density, pay = posteriors(n_choices, low, high)
    below = np.cumsum(density, axis=-1) - density / 2
    wins = n_choices + 1
    level = np.zeros((1, n_arms), np.int64)
    codes, children = [level], []
    for _ in range(n_choices - 1):
        after = np.sort(level[:, None, None] + np.eye(n_arms, dtype=np.int64)[:, None] * [[wins], [1]], axis=-1)
        after = after.reshape(-1, n_arms)
        _, first, child = np.unique(key(after, n_choices), return_index=True, return_inverse=True)
        level = after[first]
        codes.append(level)
        children.append(child.reshape(-1, n_arms, 2))
    value, best = np.zeros(0), []
    for number in reversed(range(n_choices)):
        level = codes[number]
        p_best = [
            density[level[:, i]] * np.prod([below[level[:, j]] for j in range(n_arms) if j != i], axis=0)
            for i in range(n_arms)
        ]
        worth = pay[level] if for_pay else np.sum(p_best, axis=-1).T
        if number < n_choices - 1:
            gained, lost = value[children[number]].transpose(2, 0, 1)
            worth = worth + pay[level] * gained + (1 - pay[level]) * lost
        best.append(worth.argmax(axis=1))
        value = worth.max(axis=1)
    keys = np.concatenate([key(level, n_choices) for level in codes])
    order = keys.argsort()
    return BanditPlan(n_choices, keys[order], np.concatenate(best[::-1])[order], float(value[0] / n_choices))


def posteriors(n_choices: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Posterior weight of each pay probability on the grid (codes, N_GRID), and its mean (codes,), for each code."""
    p = low + (high - low) * (np.arange(N_GRID) + 0.5) / N_GRID
    gains, losses = np.divmod(np.arange((n_choices + 1) ** 2), n_choices + 1)
    logs = gains[:, None] * np.log(p) + losses[:, None] * np.log1p(-p)
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    return weight, weight @ p
