"""Similarity of two populations in the same conditions, whatever their units: CKA, CCA, Procrustes, RSA."""

from typing import Literal, get_args

import numpy as np
from scipy.stats import rankdata

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array
from .change_of_basis import own_coordinates


@typechecked
def linear_cka(rates_a: AnyArray, rates_b: AnyArray) -> float:
    r"""Linear centred kernel alignment.

    .. math:: \frac{\lVert Y^\top X \rVert_F^2}{\lVert X^\top X \rVert_F \lVert Y^\top Y \rVert_F}

    with the samples of each population as centred rows. It does not change when either is rotated, scaled or shifted.

    Args:
        rates_a: Rates X of one population, (..., N).
        rates_b: Rates Y of the other at the same times and in the same conditions, (..., N').

    Returns:
        0 to 1; 1 for populations that are the same up to rotation and scale.

    Raises:
        ValueError: If samples do not match, are less than 2, hold NaN or masked entries, or a population is constant.

    Source: Kornblith et al. 2019, "Similarity of neural network representations revisited", ICML, arXiv:1905.00414.
    """
    x, y = _centred(rates_a, rates_b)
    if len(x) < min(x.shape[1], y.shape[1]):
        # Products over units are the smaller ones, and have the same norms.
        k, m = x @ x.T, y @ y.T
        return float(np.sum(k * m) / (np.linalg.norm(k) * np.linalg.norm(m)))
    return float(np.sum((y.T @ x) ** 2) / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)))


