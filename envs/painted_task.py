"""A task that paints its trials period by period: the way to write one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import sqrt
from typing import Any, ClassVar, final

import numpy as np

from .arguments import argument_of, check_grid, check_shortest, normalise
from .canvas import Canvas
from .durations import Duration, array_in_bins, draw_bins, in_bins
from .errors import ArgumentError
from .factors import Conditions, Factor
from .numbers import standard_deviation
from .task import Task
from .trial import TrialBatch, occurring


@dataclass(frozen=True, kw_only=True)
class PaintedTask(Task):
    """A task is a frozen dataclass: its fields are its arguments, its methods say what to draw and to paint.

    Attributes:
        dt: Bin width (ms).
        noise: Standard deviation of the observation noise averaged over 100 ms; a bin of dt has
            ``noise * sqrt(100 / dt)``, so that the information per second does not depend on dt.
        grace_ms: Interval after each change of period in which answers carry no weight (ms).
        response_weight: Weight of the bins of the response period in the loss, the others having 1: a response
            is short, and a network that is content with fixating learns nothing from it.
    """

    dt: float = 20.0
    noise: float = 0.1
    grace_ms: float = 100.0
    response_weight: float = 5.0

    periods: ClassVar[tuple[str, ...]]
    """The periods of a trial in order; each ``<period>`` has an argument ``<period>_ms``; "item 1" has ``item_ms``."""
    essential: ClassVar[tuple[str, ...]] = ()
    """Periods that may not be empty, because nothing could be answered without them."""
    informative: ClassVar[str | None] = None
    """The first period whose inputs reveal anything about the answer; None where a single segment reveals nothing."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Named settings of the arguments, for ``make_task(name, preset=...)``."""

    def __post_init__(self) -> None:
        """Refuse values that no trial could be painted with."""
        own = type(self)
        named = self._duration_fields() if own.durations is PaintedTask.durations else []
        # Such a field goes to its period as it is, and in an open-loop task may be drawn for each trial.
        random = named if own.n_segments is Task.n_segments else []
        normalise(self, random)
        for name in ("dt", "response_weight"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be positive.")
        standard_deviation("noise", self.noise)
        check_grid(self, ["grace_ms", *random])
        self.check()
        if not self.factors():
            raise ArgumentError(f'{self.name} has no factors: draw one or more, such as {{"side": Levels((1, 2))}}.')
        durations = self.durations()
        needed = [name for period in self.essential for name in occurring(durations, period)]
        shortest: dict[str, tuple[int, str]] = dict.fromkeys(needed, (1, "nothing could be answered without it"))
        grace = in_bins(self.grace_ms, self.dt, "grace_ms")
        if self.kind == "choice":
            reason = f"no bin is left to answer in, grace_ms is {self.grace_ms:g} ms"
            shortest |= dict.fromkeys(occurring(durations, self.response_period), (grace + 1, reason))
        check_shortest(durations, self.dt, shortest)

    @abstractmethod
    def factors(self) -> Mapping[str, Factor]:
        """What is drawn for each trial independently: the factors and the distributions of their levels."""

    @abstractmethod
    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Write inputs and targets of trials with these conditions."""

    def complete(self, levels: Conditions, rng: np.random.Generator, /) -> Conditions:
        """Add the conditions that follow from the levels of the factors; none unless a task says so."""
        return levels

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Duration of each period in order (ms); a callable computes it for each trial from the conditions.

        By default each is the field ``<period>_ms``, and that of ``"item 1"``, ``"item 2"``, ... is ``item_ms``.
        """
        return {period: getattr(self, argument_of(period)) for period in self.periods}

    @final
    def _duration_fields(self) -> list[str]:
        """Names of the fields that are durations of periods.

        Raises:
            ArgumentError: If a period has none.
        """
        known = [field.name for field in fields(self)]
        for period in self.periods:
            if argument_of(period) not in known:
                raise ArgumentError(
                    f"{self.name} has a period {period!r} but no field {argument_of(period)}; add one, as in "
                    f"{argument_of(period)}: Duration = 400, or write durations()."
                )
        return list(dict.fromkeys(map(argument_of, self.periods)))

    def check(self) -> None:
        """Refuse arguments of this task that make no sense; nothing to refuse unless a task says so."""
        return

    @property
    @final
    def noise_std(self) -> float:
        """Standard deviation of the observation noise of one bin."""
        return self.noise * sqrt(100 / self.dt)

    @final
    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        """Draw the conditions of n trials, ``{name: (n,)}``."""
        return self.draw_with({}, rng, n)

    @final
    def draw_with(self, fixed: Conditions, rng: np.random.Generator, n: int) -> Conditions:
        """Draw the conditions of n trials, except for fixed values (n,) of some :meth:`factors`."""
        drawn = {name: factor.draw(rng, n) for name, factor in self.factors().items()}
        return self.complete(drawn | {name: values.astype(drawn[name].dtype) for name, values in fixed.items()}, rng)

    @final
    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        """Paint the trials (or the segment) of given conditions; durations and noise come from rng."""
        n = len(next(iter(conditions.values())))
        bins = {
            name: array_in_bins(np.broadcast_to(duration(conditions), n), self.dt, name)
            if callable(duration)
            else draw_bins(duration, self.dt, argument_of(name), rng, n)
            for name, duration in self.durations().items()
        }
        canvas = Canvas(bins, self.input_groups, self.n_outputs, self.kind, self.dt, self.noise_std, rng)
        if self.response_weight != 1:
            canvas.weigh(self.response_weight, *occurring(canvas.periods, self.response_period))
        self.paint(canvas, conditions)
        return canvas.finish(conditions, in_bins(self.grace_ms, self.dt, "grace_ms"), self.n_segments > 1)
