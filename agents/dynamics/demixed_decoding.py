"""Demixed components in trials to which they were not fitted: the choice of a ridge, and what is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, Labels
from .demixed import demixed_components, marginalisations
from .pseudo_trials import PseudoTrials
from .shapes import shapes_repr
from .surrogates import p_value


@dataclass(frozen=True)
class RidgeChoice:
    """Errors of ridges in trials that were held out.

    Attributes:
        ridges: What was tried, (R,).
        errors: Mean error of each, (R,): 0 for rates that are the same in each trial, 1 where components hold nothing.
    """

    ridges: np.ndarray
    errors: np.ndarray

    __repr__ = shapes_repr

    @property
    def ridge(self) -> float:
        """The ridge with the smallest error."""
        return float(self.ridges[self.errors.argmin()])


@typechecked
def cross_validated_ridge(
    rates: AnyArray,
    factors: Mapping[str, Labels],
    ridges: Sequence[float] | np.ndarray | None = None,
    *,
    n_components: int = 3,
    n_repetitions: int = 10,
    seed: int = 0,
) -> RidgeChoice:
    r"""Choose the ridge of :func:`demixed_components` by cross-validation.

    In each repetition one trial of each condition is held out, drawn for each unit by itself. Components of the
    averages :math:`X` of the others put X together again from the trials Z that were held out:

    .. math:: \frac{\sum_\phi \lVert X_\phi - F_\phi D_\phi Z \rVert^2}{\lVert X \rVert^2}

    Args:
        rates: Rates of trials, (T, B, N); NaN or a mask in all bins of a trial where a unit was not recorded in it, so
            that units of different sessions go together.
        factors: Factors of the task by name, with their value in each trial, (B,).
        ridges: What to try; None takes thirteen from 1e-6 to 1.
        n_components: Components per marginalisation.
        n_repetitions: How many times trials are held out.
        seed: Seed of their draws.

    Returns:
        The ridges, their errors and the best of them.

    Raises:
        ValueError: If a unit has less than 2 trials in a condition, a ridge is negative, or as for
            :func:`demixed_components`.

    Source: Kobak et al. 2016, "Demixed principal component analysis of neural population data",
    doi:10.7554/eLife.10989.
    """
    _check_count("n_repetitions", n_repetitions)
    tried = np.geomspace(1e-6, 1, 13) if ridges is None else np.asarray(ridges, np.float64)
    if tried.ndim != 1 or len(tried) == 0:
        raise ValueError(f"ridges have shape {tried.shape}; expected one or more, (R,).")
    trials = PseudoTrials.of(rates, factors)
    rng = np.random.default_rng(seed)
    errors = np.zeros((n_repetitions, len(tried)))
    for repetition in errors:
        train, test = trials.split(rng)
        parts = marginalisations(train, trials.factors)
        total = np.sum([np.sum(part**2) for part in parts.values()])
        held_out = test - test.mean(axis=tuple(range(test.ndim - 1)))
        for r, ridge in enumerate(tried):
            found = demixed_components(train, trials.factors, n_components, ridge)
            repetition[r] = sum(
                np.sum((part - held_out @ found.decoders[name].T @ found.encoders[name]) ** 2)
                for name, part in parts.items()
            )
        repetition /= total
    return RidgeChoice(tried, errors.mean(axis=0))


@dataclass(frozen=True)
class Decoding:
    """How well single trials are decoded along each component, bin by bin, and when better than chance.

    Attributes:
        accuracy: Fraction of held-out trials whose level is decoded right, {marginalisation: (K, T)}.
        shuffled: The same with trials shuffled over conditions, {marginalisation: (n_shuffles, K, T)}.
        significant: Bins in which the accuracy is above that of all shuffles, in a row of ``consecutive`` or more,
            {marginalisation: (K, T)} of bool.
        p_value: How often shuffles are as accurate in a bin, at least 1 / (1 + n_shuffles), {marginalisation: (K, T)}.
        chance: Accuracy of a guess, {marginalisation: 1 / number of levels}.
    """

    accuracy: Mapping[str, np.ndarray]
    shuffled: Mapping[str, np.ndarray]
    significant: Mapping[str, np.ndarray]
    p_value: Mapping[str, np.ndarray]
    chance: Mapping[str, float]

    __repr__ = shapes_repr


@typechecked
def demixed_decoding(
    rates: AnyArray,
    factors: Mapping[str, Labels],
    ridge: float = 1e-6,
    *,
    n_components: int = 1,
    n_repetitions: int = 20,
    n_shuffles: int = 100,
    consecutive: int = 10,
    seed: int = 0,
) -> Decoding:
    """Decode the factors of held-out trials along demixed components, and compare with shuffled trials.

    One trial of each condition is held out, drawn for each unit by itself, and components are fitted to the averages
    of the others. In each bin the coordinate of a held-out trial along a component is given the level whose average is
    nearest. The levels of a marginalisation ``"a x b"`` are the combinations of those of a and b; time has none.
    Shuffles give the trials of each unit to conditions at random, each as many as it has, and go through the same.

    Args:
        rates: Rates of trials, (T, B, N); NaN or a mask in all bins of a trial where a unit was not recorded in it, so
            that units of different sessions go together. Conditions may have unequal numbers of trials.
        factors: Factors of the task by name, with their value in each trial, (B,).
        ridge: That of :func:`demixed_components`; see :func:`cross_validated_ridge`.
        n_components: Components K per marginalisation.
        n_repetitions: How many times trials are held out; 100 as published.
        n_shuffles: How many shuffles.
        consecutive: Bins in a row that have to be above all shuffles; 10 as published, for bins of 10 ms.
        seed: Seed of what is held out and shuffled.

    Returns:
        Accuracies, those of shuffles, and where the former are significant.

    Raises:
        ValueError: If a unit has less than 2 trials in a condition, a number makes no sense, or as for
            :func:`demixed_components`.

    Source: Kobak et al. 2016, doi:10.7554/eLife.10989; the p-value is from :func:`p_value`.
    """
    trials = PseudoTrials.of(rates, factors)
    for name, count in {"n_repetitions": n_repetitions, "n_shuffles": n_shuffles}.items():
        _check_count(name, count)
    if not 1 <= consecutive <= trials.n_bins:
        raise ValueError(f"consecutive is {consecutive}; allowed: 1 to the number of bins, {trials.n_bins}.")
    rng = np.random.default_rng(seed)
    accuracy = _accuracy(trials, ridge, n_components, n_repetitions, rng)
    each = [_accuracy(trials.shuffled(rng), ridge, n_components, n_repetitions, rng) for _ in range(n_shuffles)]
    shuffled = {name: np.stack([one[name] for one in each]) for name in accuracy}
    significant, p, chance = {}, {}, {}
    for name, found in accuracy.items():
        null = shuffled[name]
        significant[name] = np.stack([_runs(row, consecutive) for row in found > null.max(axis=0)])
        p[name] = np.array(
            [[p_value(found[k, t], null[:, k, t]) for t in range(found.shape[1])] for k in range(len(found))]
        )
        chance[name] = 1 / float(np.prod([len(trials.levels[factor]) for factor in name.split(" x ")]))
    return Decoding(accuracy, shuffled, significant, p, chance)


def _accuracy(
    trials: PseudoTrials, ridge: float, n_components: int, n_repetitions: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Fraction of held-out trials that are decoded right, {marginalisation: (K, T)}."""
    total: dict[str, np.ndarray] = {}
    for _ in range(n_repetitions):
        train, test = trials.split(rng)
        found = demixed_components(train, trials.factors, n_components, ridge)
        for name in found.decoders:
            if name != "time":
                right = _decoded_right(found.project(train, name), found.project(test, name), name, trials.factors)
                total[name] = total.get(name, 0) + right / n_repetitions
    return total


