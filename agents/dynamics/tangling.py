"""Trajectory tangling and divergence: does the present state determine where a population goes next?"""

import warnings

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, check_rates
from .change_of_basis import leading_axes


@typechecked
def tangling(rates: AnyArray, dt: float = 10, n_components: int = 8, fraction: float = 0.1) -> np.ndarray:
    r"""How different the flow is at states that are alike, by the worst other moment of any condition.

    .. math:: Q(t) = \max_{t'} \frac{\lVert \dot x_t - \dot x_{t'} \rVert^2}{\lVert x_t - x_{t'} \rVert^2 + \epsilon},
        \qquad \epsilon = 0.1 \sum_k \operatorname{var} x_k

    x are the rates along their first principal components, their mean over conditions kept, and :math:`\dot x` is the
    difference to the bin before, per second; the first bin has none, and takes Q of the second. A smooth system without
    inputs keeps Q low; trajectories that cross, or stop and continue from the same place, have a high one.

    Units count by their variance: `soft_normalised(rates)` first is usual where their ranges differ.

    Args:
        rates: Rates, or outputs, (T, C, N).
        dt: Length of a bin, ms; 50 or more is too coarse for a derivative.
        n_components: Principal components of the states, all of them if there are less; 8 is usual.
        fraction: :math:`\epsilon` as a fraction of the total variance.

    Returns:
        Q, (T, C), in 1/s².

    Raises:
        ValueError: If there are less than 3 bins, the rates hold NaN or never change, or an argument is not positive.

    Source: Russo et al. 2018, "Motor cortex embeds muscle-like commands in an untangled population response",
    doi:10.1016/j.neuron.2018.01.004.
    """
    if not dt > 0:
        raise ValueError(f"dt is {dt}; the length of a bin in ms is above 0.")
    if dt >= 50:
        warnings.warn(f"bins of {dt} ms are too coarse to tell the flow; use 20 ms or less.", stacklevel=2)
    x = _leading(check_rates(rates, "tangling", bins=3), n_components, fraction)
    flow = np.diff(x, axis=0) / (dt / 1000)
    epsilon = fraction * x.var(axis=(0, 1)).sum()
    samples = flow.shape[0] * flow.shape[1]
    # In blocks of rows, as all pairs at once may not fit in memory.
    blocks = (slice(start, start + 1000) for start in range(0, samples, 1000))
    q = [(_squared_distances(flow, block) / _squared_distances(x[1:], block, epsilon)).max(axis=1) for block in blocks]
    later = np.maximum(np.concatenate(q), 0).reshape(flow.shape[:2])
    return np.concatenate([later[:1], later])


@typechecked
def divergence(rates: AnyArray, n_components: int = 8, fraction: float = 0.01) -> np.ndarray:
    r"""How far apart states go that are alike now, by the worst other moment of any condition.

    .. math:: D(t) = \max_{t', \Delta} \frac{\lVert x_{t+\Delta} - x_{t'+\Delta} \rVert^2}{\lVert x_t - x_{t'} \rVert^2
        + \alpha}, \qquad \alpha = 0.01 \sum_k \operatorname{var} x_k

    Delays run over all that both moments still have before them. Where tangling asks for a lawful flow, low divergence
    asks that different futures are told apart beforehand, as a network does that keeps track of context.

    Args:
        rates: Rates, or outputs, (T, C, N).
        n_components: Principal components of the states, all of them if there are less; 8 is usual.
        fraction: :math:`\alpha` as a fraction of the total variance; the default is ours.

    Returns:
        D, (T, C), without unit.

    Raises:
        ValueError: If there are less than 3 bins, the rates hold NaN or never change, or an argument is not positive.

    Source: Russo et al. 2020, "Neural trajectories in the supplementary motor area and motor cortex exhibit distinct
    geometries, compatible with different classes of computation", doi:10.1016/j.neuron.2020.05.020.
    """
    x = _leading(check_rates(rates, "divergence", bins=3), n_components, fraction)
    bins, conditions, _ = x.shape
    apart = np.maximum(_squared_distances(x, slice(None)), 0).reshape(bins, conditions, bins, conditions)
    farthest = np.zeros_like(apart)
    for t in range(bins - 2, -1, -1):
        farthest[t, :, :-1] = np.maximum(apart[t + 1, :, 1:], farthest[t + 1, :, 1:])
    return (farthest / (apart + fraction * x.var(axis=(0, 1)).sum())).max(axis=(2, 3))


def _leading(array: np.ndarray, n_components: int, fraction: float) -> np.ndarray:
    """Coordinates along the first principal components, (T, C, N) to (T, C, K), once the arguments make sense."""
    if n_components < 1:
        raise ValueError(f"n_components is {n_components}; it must be 1 or more.")
    if not fraction > 0:
        raise ValueError(f"fraction is {fraction}; it must be above 0, or states that meet divide by zero.")
    centred = array - array.mean(axis=(0, 1))
    n = min(n_components, centred.shape[-1])
    return centred @ leading_axes(centred.reshape(-1, centred.shape[-1]), n).T


def _squared_distances(x: np.ndarray, rows: slice, epsilon: float = 0.0) -> np.ndarray:
    """Squared distances of some samples of x (T, C, K) to all, (rows, TC), plus epsilon, in one product of matrices."""
    points = x.reshape(-1, x.shape[-1])
    points = points - points.mean(axis=0)
    lengths, ones = (points**2).sum(axis=1, keepdims=True), np.ones((len(points), 1))
    return np.hstack([points, lengths + epsilon, ones])[rows] @ np.hstack([-2 * points, ones, lengths]).T
