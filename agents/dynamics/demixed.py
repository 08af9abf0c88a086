"""Demixed principal components: directions that represent one factor of the task each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array
from .change_of_basis import own_coordinates
from .shapes import shapes_repr


@dataclass(frozen=True)
class DemixedComponents:
    """Components of each marginalisation: of ``"time"``, of each factor, and of each combination ``"a x b"``.

    A factor's marginalisation holds its effect and how that changes over time.

    Attributes:
        mean: Mean rates, (N,).
        decoders: Directions to project on, {marginalisation: (K, N)}.
        encoders: Orthonormal directions from which the marginalisation is put together again, {name: (K, N)}.
        variance_fraction: Fraction of the total variance that each component explains, {name: (K,)}.
        purity: Of the variance of each component, the fraction that its own marginalisation makes, {name: (K,)};
            1 is perfectly demixed, NaN a component without variance.
        marginal_variance: Fraction of the total variance in each marginalisation; they sum to 1.
    """

    mean: np.ndarray
    decoders: Mapping[str, np.ndarray]
    encoders: Mapping[str, np.ndarray]
    variance_fraction: Mapping[str, np.ndarray]
    purity: Mapping[str, np.ndarray]
    marginal_variance: Mapping[str, float]

    __repr__ = shapes_repr

    def project(self, rates: AnyArray, name: str) -> np.ndarray:
        """Coordinates of rates along the components of a marginalisation, (..., N) to (..., K)."""
        if name not in self.decoders:
            raise ValueError(f"unknown marginalisation {name!r}; known are {', '.join(self.decoders)}.")
        return (as_array("rates", rates) - self.mean) @ self.decoders[name].T


@typechecked
def marginalisations(rates: AnyArray, factors: Sequence[str]) -> dict[str, np.ndarray]:
    r"""Split rates into parts that sum to them and are orthogonal to each other.

    The part of a set of factors :math:`\phi` is the mean over all other factors, less the parts of its subsets; with
    time counted to every set:

    .. math:: X_\phi = \langle X \rangle_{\setminus \phi} - \sum_{\psi \subset \phi} X_\psi

    Args:
        rates: Condition averages on a grid of the factors, (T, levels of the first factor, ..., N).
        factors: A name for each axis between time and units.

    Returns:
        {name: part}, each of the shape of the rates; their sum is the rates less the mean of each unit.

    Raises:
        ValueError: If the axes do not fit the names, a factor has one level, or rates are not finite.
    """
    array = as_array("rates", rates)
    if array.ndim != len(factors) + 2:
        axes = ", ".join(["T", *factors, "N"])
        raise ValueError(f"rates have shape {array.shape}; with the factors {list(factors)} expected ({axes}).")
    if len(set(factors)) < len(factors) or "time" in factors or not factors:
        raise ValueError(f"factors are {list(factors)}; they need names of their own, one or more, and not 'time'.")
    for name, levels in zip(factors, array.shape[1:-1], strict=True):
        if levels < 2:
            raise ValueError(f"factor {name!r} has {levels} level; demixing takes 2 or more of each.")
    bad = ~np.isfinite(array)
    if bad.any():
        some, none = bad.any(axis=(0, -1)), bad.all(axis=(0, -1))
        raise ValueError(
            "rates hold NaN, masked entries or infinity; every combination of factors needs an average of each unit in "
            f"every bin. Of {some.size} combinations {some.sum()} lack some and {none.sum()} all: "
            "take more trials, fewer levels or bins, or other units."
        )
    centred = array - array.mean(axis=tuple(range(array.ndim - 1)))
    parts: dict[str, np.ndarray] = {}
    sets: dict[str, set[int]] = {}
    axes = range(1, array.ndim - 1)
    for size in range(len(factors) + 1):
        for subset in combinations(axes, size):
            others = tuple(axis for axis in axes if axis not in subset)
            part = centred.mean(axis=others, keepdims=True) if others else centred.copy()
            part = np.broadcast_to(part, array.shape).copy()
            for name, inner in sets.items():
                if inner < set(subset):
                    part -= parts[name]
            name = " x ".join(factors[axis - 1] for axis in subset) or "time"
            parts[name], sets[name] = part, set(subset)
    return parts


@typechecked
def demixed_components(
    rates: AnyArray, factors: Sequence[str], n_components: int = 3, ridge: float = 1e-6
) -> DemixedComponents:
    r"""Fit demixed principal components (dPCA).

    For each marginalisation :math:`\phi`, decoders D and orthonormal encoders F put its part together from all rates:

    .. math:: \min_{F, D} \; \lVert X_\phi - F D X \rVert^2 + \mu^2 \lVert X \rVert^2 \lVert F D \rVert^2

    by reduced-rank regression: with the ridge regression :math:`X_\phi \approx A X`, F are the leading left singular
    vectors of A times the rates and the ridge beside each other, and :math:`D = F^\top A`.

    Args:
        rates: Condition averages on a grid of the factors, (T, levels of the first factor, ..., N).
        factors: A name for each axis between time and units, such as ``["stimulus", "decision"]``.
        n_components: Components per marginalisation.
        ridge: :math:`\mu`; more of it where averages are noisy.

    Returns:
        Decoders, encoders and how well they demix.

    Raises:
        ValueError: As for `marginalisations`; and if n_components or ridge make no sense, or all units are constant.

    Source: Kobak et al. 2016, "Demixed principal component analysis of neural population data",
    doi:10.7554/eLife.10989.
    """
    array = as_array("rates", rates)
    parts = marginalisations(array, factors)
    n_units = array.shape[-1]
    if not 1 <= n_components <= n_units:
        raise ValueError(f"n_components is {n_components}; {n_units} units allow 1 to {n_units}.")
    if not ridge >= 0:
        raise ValueError(f"ridge is {ridge}; it must be 0 or more.")
    samples = sum(parts.values(), np.zeros(())).reshape(-1, n_units)
    total = np.sum(samples**2)
    if total <= 1e-24 * np.sum(array**2) or total == 0:
        raise ValueError("all units are constant; there is nothing to demix.")
    # Means over conditions lie in the space of the samples, and so does all that is fitted.
    basis = own_coordinates(samples, n_components)[1]
    flat = {name: basis @ part.reshape(-1, n_units).T for name, part in parts.items()}
    x = basis @ samples.T
    values, vectors = np.linalg.eigh(x @ x.T + ridge**2 * total * np.eye(len(basis)))
    kept = values > 1e-14 * values[-1]
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    decoders, encoders, explained, purity = {}, {}, {}, {}
    for name, part in flat.items():
        regression = part @ x.T @ inverse
        # The covariance of A [X, ridge] without building it.
        f = np.linalg.eigh(regression @ x @ part.T)[1][:, : -n_components - 1 : -1].T
        in_units = f @ basis
        f *= np.sign(in_units[np.arange(n_components), np.abs(in_units).argmax(axis=1)])[:, None]
        d = f @ regression
        seen, own = d @ x, d @ part
        power = (seen**2).sum(axis=1)
        decoders[name], encoders[name] = d @ basis, f @ basis
        # 1 - |x - f d x|² / |x|² for one component, with |f| = 1.
        explained[name] = (2 * np.sum((f @ x) * seen, axis=1) - power) / total
        empty = power <= 1e-20 * total
        purity[name] = np.where(empty, np.nan, (own**2).sum(axis=1) / np.where(empty, 1, power))
    mean = array.reshape(-1, n_units).mean(axis=0)
    shares = {name: float(np.sum(part**2) / total) for name, part in flat.items()}
    return DemixedComponents(mean, decoders, encoders, explained, purity, shares)
