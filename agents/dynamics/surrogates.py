"""Surrogate populations: rates that keep some features of the data and are random in everything else.

A structure that surrogates show as well, such as rotations, is no news beyond the features that they keep.
"""

from collections.abc import Callable, Iterator
from typing import Literal, get_args

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array, check_rates
from .change_of_basis import own_coordinates
from .tensor_maximum_entropy import tensor_maximum_entropy

Null = Literal["shuffle", "CMPT", "TME-T", "TME-TN", "TME-TC", "TME-TNC"]


@typechecked
def condition_shuffle(rates: AnyArray, rng: np.random.Generator) -> np.ndarray:
    """Rates (T, C, N) with the conditions of each unit in an order of its own.

    Every unit keeps its time courses; which of them go together over units is lost.
    """
    rates = check_rates(rates, "a shuffle of conditions", bins=1)
    order = rng.permuted(np.broadcast_to(np.arange(rates.shape[1])[:, None], rates.shape[1:]), axis=0)
    return np.take_along_axis(rates, order[None], axis=1)


@typechecked
def covariance_matched_permutation(rates: AnyArray, rng: np.random.Generator) -> np.ndarray:
    r"""A condition shuffle that keeps the covariance of units over time and conditions.

    With the centred rates :math:`X = U_X S_X V_X^\top` and their shuffle :math:`Y = U_Y S_Y V_Y^\top` as matrices of
    samples by units, the principal components of the shuffle get the axes and variances of the data, in order:

    .. math:: Z = U_Y S_X V_X^\top, \qquad Z^\top Z = X^\top X

    Means of units are kept.

    Args:
        rates: Rates, (T, C, N).
        rng: Where the order comes from.

    Returns:
        A surrogate, (T, C, N).

    Source: after the covariance-matched permutation test of Michaels, Dann & Scherberger 2016,
    doi:10.1371/journal.pcbi.1005175, which reassigns conditions in each neuron and maintains the relations between
    neurons; how they are maintained is ours.
    """
    rates = check_rates(rates, "a permutation of conditions", bins=1)
    mean = rates.mean(axis=(0, 1))
    shuffled = condition_shuffle(rates - mean, rng)
    (wanted, axes), (found, shuffled_axes) = (_principal_axes(x) for x in (rates - mean, shuffled))
    scale = np.divide(wanted, found, out=np.zeros_like(found), where=found > 1e-7 * found[-1])
    return shuffled @ (shuffled_axes * scale) @ axes.T + mean


def _principal_axes(rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Singular values (K,) of centred rates, smallest first, and their axes (N, K) in columns."""
    coordinates, basis = own_coordinates(rates.reshape(-1, rates.shape[-1]))
    values, vectors = np.linalg.eigh(coordinates.T @ coordinates)
    return np.sqrt(np.maximum(values, 0)), basis.T @ vectors


@typechecked
def surrogates(rates: AnyArray, null: Null, n: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Draw surrogates one by one.

    Args:
        rates: Rates, (T, C, N).
        null: What surrogates keep. ``"shuffle"``: the time courses of each unit. ``"CMPT"``: nearly these, and
            the covariance of units. ``"TME-TNC"``: means and covariances over time, units and conditions;
            ``"TME-T"``, ``"TME-TN"`` and ``"TME-TC"`` those of the named axes alone.
        n: How many.
        seed: Same seed, same surrogates.

    Returns:
        An iterator over n arrays (T, C, N).

    Raises:
        ValueError: If the null is unknown, or the rates hold less than 2 bins or conditions, NaN, or no change.
    """
    if null not in get_args(Null):
        raise ValueError(f"unknown null {null!r}; known are {', '.join(get_args(Null))}.")
    if n < 0:
        raise ValueError(f"n is {n}; it must be 0 or more.")
    array = check_rates(rates, f"the null {null!r}", conditions=2)
    rng = np.random.default_rng(seed)
    if null == "shuffle":
        return (condition_shuffle(array, rng) for _ in range(n))
    if null == "CMPT":
        return (covariance_matched_permutation(array, rng) for _ in range(n))
    model = tensor_maximum_entropy(array, null.removeprefix("TME-"))
    return (model.sample(rng) for _ in range(n))


@typechecked
def p_value(observed: float, null: AnyArray) -> float:
    r"""How often surrogates reach what was observed, :math:`(1 + \#\{null \ge observed\}) / (1 + n)`; one-sided.

    Args:
        observed: The statistic of the data; large speaks against the null.
        null: The same statistic of n surrogates, (n,).

    Raises:
        ValueError: If what was observed is not finite, a surrogate's is not, or there is no surrogate.

    Source: Phipson & Smyth 2010, "Permutation p-values should never be zero", doi:10.2202/1544-6115.1585.
    """
    values = as_array("null", null)
    if values.ndim != 1 or len(values) == 0 or not np.isfinite(values).all():
        raise ValueError(
            f"null has shape {values.shape}, and {np.sum(~np.isfinite(values))} of its values are NaN or infinite; "
            "expected (n,), one surrogate or more, all finite."
        )
    return float((1 + np.sum(values >= observed)) / (1 + len(values)))


@typechecked
def null_distribution(
    statistic: Callable[[np.ndarray], float], rates: AnyArray, null: Null, n: int = 200, seed: int = 0
) -> np.ndarray:
    """A statistic of n surrogates, (n,): any function from rates (T, C, N) to a number, and a null by its name.

    Raises:
        ValueError: As :func:`surrogates` does, or if the statistic of a surrogate is not a finite number.
    """
    values = as_array("statistic", [statistic(surrogate) for surrogate in surrogates(rates, null, n, seed)])
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError("statistic must return a finite number for every surrogate.")
    return values
