"""Where samples are fewer than units: the same geometry in as many coordinates as there are samples."""

import numpy as np


def own_coordinates(samples: np.ndarray, minimum: int = 1) -> tuple[np.ndarray, np.ndarray]:
    r"""Coordinates of samples in an orthonormal basis of a space that holds them all.

    .. math:: X = Y Q, \qquad Q Q^\top = I

    Products :math:`X X^\top`, lengths and angles are Y's, so that what would cost the cube of N units costs that
    of K coordinates.

    Args:
        samples: X, (M, N).
        minimum: Smallest number of coordinates that is of use.

    Returns:
        Y, (M, K), and Q, (K, N): K is M where M is less than N, from ``minimum`` on; else X itself and the identity.
    """
    n_samples, n_units = samples.shape
    if n_units <= max(n_samples, minimum):
        return samples, np.eye(n_units)
    # Columns beyond the samples fill the basis up to the minimum number.
    filled = np.zeros((n_units, max(n_samples, minimum)))
    filled[:, :n_samples] = samples.T
    basis, triangle = np.linalg.qr(filled)
    return triangle[:, :n_samples].T, basis.T


def leading_axes(samples: np.ndarray, n: int) -> np.ndarray:
    """The first n principal axes of centred samples (M, N), orthonormal and in order of variance, (n, N)."""
    coordinates, basis = own_coordinates(samples, n)
    return np.linalg.eigh(coordinates.T @ coordinates)[1][:, ::-1][:, :n].T @ basis
