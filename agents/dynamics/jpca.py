"""jPCA: the planes in which a population rotates, and whether surrogates rotate as well."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, check_rates
from .change_of_basis import leading_axes
from .condition_averages import without_cross_condition_mean
from .shapes import shapes_repr
from .surrogates import Null, null_distribution, p_value

Difference = Literal["midpoint", "forward"]


@dataclass(frozen=True)
class Rotations:
    """What a skew-symmetric linear system explains of the change of a population.

    Attributes:
        r2_skew: R² of the rotational fit, 1 - SSE / sum of squared changes.
        r2_best: R² of the unconstrained linear fit.
        planes: Orthonormal axes of each plane, (P, 2, N), in order of how much of the change their rotation explains.
            The population turns from the first axis to the second, and at the first bin varies most along the first.
        frequency_hz: Frequency of rotation in each plane, (P,), Hz.
        variance_fraction: Fraction of the variance in each plane, (P,), of the rates less their mean over conditions.
        r2_plane: R² of the rotational fit within each plane, (P,); NaN where nothing changes.
        projections: The rates less their mean over conditions in the planes, (T, C, P, 2).
        null: Name of the null that ``p_value`` is about.
        n_surrogates: Surrogates it draws.
        seed: Their seed.
    """

    r2_skew: float
    r2_best: float
    planes: np.ndarray
    frequency_hz: np.ndarray
    variance_fraction: np.ndarray
    r2_plane: np.ndarray
    projections: np.ndarray
    null: Null
    n_surrogates: int
    seed: int
    _rates: np.ndarray = field(repr=False, compare=False)
    _difference: Difference = field(repr=False, compare=False)

    __repr__ = shapes_repr

    @property
    def ratio(self) -> float:
        """R² of the rotational fit over that of the unconstrained one: 1 where all linear dynamics are rotations."""
        return self.r2_skew / self.r2_best if self.r2_best > 0 else float("nan")

    @cached_property
    def r2_null(self) -> np.ndarray:
        """R² of the rotational fit to each surrogate, (n_surrogates,); drawn and fitted when first asked for."""
        n_components = 2 * len(self.planes)

        def r2(surrogate: np.ndarray) -> float:
            return _fit(_reduced(surrogate, n_components)[0], self._difference)[2]

        return null_distribution(r2, self._rates, self.null, self.n_surrogates, self.seed)

    @property
    def p_value(self) -> float:
        """How often surrogates rotate as well as the data; at least 1 / (1 + n_surrogates)."""
        return p_value(self.r2_skew, self.r2_null)


@typechecked
def jpca(
    rates: AnyArray,
    dt: float = 10,
    n_components: int = 6,
    *,
    difference: Difference = "midpoint",
    null: Null = "shuffle",
    n_surrogates: int = 200,
    seed: int = 0,
) -> Rotations:
    r"""Fit rotations to condition averages.

    The mean over conditions is subtracted, and principal components reduce the units. With states as rows of X and
    their changes in one bin as rows of :math:`\dot X`, the skew-symmetric A closest to :math:`\dot X = X A` solves

    .. math:: S A + A S = K - K^\top, \qquad S = X^\top X, \quad K = X^\top \dot X

    in closed form. Its eigenvalues :math:`\pm i \omega` come in pairs, and each pair of eigenvectors spans a plane.
    (Published planes are in order of :math:`\omega`; then a faint plane of noise often comes first.)

    Units count by their variance: `soft_normalised(rates)` first is usual where their ranges differ, and a window
    around the movement, such as -50 to 150 ms from its onset.

    Args:
        rates: Rates, (T, C, N), of 2 conditions or more.
        dt: Length of a bin, ms.
        n_components: Principal components to rotate in, an even number; 6 is usual.
        difference: ``"midpoint"``: a change belongs to the mean of the states before and after it, and a rotation by
            :math:`\varphi` in one bin has R² 1 and :math:`\omega = 2 \tan(\varphi / 2)`. ``"forward"``, as published:
            it belongs to the state before it; a rotation has R² :math:`(1 + \cos \varphi) / 2` and :math:`\omega =
            \sin \varphi`. Frequencies are :math:`\varphi / (2 \pi\, dt)` for the midpoint, exact at any speed, and
            :math:`\omega / (2 \pi\, dt)` for the other.
        null: What surrogates for the p-value keep, see `surrogates`.
        n_surrogates: How many. They take time only when ``p_value`` or ``r2_null`` is asked for.
        seed: Seed of the surrogates.

    Returns:
        The planes and their fits.

    Raises:
        ValueError: If there are less than 2 conditions, 3 bins or n_components units, the rates hold NaN or do not
            differ over conditions, or an argument is not one of those allowed.

    Source: Churchland et al. 2012, "Neural population dynamics during reaching", doi:10.1038/nature11129. The ratio
    is from Michaels, Dann & Scherberger 2016, doi:10.1371/journal.pcbi.1005175.
    """
    if n_surrogates < 0:
        raise ValueError(f"n_surrogates is {n_surrogates}; it must be 0 or more.")
    if n_components < 2 or n_components % 2:
        raise ValueError(f"n_components is {n_components!r}; planes take an even number, 2 or more.")
    if difference not in get_args(Difference):
        raise ValueError(f"unknown difference {difference!r}; known are {', '.join(get_args(Difference))}.")
    if null not in get_args(Null):
        raise ValueError(f"unknown null {null!r}; known are {', '.join(get_args(Null))}.")
    if not dt > 0:
        raise ValueError(f"dt is {dt}; the length of a bin in ms is above 0.")
    array = check_rates(rates, "jPCA", bins=3, conditions=2)
    if array.shape[2] < n_components:
        raise ValueError(f"n_components is {n_components}, but only {array.shape[2]} units are there; ask for less.")
    centred = without_cross_condition_mean(array)
    if np.sum(centred**2) <= 1e-20 * np.sum((array - array.mean(axis=(0, 1))) ** 2):
        raise ValueError("jPCA looks at what differs between conditions; here all conditions are alike.")

    x, components = _reduced(centred, n_components)
    skew, r2_best, r2_skew = _fit(x, difference)
    speed, axes = _planes(skew, x[0], components)
    states, changes = _samples(x, difference)
    left, moved = (
        (np.einsum("sk,pak->spa", rows, axes) ** 2).sum(axis=(0, 2)) for rows in (changes - states @ skew, changes)
    )
    order = np.argsort(left - moved)
    speed, axes, left, moved = speed[order], axes[order], left[order], moved[order]
    still = moved <= 1e-20 * moved.sum()
    r2_plane = np.where(still, np.nan, 1 - left / np.where(still, 1, moved))
    projections = np.einsum("tck,pak->tcpa", x, axes)
    angle = 2 * np.arctan(speed / 2) if difference == "midpoint" else speed
    return Rotations(
        r2_skew=r2_skew,
        r2_best=r2_best,
        planes=axes @ components,
        frequency_hz=1000 * angle / (2 * np.pi * dt),
        variance_fraction=(projections**2).sum(axis=(0, 1, 3)) / np.sum(centred**2),
        r2_plane=r2_plane,
        projections=projections,
        null=null,
        n_surrogates=n_surrogates,
        seed=seed,
        _rates=centred,
        _difference=difference,
    )


def _reduced(centred: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (T, C, K) along the first principal components, and these (K, N)."""
    components = leading_axes(centred.reshape(-1, centred.shape[-1]), n_components)
    return centred @ components.T, components


