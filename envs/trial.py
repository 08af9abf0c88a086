"""A batch of trials, as painted by a task: the one thing that networks, rules and environments read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from .names import unknown_name
from .responses import during
from .typechecked import typechecked

Kind = Literal["choice", "continuous", "probability"]
"""What outputs are: a class in each bin, a vector, or the logarithms of a probability of each class."""


class Segments(Protocol):
    """What trials need to know of their task."""

    @property
    def n_segments(self) -> int:
        """Number of segments of a session."""
        ...


@dataclass(frozen=True)
class TrialBatch:
    """B trials, time first.

    Attributes:
        inputs: What the network sees, (T, B, n_in) float32.
        targets: What it should answer: class of each bin (T, B) int64, or vector or probabilities (T, B, n_out)
            float32.
        mask: Weight of each bin in the loss, (T, B) float32; 0 in grace intervals and after a trial's end.
        conditions: What was drawn for each trial, ``{name: (B,)}``.
        periods: First bin of each period and the bin after its last, ``{name: ((B,), (B,))}``.
        dt: Bin width (ms).
        kind: What targets are: ``"choice"``, ``"continuous"`` or ``"probability"``.
        task: The task of which they were sampled, for those who act in them; None where none is known.
    """

    inputs: np.ndarray
    targets: np.ndarray
    mask: np.ndarray
    conditions: dict[str, np.ndarray]
    periods: dict[str, tuple[np.ndarray, np.ndarray]]
    dt: float
    kind: Kind
    task: Segments | None = None

    def __repr__(self) -> str:
        """Sizes and names instead of all numbers; those that differ by their number alone are named once."""
        periods, conditions = (
            ", ".join(dict.fromkeys(name.rstrip("0123456789 _") for name in names))
            for names in (self.periods, self.conditions)
        )
        sizes = f"inputs {self.inputs.shape}, targets {self.targets.shape} ({self.kind}), dt {self.dt:g} ms"
        return f"TrialBatch: {sizes};\n  periods: {periods};\n  conditions: {conditions}"

    @property
    def batch_size(self) -> int:
        """Number of trials B."""
        return self.inputs.shape[1]

    @property
    def lengths(self) -> np.ndarray:
        """Number of bins of each trial, (B,); later bins are padding."""
        return np.max([stop for _, stop in self.periods.values()], axis=0)

    @property
    def times(self) -> np.ndarray:
        """Start of each bin (ms), (T,)."""
        return np.arange(self.inputs.shape[0]) * self.dt

    @typechecked
    def windows(self, period: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """Start and stop bins, (B,) each, of every occurrence of a period.

        In a session of several segments the occurrences are named ``"choice 1"``, ``"choice 2"``, ...

        Raises:
            ValueError: If the batch has no such period.
        """
        return [self.periods[name] for name in occurring(self.periods, period)]

    @typechecked
    def first_bin(self, period: str) -> int:
        """The first bin of a period, where it begins at the same bin in all trials.

        Raises:
            ValueError: If it begins at different ones, or the batch has no such period.
        """
        starts, _ = self.windows(period)[0]
        if np.ptp(starts) > 0:
            raise ValueError(f"{period!r} begins at other bins in other trials.")
        return int(starts[0])

    @typechecked
    def during(self, period: str) -> np.ndarray:
        """Whether each bin lies in the period, (T, B) bool."""
        return np.any([during(len(self.inputs), span) for span in self.windows(period)], axis=0)

    def trial(self, index: int) -> TrialBatch:
        """A batch of one: the given trial, without its padding."""
        length = int(self.lengths[index])
        one = slice(index, index + 1)
        return TrialBatch(
            inputs=self.inputs[:length, one],
            targets=self.targets[:length, one],
            mask=self.mask[:length, one],
            conditions={name: value[one] for name, value in self.conditions.items()},
            periods={name: (start[one], stop[one]) for name, (start, stop) in self.periods.items()},
            dt=self.dt,
            kind=self.kind,
            task=self.task,
        )


def occurring(periods: Iterable[str], period: str) -> list[str]:
    """Names under which a period occurs: its own, or its own with a number.

    Raises:
        ValueError: If there is none.
    """
    found = [name for name in periods if period in (name, name.rstrip("0123456789 "))]
    if not found:
        raise unknown_name("period", period, periods)
    return found


Policy = Callable[[TrialBatch], np.ndarray]
"""Answers a painted segment (T, B, n_in) with outputs (T, B, n_out)."""


class Session:
    """The segments of a session, laid one after the other as they come; names get the number of their segment.

    Room for all of them is made with the first, so that a session takes no more memory than its own arrays.

    Args:
        n_segments: How many segments there will be.
    """

    def __init__(self, n_segments: int):
        self._n_to_come = n_segments
        self._arrays: list[np.ndarray] = []
        self._conditions: dict[str, np.ndarray] = {}
        self._periods: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._n_bins, self._n_segments = 0, 0

    def add(self, segment: TrialBatch) -> None:
        """Lay the next segment after the others.

        Raises:
            ValueError: If its trials differ in length, since time could not be joined then.
        """
        length = len(segment.inputs)
        if (segment.lengths != length).any():
            raise ValueError("the trials of a segment differ in length; a closed-loop task needs fixed durations.")
        start, stop = self._n_bins, self._n_bins + length
        parts = [segment.inputs, segment.targets, segment.mask]
        if not self._arrays or stop > len(self._arrays[0]):
            room = start + max(self._n_to_come, 1) * length
            wider = [np.empty((room, *part.shape[1:]), part.dtype) for part in parts]
            for new, old in zip(wider, self._arrays, strict=False):
                new[:start] = old[:start]
            self._arrays = wider
        for array, part in zip(self._arrays, parts, strict=True):
            array[start:stop] = part
        self._n_bins, self._n_segments, self._n_to_come = stop, self._n_segments + 1, self._n_to_come - 1
        for name, value in segment.conditions.items():
            self._conditions[f"{name} {self._n_segments}"] = value
        for name, (first, last) in segment.periods.items():
            self._periods[f"{name} {self._n_segments}"] = (first + start, last + start)
        self._dt = segment.dt
        self._kind: Kind = segment.kind

    def joined(self) -> TrialBatch:
        """The session so far; its arrays are views, which later segments leave as they are."""
        inputs, targets, mask = (array[: self._n_bins] for array in self._arrays)
        return TrialBatch(inputs, targets, mask, dict(self._conditions), dict(self._periods), self._dt, self._kind)

    def policy(self, observer: Policy) -> Policy:
        """A policy that answers each segment as an observer of the whole session so far does."""

        def answer(segment: TrialBatch) -> np.ndarray:
            self.add(segment)
            return observer(self.joined())[-len(segment.inputs) :]

        return answer


def join_segments(segments: list[TrialBatch]) -> TrialBatch:
    """Lay the segments of a session one after the other; names get the number of their segment.

    Raises:
        ValueError: If the trials of a segment differ in length.
    """
    session = Session(len(segments))
    for segment in segments:
        session.add(segment)
    return session.joined()


def first_segment(session: TrialBatch) -> TrialBatch:
    """The first segment of a session, as it was painted; trials of one segment as they are."""
    if session.task is None or session.task.n_segments == 1:
        return session
    periods = {name.removesuffix(" 1"): span for name, span in session.periods.items() if name.endswith(" 1")}
    conditions = {name.removesuffix(" 1"): v for name, v in session.conditions.items() if name.endswith(" 1")}
    n_bins = int(np.max([stop for _, stop in periods.values()]))
    inputs, targets, mask = (part[:n_bins] for part in (session.inputs, session.targets, session.mask))
    return TrialBatch(inputs, targets, mask, conditions, periods, session.dt, session.kind, session.task)
