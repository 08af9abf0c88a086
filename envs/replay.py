"""Painted trials in stock and in play, from which the environments are replayed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .factors import Conditions
from .rewards import Responses
from .task import Task
from .trial import TrialBatch


class Pool:
    """Painted trials, handed out in order and painted anew when used up.

    Args:
        task: What to paint.
        size: Number of trials painted at a time.
    """

    def __init__(self, task: Task, size: int):
        self._task, self._size, self._next = task, size, size
        self._batch: TrialBatch | None = None

    def take(self, n: int, rng: np.random.Generator) -> Iterator[tuple[TrialBatch, slice]]:
        """Hand out the next n trials, as columns of one or more batches."""
        while n > 0:
            if self._batch is None or self._next == self._size:
                self._batch, self._next = self._task.sample(self._size, rng), 0
            stop = min(self._next + n, self._size)
            yield self._batch, slice(self._next, stop)
            self._next, n = stop, n - (stop - self._next)


class Slots:
    """One painted trial for each of n environments, environments first, and what was answered to it so far.

    Rows are longer than their trial by a bin or more. There inputs and targets are zero, which is what an
    environment shows whose episode is over.

    Args:
        task: What is painted.
        n: Number of environments.
        first: Any batch of the task; sizes and names are taken from it.

    Attributes:
        bin: Current bin of each trial, (n,).
        length: Number of bins of each trial, (n,).
        opens: First bin of each response period, (W, n).
        closes: The bin after its last, (W, n).
        answers: Right class in each response period of a task of choices, (W, n).
        choices: Response in each response period, (W, n); 0 where none was given.
        moments: Bin of each response, (W, n).
        actions: Actions of a continuous task, (n, T, n_out).
        conditions: What was drawn for each trial, ``{name: (n,)}``.
        labels: Names of the periods by number, and of none after the last.
    """

    def __init__(self, task: Task, n: int, first: TrialBatch):
        self.task, self.period_names = task, tuple(first.periods)
        self.labels = np.array([*first.periods, ""])
        self.conditions: Conditions = {name: np.zeros(n, v.dtype) for name, v in first.conditions.items()}
        n_periods, n_windows = len(first.periods), len(first.windows(task.response_period))
        # One table of whole numbers, so that trials begin with one assignment.
        self._tabulated: tuple[TrialBatch, np.ndarray] | None = None
        self._table = np.zeros((2 * n_periods + 5 * n_windows + 2, n), np.int64)
        edges = np.cumsum([n_periods, n_periods, *[n_windows] * 5])
        self._starts, self._stops, self.opens, self.closes, self.answers, self.choices, self.moments, rest = np.split(
            self._table, edges
        )
        self.length, self.bin = rest
        painted = (first.inputs, first.targets, first.mask)
        self._inputs, self._targets, self._mask = (np.zeros((n, 0, *a.shape[2:]), a.dtype) for a in painted)
        self.actions = np.zeros((n, 0, task.n_outputs if task.kind != "choice" else 0), np.float32)
        self._lengthen(len(first.inputs) + 1)

    @property
    def inputs(self) -> np.ndarray:
        """Input of the current bin, (n, n_in)."""
        return self._now(self._inputs)

    @property
    def targets(self) -> np.ndarray:
        """Target of the current bin, (n,) or (n, n_out)."""
        return self._now(self._targets)

    @property
    def period(self) -> np.ndarray:
        """Number of the period of the current bin, (n,); after the end, the number of periods."""
        return np.add.reduce(self._stops <= self.bin, axis=0, dtype=np.int64)

    def fill(self, slots: np.ndarray, batch: TrialBatch, columns: slice) -> None:
        """Put the trials in these columns into these slots and begin them."""
        n_bins = len(batch.inputs)
        if n_bins >= self._inputs.shape[1]:
            self._lengthen(n_bins + 1)
        for rows, painted in (
            (self._inputs, batch.inputs),
            (self._targets, batch.targets),
            (self._mask, batch.mask),
        ):
            rows[slots, :n_bins] = painted[:, columns].swapaxes(0, 1)
            rows[slots, n_bins:] = 0
        for name, values in batch.conditions.items():
            self.conditions[name][slots] = values[columns]
        if self._tabulated is None or self._tabulated[0] is not batch:
            self._tabulated = batch, table_of(batch, self.task.response_period)
        self._table[:, slots] = self._tabulated[1][:, columns]
        self.actions[slots] = 0

    def batch(self, slots: np.ndarray) -> TrialBatch:
        """The trials in these slots, time first."""
        n_bins = int(self.length[slots].max())
        inputs, targets, mask = (
            rows[slots, :n_bins].swapaxes(0, 1) for rows in (self._inputs, self._targets, self._mask)
        )
        spans = zip(self._starts[:, slots], self._stops[:, slots], strict=True)
        periods = dict(zip(self.period_names, spans, strict=True))
        conditions = {name: values[slots] for name, values in self.conditions.items()}
        return TrialBatch(inputs, targets, mask, conditions, periods, self.task.dt, self.task.kind)

    def responses(self, slots: np.ndarray) -> Responses:
        """What was answered to the trials in these slots."""
        n_bins = int(self.length[slots].max())
        actions = self.actions[slots, :n_bins].swapaxes(0, 1)
        return Responses(self.choices[:, slots], self.moments[:, slots], self.answers[:, slots], actions)

    def _now(self, rows: np.ndarray) -> np.ndarray:
        return rows.reshape(-1, *rows.shape[2:]).take(self._first_bin + self.bin, axis=0)

    def _lengthen(self, n_bins: int) -> None:
        """Make all rows n_bins long."""

        def longer(rows: np.ndarray) -> np.ndarray:
            more = np.zeros((len(rows), n_bins, *rows.shape[2:]), rows.dtype)
            more[:, : rows.shape[1]] = rows
            return more

        for name in ("_inputs", "_targets", "_mask", "actions"):
            setattr(self, name, longer(getattr(self, name)))
        self._first_bin = np.arange(len(self.bin)) * n_bins


def table_of(batch: TrialBatch, response_period: str) -> np.ndarray:
    """The rows of the table of slots for each trial, (rows, B); what is answered begins with 0."""
    starts, stops = zip(*batch.periods.values(), strict=True)
    opens, closes = zip(*batch.windows(response_period), strict=True)
    nothing = np.zeros((len(closes), batch.batch_size), np.int64)
    answers = nothing
    if batch.kind == "choice":
        answers = np.array([batch.targets[stop - 1, np.arange(batch.batch_size)] for stop in closes])
    length, first_bin = np.max(stops, axis=0), np.zeros(batch.batch_size, np.int64)
    return np.vstack([*starts, *stops, *opens, *closes, answers, nothing, nothing, length, first_bin])
