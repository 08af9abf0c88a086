"""How analyses take arrays: whatever holds numbers becomes an array of double precision, and what is missing NaN."""

from typing import Any

import numpy as np
import torch

AnyArray = Any
"""What analyses take for an array: whatever :func:`as_array` reads."""
Labels = Any
"""Numbers or names, one for each trial, (B,): an array, masked or not, a tensor, a column of a table, a list."""


def as_array(name: str, values: AnyArray) -> np.ndarray:
    """Numbers in double precision: of arrays, tensors, tables or nested lists.

    Entries that a mask hides (``numpy.ma``), or that a table marks as missing, become NaN, so that an analysis leaves
    them out or refuses them as it does NaN. A tensor loses its gradient.

    Args:
        name: What the values are; a message names it.
        values: Anything that NumPy can read as real numbers.

    Returns:
        A float64 array; what was given may share its memory.

    Raises:
        ValueError: If the values are not real numbers, or nested lists are not of equal length.
    """
    try:
        return _numbers(values)
    except (TypeError, ValueError, OverflowError) as error:
        kind = type(values).__name__
        raise ValueError(
            f"{name} cannot be read as real numbers ({kind}: {error}); give an array, a tensor, or nested lists of "
            "equal length, with NaN or a mask where a value is missing."
        ) from error


def _numbers(values: Any) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        # NumPy knows fewer types of numbers than PyTorch does.
        values = values.numpy() if values.is_complex() else values.to(torch.float64).numpy()
    elif hasattr(values, "isna"):
        # A table may mark what is missing by an object that NumPy takes for no number.
        values = values.to_numpy(dtype=np.float64, na_value=np.nan)
    elif isinstance(values, (list, tuple)) and any(isinstance(v, list) or hasattr(v, "__array__") for v in values):
        return np.stack([_numbers(value) for value in values])
    array = np.asanyarray(values)
    if array.dtype.kind not in "buifO":
        raise TypeError(f"they are of type {array.dtype}")
    if isinstance(array, np.ma.MaskedArray):
        return np.ma.filled(array.astype(np.float64), np.nan)
    return np.asarray(array, dtype=np.float64)


def whole_samples(name: str, values: AnyArray) -> np.ndarray:
    """Samples of units in double precision, (..., N) to (samples, N), without those that hold NaN or masked entries.

    Raises:
        ValueError: If the values are no samples of units, or one is infinite.
    """
    array = as_array(name, values)
    if array.ndim < 2:
        raise ValueError(f"{name} have shape {array.shape}; expected samples of units, (..., N).")
    samples = array.reshape(-1, array.shape[-1])
    if (infinite := np.isinf(samples).any(axis=0)).any():
        raise ValueError(f"{name} hold infinity in units {_some(infinite)}; what is missing is NaN or masked.")
    return samples[~np.isnan(samples).any(axis=1)]


def check_rates(rates: AnyArray, analysis: str, *, bins: int = 2, conditions: int = 1, units: int = 1) -> np.ndarray:
    """Rates as double precision numbers, if they are fit for an analysis.

    Args:
        rates: Rates of each unit in each condition, (T, C, N).
        analysis: What the rates are for; a message names it.
        bins: How many time bins the analysis needs at least.
        conditions: How many conditions.
        units: How many units.

    Returns:
        The rates, (T, C, N).

    Raises:
        ValueError: If the rates are not (T, C, N), are too few of something, hold a number that is masked or not
            finite, or no unit changes.
    """
    array = as_array("rates", rates)
    if array.ndim != 3:
        raise ValueError(f"{analysis} takes rates (T, C, N): time, conditions, units; given {array.shape}.")
    for length, need, what in zip(
        array.shape, (bins, conditions, units), ("time bins", "conditions", "units"), strict=True
    ):
        if length < need:
            raise ValueError(f"{analysis} needs {need} {what} or more; rates {array.shape} hold {length}.")
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(
            f"{analysis} takes finite rates; units {_some(bad.any(axis=(0, 1)))} hold NaN, masked entries or infinity: "
            f"{_advice(bad)}."
        )
    if not np.ptp(array, axis=(0, 1)).any():
        raise ValueError(f"{analysis} needs a unit that changes; all {array.shape[2]} units are constant.")
    return array


def _advice(bad: np.ndarray) -> str:
    """What to leave out of rates (T, C, N) so that none is left that is bad."""
    if bad.all():
        return "no rate is finite"
    units, conditions = bad.all(axis=(0, 1)), bad.all(axis=(0, 2))
    parts = [
        f"leave out {what} {_some(empty)}, which have no rate at all"
        for what, empty in (("units", units), ("conditions", conditions))
        if empty.any()
    ]
    whole = ~bad[:, ~conditions][:, :, ~units].any(axis=(1, 2))
    if not whole.all():
        edges = np.flatnonzero(np.diff(np.concatenate([[0], whole.astype(int), [0]])))
        runs = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[0] - run[1])
        cut = "cut to rates[{}:{}], the bins that are whole"
        parts.append(cut.format(*runs[0]) if runs else "no bin is whole; leave out units or conditions, or interpolate")
    return "; ".join(parts)


def _some(chosen: np.ndarray | np.bool_) -> str:
    numbers = np.flatnonzero(np.asarray(chosen)).tolist()
    return f"{numbers[:8]}{' and more' if len(numbers) > 8 else ''}"
