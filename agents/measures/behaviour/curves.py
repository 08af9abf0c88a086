"""Psychometric and chronometric curves of a table of trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....envs.errors import ArgumentError
from ....envs.typechecked import typechecked
from ...dynamics.chronometrics import ChronometricFit, chronometric_fit
from ...dynamics.psychometrics import PsychometricFit, psychometric_fit
from .proportions import Proportion
from .trials import columns

LEFT, RIGHT = 1, 2


@dataclass(frozen=True)
class Psychometric:
    """How often right is chosen at each signed strength of the stimulus.

    Attributes:
        stimulus: Signed strengths, positive where right is correct, (K,).
        right: Share of right among the choices at each, K proportions.
        fit: The curve.
        errors: Standard errors of its bias, width, and lapse rates, by name; without those that were not fitted.
    """

    stimulus: np.ndarray
    right: tuple[Proportion, ...]
    fit: PsychometricFit
    errors: dict[str, float]


@dataclass(frozen=True)
class Chronometric:
    """How long a choice takes at each strength of the stimulus.

    Attributes:
        strength: Strengths, (K,).
        reaction_ms: Mean reaction time at each (ms), (K,).
        error_ms: Standard error of each (ms), (K,).
        n: Number of choices at each, (K,).
        fit: The curve; None where strengths are fewer than three.
    """

    strength: np.ndarray
    reaction_ms: np.ndarray
    error_ms: np.ndarray
    n: np.ndarray
    fit: ChronometricFit | None


def signed_stimulus(table: Any, strength: str) -> tuple[np.ndarray, np.ndarray]:
    """Signed strength of each trial with a choice of left or right, and whether right was chosen, (n,) each.

    Raises:
        ArgumentError: If there is no such trial, or answers are others than left and right.
    """
    choice, answer, values = columns(table, "choice", "answer", strength=strength)
    if not np.isin(answer, (LEFT, RIGHT)).all():
        raise ArgumentError(f"answers are {np.unique(answer).tolist()}; a curve takes 1, left, and 2, right, alone.")
    made = np.isin(choice, (LEFT, RIGHT))
    if not made.any():
        raise ArgumentError("in none of the trials a choice was made.")
    return (values * np.where(answer == RIGHT, 1.0, -1.0))[made], choice[made] == RIGHT


@typechecked
def psychometric_curve(table: Any, strength: str = "coherence", *, lapses: bool = False) -> Psychometric:
    r"""Fit how often right is chosen, by signed strength of the stimulus, over the trials with a choice.

    The curve is that of :func:`psychometric_fit`, a cumulative Gaussian. Standard errors are those of the expected
    information: :math:`I = \sum_k \frac{n_k}{p_k (1 - p_k)} \nabla p_k \nabla p_k^T`.

    Args:
        table: Trials, as of :func:`behaviour`, of left (1) and right (2).
        strength: Column of the strength of the stimulus, without a sign.
        lapses: Whether lapse rates are fitted too; they are 0 otherwise.

    Raises:
        ArgumentError: If a column is missing or there are no choices.
        ValueError: If there is no curve to fit, as where choices follow the stimulus without an error.
    """
    x, right = signed_stimulus(table, strength)
    levels, index = np.unique(x, return_inverse=True)
    n, k = np.bincount(index), np.bincount(index, weights=right)
    lapse = None if lapses else 0.0
    fit = psychometric_fit(levels, k, n, lapse_low=lapse, lapse_high=lapse)
    names = ("bias", "width", *(("lapse_low", "lapse_high") if lapses else ()))
    proportions = tuple(Proportion.of(right[index == i]) for i in range(len(levels)))
    return Psychometric(levels, proportions, fit, standard_errors(fit, names, levels, n))


def standard_errors(
    fit: PsychometricFit, names: tuple[str, ...], stimulus: np.ndarray, n: np.ndarray
) -> dict[str, float]:
    """Standard error of each parameter of a fit to n choices at each stimulus, (K,) each; NaN at a bound."""
    p = np.clip(fit.probability(stimulus), 1e-9, 1 - 1e-9)
    slopes = []
    for name in names:
        step = 1e-5 * (fit.width if name in ("bias", "width") else 1.0)
        ends = [vars(fit) | {name: getattr(fit, name) + sign * step} for sign in (-1, 1)]
        low, high = (PsychometricFit(**end).probability(stimulus) for end in ends)
        slopes.append((high - low) / (2 * step))
    information = np.einsum("ak,bk,k->ab", slopes, slopes, n / (p * (1 - p)))
    inside = [name in ("bias", "width") or getattr(fit, name) > 1e-6 for name in names]
    kept = np.flatnonzero(inside)
    errors = np.full(len(names), np.nan)
    errors[kept] = np.sqrt(np.diag(np.linalg.pinv(information[np.ix_(kept, kept)])))
    return dict(zip(names, errors.tolist(), strict=True))


@typechecked
def chronometric_curve(table: Any, strength: str = "coherence", *, correct_only: bool = True) -> Chronometric:
    """Mean reaction time by strength of the stimulus, with the curve of :func:`chronometric_fit`.

    Args:
        table: Trials, as of :func:`behaviour`.
        strength: Column of the strength of the stimulus.
        correct_only: Whether correct choices alone are counted.

    Raises:
        ArgumentError: If a column is missing, or at no strength there are two choices.
    """
    times, correct, values = columns(table, "reaction_ms", "correct", strength=strength)
    counted = np.isfinite(times) & (correct.astype(bool) | (not correct_only))
    levels = [x for x in np.unique(np.abs(values)) if (counted & (np.abs(values) == x)).sum() > 1]
    if not levels:
        raise ArgumentError("a curve takes two choices with a reaction time at some strength; there are none.")
    groups = [times[counted & (np.abs(values) == x)] for x in levels]
    means, n = np.array([group.mean() for group in groups]), np.array([len(group) for group in groups])
    errors = np.array([group.std(ddof=1) / np.sqrt(len(group)) for group in groups])
    fit = None
    if len(levels) >= 3:
        fit = chronometric_fit(np.array(levels), means, np.maximum(errors, 1e-3 * max(means.max(), 1.0)))
    return Chronometric(np.array(levels), means, errors, n, fit)