@typechecked
def canonical_correlations(
    rates_a: AnyArray, rates_b: AnyArray, share: float = 1.0, n_components: int | None = None
) -> np.ndarray:
    """Correlations of the best matched directions of two populations (CCA), of their principal components (SVCCA).

    They do not change under any invertible linear map of either population if all components are kept. With many
    units and few samples they are all near 1 by chance; keep less components then.

    Args:
        rates_a: Rates of one population, (..., N).
        rates_b: Rates of the other at the same times and in the same conditions, (..., N').
        share: Keep as many principal components of each as hold this share of its variance: 1 for CCA, 0.99 is usual
            for SVCCA.
        n_components: Keep this many principal components of each instead, or all that vary if there are less.

    Returns:
        Correlations, largest first, as many as the smaller population has components; their mean is a common summary.

    Raises:
        ValueError: If samples do not match, are less than 2, hold NaN or masked entries, a population is constant, or
            share is not above 0 and at most 1.

    Source: Hotelling 1936, doi:10.1093/biomet/28.3-4.321; Raghu et al. 2017, "SVCCA", NeurIPS 30, arXiv:1706.05806.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; it lies above 0, and at most at 1.")
    if n_components is not None and n_components < 1:
        raise ValueError(f"n_components is {n_components}; it must be 1 or more.")
    whitened = []
    for samples in _centred(rates_a, rates_b):
        left, singular, _ = np.linalg.svd(samples, full_matrices=False)
        rank = int(np.sum(singular > 1e-10 * singular[0]))
        held = np.cumsum(singular[:rank] ** 2)
        by_share = int(np.searchsorted(held, share * held[-1] * (1 - 1e-12))) + 1
        whitened.append(left[:, : min(rank, n_components or by_share)])
    return np.minimum(np.linalg.svd(whitened[0].T @ whitened[1], compute_uv=False), 1.0)


@typechecked
def procrustes_distance(rates_a: AnyArray, rates_b: AnyArray) -> float:
    r"""Angle between two populations once one is rotated, reflected, scaled and shifted onto the other.

    .. math:: \arccos \frac{\lVert X^\top Y \rVert_*}{\lVert X \rVert_F \lVert Y \rVert_F}

    with the nuclear norm, the sum of singular values. It is a metric: the triangle inequality holds.
    `scipy.spatial.procrustes` gives the disparity, which is the squared sine of this angle.

    Args:
        rates_a: Rates X of one population, (..., N).
        rates_b: Rates Y of the other at the same times and in the same conditions, (..., N').

    Returns:
        The angle, 0 to pi / 2 radians.

    Raises:
        ValueError: If samples do not match, are less than 2, hold NaN or masked entries, or a population is constant.

    Source: Williams et al. 2021, "Generalized shape metrics on neural representations", NeurIPS 34, arXiv:2110.14739.
    """
    both = (own_coordinates(samples)[0] for samples in _centred(rates_a, rates_b))
    x, y = (samples / np.linalg.norm(samples) for samples in both)
    n = max(x.shape[1], y.shape[1])
    x, y = (np.pad(samples, ((0, 0), (0, n - samples.shape[1]))) for samples in (x, y))
    left, _, right = np.linalg.svd(x.T @ y)
    # By the chord, as a cosine near 1 would lose half of the digits of a small angle.
    chord = np.linalg.norm(x @ left - y @ right.T)
    return float(2 * np.arcsin(min(chord / 2, np.sqrt(0.5))))


Dissimilarity = Literal["correlation", "euclidean"]


@typechecked
def dissimilarities(rates: AnyArray, measure: Dissimilarity = "correlation") -> np.ndarray:
    """How different the population is in each pair of conditions: the dissimilarity matrix of RSA.

    Args:
        rates: One pattern per condition, (C, N); of (T, C, N) the whole course of a condition is its pattern.
        measure: ``"correlation"``: 1 less the correlation of the patterns over units. ``"euclidean"``: their distance.

    Returns:
        (C, C), zero on the diagonal.

    Raises:
        ValueError: If there are less than 3 conditions, NaN, a constant pattern under ``"correlation"``, or the measure
            is unknown.

    Source: Kriegeskorte, Mur & Bandettini 2008, "Representational similarity analysis", doi:10.3389/neuro.06.004.2008.
    """
    if measure not in get_args(Dissimilarity):
        raise ValueError(f"unknown measure {measure!r}; known are {', '.join(get_args(Dissimilarity))}.")
    array = as_array("rates", rates)
    if array.ndim not in (2, 3):
        raise ValueError(f"rates have shape {array.shape}; expected (C, N) or (T, C, N).")
    patterns = array if array.ndim == 2 else array.swapaxes(0, 1).reshape(array.shape[1], -1)
    if len(patterns) < 3:
        raise ValueError(f"RSA compares pairs of conditions and needs 3 or more; {len(patterns)} are there.")
    if not np.isfinite(patterns).all():
        raise ValueError("RSA takes finite rates; some are NaN, masked or infinite.")
    if measure == "euclidean":
        return np.linalg.norm(patterns[:, None] - patterns, axis=-1)
    centred = patterns - patterns.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1)
    flat = np.flatnonzero(lengths <= 1e-12 * np.linalg.norm(patterns, axis=1))
    if len(flat):
        raise ValueError(f"conditions {flat.tolist()} have the same rate in all units, which correlates with nothing.")
    unit = centred / lengths[:, None]
    found = 1 - unit @ unit.T
    np.fill_diagonal(found, 0)
    return found


@typechecked
def representational_similarity(rates_a: AnyArray, rates_b: AnyArray, measure: Dissimilarity = "correlation") -> float:
    """Rank correlation of two populations' dissimilarity matrices, -1 to 1 (RSA).

    Args:
        rates_a: Rates of one population, (C, N) or (T, C, N).
        rates_b: Rates of the other in the same conditions, (C, N') or (T', C, N').
        measure: Of pairs of conditions, see `dissimilarities`.

    Returns:
        Spearman's correlation over pairs of conditions.

    Raises:
        ValueError: As for the matrices; and if the conditions do not match or all pairs are equally far apart.
    """
    a, b = dissimilarities(rates_a, measure), dissimilarities(rates_b, measure)
    if a.shape != b.shape:
        raise ValueError(f"the populations have {len(a)} and {len(b)} conditions; they must be the same.")
    pairs = np.triu_indices(len(a), k=1)
    # Ties that rounding has split are ties.
    ranks = [rankdata(np.round(m[pairs] / m.max() if m.any() else m[pairs], 12)) for m in (a, b)]
    x, y = (r - r.mean() for r in ranks)
    if not (x.any() and y.any()):
        raise ValueError("all pairs of conditions are equally far apart in one population; ranks say nothing.")
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def _centred(rates_a: AnyArray, rates_b: AnyArray) -> tuple[np.ndarray, np.ndarray]:
    """Samples of both populations, centred, (M, N) and (M, N')."""
    both = []
    for name, rates in (("first", rates_a), ("second", rates_b)):
        array = as_array("rates", rates)
        if array.ndim < 2:
            raise ValueError(f"the {name} population has shape {array.shape}; expected samples of units, (..., N).")
        if not np.isfinite(array).all():
            lost = int((~np.isfinite(array)).any(axis=-1).sum())
            raise ValueError(
                f"the {name} population holds NaN, masked entries or infinity in {lost} of {array[..., 0].size} "
                "samples; leave these samples out of both populations, or the units that have them."
            )
        both.append(array)
    if both[0].shape[:-1] != both[1].shape[:-1]:
        raise ValueError(
            f"samples do not match: {both[0].shape} and {both[1].shape} may differ in the last axis alone."
        )
    samples = [array.reshape(-1, array.shape[-1]) for array in both]
    if len(samples[0]) < 2:
        raise ValueError("a comparison takes 2 samples or more.")
    x, y = (array - array.mean(axis=0) for array in samples)
    for name, centred, array in (("first", x, samples[0]), ("second", y, samples[1])):
        if np.linalg.norm(centred) <= 1e-12 * np.linalg.norm(array) or not centred.any():
            raise ValueError(f"the {name} population is constant; there is nothing to compare.")
    return x, y
