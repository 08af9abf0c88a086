"""How many dimensions a population uses."""

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, whole_samples


@typechecked
def participation_ratio(rates: AnyArray) -> float:
    r"""Number of dimensions, weighted by how evenly they share the variance.

    .. math:: PR = \frac{(\sum_i \lambda_i)^2}{\sum_i \lambda_i^2}

    with the eigenvalues :math:`\lambda` of the covariance of units: k for equal variance along k directions.

    Args:
        rates: Rates of any leading shape, (..., N), of 2 samples or more; those that hold NaN or masked entries
            are left out.

    Returns:
        The ratio, 1 to N.

    Raises:
        ValueError: If too few samples are there, one is infinite, or nothing varies.

    Source: Gao & Ganguli 2015, "On simplicity and complexity in the brave new world of large-scale neuroscience",
    doi:10.1016/j.conb.2015.04.003.
    """
    variance = _spectrum(rates)
    return float(variance.sum() ** 2 / np.sum(variance**2))


@typechecked
def dimensions_for(share: float, rates: AnyArray) -> int:
    """Number of principal components that hold a share of the variance.

    Args:
        share: The share, above 0 to 1, such as 0.9.
        rates: Rates of any leading shape, (..., N), of 2 samples or more; those that hold NaN or masked entries
            are left out.

    Returns:
        The smallest number that holds it, 1 to N.

    Raises:
        ValueError: If the share is not above 0 and at most 1, too few samples are there, one is infinite, or nothing
            varies.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; it lies above 0, and at most at 1.")
    held = np.cumsum(_spectrum(rates))
    # What rounding leaves of empty dimensions does not count, nor does it keep a share of 1 from being reached.
    return int(np.searchsorted(held, share * held[-1] * (1 - 1e-12))) + 1


def _spectrum(rates: AnyArray) -> np.ndarray:
    """Variances along the principal components, largest first, without those of rounding."""
    samples = whole_samples("rates", rates)
    if len(samples) < 2:
        raise ValueError(f"a dimension takes 2 samples or more; {len(samples)} without NaN are there.")
    variance = np.linalg.svd(samples - samples.mean(axis=0), compute_uv=False) ** 2
    if variance[0] <= 1e-24 * np.sum(samples**2):
        raise ValueError("all units are constant; there is no variance to share among dimensions.")
    return variance
