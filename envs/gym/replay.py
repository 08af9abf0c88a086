"""Painted trials in stock and in play, from which the environments are replayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..factors import Conditions
from ..task import Task
from ..trial import TrialBatch
from .rewards import Responses


class Pool:
    """Painted trials, handed out in order and painted again when used up.

    Args:
        task: What to paint.
        size: Number of trials painted at a time.
    """

    def __init__(self, task: Task, size: int):
        self.task, self._size, self._next = task, size, size
        self._batch: TrialBatch | None = None

    def take(self, n: int, rng: np.random.Generator) -> Iterator[tuple[TrialBatch, slice]]:
        """Hand out the next n trials, as columns of one or more batches."""
        while n > 0:
            if self._batch is None or self._next == self._size:
                self._batch, self._next = self.task.sample(self._size, rng), 0
            stop = min(self._next + n, self._size)
            yield self._batch, slice(self._next, stop)
            self._next, n = stop, n - (stop - self._next)


class Slots:
    """One painted trial for each of n environments, environments first, and what was answered to it so far.

    Rows are longer than their trial by a bin or more. There inputs and targets are zero, which is what an
    environment shows whose episode is over.

    Args:
        task: What is painted; later trials may be of other tasks with the same conditions and periods.
        n: Number of environments.
        first: Any batch of the task; sizes and names are taken from it.

    Attributes:
        opens: First bin of each response period, (W, n).
        closes: The bin after its last, (W, n).
        answers: Right class in each response period of a task of choices, (W, n).
        choices: Response in each response period, (W, n); 0 where none was given.
        moments: Bin of each response, (W, n).
        length: Number of bins of each trial, (n,).
        bin: Current bin of each trial, (n,).
        actions: Actions of a continuous task, (n, T, n_out).
        conditions: What was drawn for each trial, ``{name: (n,)}``.
    """

    def __init__(self, task: Task, n: int, first: TrialBatch):
        self._tasks, self._labels = [task], np.array([*first.periods, ""])
        self.conditions: Conditions = {name: np.zeros(n, v.dtype) for name, v in first.conditions.items()}
        # One table of whole numbers, of which the attributes are rows, so that trials begin with one assignment.
        self._n_windows = len(first.windows(task.response_period))
        self._table = np.zeros((5 * self._n_windows + 3 + 2 * len(first.periods), n), np.int64)
        self._tabulated: tuple[TrialBatch, np.ndarray] | None = None
        painted = (first.inputs, first.targets, first.mask)
        self._inputs, self._targets, self._mask = (np.zeros((n, 0, *a.shape[2:]), a.dtype) for a in painted)
        self.actions = np.zeros((n, 0, task.n_outputs if task.kind != "choice" else 0), np.float32)
        self._lengthen(len(first.inputs) + 1)

    @property
    def opens(self) -> np.ndarray:
        return self._table[: self._n_windows]

    @property
    def closes(self) -> np.ndarray:
        return self._table[self._n_windows : 2 * self._n_windows]

    @property
    def answers(self) -> np.ndarray:
        return self._table[2 * self._n_windows : 3 * self._n_windows]

    @property
    def choices(self) -> np.ndarray:
        return self._table[3 * self._n_windows : 4 * self._n_windows]

    @property
    def moments(self) -> np.ndarray:
        return self._table[4 * self._n_windows : 5 * self._n_windows]

    @property
    def length(self) -> np.ndarray:
        return self._table[5 * self._n_windows]

    @property
    def bin(self) -> np.ndarray:
        return self._table[5 * self._n_windows + 1]

    @property
    def _task_number(self) -> np.ndarray:
        return self._table[5 * self._n_windows + 2]

    @property
    def _starts(self) -> np.ndarray:
        return self._table[5 * self._n_windows + 3 :: 2]

    @property
    def _stops(self) -> np.ndarray:
        return self._table[5 * self._n_windows + 4 :: 2]

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
        """Name of the period of the current bin, (n,); empty after the end."""
        return self._labels.take(np.add.reduce(self._stops <= self.bin, axis=0, dtype=np.int64))

    def of_each_task(self, slots: np.ndarray) -> Iterator[tuple[Task, np.ndarray]]:
        """The tasks of the trials in these slots, each with the positions in ``slots`` of its own."""
        numbers = self._task_number[slots]
        for number in np.unique(numbers) if len(self._tasks) > 1 else [0] * (len(slots) > 0):
            yield self._tasks[number], np.flatnonzero(numbers == number)

    def fill(self, slots: np.ndarray, batch: TrialBatch, columns: slice, task: Task) -> None:
        """Put the trials of a task in these columns into these slots and begin them."""
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
        number = self._number_of(task)
        if self._tabulated is None or self._tabulated[0] is not batch:
            self._tabulated = batch, slot_table(batch, task.response_period, number)
        self._table[:, slots] = self._tabulated[1][:, columns]
        self.actions[slots] = 0

    def batch(self, slots: np.ndarray) -> TrialBatch:
        """The trials in these slots, all of one task, time first."""
        n_bins, number = int(self.length[slots].max()), int(self._task_number[slots[0]])
        inputs, targets, mask = (
            rows[slots, :n_bins].swapaxes(0, 1) for rows in (self._inputs, self._targets, self._mask)
        )
        spans = zip(self._starts[:, slots], self._stops[:, slots], strict=True)
        periods = dict(zip(self._labels[:-1].tolist(), spans, strict=True))
        conditions = {name: values[slots] for name, values in self.conditions.items()}
        task = self._tasks[number]
        return TrialBatch(inputs, targets, mask, conditions, periods, task.dt, task.kind)

    def responses(self, slots: np.ndarray) -> Responses:
        """What was answered to the trials in these slots."""
        n_bins = int(self.length[slots].max())
        actions = self.actions[slots, :n_bins].swapaxes(0, 1)
        return Responses(self.choices[:, slots], self.moments[:, slots], self.answers[:, slots], actions)

    def _now(self, rows: np.ndarray) -> np.ndarray:
        return rows.reshape(-1, *rows.shape[2:]).take(self._first_bin + self.bin, axis=0)

    def _number_of(self, task: Task) -> int:
        """Number of a task, entered at its first trial; one of which no trial is left gives its number away."""
        for number, known in enumerate(self._tasks):
            if known is task:
                return number
        free = set(range(len(self._tasks))) - set(self._task_number.tolist())
        number = min(free, default=len(self._tasks))
        self._tasks[number : number + 1] = [task]
        return number

    def _lengthen(self, n_bins: int) -> None:
        """Make all rows n_bins long."""

        def longer(rows: np.ndarray) -> np.ndarray:
            more = np.zeros((len(rows), n_bins, *rows.shape[2:]), rows.dtype)
            more[:, : rows.shape[1]] = rows
            return more

        for name in ("_inputs", "_targets", "_mask", "actions"):
            setattr(self, name, longer(getattr(self, name)))
        self._first_bin = np.arange(len(self.bin)) * n_bins


def answers_of(batch: TrialBatch, closes: Iterable[np.ndarray]) -> np.ndarray:
    """Right class at the end of each response period, (W, B); 0 where targets are no choices."""
    if batch.kind != "choice":
        return np.array([np.zeros(batch.batch_size, np.int64) for _ in closes])
    return np.array([batch.targets[stop - 1, np.arange(batch.batch_size)] for stop in closes])


def slot_table(batch: TrialBatch, response_period: str, number: int) -> np.ndarray:
    """The table of slots for each trial of the task of a number, (rows, B); what is answered begins with 0."""
    opens, closes = zip(*batch.windows(response_period), strict=True)
    none = np.zeros(batch.batch_size, np.int64)
    answers = answers_of(batch, closes)
    spans = [bins for span in batch.periods.values() for bins in span]
    return np.vstack(
        [*opens, *closes, *answers, *[none] * (2 * len(closes)), batch.lengths, none, none + number, *spans]
    )