def _samples(x: np.ndarray, difference: Difference) -> tuple[np.ndarray, np.ndarray]:
    """States and their changes in one bin, both (samples, K)."""
    states = (x[1:] + x[:-1]) / 2 if difference == "midpoint" else x[:-1]
    return states.reshape(-1, x.shape[-1]), np.diff(x, axis=0).reshape(-1, x.shape[-1])


def _fit(x: np.ndarray, difference: Difference) -> tuple[np.ndarray, float, float]:
    """The skew-symmetric A (K, K) of changes = states A, and R² of the best linear and of the skew fit."""
    states, changes = _samples(x, difference)
    # In the eigenvectors of S the equation is solved entry by entry; directions without variance do not rotate.
    spread, basis = np.linalg.eigh(states.T @ states)
    cross = basis.T @ states.T @ changes @ basis
    pairs = spread[:, None] + spread
    alive = pairs > 1e-12 * pairs.max()
    skew = np.where(alive, (cross - cross.T) / np.where(alive, pairs, 1), 0)
    present = spread > 1e-12 * spread.max()
    best = np.where(present[:, None], cross / np.where(present, spread, 1)[:, None], 0)
    total = np.sum(changes**2)
    if total == 0:
        raise ValueError("jPCA looks at change over time; here no condition changes.")
    r2_best, r2_skew = (float(1 - np.sum((changes @ basis - states @ basis @ m) ** 2) / total) for m in (best, skew))
    return basis @ skew @ basis.T, r2_best, r2_skew


def _planes(skew: np.ndarray, first: np.ndarray, components: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Angular speeds (P,), fastest first, and orthonormal axes (P, 2, K); states start at `first` (C, K)."""
    # A row x moves by x A, so A' turns columns; -i A' is Hermitian, and its eigenvalues are speeds of both signs.
    speeds, vectors = np.linalg.eigh(-1j * skew.T)
    n_planes = len(skew) // 2
    speeds, vectors = speeds[: -n_planes - 1 : -1], vectors[:, : -n_planes - 1 : -1].T
    turning = speeds > 1e-9 * speeds[0]
    planes = np.sqrt(2) * np.stack([np.imag(vectors[turning]), np.real(vectors[turning])], axis=1)
    # What does not rotate has no plane of its own: the rest of the space is cut into any.
    rest = np.linalg.svd(planes.reshape(-1, len(skew)))[2][2 * len(planes) :]
    planes = np.concatenate([planes, rest.reshape(-1, 2, len(skew))])
    for plane in planes:
        lead = np.linalg.svd(first @ plane.T)[2][0]
        along = lead @ plane @ components
        lead *= np.sign(along[np.abs(along).argmax()])
        plane[:] = np.array([lead, [-lead[1], lead[0]]]) @ plane
    return np.where(turning, speeds, 0), planes
