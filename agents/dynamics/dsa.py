"""Dynamical similarity analysis (DSA): are two systems the same except for a change of coordinates?"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array, check_rates


@typechecked
def dynamical_distance(
    rates_a: AnyArray,
    rates_b: AnyArray,
    n_delays: int = 10,
    rank: int = 10,
    *,
    centred: bool = False,
    inputs_a: AnyArray | None = None,
    inputs_b: AnyArray | None = None,
) -> float:
    """Distance of the linear systems that best predict two populations from their recent past.

    States with delays are reduced to their first principal components, a linear map is fitted from one bin to the
    next, and the eigenvalues of the two maps are compared by the mean squared distance of those best matched. Where
    geometry asks what states look like, this asks how they move: populations need share neither units nor conditions
    nor length. With inputs the map is fitted together with their effect (InputDSA), as driven networks need it. Results
    depend on delays and rank; look at several.

    The linear map has no constant term, so that a shift of all rates of a unit changes it: where rates do not have the
    same zero, as in recordings of different sessions, ask for ``centred``.

    The package `dsa-metric` does the work.

    Args:
        rates_a: Rates of one population, (T, C, N); or a list of trials of unequal length, each an array (T, N).
        rates_b: Rates of the other, (T', C', N') or trials, in bins of the same length.
        n_delays: How many bins make a state.
        rank: To how many components states are reduced.
        centred: Whether the mean rate of each unit is taken out first.
        inputs_a: What drove the first, (T, C, n_in); None for both or for neither. Not for lists of trials.
        inputs_b: What drove the second, (T', C', n_in).

    Returns:
        The squared distance, 0 or more; 0 for a population and its rotation.

    Raises:
        ModuleNotFoundError: If `dsa-metric` is not installed.
        ValueError: If rates hold NaN, never change, are shorter than the delays or too few for the rank, or inputs do
            not fit.

    Source: Ostrow, Eisen, Kozachkov & Fiete 2023, "Beyond geometry: comparing the temporal structure of computation in
    neural circuits with dynamical similarity analysis", NeurIPS 36, arXiv:2306.10168.
    """
    if n_delays < 1 or rank < 1:
        raise ValueError(f"n_delays is {n_delays} and rank {rank}; both are 1 or more.")
    if (inputs_a is None) != (inputs_b is None):
        raise ValueError("inputs_a and inputs_b go together; one is missing.")
    a, b = (_trials(rates, n_delays, with_inputs=inputs_a is not None) for rates in (rates_a, rates_b))
    for trials in (a, b):
        _check_rank(trials, n_delays, rank)
    if centred:
        a, b = ([trial - np.concatenate(trials).mean(axis=0) for trial in trials] for trials in (a, b))
    package = _package()
    if inputs_a is None or inputs_b is None:
        # A list of systems, each a list of trials.
        return float(package.DSA([a], [b], n_delays=n_delays, rank=rank, score_method="wasserstein").fit_score())
    x, y = np.stack(a), np.stack(b)
    driven = [as_array("inputs", inputs) for inputs in (inputs_a, inputs_b)]
    for inputs, rates in zip(driven, (x, y), strict=True):
        fits = (rates.shape[1], rates.shape[0])
        if inputs.ndim != 3 or inputs.shape[:2] != fits or not np.isfinite(inputs).all():
            raise ValueError(f"inputs {inputs.shape} must be finite, in the bins and conditions of rates, {fits}.")
    u, v = (inputs.swapaxes(0, 1) for inputs in driven)
    config = {"n_delays": n_delays, "rank": rank}
    compare = package.SimilarityTransformDistConfig(score_method="wasserstein")
    with warnings.catch_warnings():
        # It warns that the effects of inputs are fitted but not compared, as they should be here.
        warnings.filterwarnings("ignore", "Warning: You are using a DMD model that fits a control operator")
        return float(package.InputDSA(x, u, y, v, dmd_config=config, simdist_config=compare).fit_score())


def _trials(rates: AnyArray, n_delays: int, with_inputs: bool) -> list[np.ndarray]:
    """Trials or conditions, each (T, N)."""
    # The state space of inputs looks as far ahead as back.
    bins = 2 * n_delays + 1 if with_inputs else n_delays + 2
    if not (isinstance(rates, (list, tuple)) and all(getattr(trial, "ndim", 0) == 2 for trial in rates)):
        return [*check_rates(rates, "DSA", bins=bins).swapaxes(0, 1)]
    if with_inputs:
        raise ValueError("inputs go with rates (T, C, N), not with lists of trials.")
    trials = [as_array(f"trial {i}", trial) for i, trial in enumerate(rates)]
    shapes = [trial.shape for trial in trials]
    if not shapes or len({units for _, units in shapes}) > 1 or min(length for length, _ in shapes) < bins:
        raise ValueError(f"DSA takes trials (T, N) of the same units, of {bins} bins or more each; given {shapes}.")
    check_rates(np.concatenate(trials)[:, None], "DSA, of all trials after each other,")
    return trials


def _check_rank(trials: list[np.ndarray], n_delays: int, rank: int) -> None:
    """Refuse what the package would fail at: more components than a state has entries, or than there are steps."""
    units, lengths = trials[0].shape[1], {len(trial) for trial in trials}
    size = n_delays * units
    if rank > size:
        raise ValueError(f"rank is {rank}, but {n_delays} delays of {units} units span less; ask for less.")
    steps = sum(len(trial) - n_delays for trial in trials)
    here = f"{len(trials)} trials or conditions of {' or '.join(map(str, sorted(lengths)[:3]))} bins"
    if rank > steps:
        raise ValueError(
            f"rank is {rank}, but {here} leave {steps} steps from one state of {n_delays} bins to the next; allowed: "
            f"1 to {min(steps, size)}, or more with fewer delays or more data."
        )
    if len(trials) > 1 and len(lengths) == 1 and steps + len(trials) < size:
        raise ValueError(
            f"{here} make {steps + len(trials)} states, fewer than the {size} entries that a state of {n_delays} "
            f"delays and {units} units has; take fewer delays, or the first principal components of the rates."
        )


def _package() -> Any:
    try:
        import DSA  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"dynamical similarity analysis needs dsa-metric ({missing.name} is missing): "
            "pip install 'cogdyn[similarity]'",
            name=missing.name,
        ) from None
    return DSA
