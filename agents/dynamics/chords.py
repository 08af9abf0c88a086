"""Newton steps with the Jacobian of a fixed point that is known already."""

from __future__ import annotations

import torch
from torch import Tensor

from .linearisation import Displacement

DAMPING = 10.0 ** -torch.arange(9, dtype=torch.float64)
"""From what leaves out all but the fastest directions to what leaves out those that are as good as still."""


class Chords:
    r"""Jacobians at known points, for the states that come near them.

    Where the dynamics are nearly as linear as at the nearest known point y, a state needs no Jacobian of its own:

    .. math:: x \leftarrow x - (A_y^T A_y + \mu I)^{-1} A_y^T (F(x) - x)

    The damping is the largest of a few with which the linear dynamics arrive at the tolerance, so that a step towards
    a line of slow points does not go on along the line.

    Args:
        tolerance: Speed q at which a state has arrived.
        apart: Distance from all known points at which another one counts as new.
        n_max: Number of points that are kept.

    Source: Levenberg 1944, Q Appl Math, doi:10.1090/qam/10666; Kelley 1995, doi:10.1137/1.9781611970944, chapter 5.
    """

    def __init__(self, tolerance: float, apart: float, n_max: int):
        self.tolerance, self.apart, self.n_max = tolerance, apart, n_max
        self._points: list[Tensor] = []
        self._squares: list[Tensor] = []
        self._directions: list[Tensor] = []
        self._images: list[Tensor] = []

    @property
    def n(self) -> int:
        """Number of points that are known."""
        return len(self._points)

    def add(self, displacement: Displacement, points: Tensor) -> None:
        """Keep those of the points (K, N) that are new."""
        for y in points:
            if self.n == self.n_max:
                return
            if self.n and torch.cdist(y[None], torch.stack(self._points)).min() < self.apart:
                continue
            (a,) = displacement.matrices(y[None])
            # Along the columns of v, the right singular vectors of A, dynamics have the squared speeds s2.
            s2, v = torch.linalg.eigh(a.T @ a)
            self._points.append(y)
            self._squares.append(s2.clamp(min=0))
            self._directions.append(v)
            self._images.append(a @ v)

    def step(self, x: Tensor, r: Tensor) -> Tensor:
        """The step from each state x that its displacement r asks for, (K, N)."""
        nearest = torch.cdist(x, torch.stack(self._points)).argmin(dim=1)
        d = torch.empty_like(x)
        for y in nearest.unique().tolist():
            rows = nearest == y
            d[rows] = -self._damped(r[rows], self._squares[y], r[rows] @ self._images[y]) @ self._directions[y].T
        return d

    def _damped(self, r: Tensor, s2: Tensor, c: Tensor) -> Tensor:
        """Coordinates of the step along the singular vectors, from those of A^T r, (K, N)."""
        damping = (DAMPING.to(s2) * s2.max())[:, None]
        # What the linear dynamics gain in |F(x) - x|^2 is a sum over directions, for each damping.
        gain = c.square() @ ((s2 + 2 * damping) / (s2 + damping).square()).T
        falls_short = r.square().sum(dim=1, keepdim=True) - gain > 0.1 * self.tolerance
        first = falls_short.long().cumprod(dim=1).sum(dim=1).clamp(max=len(DAMPING) - 1)
        return c / (s2 + damping[first])
