"""States at which dynamics stand still, or nearly so, and the dynamics around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import torch
from torch import Tensor

from ...envs.typechecked import typechecked
from .arrays import AnyArray
from .chords import Chords
from .gauss_newton import gauss_newton
from .linearisation import Displacement, frequencies, modes, time_constants
from .merging import merge
from .shapes import shapes_repr
from .step_callable import Step, check_step, checked_states

MARGIN = 1e-6
"""Difference of a modulus from 1 below which a mode neither grows nor decays."""
STILL = 1e-26
"""Speed q below which a state stands still, except for rounding."""


@dataclass(frozen=True)
class FixedPoints:
    r"""Fixed and slow points, those with the fewest unstable directions first, then those that most candidates reached.

    A mode multiplies by its eigenvalue :math:`\lambda` in each step: it decays if :math:`|\lambda| < 1`.

    Attributes:
        points: Where they are, (K, N).
        speed: :math:`q = |F(x) - x|^2 / 2` there, (K,).
        eigenvalues: Of the Jacobian of the step, from the largest modulus down, (K, N), complex.
        stable: Whether all modes decay, (K,).
        n_unstable: Number of modes that grow, the index of a saddle, (K,).
        n_marginal: Number of modes whose modulus is 1 to within 1e-6, as along a line of fixed points, (K,).
        right_eigenvectors: ``[k, :, i]`` is the direction of mode i of point k, of length one, (K, N, M).
        left_eigenvectors: ``[k, i, :]`` reads mode i from a difference to point k, (K, M, N); its product with the
            right one is 1.
        time_constants: Time in which a mode falls to 1/e (ms), negative if it grows, (K, N); None without dt.
        frequencies: How often a mode turns (Hz), (K, N); None without dt.
        members: Number of candidates that arrived at each point, (K,).
        origin: The candidate from which each point was found with the lowest speed, (K,).
        iterations: Steps of the search that this candidate took, (K,).
        arrived_at: The point at which each candidate arrived, -1 for none, (C,).
        final_speed: q where the search from each candidate ended, (C,); NaN where it is not finite.
        rejected: How many candidates led to no point, by reason.
        tolerance: Speed q below which a state counted.
    """

    points: np.ndarray
    speed: np.ndarray
    eigenvalues: np.ndarray
    stable: np.ndarray
    n_unstable: np.ndarray
    n_marginal: np.ndarray
    right_eigenvectors: np.ndarray
    left_eigenvectors: np.ndarray
    time_constants: np.ndarray | None
    frequencies: np.ndarray | None
    members: np.ndarray
    origin: np.ndarray
    iterations: np.ndarray
    arrived_at: np.ndarray
    final_speed: np.ndarray
    rejected: dict[str, int]
    tolerance: float

    __repr__ = shapes_repr

    def __len__(self) -> int:
        return len(self.points)

    @property
    def saddle(self) -> np.ndarray:
        """Whether some modes grow and others decay, (K,)."""
        return (self.n_unstable > 0) & (self.n_unstable + self.n_marginal < self.eigenvalues.shape[1])

    @property
    def source(self) -> np.ndarray:
        """Whether some modes grow and none decays, (K,)."""
        return (self.n_unstable > 0) & (self.n_unstable + self.n_marginal == self.eigenvalues.shape[1])

    @property
    def marginal(self) -> np.ndarray:
        """Whether no mode grows, but some do not decay either, (K,): the linear dynamics do not decide on stability."""
        return (self.n_unstable == 0) & (self.n_marginal > 0)

    @property
    def summary(self) -> str:
        """How many points of which kind there are, what became of the candidates, and how near the others came."""
        kinds = {"stable": self.stable, "saddle": self.saddle, "source": self.source, "marginal": self.marginal}
        counts = ", ".join(_counted(int(is_so.sum()), kind) for kind, is_so in kinds.items() if is_so.any())
        points = f"{_counted(len(self), 'point')} ({counts})." if counts else f"{_counted(len(self), 'point')}."
        n = len(self.arrived_at)
        if n == 0:
            return f"{points} No candidates were given."
        reasons = [f"{count:,} {reason}" for reason, count in self.rejected.items() if count]
        fate = "; ".join([f"{(self.arrived_at >= 0).sum():,} of {n:,} candidates arrived", *reasons])
        too_fast = self.final_speed[self.final_speed >= self.tolerance]
        if len(too_fast) == 0:
            return f"{points} {fate}."
        best = float(too_fast.min())
        size = 10.0 ** np.floor(np.log10(best))
        enough = f"tolerance={(best // size + 1) * size:g} would accept it"
        near = f"The slowest of these has a speed of {best:.2g}; {enough}."
        return " ".join([f"{points} {fate}. {near}", *([] if len(self) else [WHY_NONE])])


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' if n != 1 and noun not in ('stable', 'marginal') else ''}"


WHY_NONE = (
    "There need not be any fixed point: units that do not saturate, such as relu, seldom stand still, and at a "
    "constant input such a network may grow without bound. Follow the step from a state to see where it leads."
)


@typechecked
def fixed_points(
    step: Step,
    candidates: AnyArray,
    *,
    jacobian: Callable[[Tensor], Tensor] | None = None,
    dt: float | None = None,
    tolerance: float = 1e-12,
    max_iterations: int = 200,
    merge_distance: float = 1e-3,
    outlier_distance: float | None = 10.0,
    n_modes: int | None = None,
) -> FixedPoints:
    r"""Find the states at which the speed of the dynamics is below a tolerance, and linearise the dynamics there.

    .. math:: q(x) = \tfrac{1}{2} |F(x) - x|^2 < \text{tolerance}

    The search descends in q from each candidate, see :func:`gauss_newton`. It finds unstable points as well as stable
    ones, and it ends as soon as q is below the tolerance: 1e-12 keeps fixed points, 1e-6 or so also slow ones, where a
    state stays for a while. Of points that lie together the slowest stands for all; it is then moved on to where q
    is zero, if that is not farther than ``merge_distance``. Where the speed vanishes to a higher order, as that of
    :math:`x - x^3` does at 0, slow states lie far around: they all count as the marginal point in their middle.

    There need not be any point. Units that do not saturate (relu, softplus) seldom stand still: left alone at one
    input, such a network may grow without bound, where tanh is held by its own limits. ``summary`` says how slow the
    slowest state was, ``final_speed`` how slow each.

    With units that are silent below a threshold, dynamics are linear in pieces. The Jacobian belongs to the piece
    in which the point lies, and where it lies on a border, of the one that torch's derivative belongs to.

    Args:
        step: F at a constant input, in double precision: states (K, N) to the next states (K, N), differentiable.
        candidates: States from which to search, (C, N), or those of trials, (T, B, N), which are flattened; states and
            not rates. :func:`sample_candidates` draws some from many.
        jacobian: The Jacobian of the step as a function, (K, N) to (K, N, N); None leaves it to torch.
        dt: Duration of a step (ms), for time constants and frequencies.
        tolerance: Speed q below which a state counts. It scales with the square of dt.
        max_iterations: Steps of the search after which a candidate is given up.
        merge_distance: Distance below which two points are one.
        outlier_distance: How far a point may lie from the centre of the candidates, as a multiple of their own
            median distance from it; without effect if that is 0.
        n_modes: Number of modes whose eigenvectors are kept, from the largest modulus down. None keeps all, or as
            many as fit into a gigabyte.

    Returns:
        The points; none, with the reasons counted in ``rejected``, if no candidate led to one.

    Raises:
        ValueError: If candidates are not finite states (..., N), the step fails on them, changes their shape, is not
            differentiable or not the same each time, or a number makes no sense.

    Source: Sussillo & Barak 2013, Neural Comput, doi:10.1162/NECO_a_00409; Golub & Sussillo 2018, J Open Source Softw,
    doi:10.21105/joss.01003.
    """
    starts = checked_states("candidates", candidates, "(C, N) or (T, B, N)", range(2, 9)).flatten(end_dim=-2)
    n_units = starts.shape[1]
    tolerance, merge_distance = float(tolerance), float(merge_distance)
    positive = {"tolerance": tolerance, "merge_distance": merge_distance, "dt": 1.0 if dt is None else dt}
    for name, value in positive.items():
        if not (isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value!r}; it must be a positive number.")
    reach = np.inf if outlier_distance is None else outlier_distance
    if not reach > 0:
        raise ValueError(f"outlier_distance is {outlier_distance!r}; it must be positive.")
    if max_iterations != int(max_iterations) or max_iterations < 1:
        raise ValueError(f"max_iterations is {max_iterations!r}; it must be a whole number, 1 or more.")
    if n_modes is not None and (n_modes != int(n_modes) or not 0 <= n_modes <= n_units):
        raise ValueError(f"n_modes is {n_modes!r}; allowed: 0 to the number of units, {n_units}.")
    if len(starts):
        check_step(step, starts)
    displacement = Displacement(step, jacobian)
    centre = starts.mean(dim=0)
    spread = float(torch.linalg.vector_norm(starts - centre, dim=1).median()) if len(starts) else 0.0

    # A search that may stride across the whole cloud of candidates jumps past what lies between them.
    radius = 0.1 * spread or max(float(torch.linalg.vector_norm(centre)), 1.0) if len(starts) else 1.0
    chords = Chords(tolerance, merge_distance, n_max=int(np.clip(2**24 // n_units**2, 1, 256)))
    ends = gauss_newton(displacement, starts, tolerance, max_iterations, radius, chords)
    far = torch.linalg.vector_norm(ends.states - centre, dim=1) > reach * spread
    slow = ends.speed < tolerance
    kept = (slow & ~(far & (spread > 0))).nonzero()[:, 0]
    kept = kept[ends.speed[kept].argsort(stable=True)]
    first, group = merge(ends.states[kept], merge_distance)
    representatives = ends.states[kept][first]
    polished = gauss_newton(displacement, representatives, STILL, 5, merge_distance)
    close = torch.linalg.vector_norm(polished.states - representatives, dim=1) <= merge_distance
    points = torch.where(close[:, None], polished.states, representatives)
    speed = torch.where(close, polished.speed, ends.speed[kept][first])
    points, speed = _at_marginal_roots(displacement, points, speed, merge_distance)
    again, regroup = merge(points, merge_distance)

    arrived_at = np.full(len(starts), -1)
    arrived_at[kept.cpu().numpy()] = regroup[group].cpu().numpy()
    origin = kept[first][again].cpu().numpy()
    found = FixedPoints(
        points=points[again].cpu().numpy(),
        speed=speed[again].cpu().numpy(),
        **_linearised(displacement, points[again], dt, n_modes),
        members=np.bincount(arrived_at[arrived_at >= 0], minlength=len(again)),
        origin=origin,
        iterations=ends.iterations.cpu().numpy()[origin],
        arrived_at=arrived_at,
        final_speed=ends.speed.cpu().numpy(),
        rejected={
            "at a speed that is not finite": int((~ends.speed.isfinite()).sum()),
            f"above the tolerance of {tolerance:g}": int((ends.speed >= tolerance).sum()),
            "farther away than outlier_distance": int(slow.sum()) - len(kept),
        },
        tolerance=tolerance,
    )
    return _sorted(found)


def _at_marginal_roots(
    displacement: Displacement, points: Tensor, speed: Tensor, distance: float
) -> tuple[Tensor, Tensor]:
    """Points and speeds, with slow points moved to the root that they lie around, if a mode is marginal there.

    Towards such a root each of Newton's steps leaves a fraction of the way, and the short polish does not arrive.
    """
    rows = (speed > STILL).nonzero()[:, 0]
    roots = gauss_newton(displacement, points[rows], STILL, 100, distance)
    rows, states, at_root = (each[roots.speed < STILL] for each in (rows, roots.states, roots.speed))
    if len(rows) == 0:
        return points, speed
    first, group = merge(states, distance)
    moduli = [np.abs(modes(a.cpu().numpy() + np.eye(len(a)))[0]) for a in displacement.matrices(states[first])]
    marginal = np.array([(np.abs(m - 1) <= MARGIN).any() for m in moduli])
    moved = torch.from_numpy(marginal).to(points.device)[group]
    points, speed = points.clone(), speed.clone()
    points[rows[moved]], speed[rows[moved]] = states[moved], at_root[moved]
    return points, speed


def _linearised(displacement: Displacement, points: Tensor, dt: float | None, n_modes: int | None) -> dict:
    """The fields of :class:`FixedPoints` that describe modes."""
    k, n = points.shape
    kept = min(n, max(1, 2**30 // (32 * max(k, 1) * n))) if n_modes is None else n_modes
    values = np.empty((k, n), complex)
    right, left = np.empty((k, n, kept), complex), np.empty((k, kept, n), complex)
    for i, point in enumerate(points):
        jacobian = displacement.matrices(point[None])[0].cpu().numpy() + np.eye(n)
        values[i], columns, rows = modes(jacobian)
        right[i], left[i] = columns[:, :kept], rows[:kept]
    modulus = np.abs(values)
    return {
        "eigenvalues": values,
        "stable": (modulus < 1 - MARGIN).all(axis=1),
        "n_unstable": (modulus > 1 + MARGIN).sum(axis=1),
        "n_marginal": (np.abs(modulus - 1) <= MARGIN).sum(axis=1),
        "right_eigenvectors": right,
        "left_eigenvectors": left,
        "time_constants": None if dt is None else time_constants(values, dt),
        "frequencies": None if dt is None else frequencies(values, dt),
    }


def _sorted(found: FixedPoints) -> FixedPoints:
    order = np.lexsort((found.origin, -found.members, found.n_unstable))
    place = np.append(np.argsort(order), -1)
    each = {
        name: value[order]
        for name, value in vars(found).items()
        if name not in ("arrived_at", "final_speed", "rejected", "tolerance") and value is not None
    }
    return replace(found, **each, arrived_at=place[found.arrived_at])
