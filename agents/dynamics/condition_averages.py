"""Condition averages: from trials to rates (T, C, N) over time, conditions and units, and what is done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from ...envs.typechecked import typechecked
from .arrays import AnyArray, Labels, as_array, check_rates
from .shapes import shapes_repr


@dataclass(frozen=True)
class ConditionAverages:
    """Mean rates of each condition, on a grid with an axis for each factor.

    Attributes:
        rates: Mean over the trials of each condition, (T, levels of the first factor, ..., N); of a single factor
            (T, C, N). NaN where no trial has a rate.
        levels: The values of each factor, in the order of its axis, by name.
        counts: Number of trials in each condition, (levels of the first factor, ...).
    """

    rates: np.ndarray
    levels: Mapping[str, np.ndarray]
    counts: np.ndarray

    __repr__ = shapes_repr

    @property
    def factors(self) -> list[str]:
        """Names of the axes between time and units."""
        return list(self.levels)

    @property
    def flat(self) -> np.ndarray:
        """Rates of the conditions that occur, the last factor changing fastest, (T, C, N)."""
        occurs = self.counts.reshape(-1) > 0
        return self.rates.reshape(len(self.rates), -1, self.rates.shape[-1])[:, occurs]


@typechecked
def condition_averages(rates: AnyArray, conditions: Labels | Mapping[str, Labels]) -> ConditionAverages:
    """Average trials that belong to the same condition, however many each has.

    Each condition counts as one afterwards, whatever its number of trials. A rate that is NaN or masked, as in a bin
    beyond the end of a trial, or of a unit that was not recorded in it, is left out of its mean.

    Args:
        rates: Rates of trials, (T, B, N).
        conditions: The condition of each trial, (B,), as numbers or names; or several factors, {name: (B,)}, such as
            the ``conditions`` of a batch of trials. A trial without a value (NaN, masked, None) has no condition and
            is left out.

    Returns:
        The averages. ``.rates`` with ``.factors`` suits :func:`demixed_components`, ``.flat`` all that take (T, C, N).

    Raises:
        ValueError: If rates are not (T, B, N), or one is infinite, or a factor has not one value for each trial.
    """
    trials = as_array("rates", rates)
    cell, levels = conditions_of_trials(trials, conditions)
    if np.isinf(trials).any():
        raise ValueError("rates hold infinity; a rate that is missing is NaN or masked.")
    shape = tuple(len(values) for values in levels.values())
    counts = np.bincount(cell[cell >= 0], minlength=int(np.prod(shape)))
    means = np.full((len(trials), len(counts), trials.shape[2]), np.nan)
    for c in np.flatnonzero(counts):
        chosen = trials[:, cell == c]
        known = ~np.isnan(chosen)
        n = known.sum(axis=1)
        total = np.where(known, chosen, 0).sum(axis=1)
        means[:, c] = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    return ConditionAverages(means.reshape(len(trials), *shape, -1), levels, counts.reshape(shape))


def conditions_of_trials(
    trials: np.ndarray, conditions: Labels | Mapping[str, Labels]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The condition of each trial as a place in the flattened grid, -1 for none, (B,); the levels of each factor."""
    if trials.ndim != 3:
        raise ValueError(f"rates of trials are (T, B, N): time, trials, units; given {trials.shape}.")
    factors = conditions if isinstance(conditions, Mapping) else {"condition": conditions}
    if not factors:
        raise ValueError("conditions name no factor; give the condition of each trial, (B,), or {name: (B,)}.")
    cell, levels, left_out = np.zeros(trials.shape[1], int), {}, np.zeros(trials.shape[1], bool)
    for name, values in factors.items():
        labels = np.asanyarray(values.detach().cpu() if isinstance(values, torch.Tensor) else values)
        if labels.shape != cell.shape:
            raise ValueError(f"{name!r} has shape {labels.shape}; expected a value for each of {len(cell)} trials.")
        # Tables know what they miss; masked entries are None in a list, and NaN alone differs from itself.
        isna = getattr(values, "isna", None)
        missing = np.array([v is None or v != v for v in labels.tolist()]) if isna is None else np.asarray(isna())
        if missing.all():
            raise ValueError(f"{name!r} has no value in any trial.")
        levels[name], place = np.unique(np.asarray(labels)[~missing], return_inverse=True)
        cell[~missing] = cell[~missing] * len(levels[name]) + place.reshape(-1)
        left_out |= missing
    return np.where(left_out, -1, cell), levels


@typechecked
def cross_condition_mean(rates: AnyArray) -> np.ndarray:
    """What all conditions share: the mean over conditions in each bin, (T, C, N) to (T, N)."""
    array = as_array("rates", rates)
    if array.ndim != 3:
        raise ValueError(f"rates have shape {array.shape}; expected (T, C, N): time, conditions, units.")
    return array.mean(axis=1)


@typechecked
def without_cross_condition_mean(rates: AnyArray) -> np.ndarray:
    """What tells conditions apart: rates less their mean over conditions, (T, C, N)."""
    array = as_array("rates", rates)
    return array - cross_condition_mean(array)[:, None]


@typechecked
def soft_normalised(rates: AnyArray, constant: float | None = None) -> np.ndarray:
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
    array = check_rates(rates, "soft normalisation", bins=1)
    span = np.ptp(array, axis=(0, 1))
    if constant is None:
        constant = 0.1 * float(np.median(span[span > 0]))
    if not constant >= 0:
        raise ValueError(f"constant is {constant}; it must be 0 or more.")
    divisor = span + constant
    return array / np.where(divisor > 0, divisor, 1.0)
