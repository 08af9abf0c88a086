"""How trials end: accuracy, aborts and misses, learning, sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....envs.errors import ArgumentError
from ....envs.numbers import whole_number
from ....envs.typechecked import typechecked
from .proportions import Proportion
from .trials import columns, rows_by


@typechecked
def accuracy_by(table: Any, condition: str) -> dict[Any, Proportion]:
    """Share of correct trials for each value of a condition, of all trials: aborts and misses are not correct.

    Args:
        table: Trials, as of :func:`behaviour`.
        condition: Name of a column, as ``"coherence"`` or ``"block"``.

    Raises:
        ArgumentError: If a column is missing.
    """
    columns(table, "correct", condition=condition)
    return {value: Proportion.of(rows["correct"].astype(bool)) for value, rows in rows_by(table, condition)}


@typechecked
def outcome_rates(table: Any) -> dict[str, Proportion]:
    """Shares of trials that end ``correct``, in an ``error``, a ``miss`` (no choice) or an ``abort`` (one too early).

    An abort in a session, whose trials run on, is one whatever was chosen afterwards. Not to choose where no choice was
    due is correct.

    Args:
        table: Trials, as of :func:`behaviour`.

    Raises:
        ArgumentError: If a column is missing.
    """
    choice, correct, aborted = columns(table, "choice", "correct", "aborted")
    correct, aborted = correct.astype(bool), aborted.astype(bool)
    ends = {
        "correct": correct & ~aborted,
        "error": ~correct & ~aborted & (choice > 0),
        "miss": ~correct & ~aborted & (choice == 0),
        "abort": aborted,
    }
    return {name: Proportion.of(happened) for name, happened in ends.items()}


@typechecked
def learning_curve(table: Any, window: int = 10) -> dict[int, Proportion]:
    """Share of correct trials in the trials of a session from the first on, ``window`` at a time, over all sessions.

    Args:
        table: Trials, as of :func:`behaviour`.
        window: Number of trials of each session that are taken together.

    Returns:
        The proportion by the number of the first trial of each window.

    Raises:
        ArgumentError: If a column is missing, or the window is no number of trials.
    """
    trial, correct = columns(table, "trial", "correct")
    width = whole_number("window", window, minimum=1)
    number = (trial - trial.min()) // width
    return {
        int(trial.min() + k * width): Proportion.of(correct[number == k].astype(bool))
        for k in np.unique(number).tolist()
    }


@typechecked
def side_bias(table: Any, by: str | None = None) -> dict[Any, Proportion]:
    """Share of right (2) among the choices between left (1) and right, less what was due; in [-1, 1].

    Over trials of left and of right alike, so that a bias is none that the answers had: the mean of P(right | left
    correct) and P(right | right correct), less one half, times two.

    Args:
        table: Trials, as of :func:`behaviour`.
        by: Name of a column, as ``"block"``, for a bias for each of its values.

    Returns:
        The bias by value, or of all trials under ``"all"``.

    Raises:
        ArgumentError: If a column is missing, or left or right was never correct.
    """
    columns(table, "choice", "answer")
    parts = {"all": table} if by is None else dict(rows_by(table, by))
    return {value: _bias(rows, value) for value, rows in parts.items()}


def _bias(rows: Any, value: Any) -> Proportion:
    choice, answer = columns(rows, "choice", "answer")
    sides = [Proportion.of(choice[(answer == side) & np.isin(choice, (1, 2))] == 2) for side in (1, 2)]
    if not all(side.n for side in sides):
        raise ArgumentError(f"a bias takes choices where left and where right was correct; {value} lacks some.")
    bias = sides[0].value + sides[1].value - 1
    half = 1.96 * np.sqrt(sum(((side.high - side.low) / 3.92) ** 2 for side in sides))
    return Proportion(bias, max(bias - half, -1.0), min(bias + half, 1.0), sum(side.n for side in sides))
