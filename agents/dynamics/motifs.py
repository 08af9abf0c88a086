"""Motifs of single units: who is active, how deep they are tuned, how many phases they have, when they peak."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array, check_rates
from .shapes import shapes_repr


@dataclass(frozen=True)
class Tuning:
    """Cosine tuning of each unit.

    Attributes:
        mean: Mean rate over angles, (N,).
        depth: Half of the difference of the tuning curve between its top and its bottom, (N,), in the unit of rates.
        preferred: Preferred angle, (N,), radians in [0, 2 pi).
        r2: Fraction of the variance over conditions that the cosine explains, (N,); NaN for a unit without any.
    """

    mean: np.ndarray
    depth: np.ndarray
    preferred: np.ndarray
    r2: np.ndarray

    __repr__ = shapes_repr


@typechecked
def cosine_tuning(rates: AnyArray, angles: AnyArray) -> Tuning:
    r"""Fit :math:`r_i(\theta) = b_i + m_i \cos(\theta - \theta_i)` by least squares.

    Args:
        rates: Rates per condition, (C, N), such as the mean of a period.
        angles: Angle of each condition, (C,), radians; three different ones or more.

    Returns:
        The tuning of each unit.

    Raises:
        ValueError: If the shapes do not agree, less than 3 angles differ, or something is not finite.

    Source: Georgopoulos et al. 1982, "On the relations between the direction of two-dimensional arm movements and cell
    discharge in primate motor cortex", doi:10.1523/JNEUROSCI.02-11-01527.1982.
    """
    rates, angles = as_array("rates", rates), as_array("angles", angles)
    if rates.ndim != 2 or angles.shape != rates.shape[:1]:
        raise ValueError(f"rates {rates.shape} and angles {angles.shape} must be (C, N) and (C,).")
    if not (np.isfinite(rates).all() and np.isfinite(angles).all()):
        raise ValueError("rates and angles must be finite; some are NaN or infinite.")
    design = np.stack([np.ones(len(angles)), np.cos(angles), np.sin(angles)], axis=1)
    if np.linalg.matrix_rank(design) < 3:
        raise ValueError("a cosine takes 3 different angles or more.")
    mean, x, y = weights = np.linalg.lstsq(design, rates)[0]
    total = ((rates - rates.mean(axis=0)) ** 2).sum(axis=0)
    flat = total <= 1e-24 * (rates**2).sum(axis=0)
    left = ((rates - design @ weights) ** 2).sum(axis=0)
    r2 = np.where(flat, np.nan, 1 - left / np.where(flat, 1, total))
    return Tuning(mean, np.hypot(x, y), np.arctan2(y, x) % (2 * np.pi), r2)


@dataclass(frozen=True)
class Motifs:
    """What single units do over the conditions of a task.

    Attributes:
        active: Which units change by the threshold or more, (N,) of bool. Other measures are NaN for the others.
        preparatory_depth: Half range over conditions of the mean rate in preparation, (N,).
        movement_depth: That in movement, (N,).
        tuning_correlation: Correlation over conditions of the mean rates in preparation and in movement, (N,); NaN for
            a unit untuned in one of them.
        n_extrema: Peaks and troughs of the rate in movement, in the condition in which it changes most, (N,).
        peak_ms: Time of the highest rate from the start of the movement window, (N,), in the condition of that rate.
    """

    active: np.ndarray
    preparatory_depth: np.ndarray
    movement_depth: np.ndarray
    tuning_correlation: np.ndarray
    n_extrema: np.ndarray
    peak_ms: np.ndarray

    __repr__ = shapes_repr

    @property
    def active_fraction(self) -> float:
        """Fraction of units that are active."""
        return float(self.active.mean())

    @property
    def multiphasic_fraction(self) -> float:
        """Fraction of active units with two extrema or more in movement; NaN if none is active."""
        return float((self.n_extrema[self.active] >= 2).mean()) if self.active.any() else float("nan")


@typechecked
def motifs(
    rates: AnyArray,
    preparation: tuple[int, int],
    movement: tuple[int, int],
    dt: float = 10,
    threshold: float | None = None,
) -> Motifs:
    """Measure each unit in a window of preparation and in one of movement.

    Args:
        rates: Condition averages, (T, C, N), of 2 conditions or more.
        preparation: First bin of preparation, and the first one after it.
        movement: The same for movement.
        dt: Length of a bin, ms.
        threshold: Range over both windows and all conditions from which a unit counts as active, in the unit of the
            rates. None takes a tenth of the largest range of all units.

    Returns:
        The measures per unit. An extremum counts if its prominence is a tenth of the range in that condition or more,
        so that ripples do not; nor does a peak or trough at a border.

    Raises:
        ValueError: If a window holds less than 3 bins or leaves the rates, or the rates hold NaN or never change.

    Source: tuning in preparation and in movement as compared by Churchland et al. 2010, "Cortical preparatory activity:
    representation of movement or first cog in a dynamical machine?", doi:10.1016/j.neuron.2010.09.015.
    """
    if not dt > 0 or (threshold is not None and threshold < 0):
        raise ValueError(f"dt is {dt} and threshold is {threshold}; a bin is above 0 ms, a range 0 or more.")
    array = check_rates(rates, "motifs", bins=3, conditions=2)
    for name, (start, stop) in (("preparation", preparation), ("movement", movement)):
        if start < 0 or stop > len(array) or stop - start < 3:
            raise ValueError(f"{name} is bins {start} to {stop}; it takes 3 bins or more of the {len(array)} there.")
    early, late = array[slice(*preparation)], array[slice(*movement)]
    span = np.ptp(np.concatenate([early, late]), axis=(0, 1))
    if threshold is None:
        threshold = 0.1 * float(span.max())
    active = (span >= threshold) & (span > 0)

    tuned = [window.mean(axis=0) for window in (early, late)]
    depth = [np.ptp(means, axis=0) / 2 for means in tuned]
    centred = [means - means.mean(axis=0) for means in tuned]
    lengths = [np.sqrt((c**2).sum(axis=0)) for c in centred]
    # A unit of which rounding alone differs between conditions is not tuned.
    known = active & np.all([d > 1e-9 * span for d in depth], axis=0)
    product = lengths[0] * lengths[1]
    correlation = np.where(known, (centred[0] * centred[1]).sum(axis=0) / np.where(known, product, 1), np.nan)

    units = np.arange(array.shape[2])
    strongest = late[:, np.ptp(late, axis=0).argmax(axis=0), units]
    extrema = np.array([_n_extrema(course) for course in strongest.T], dtype=float)
    peak = late.max(axis=1).argmax(axis=0) * float(dt)
    extrema, peak, *depth = (np.where(active, values, np.nan) for values in (extrema, peak, *depth))
    return Motifs(active, depth[0], depth[1], correlation, extrema, peak)


def _n_extrema(course: np.ndarray, fraction: float = 0.1) -> int:
    """Peaks and troughs of a time course that stand out by a fraction of its range."""
    prominence = fraction * np.ptp(course)
    return sum(len(find_peaks(sign * course, prominence=prominence)[0]) for sign in (1, -1)) if prominence > 0 else 0
