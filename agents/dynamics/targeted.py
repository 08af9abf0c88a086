"""Targeted dimensionality reduction: one axis in state space for each variable of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array, check_rates
from .change_of_basis import own_coordinates
from .shapes import shapes_repr


@dataclass(frozen=True)
class TargetedAxes:
    """Axes along which a population encodes task variables.

    Attributes:
        names: The variables.
        axes: Orthonormal axes, one per variable, (V, N).
        raw: The axes before they were made orthogonal, of length 1, (V, N).
        peak: Bin in which each variable was encoded most strongly, (V,); the axis is of that bin.
        strength: Length of the denoised regression vectors, (V, T).
        mean: Mean rate of each unit, (N,).
        scale: Standard deviation of each unit, (N,); infinite for units that never change, which so have no part.
    """

    names: tuple[str, ...]
    axes: np.ndarray
    raw: np.ndarray
    peak: np.ndarray
    strength: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    __repr__ = shapes_repr

    def project(self, rates: AnyArray) -> np.ndarray:
        """Coordinates of rates, z-scored as in the fit, along the axes, (..., N) to (..., V)."""
        return ((as_array("rates", rates) - self.mean) / self.scale) @ self.axes.T


@typechecked
def targeted_axes(rates: AnyArray, variables: Mapping[str, AnyArray], n_components: int = 12) -> TargetedAxes:
    r"""Regress rates on task variables, denoise the weights and make them orthogonal.

    The rates of each unit are z-scored over time and trials, and in each bin

    .. math:: r_{i,t}(k) = \sum_v \beta_{v,i,t}\, x_v(k) + \beta_{0,i,t}

    over trials k. The weights of a variable are a vector over units, projected onto the first principal components of
    the rates; the axis is the vector of the bin in which it is longest. Axes are made orthogonal in the order of the
    variables: the first keeps its direction, the others lose what they share with those before them.

    Args:
        rates: Rates of trials or conditions, (T, B, N).
        variables: {name: value in each trial, (B,)}, such as signed motion, colour, choice and context.
        n_components: Principal components that denoise; all that vary if there are less.

    Returns:
        The axes.

    Raises:
        ValueError: If a variable has another length than there are trials, is constant or a sum of the others, the
            rates hold NaN or never change, or an axis vanishes.

    Source: Mante, Sussillo, Shenoy & Newsome 2013, "Context-dependent computation by recurrent dynamics in prefrontal
    cortex", doi:10.1038/nature12742.
    """
    array = check_rates(rates, "targeted dimensionality reduction", bins=1, conditions=len(variables) + 1)
    if not variables:
        raise ValueError("targeted dimensionality reduction needs a variable.")
    if n_components < 1:
        raise ValueError(f"n_components is {n_components}; it must be 1 or more.")
    n_trials = array.shape[1]
    columns = [as_array(f"variable {name!r}", values) for name, values in variables.items()]
    for name, values in zip(variables, columns, strict=True):
        if values.shape != (n_trials,) or not np.isfinite(values).all():
            raise ValueError(f"variable {name!r} has shape {values.shape}; expected {n_trials} finite values.")
    design = np.stack([*columns, np.ones(n_trials)], axis=1)
    if np.linalg.matrix_rank(design / np.linalg.norm(design, axis=0).clip(1e-300)) < design.shape[1]:
        raise ValueError(f"one of the variables {list(variables)} is constant, or a sum of others; leave it out.")

    mean, scale = array.mean(axis=(0, 1)), array.std(axis=(0, 1))
    scale = np.where(scale > 1e-12 * np.abs(array).max(axis=(0, 1)), scale, np.inf)
    z = (array - mean) / scale
    weights = np.einsum("vk,tkn->vtn", np.linalg.pinv(design)[:-1], z)
    coordinates, basis = own_coordinates(z.reshape(-1, z.shape[-1]))
    values, vectors = np.linalg.eigh(coordinates.T @ coordinates)
    leading = basis.T @ vectors[:, values > 1e-12 * values[-1]][:, -n_components:]
    weights = weights @ leading @ leading.T
    strength = np.linalg.norm(weights, axis=-1)
    peak = strength.argmax(axis=1)
    raw = weights[np.arange(len(peak)), peak]
    lengths = np.linalg.norm(raw, axis=1)
    if (lengths < 1e-10).any():
        empty = [name for name, length in zip(variables, lengths, strict=True) if length < 1e-10]
        raise ValueError(f"the rates do not depend on {', '.join(empty)}: there is no axis.")
    raw = raw / lengths[:, None]
    q, r = np.linalg.qr(raw.T)
    if (np.abs(np.diag(r)) < 1e-8).any():
        raise ValueError(f"the axes of {list(variables)} are not independent; leave out a variable.")
    return TargetedAxes(tuple(variables), (q * np.sign(np.diag(r))).T, raw, peak, strength, mean, scale)
