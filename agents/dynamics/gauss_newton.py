"""A search for roots of F(x) - x from many states at once: Gauss-Newton steps in a trust region."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .chords import Chords
from .linearisation import Displacement, Product


@dataclass(frozen=True)
class SearchResult:
    """Where a search has led.

    Attributes:
        states: (K, N).
        speed: q = |F(x) - x|^2 / 2 there, (K,); NaN where it is not finite.
        iterations: Steps taken, (K,).
    """

    states: Tensor
    speed: Tensor
    iterations: Tensor


@torch.no_grad()
def gauss_newton(
    displacement: Displacement,
    states: Tensor,
    tolerance: float,
    max_iterations: int,
    radius: float,
    chords: Chords | None = None,
) -> SearchResult:
    r"""Descend in the speed :math:`q = |F(x) - x|^2 / 2` from each state until it is below the tolerance.

    Each step minimises the speed of the linearised dynamics, with A = J - I, among all that are not too long:

    .. math:: d = \arg\min_{|d| \le \Delta} \; |A d + F(x) - x|^2

    by conjugate gradients, which need products with A and its transpose only. The radius grows where the
    linearisation predicted the new speed well, and shrinks where it did not. Since they start at zero and stop early,
    they take the shortest of equally good steps: towards a line of fixed points, not along it.

    As states leave that have arrived, or got stuck in a minimum of q above the tolerance, others take their place, so
    that a bounded number is at work. What was found helps those that follow, see :class:`Chords`.

    Args:
        displacement: F(x) - x.
        states: First states, (K, N).
        tolerance: Speed q below which a state has arrived.
        max_iterations: Steps after which a state is given up.
        radius: First radius of the trust region.
        chords: Jacobians at points that are found on the way; None for none.

    Source: Steihaug 1983, SIAM J Numer Anal, doi:10.1137/0720042; Nocedal & Wright 2006, ISBN 978-0-387-30303-1,
    chapters 4 and 10.
    """
    n, (k, n_units) = 0, states.shape
    x, r = states.clone(), torch.empty_like(states)
    q, mark, delta = (states.new_full((k,), value) for value in (torch.nan, torch.inf, radius))
    idle, iterations = (torch.zeros(k, dtype=torch.long, device=states.device) for _ in range(2))
    at_work = iterations[:0]
    most = max(16, 2**17 // n_units if displacement.jacobian is None else min(2**17 // n_units, 2**24 // n_units**2))
    while len(at_work) or n < k:
        # A few go first, and those that follow use what they found.
        n_new = min(k - n, max(0, min(most, 64 + n - len(at_work)) - len(at_work)))
        if n_new:
            new = torch.arange(n, n + n_new, device=states.device)
            r[new] = displacement(x[new])
            q[new] = r[new].square().sum(dim=1) / 2
            at_work, n = torch.cat([at_work, new]), n + n_new
        arrived = q[at_work] < tolerance
        if chords is not None:
            chords.add(displacement, x[at_work[arrived]])
        at_work = at_work[~arrived & q[at_work].isfinite() & (iterations[at_work] < max_iterations)]
        at_work = at_work[(idle[at_work] < PATIENCE) & (delta[at_work] > 1e-12 * radius)]
        iterations[at_work] += 1
        rest = at_work
        if chords is not None and chords.n:
            trial = x[at_work] + chords.step(x[at_work], r[at_work])
            rest = at_work[~_move(displacement, x, r, q, at_work, trial, 0.25 * q[at_work])]
        if len(rest):
            d, foretold = _step(r[rest], displacement.products(x[rest]), delta[rest], tolerance)
            before, length = q[rest], torch.linalg.vector_norm(d, dim=1)
            gain = before - foretold
            moved = _move(displacement, x, r, q, rest, x[rest] + d, before - 1e-3 * gain)
            ratio = torch.where(moved, (before - q[rest]) / gain, 0)
            inside = length < 0.9 * delta[rest]
            wider = torch.where((ratio > 0.75) & ~inside, 2 * delta[rest], delta[rest])
            delta[rest] = torch.where(ratio < 0.25, 0.25 * length, wider)
            # In a minimum of q even the linearised dynamics see nothing better.
            idle[rest] += torch.where(inside & (gain < 1e-2 * before), PATIENCE, 1)
        better = q[at_work] < 0.5 * mark[at_work]
        mark[at_work] = torch.where(better, q[at_work], mark[at_work])
        idle[at_work] = torch.where(better, 0, idle[at_work])
    return SearchResult(x, q, iterations)


PATIENCE = 15
"""Steps in which the speed must halve."""


def _move(
    displacement: Displacement, x: Tensor, r: Tensor, q: Tensor, rows: Tensor, trial: Tensor, below: Tensor
) -> Tensor:
    """Move those rows of x whose speed at the trial states is below what is asked; which ones, (K,)."""
    after = displacement(trial)
    speed = after.square().sum(dim=1) / 2
    moved = speed < below
    x[rows[moved]], r[rows[moved]], q[rows[moved]] = trial[moved], after[moved], speed[moved]
    return moved


def _step(r: Tensor, products: tuple[Product, Product], delta: Tensor, tolerance: float) -> tuple[Tensor, Tensor]:
    """The step d, (K, N), and the speed that the linearised dynamics predict, (K,)."""
    forward, backward = products
    r2 = _dot(r, r)
    # The closer to a root, the more exactly each step is worked out, so that convergence is quadratic in the end.
    goal = torch.maximum(r2.sqrt().clamp(max=0.01) * r2, r2.new_tensor(0.1 * tolerance))
    d, left, radius = torch.zeros_like(r), -r, delta[:, None]
    z = p = backward(left)
    z2 = first = _dot(z, z)
    live = z2 > 0
    for _ in range(min(2 * r.shape[1], 100)):
        w = forward(p)
        ahead = torch.where(live, z2 / _dot(w, w), 0)
        further = d + ahead * p
        outside = live & ~(_dot(further, further) <= radius**2)
        if outside.any():
            p2, dp, d2 = _dot(p, p), _dot(d, p), _dot(d, d)
            border = (-dp + (dp**2 + p2 * (radius**2 - d2)).clamp(min=0).sqrt()) / p2
            ahead = torch.where(outside, border, ahead)
            further = d + ahead * p
        d, left = further, left - ahead * w
        live = live & ~outside & (_dot(left, left) > goal)
        if live.sum() <= 0.25 * len(live):
            break
        z = backward(left)
        now = _dot(z, z)
        live = live & (now > 1e-12 * first)
        p = z + torch.where(live, now / z2, 0) * p
        z2 = now
    return d, _dot(left, left)[:, 0] / 2


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return torch.linalg.vecdot(a, b)[:, None]
