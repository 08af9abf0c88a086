"""The canvas: the arrays of a batch while a task paints them, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from .names import unknown_name
from .noise import fill_with_noise
from .responses import Span, during
from .trial import Kind, TrialBatch

IN_CACHE = 2**14
"""Numbers painted at a time."""
Edges = tuple[int, int, int, int]
"""Earliest and latest start, earliest and latest stop, of a span over the trials."""


class Canvas:
    """Blank trials with laid-out periods; a task adds inputs and sets targets on them.

    Args:
        bins: Duration of each period in order, ``{name: (B,)}`` bins.
        channels: Which columns of the inputs each named group of channels takes.
        n_outputs: Number of outputs.
        kind: What targets are: classes (T, B), or vectors or probabilities (T, B, n_out).
        dt: Bin width (ms).
        noise_std: Standard deviation of the observation noise of each bin.
        rng: Source of the observation noise, and of the seed of what else is drawn.
    """

    def __init__(
        self,
        bins: Mapping[str, np.ndarray],
        channels: Mapping[str, slice],
        n_outputs: int,
        kind: Kind,
        dt: float,
        noise_std: float,
        rng: np.random.Generator,
    ):
        stops = np.cumsum(list(bins.values()), axis=0)
        starts = stops - np.array(list(bins.values()))
        edges = zip(starts.min(axis=1), starts.max(axis=1), stops.min(axis=1), stops.max(axis=1), strict=True)
        self.periods = dict(zip(bins, zip(starts, stops, strict=True), strict=True))
        self._edges: dict[str, Edges] = dict(zip(bins, edges, strict=True))
        self.dt, self._channels = dt, channels
        self._seed = int(rng.integers(2**63))
        self.kind: Kind = kind
        self._time = np.arange(int(stops[-1].max()))[:, None]
        shape = (len(self._time), stops.shape[1])
        n_inputs = max(columns.stop for columns in channels.values())
        if noise_std > 0:
            self.inputs = np.empty((*shape, n_inputs), np.float32)
            fill_with_noise(self.inputs, noise_std, rng)
        else:
            self.inputs = np.zeros((*shape, n_inputs), np.float32)
        self.targets = np.zeros((*shape, n_outputs), np.float32) if kind != "choice" else np.zeros(shape, np.int64)
        self.mask = np.ones(shape, np.float32)
        self._after = (stops[-1], np.full_like(stops[-1], len(self._time)))
        if stops[-1].min() < len(self._time):
            self._paint(self.inputs, self._after, 0.0)

    @cached_property
    def rng(self) -> np.random.Generator:
        """Source of what a task draws while it paints; the observation noise does not disturb it."""
        return np.random.default_rng(self._seed)

    def add(self, group: str, value: np.ndarray | float, *periods: str) -> None:
        """Add a constant to a group of channels during the periods; (B, k), (k,) or a number."""
        for span, edges in self._spans(periods):
            self._paint(self.inputs[..., self._columns(group)], span, value, edges, add=True)

    def add_course(self, group: str, course: np.ndarray) -> None:
        """Add a time course to a group of channels, (T, B, k)."""
        self.inputs[..., self._columns(group)] += course

    def target(self, value: np.ndarray | float, *periods: str) -> None:
        """Set the target during the periods: a class (B,), or a vector (B, n_out)."""
        for span, edges in self._spans(periods):
            self._paint(self.targets, span, value, edges)

    def weigh(self, value: np.ndarray | float, *periods: str) -> None:
        """Set the weight in the loss of the bins of the periods: a number, or one for each trial (B,)."""
        for span, edges in self._spans(periods):
            self._paint(self.mask, span, value, edges)

    def during(self, *periods: str) -> np.ndarray:
        """Whether each bin lies in one of the periods, (T, B) bool."""
        return np.any([during(len(self._time), self.span(period)) for period in periods], axis=0)

    def since(self, start: np.ndarray) -> np.ndarray:
        """Time since the given bin (ms), (T, B), negative before it."""
        return (self._time - start) * self.dt

    def span(self, period: str) -> Span:
        """First bin of a period and the bin after its last, (B,) each."""
        if period not in self.periods:
            raise unknown_name("period", period, self.periods)
        return self.periods[period]

    def finish(self, conditions: Mapping[str, np.ndarray], grace: int, follows: bool) -> TrialBatch:
        """Close the canvas: no weight in the first ``grace`` bins after a change of period, nor after the end.

        The first period is preceded by a change only where the canvas follows another, as a segment does.
        """
        for name, (start, stop) in list(self.periods.items())[0 if follows else 1 :]:
            if grace > 0:
                first, last_start, first_stop, last = self._edges[name]
                end = min(first + grace, last)
                edges = (first, first, end, end) if first == last_start and first_stop == last else None
                self._paint(self.mask, (start, np.minimum(start + grace, stop)), 0.0, edges)
        if self._after[0].min() < len(self._time):
            self._paint(self.mask, self._after, 0.0)
        return TrialBatch(self.inputs, self.targets, self.mask, dict(conditions), self.periods, self.dt, self.kind)

    def _columns(self, group: str) -> slice:
        if group not in self._channels:
            raise unknown_name("channel", group, self._channels)
        return self._channels[group]

    def _spans(self, periods: tuple[str, ...]) -> list[tuple[Span, Edges]]:
        """The spans of the periods, those that follow each other joined into one."""
        order = list(self.periods)
        joined: list[tuple[Span, Edges]] = []
        for number, period in enumerate(periods):
            (start, stop), edges = self.span(period), self._edges[period]
            if number and order.index(period) == order.index(periods[number - 1]) + 1:
                (start, _), before = joined.pop()
                edges = (*before[:2], *edges[2:])
            joined.append(((start, stop), edges))
        return joined

    def _paint(
        self, array: np.ndarray, span: Span, value: np.ndarray | float, edges: Edges | None = None, add: bool = False
    ) -> None:
        start, stop = span
        first, last_start, first_stop, last = edges or (start.min(), start.max(), stop.min(), stop.max())
        value = np.asarray(value, dtype=array.dtype)
        if first == last_start and last == first_stop:
            block = array[first:last]
            np.copyto(block, value) if not add else np.add(block, value, out=block)
            return
        # A few bins at a time: what is made in between stays small and in the cache.
        step = max(1, IN_CACHE // array[0].size)
        for begin in range(first, last, step):
            some = slice(begin, min(begin + step, last))
            block, time = array[some], self._time[some]
            inside = (time >= start) & (time < stop)
            if array.ndim == 3:
                inside = inside[..., None]
            if add:
                block += inside * value
            else:
                np.copyto(block, value, where=inside)
