"""Subspaces of two periods, such as preparation and movement: how far they are the same, and a pair that is apart."""

from dataclasses import dataclass

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, check_rates
from .change_of_basis import own_coordinates
from .shapes import shapes_repr


@typechecked
def alignment_index(rates_a: AnyArray, rates_b: AnyArray, n_dims: int) -> float:
    r"""Of the variance of b that n_dims directions could hold, the fraction that the first directions of a hold.

    .. math:: A = \frac{\operatorname{Tr}(D_a^\top C_b D_a)}{\sum_{i \le d} \sigma_i(C_b)}

    with the first d principal components :math:`D_a` of a, and the covariance :math:`C_b` of b over time and
    conditions with its eigenvalues :math:`\sigma_i`. 1: the same subspace; 0: orthogonal ones. Take the mean over
    conditions out first (`without_cross_condition_mean`) if what tells conditions apart is in question.

    Args:
        rates_a: Rates in the first period, (T, C, N).
        rates_b: Rates of the same units in the second, (T', C', N).
        n_dims: Dimensions d to compare, 1 to N.

    Returns:
        The index, in [0, 1]. See `random_alignments` for what chance gives.

    Raises:
        ValueError: If units differ in number, n_dims is more than there are units or less than 1, or the rates hold NaN
            or never change.

    Source: Elsayed et al. 2016, "Reorganization between preparatory and movement population responses in motor
    cortex", doi:10.1038/ncomms13239.
    """
    cov_a, cov_b = _covariances(*_coordinates(rates_a, rates_b, n_dims, n_dims)[:2])
    return _captured(np.linalg.eigh(cov_a)[1][:, -n_dims:], cov_b)


@typechecked
def random_alignments(rates_a: AnyArray, rates_b: AnyArray, n_dims: int, n: int = 10_000, seed: int = 0) -> np.ndarray:
    r"""Alignment indices of random subspaces that prefer directions in which the units vary.

    Bases are :math:`\operatorname{orth}(U \sqrt{S}\, G)` with Gaussian G (N, d) and the covariance :math:`U S U^\top`
    of both periods together. `p_value(-index, -null)` says how often chance is as orthogonal as the data.

    Args:
        rates_a: Rates in the first period, (T, C, N).
        rates_b: Rates in the second, (T', C', N).
        n_dims: Dimensions d.
        n: How many.
        seed: Same seed, same subspaces.

    Returns:
        Indices, (n,).

    Raises:
        ValueError: As for the index; and if the rates have a rank below n_dims.

    Source: Elsayed et al. 2016, doi:10.1038/ncomms13239.
    """
    if n < 1:
        raise ValueError(f"n is {n}; it must be 1 or more.")
    a, b, _ = _coordinates(rates_a, rates_b, n_dims, n_dims)
    both, cov_b = _covariances(np.concatenate([a, b]), b)
    values, vectors = np.linalg.eigh(both)
    kept = values > 1e-12 * values[-1]
    if kept.sum() < n_dims:
        raise ValueError(f"n_dims is {n_dims}, but the rates of both periods span only {kept.sum()} dimensions.")
    biased = vectors[:, kept] * np.sqrt(values[kept])
    rng = np.random.default_rng(seed)
    found = []
    for start in range(0, n, 500):
        gaussian = rng.standard_normal((min(500, n - start), kept.sum(), n_dims))
        bases = np.linalg.qr(biased @ gaussian)[0]
        found.append((bases * (cov_b @ bases)).sum(axis=(1, 2)))
    return np.clip(np.concatenate(found) / np.linalg.eigvalsh(cov_b)[-n_dims:].sum(), 0, 1)


@dataclass(frozen=True)
class OrthogonalSubspaces:
    """Two subspaces without a common direction.

    Attributes:
        first: Orthonormal directions for the first period in order of their variance, (d_a, N).
        second: Those for the second, (d_b, N), orthogonal to the first.
        captured_variance: Of the variance of a period that a subspace of that size could hold, the fraction it holds:
            period by subspace, (2, 2).
    """

    first: np.ndarray
    second: np.ndarray
    captured_variance: np.ndarray

    __repr__ = shapes_repr


