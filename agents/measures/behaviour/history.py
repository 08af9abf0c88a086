"""How a choice depends on those before it, and on what they earned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from ....envs.errors import ArgumentError
from ....envs.numbers import whole_number
from ....envs.typechecked import typechecked
from .proportions import Proportion
from .trials import columns

N_STEPS = 100
"""Newton's steps, of which a maximum takes ten; without one the weights grow for ever."""


@typechecked
def win_stay_lose_shift(table: Any) -> dict[str, Proportion]:
    """How often a choice that earned something is repeated, and how often one that earned nothing is left.

    Args:
        table: Trials, as of :func:`behaviour`; pairs that follow each other in a session, both with a choice.

    Returns:
        The shares ``"win-stay"`` and ``"lose-shift"``.

    Raises:
        ArgumentError: If a column is missing.
    """
    choice, before, reward = columns(table, "choice", "previous_choice", "previous_reward")
    both = (choice > 0) & (before > 0)
    stay, won = (choice == before)[both], (reward > 0)[both]
    return {"win-stay": Proportion.of(stay[won]), "lose-shift": Proportion.of(~stay[~won])}


@typechecked
def stay_probabilities(table: Any) -> dict[tuple[str, str], Proportion]:
    """How often the first choice of the two-step task is repeated, after each kind of trial.

    One who repeats what was rewarded stays after rewards alone; one who knows the transitions stays after common
    rewarded and rare unrewarded trials (Daw et al. 2011, doi:10.1016/j.neuron.2011.02.027).

    Args:
        table: Trials of ``DawTwoStep``, as of :func:`behaviour`.

    Returns:
        The share by transition, ``"common"`` or ``"rare"``, and reward, ``"rewarded"`` or ``"unrewarded"``.

    Raises:
        ArgumentError: If a column is missing, as of another task.
    """
    session, choice, place, common, reward = columns(table, "session", "choice", "place", "common", "reward")
    first = np.flatnonzero((place[:-2] == 0) & (place[2:] == 0) & (session[:-2] == session[2:]))
    first = first[(choice[first] > 0) & (choice[first + 2] > 0)]
    stay, is_common, paid = choice[first + 2] == choice[first], common[first + 1].astype(bool), reward[first + 1] > 0
    return {
        (transition, outcome): Proportion.of(stay[(is_common == c) & (paid == p)])
        for transition, c in (("common", True), ("rare", False))
        for outcome, p in (("rewarded", True), ("unrewarded", False))
    }


@dataclass(frozen=True)
class HistoryRegression:
    """Weights of a logistic regression of right choices, in log odds, with their standard errors.

    Attributes:
        bias: Of the constant.
        stimulus: Of the signed strength, per unit; NaN without a stimulus.
        win: Of choices that earned something, one to n trials back, (n,): positive to repeat them.
        lose: Of choices that earned nothing, (n,).
        errors: Standard errors by the same names, of the same shapes.
        n_trials: Number of trials.
    """

    bias: float
    stimulus: float
    win: np.ndarray
    lose: np.ndarray
    errors: dict[str, Any]
    n_trials: int


@typechecked
def history_regression(table: Any, n_back: int = 3, strength: str | None = "coherence") -> HistoryRegression:
    r"""Explain choices by the stimulus, and by earlier choices and what they earned.

    .. math::
        \log \frac{p_t}{1 - p_t} = b + s\, x_t + \sum_{k = 1}^{n} c_{t-k} \big(w_k R_{t-k} + l_k (1 - R_{t-k})\big)

    with p the probability of right, x the signed strength, c the choices, 1 for right, -1 for left and 0 for none, and
    R whether they earned something. By maximum likelihood, in Newton's steps.

    Args:
        table: Trials, as of :func:`behaviour`, of left (1) and right (2).
        n_back: Number of trials back n.
        strength: Column of the strength of the stimulus; None for tasks without one, as bandits.

    Raises:
        ArgumentError: If a column is missing, trials are too few, or the choices are explained without an error.

    Source: Lau & Glimcher 2005, doi:10.1901/jeab.2005.110-04; Busse et al. 2011, doi:10.1523/JNEUROSCI.6689-10.2011.
    """
    n = whole_number("n_back", n_back, minimum=1)
    by_argument = {} if strength is None else {"strength": strength}
    session, choice, answer, reward, *strengths = columns(table, "session", "choice", "answer", "reward", **by_argument)
    sign, won = np.select([choice == 1, choice == 2], [-1.0, 1.0], 0.0), (reward > 0).astype(float)
    rows = [np.ones(len(choice))]
    rows += [values * np.where(answer == 2, 1.0, -1.0) for values in strengths]
    for earned in (won, 1 - won):
        rows += [np.r_[np.zeros(k), (sign * earned)[:-k]] for k in range(1, n + 1)]
    x = np.stack(rows, axis=1)
    used = np.r_[np.zeros(n, bool), session[n:] == session[:-n]] & (sign != 0)
    x, right = x[used], sign[used] > 0
    if len(x) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        raise ArgumentError(
            f"{len(x)} trials with a choice do not tell {x.shape[1]} weights apart: play more, or lower n_back."
        )
    weights, errors = logistic_regression(x, right)
    skip = 1 + len(strengths)

    def named(values: np.ndarray) -> dict[str, Any]:
        win, lose = values[skip:].reshape(2, n)
        stimulus = float(values[1]) if strengths else float("nan")
        return {"bias": float(values[0]), "stimulus": stimulus, "win": win, "lose": lose}

    return HistoryRegression(**named(weights), errors=named(errors), n_trials=len(x))


def logistic_regression(x: np.ndarray, yes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maximum-likelihood weights (k,) of regressors (n, k) for choices (n,), and their standard errors.

    Raises:
        ArgumentError: If the regressors separate some choices without an error, so that there is no maximum.
    """
    sign, weights = np.where(yes, 1.0, -1.0), np.zeros(x.shape[1])

    def loss(w: np.ndarray) -> float:
        return float(np.logaddexp(0, -sign * (x @ w)).sum())

    for _ in range(N_STEPS):
        p = expit(x @ weights)
        information = (x * (p * (1 - p))[:, None]).T @ x
        if np.linalg.cond(information) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(information, x.T @ (yes - p))
        if np.abs(step).max() < 1e-9 * (1 + np.abs(weights).max()):
            return weights, np.sqrt(np.diag(np.linalg.inv(information)))
        while loss(weights + step) > loss(weights) + 1e-9:
            step = step / 2
        weights = weights + step
    raise ArgumentError(
        "some choices are explained without an error, so that no weight is large enough: play more, or lower n_back."
    )
