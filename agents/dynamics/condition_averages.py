"""Condition averages: rates (T, C, N) over time, conditions and units, and what is done to them before an analysis."""

import numpy as np

from ...envs.typechecked import typechecked


def condition_averages(
    rates: np.ndarray, analysis: str, *, bins: int = 2, conditions: int = 1, units: int = 1
) -> np.ndarray:
    """Rates as double precision numbers, once they are seen to be fit for an analysis.

    Args:
        rates: Rates of each unit in each condition, (T, C, N).
        analysis: What the rates are for; a message names it.
        bins: How many time bins the analysis needs at least.
        conditions: How many conditions.
        units: How many units.

    Returns:
        The rates, (T, C, N).

    Raises:
        ValueError: If the rates are no (T, C, N), are too few of something, hold a number that is not finite, or no
            unit changes.
    """
    array = np.asarray(rates, dtype=np.float64)
    if array.ndim != 3:
        raise ValueError(f"{analysis} takes rates (T, C, N): time, conditions, units; given {array.shape}.")
    for length, need, what in zip(
        array.shape, (bins, conditions, units), ("time bins", "conditions", "units"), strict=True
    ):
        if length < need:
            raise ValueError(f"{analysis} needs {need} {what} or more; rates {array.shape} hold {length}.")
    if not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array).all(axis=(0, 1)))
        shown = f"{bad[:8].tolist()}{' and more' if len(bad) > 8 else ''}"
        raise ValueError(
            f"{analysis} takes finite rates; units {shown} hold NaN or infinity. Cut to bins that all conditions have."
        )
    if not np.ptp(array, axis=(0, 1)).any():
        raise ValueError(f"{analysis} needs a unit that changes; all {array.shape[2]} units are constant.")
    return array


@typechecked
def cross_condition_mean(rates: np.ndarray) -> np.ndarray:
    """What all conditions share: the mean over conditions in each bin, (T, C, N) to (T, N)."""
    array = np.asarray(rates, dtype=np.float64)
    if array.ndim != 3:
        raise ValueError(f"rates have shape {array.shape}; expected (T, C, N): time, conditions, units.")
    return array.mean(axis=1)


@typechecked
def without_cross_condition_mean(rates: np.ndarray) -> np.ndarray:
    """What tells conditions apart: rates less their mean over conditions, (T, C, N)."""
    return np.asarray(rates, dtype=np.float64) - cross_condition_mean(rates)[:, None]


@typechecked
def soft_normalised(rates: np.ndarray, constant: float | None = None) -> np.ndarray:
    r"""Rates of which strong units no longer drown weak ones, while silent units stay small.

    .. math:: r_i \leftarrow r_i / (\max r_i - \min r_i + c)

    Args:
        rates: Rates, (T, C, N).
        constant: c in the unit of the rates: 5 spikes/s is usual for recordings, 0 gives every unit the same range.
            None takes a tenth of the median range of the units that change.

    Returns:
        (T, C, N), each unit with a range below 1. A unit that never changes stays constant.

    Raises:
        ValueError: If the rates are not fit for it, or the constant is negative.

    Source: Churchland et al. 2012, "Neural population dynamics during reaching", doi:10.1038/nature11129; the default
    for rates without a unit is ours.
    """
    array = condition_averages(rates, "soft normalisation", bins=1)
    span = np.ptp(array, axis=(0, 1))
    if constant is None:
        constant = 0.1 * float(np.median(span[span > 0]))
    if not constant >= 0:
        raise ValueError(f"constant is {constant}; it must be 0 or more.")
    divisor = span + constant
    return array / np.where(divisor > 0, divisor, 1.0)