@typechecked
def orthogonal_subspaces(
    rates_a: AnyArray, rates_b: AnyArray, dims: tuple[int, int], starts: int = 5, seed: int = 0
) -> OrthogonalSubspaces:
    r"""Find two orthogonal subspaces that together hold most of the variance of two periods.

    .. math:: \max_{Q_a, Q_b} \; \frac{\operatorname{Tr}(Q_a^\top C_a Q_a)}{\sum_{i \le d_a} \sigma_i(C_a)} +
        \frac{\operatorname{Tr}(Q_b^\top C_b Q_b)}{\sum_{i \le d_b} \sigma_i(C_b)}, \qquad
        [Q_a\, Q_b]^\top [Q_a\, Q_b] = I

    A step goes to the orthonormal matrix nearest to the gradient :math:`[C_a Q_a\; C_b Q_b]`. As the sum is convex in
    Q, no step lowers it, and there is no step size to choose.

    Args:
        rates_a: Rates in the first period, (T, C, N).
        rates_b: Rates in the second, (T', C', N).
        dims: Dimensions of the two subspaces, together N or less.
        starts: How many times to start: at the principal components of both periods, then at random.
        seed: Seed of the random starts.

    Returns:
        The best pair.

    Raises:
        ValueError: If the subspaces do not fit next to each other, units differ in number, or the rates hold NaN or
            never change.

    Source: Elsayed et al. 2016, doi:10.1038/ncomms13239; the steps are from Bolla, Michaletzky, Tusnády & Ziermann
    1998, "Extrema of sums of heterogeneous quadratic forms", doi:10.1016/S0024-3795(97)10230-9.
    """
    if starts < 1:
        raise ValueError(f"starts is {starts}; it must be 1 or more.")
    d_a, d_b = dims
    samples_a, samples_b, basis = _coordinates(rates_a, rates_b, max(dims), d_a + d_b)
    if min(dims) < 1 or d_a + d_b > basis.shape[1]:
        raise ValueError(f"dims are {dims}; each is 1 or more, and together they fit in the {basis.shape[1]} units.")
    covariances = _covariances(samples_a, samples_b)
    # Each period counts by the most that its subspace could hold.
    spectra = [np.linalg.eigh(c) for c in covariances]
    a, b = (c / values[-d:].sum() for c, (values, _), d in zip(covariances, spectra, dims, strict=True))
    rng = np.random.default_rng(seed)
    first_start = np.hstack([vectors[:, -d:] for (_, vectors), d in zip(spectra, dims, strict=True)])
    best, q = -np.inf, first_start
    for start in [first_start, *(rng.standard_normal((len(basis), d_a + d_b)) for _ in range(starts - 1))]:
        found, value = _climb(a, b, d_a, start)
        if value > best:
            best, q = value, found
    first, second = (_by_variance(q, c).T for q, c in zip(np.split(q, [d_a], axis=1), covariances, strict=True))
    captured = [[_captured(s.T, c) for s in (first, second)] for c in covariances]
    return OrthogonalSubspaces(first @ basis, second @ basis, np.array(captured))


def _climb(a: np.ndarray, b: np.ndarray, d_a: int, start: np.ndarray) -> tuple[np.ndarray, float]:
    """The orthonormal Q = [Q_a Q_b] reached from a start, and its value."""
    q, value = _nearest_orthonormal(start), -np.inf
    for _ in range(5000):
        gradient = np.hstack([a @ q[:, :d_a], b @ q[:, d_a:]])
        before, value = value, float(np.sum(q * gradient))
        if value - before < 1e-13 * abs(value):
            break
        q = _nearest_orthonormal(gradient)
    return q, value


def _nearest_orthonormal(matrix: np.ndarray) -> np.ndarray:
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left @ right


def _by_variance(basis: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """The same subspace (N, d) in directions of falling variance."""
    return basis @ np.linalg.eigh(basis.T @ covariance @ basis)[1][:, ::-1]


def _coordinates(
    rates_a: AnyArray, rates_b: AnyArray, n_dims: int, minimum: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples of both periods in one basis, (M, K) and (M', K), and the basis, (K, N)."""
    arrays = [check_rates(r, "comparing subspaces") for r in (rates_a, rates_b)]
    n_a, n_b = (array.shape[2] for array in arrays)
    if n_a != n_b:
        raise ValueError(f"the two periods have {n_a} and {n_b} units; they must be the same units.")
    if not 1 <= n_dims <= n_a:
        raise ValueError(f"n_dims is {n_dims}; allowed: 1 to {n_a}, the number of units.")
    a, b = (array.reshape(-1, n_a) for array in arrays)
    both = np.concatenate([a, b])
    coordinates, basis = own_coordinates(both - both.mean(axis=0), minimum)
    return coordinates[: len(a)], coordinates[len(a) :], basis


def _covariances(*samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = (np.atleast_2d(np.cov(each.T)) for each in samples)
    return a, b


def _captured(basis: np.ndarray, covariance: np.ndarray) -> float:
    """Variance in an orthonormal basis (N, d), of the most that d directions could hold."""
    most = np.linalg.eigvalsh(covariance)[-basis.shape[1] :].sum()
    return float(np.clip(np.sum(basis * (covariance @ basis)) / most, 0, 1))
