"""Trials as an experimenter writes them down: what was shown, chosen and paid, a row for each."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..task import Task
from ..trial import TrialBatch
from ..typechecked import typechecked
from ..wording import short_text
from .painted_rollout import outcome_of
from .rewards import Rewards

Act = Callable[[TrialBatch], np.ndarray]
"""Who acts: answers a painted segment with a class in each bin, (T, B)."""
Table = dict[str, np.ndarray]
"""Columns of equal length by name."""

COLUMNS = ("session", "trial", "choice", "answer", "correct", "aborted", "reaction_ms", "reward")
"""What every row has besides its conditions."""
PREVIOUS = ("previous_choice", "previous_reward")


def check_choices(task: Task) -> None:
    """Refuse a task whose trials do not each end in one choice.

    Raises:
        ArgumentError: If its outputs are no choices, or a trial has several responses.
    """
    if task.kind != "choice":
        raise ArgumentError(f"a row of behaviour holds a choice; {task.name} is answered with {task.kind} outputs.")
    rng = np.random.default_rng(0)
    n = len(task.lay_out(task.draw(rng, 1), rng).windows(task.response_period))
    if n > 1:
        raise ArgumentError(f"a row of behaviour holds one choice; a trial of {task.name} has {n}.")


def trial_table(task: Task, act: Act, n: int, rng: np.random.Generator, rewards: Rewards, first: int = 1) -> Table:
    """Let someone act in n trials, or n sessions of a closed-loop task, by the rules of the environments.

    The first action other than 0 in the response period is the choice. One before it breaks fixation and ends the
    trial; in a session, whose segments run on, it costs its reward.

    Args:
        task: The task, one of single choices.
        act: Who acts, called with each segment in order.
        n: Number of trials or sessions.
        rng: Source of the trials; those of a generator seeded with s are those of ``task.sample(n, seed=s)``.
        rewards: What responses earn.
        first: Number of the first trial, or of the first session.
    """
    conditions, parts, closed_loop, trials = task.draw(rng, n), [], task.n_segments > 1, np.arange(n)
    for number in range(task.n_segments):
        segment = task.lay_out(conditions, rng)
        outcome, responses, following = outcome_of(task, segment, act(segment), rng, rewards)
        ((start, _),) = segment.windows(task.response_period)
        (choice,), (moment,), (answer,) = responses.choices, responses.moments, responses.answers
        row = {
            "session": first + trials if closed_loop else np.ones(n, np.int64),
            "trial": np.full(n, number + 1) if closed_loop else first + trials,
            "choice": choice,
            "answer": answer,
            "correct": outcome.correct.any(axis=0),
            "aborted": outcome.aborts.any(axis=0),
            "reaction_ms": np.where(choice > 0, (moment - start) * segment.dt, np.nan),
            "reward": outcome.rewards.sum(axis=0),
        }
        parts.append(row | named_conditions(segment.conditions))
        conditions = conditions if following is None else following
    return joined(parts)


def named_conditions(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Conditions as columns; one of the name of another column is called "condition ..."."""
    taken = {*COLUMNS, *PREVIOUS}
    return {f"condition {name}" if name in taken else name: values for name, values in conditions.items()}


def joined(parts: Sequence[Mapping[str, np.ndarray]]) -> Table:
    """Rows of several tables with the same columns, by session and trial."""
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((table["trial"], table["session"]))
    return {name: values[order] for name, values in table.items()}


def with_previous(table: Table) -> Table:
    """The table with the choice and the reward of the trial before; 0 and NaN in the first of a session."""
    later = np.r_[False, table["session"][1:] == table["session"][:-1]] if len(table["session"]) else np.zeros(0, bool)
    choice, reward = (np.roll(table[name], 1) for name in ("choice", "reward"))
    columns = (np.where(later, choice, 0), np.where(later, reward.astype(float), np.nan))
    return table | dict(zip(PREVIOUS, columns, strict=True))


@typechecked
def save_trials(table: Any, path: str | Path) -> None:
    """Write a table of trials as a CSV file: truth values as True and False, an empty cell for NaN.

    A file of that name is replaced.

    Args:
        table: Columns by name, or a DataFrame.
        path: The file.

    Raises:
        ArgumentError: If it is no table of trials.
    """
    if isinstance(table, type) or not hasattr(table, "__getitem__") or not hasattr(table, "keys"):
        raise ArgumentError(f"table is {short_text(table)}; allowed: trials as of behaviour(), or a mapping of arrays.")
    _check_columns([str(name) for name in table])
    if Path(path).is_dir():
        raise ArgumentError(f"path is {str(path)!r}, a folder; name a file.")
    columns = {str(name): np.asarray(table[name]).tolist() for name in table}
    part = Path(f"{path}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow(["" if value != value else value for value in row])
    part.replace(path)


@typechecked
def load_trials(path: str | Path) -> Table:
    """Read a table of trials that :func:`save_trials`, or ``DataFrame.to_csv(index=False)``, has written, as columns.

    Args:
        path: The file.

    Raises:
        ArgumentError: If it is no table of trials.
    """
    if not Path(path).is_file():
        raise ArgumentError(f"path is {str(path)!r}; there is no such file.")
    with Path(path).open(encoding="utf-8", newline="") as file:
        header, *rows = [row for row in csv.reader(file) if row] or [[]]
    _check_columns(header)
    if any(len(row) != len(header) for row in rows):
        raise ArgumentError("this is no table of trials: its rows differ in length.")
    return {name: _column(name, [row[i] for row in rows]) for i, name in enumerate(header)}


def _check_columns(names: Sequence[str]) -> None:
    for name in COLUMNS:
        if name not in names:
            raise ArgumentError(f"this is no table of trials: it has no column {name!r}.")


def _column(name: str, cells: list[str]) -> np.ndarray:
    if cells and set(cells) <= {"True", "False"}:
        return np.array([cell == "True" for cell in cells])
    for kind in (int, float):
        try:
            return np.array([kind(cell) if cell or kind is int else np.nan for cell in cells])
        except ValueError:
            continue
    raise ArgumentError(f"this is no table of trials: its column {name!r} holds what is no number.")
