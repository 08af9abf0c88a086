"""Dynamical similarity analysis (DSA): are two systems the same but for a change of coordinates?"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...envs.typechecked import typechecked
from .condition_averages import condition_averages


@typechecked
def dynamical_distance(
    rates_a: np.ndarray,
    rates_b: np.ndarray,
    n_delays: int = 10,
    rank: int = 10,
    *,
    inputs_a: np.ndarray | None = None,
    inputs_b: np.ndarray | None = None,
) -> float:
    """Distance of the linear systems that best predict two populations from their recent past.

    States with delays are reduced to their first principal components, a linear map is fitted from one bin to the
    next, and the eigenvalues of the two maps are compared by the mean squared distance of those best matched. Where
    geometry asks what states look like, this asks how they move: populations need share neither units nor conditions
    nor length. With inputs the map is fitted beside their effect (InputDSA), as driven networks need it. Results
    depend on delays and rank; look at several.

    The package `dsa-metric` does the work.

    Args:
        rates_a: Rates of one population, (T, C, N).
        rates_b: Rates of the other, (T', C', N'), in bins of the same length.
        n_delays: How many bins make a state.
        rank: To how many components states are reduced.
        inputs_a: What drove the first, (T, C, n_in); None for both or for neither.
        inputs_b: What drove the second, (T', C', n_in).

    Returns:
        The squared distance, 0 or more; 0 for a population and its rotation.

    Raises:
        ModuleNotFoundError: If `dsa-metric` is not installed.
        ValueError: If rates hold NaN, never change or are shorter than the delays, or inputs do not fit.

    Source: Ostrow, Eisen, Kozachkov & Fiete 2023, "Beyond geometry: comparing the temporal structure of computation in
    neural circuits with dynamical similarity analysis", NeurIPS 36, arXiv:2306.10168.
    """
    if n_delays < 1 or rank < 1:
        raise ValueError(f"n_delays is {n_delays} and rank {rank}; both are 1 or more.")
    a, b = (condition_averages(r, "DSA", bins=n_delays + 2) for r in (rates_a, rates_b))
    for rates in (a, b):
        if rank > n_delays * rates.shape[2]:
            raise ValueError(
                f"rank is {rank}, but {n_delays} delays of {rates.shape[2]} units span less; ask for less."
            )
    if (inputs_a is None) != (inputs_b is None):
        raise ValueError("inputs_a and inputs_b go together; one is missing.")
    package = _package()
    # The package counts trials first.
    x, y = a.swapaxes(0, 1), b.swapaxes(0, 1)
    if inputs_a is None or inputs_b is None:
        return float(package.DSA(x, y, n_delays=n_delays, rank=rank, score_method="wasserstein").fit_score())
    driven = [np.asarray(inputs, np.float64) for inputs in (inputs_a, inputs_b)]
    for inputs, rates in zip(driven, (a, b), strict=True):
        if inputs.ndim != 3 or inputs.shape[:2] != rates.shape[:2] or not np.isfinite(inputs).all():
            raise ValueError(
                f"inputs {inputs.shape} must be finite, in the bins and conditions of rates {rates.shape}."
            )
    u, v = (inputs.swapaxes(0, 1) for inputs in driven)
    config = {"n_delays": n_delays, "rank": rank}
    compare = package.SimilarityTransformDistConfig(score_method="wasserstein")
    with warnings.catch_warnings():
        # It warns that the effects of inputs are fitted but not compared, as they should be here.
        warnings.filterwarnings("ignore", "Warning: You are using a DMD model that fits a control operator")
        return float(package.InputDSA(x, u, y, v, dmd_config=config, simdist_config=compare).fit_score())


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
