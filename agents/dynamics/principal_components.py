"""Principal components of population activity."""

from dataclasses import dataclass

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array, whole_samples
from .shapes import shapes_repr


@dataclass(frozen=True)
class PrincipalComponents:
    """The directions in which rates vary most.

    Attributes:
        mean: Mean rates, (N,).
        components: Orthonormal directions in order of variance, (K, N); the largest entry of each is positive.
        variance_fraction: Fraction of the total variance along each, (K,).
    """

    mean: np.ndarray
    components: np.ndarray
    variance_fraction: np.ndarray

    __repr__ = shapes_repr

    def project(self, rates: AnyArray) -> np.ndarray:
        """Coordinates of rates along the components, (..., N) to (..., K)."""
        return (as_array("rates", rates) - self.mean) @ self.components.T


@typechecked
def principal_components(rates: AnyArray, n_components: int = 3) -> PrincipalComponents:
    """Fit principal components to rates of any leading shape, (..., N); bins with NaN or a mask are left out.

    Raises:
        ValueError: If fewer samples or units are there than components asked for, or a rate is infinite.
    """
    samples = whole_samples("rates", rates)
    if not 1 <= n_components <= min(samples.shape):
        raise ValueError(
            f"n_components is {n_components}; {samples.shape[0]} samples of {samples.shape[1]} units are there."
        )
    mean = samples.mean(axis=0)
    _, singular, components = np.linalg.svd(samples - mean, full_matrices=False)
    variance = singular**2
    components = components[:n_components]
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(n_components), largest])
    total = variance.sum()
    fraction = variance[:n_components] / total if total > 0 else np.zeros(n_components)
    return PrincipalComponents(mean, components * signs[:, None], fraction)
