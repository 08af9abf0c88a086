"""Networks whose memory is known, because their fixed points follow from one equation in one variable after the other.

Units come in groups. Unit i has a sign s_i and a share c_i of its group; the shares of a group add up to 1:

W_ij = s_i G_kl c_j s_j  for i in group k and j in group l,   m_l = sum_{j in l} c_j s_j r_j.

Where r stands still, s_i r_i = tanh(sum_l G_kl m_l + s_i d_i) with the drive d = W_in u + b. G is lower triangular,
so that the m are found one by one; except for two groups that turn, which no other group and no drive moves: m = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..judging import Inputs
from .fixed_points_reference import moduli, newton

GRID = np.linspace(-1, 1, 2001)
"""Where changes of sign are looked for."""
APART, CLEAR = 0.15, 5e-4
"""Least distance of two points, and least difference of a modulus from 1, of the networks that are handed out."""
UNITS = (8, 11)
"""Fewest and most units of a network, whatever it consists of: their number is no hint."""
PLACES, ANYWHERE = 9, 12
"""Places, fixed points or not, next to each of which two candidates are, as long as there are no more points; and
candidates that lie anywhere."""


@dataclass(frozen=True)
class UnitGroups:
    """What a network consists of.

    Attributes:
        gains: G (n, n).
        member: Group of each unit, (N,).
        sign: s (N,).
        share: c (N,).
        n_turning: Groups at the end that turn: 2 or 0.
    """

    gains: np.ndarray
    member: np.ndarray
    sign: np.ndarray
    share: np.ndarray
    n_turning: int

    @property
    def weights(self) -> np.ndarray:
        """W (N, N)."""
        return self.sign[:, None] * self.gains[self.member][:, self.member] * (self.share * self.sign)

    def points(self, drive: np.ndarray) -> np.ndarray:
        """All fixed points, (K, N), under a drive W_in u + b (N,)."""
        own, n = self.sign * drive, len(self.gains)
        solutions = [np.zeros(n)]
        for k in range(n - self.n_turning):
            units = self.member == k
            others = [own[units] + self.gains[k, :k] @ means[:k] for means in solutions]
            solutions = [
                np.concatenate([means[:k], [root], means[k + 1 :]])
                for means, other in zip(solutions, others, strict=True)
                for root in _roots(self.gains[k, k], self.share[units], other)
            ]
        return self.sign * np.tanh(np.array(solutions) @ self.gains.T[:, self.member] + own)


def _roots(gain: float, share: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Where m = sum_i c_i tanh(g m + d_i)."""

    def excess(m: np.ndarray) -> np.ndarray:
        return np.tanh(gain * m[:, None] + own) @ share - m

    (at,) = np.nonzero(np.diff(np.sign(excess(GRID))))
    low, high = GRID[at], GRID[at + 1]
    rises = excess(high) > 0
    for _ in range(60):
        middle = (low + high) / 2
        below = (excess(middle) > 0) != rises
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class Memory:
    """A network with all its fixed points.

    Attributes:
        network: W (N, N), W_in (N, n_in), b (N,), u (n_in,), alpha.
        groups: What it consists of.
        points: (K, N), by construction.
        candidates: States (C, N) from which Newton's search arrives at all of them.
    """

    network: Inputs
    groups: UnitGroups
    points: np.ndarray
    candidates: np.ndarray

    @property
    def stable(self) -> np.ndarray:
        """Whether all modes decay, (K,)."""
        return moduli(r=self.points, **self.network)[:, 0] < 1