def _decoded_right(train: np.ndarray, test: np.ndarray, name: str, factors: Sequence[str]) -> np.ndarray:
    """Fraction of test conditions nearest to the mean of their own level, (K, T), of (T, levels, ..., K) each."""
    others = tuple(axis for axis, factor in enumerate(factors, start=1) if factor not in name.split(" x "))
    shape = tuple(1 if axis in others else length for axis, length in enumerate(train.shape[1:-1], start=1))
    means = train.mean(axis=others, keepdims=True).reshape(len(train), -1, train.shape[-1])
    own = np.broadcast_to(np.arange(means.shape[1]).reshape(shape), train.shape[1:-1]).reshape(-1)
    held_out = test.reshape(len(test), -1, test.shape[-1])
    nearest = np.abs(held_out[:, :, None] - means[:, None]).argmin(axis=2)
    return (nearest == own[:, None]).mean(axis=1).T


def _runs(above: np.ndarray, minimum: int) -> np.ndarray:
    """Which bins belong to a row of true values that is long enough, (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(int), [0]])))
    kept = np.zeros(len(above), bool)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        kept[start:stop] = stop - start >= minimum
    return kept


def _check_count(name: str, count: int) -> None:
    if count < 1:
        raise ValueError(f"{name} is {count}; it must be 1 or more.")