def drawn_memory(
    rng: np.random.Generator,
    kinds: Sequence[str],
    n_in: int = 2,
    coupling: float = 0.1,
    slow: float = 0.99,
    with_input: bool = True,
    n_stable: int | None = None,
) -> Memory:
    """Draw a network until it has what is asked for, and its points lie clear of each other and of bifurcations.

    Args:
        rng: Where the draws come from.
        kinds: Of each group: "bit" has two stable points, "tilted" too, with the saddle nearer to one of them,
            "swamped" would have two if the input did not hold it at one, "dull" has one, "slow" has one and stays long
            beside it, "turns" are two groups that never rest (only at the end).
        n_in: Number of inputs.
        coupling: How strongly a group moves those after it, except for slow ones and those that turn.
        slow: Largest modulus at the point of a slow group.
        with_input: Whether there is an input; else u is 0.
        n_stable: Number of stable points; any if None.
    """
    while True:
        memory = _draw(rng, kinds, n_in, coupling, slow, with_input)
        points = memory.points
        gaps = np.abs(points[:, None] - points).max(axis=2) + np.eye(len(points))
        clear = np.abs(moduli(r=points, **memory.network) - 1).min() > CLEAR and gaps.min() > APART
        if clear and (n_stable is None or memory.stable.sum() == n_stable) and _all_found(memory):
            return memory


def _all_found(memory: Memory) -> bool:
    solutions = newton(candidates=memory.candidates, **memory.network)
    same = np.abs(memory.points[:, None] - solutions).max(axis=2) < 1e-6
    return len(solutions) == len(memory.points) and bool(same.any(axis=1).all())


def _draw(
    rng: np.random.Generator, kinds: Sequence[str], n_in: int, coupling: float, slow: float, with_input: bool
) -> Memory:
    alpha = float(rng.uniform(0.12, 0.25))
    groups = [kind for kind in kinds for _ in range(2 if kind == "turns" else 1)]
    n = len(groups)
    more = rng.integers(UNITS[0], UNITS[1] + 1) - 2 * n
    member = rng.permutation(np.repeat(np.arange(n), 2 + rng.multinomial(more, np.full(n, 1 / n))))
    share = rng.uniform(0.5, 1.5, len(member))
    share /= np.bincount(member, share)[member]
    sign = rng.choice([-1.0, 1.0], len(member))
    own = rng.normal(0, 0.15, len(member))
    shift = np.zeros(len(member))
    gains = np.zeros((n, n))
    for k, kind in enumerate(groups):
        units = member == k
        if kind in ("bit", "tilted", "swamped", "dull"):
            gains[k, k] = rng.uniform(-0.5, 0.5) if kind == "dull" else rng.uniform(1.7, 2.3)
            gains[k, :k] = coupling * rng.choice([-1, 1], k) * rng.uniform(0.7, 1.3, k)
        if kind == "tilted":
            own[units] += rng.choice([-1, 1]) * rng.uniform(0.15, 0.25)
        if kind == "swamped":
            shift[units] = rng.choice([-1, 1]) * rng.uniform(1.0, 1.4)
        if kind == "slow":  # such that the mode along which all its units move has the modulus slow
            at = rng.normal(0, 0.1) + own[units]
            gains[k, k] = (1 - (1 - slow) / alpha) / (share[units] @ (1 - np.tanh(at) ** 2))
            own[units] = at - gains[k, k] * (share[units] @ np.tanh(at))
    n_turning = 2 * (kinds[-1] == "turns")
    if n_turning:
        turn = rng.uniform(1.5, 2.0) * rng.choice([-1, 1])
        gains[-2:, -2:] = [[1.2, -turn], [turn, 1.2]]
        own[member >= n - 2] = 0
    made = UnitGroups(gains, member, sign, share, n_turning)
    u = rng.choice([-1, 1], n_in) * rng.uniform(0.5, 1.0, n_in) if with_input else np.zeros(n_in)
    W_in = 0.2 * rng.normal(size=(len(member), n_in))
    if with_input:
        W_in += np.outer(sign * shift, u) / (u @ u)
    drive = sign * (own + shift)
    network = {"W": made.weights, "W_in": W_in, "b": drive - W_in @ u, "u": u, "alpha": alpha}
    points = made.points(drive)
    others = rng.uniform(-1, 1, (max(PLACES - len(points), 0), len(member)))  # else the points could be counted here
    near = np.repeat(np.concatenate([points, others]), 2, axis=0)
    near += 0.04 * rng.normal(size=near.shape)
    candidates = rng.permutation(np.concatenate([near, rng.uniform(-1, 1, (ANYWHERE, len(member)))]))
    return Memory(network, made, points, candidates)
