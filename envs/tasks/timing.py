"""Interval timing: measure time, then produce it."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins, pmf
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import N_DRAWS, Hypotheses, course, precision_of_a_bin
from ..trial import TrialBatch
from .interval_production import ProductionTask


@dataclass(frozen=True, kw_only=True)
class MeasuredIntervalTask(ProductionTask):
    """Pulses mark an interval, once or several times; the last one also begins its production."""

    interval_ms: Duration

    intervals: ClassVar[tuple[str, ...]]
    """Periods that last as long as the interval, each from one pulse to the next."""
    marker: ClassVar[str]
    """Group of channels that shows the pulses, but perhaps for the first."""

    @abstractmethod
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """When production begins, since the first pulse, and what is to be produced, for each interval (ms)."""

    def check(self) -> None:
        super().check()
        if self._intervals[0].min() <= in_bins(self.pulse_ms, self.dt, "pulse_ms"):
            raise ValueError("interval_ms must be longer than pulse_ms, else two pulses would overlap.")

    def responses(self) -> tuple[str, ...]:
        return ("wait", "go")

    def produced(self) -> tuple[np.ndarray, np.ndarray]:
        return self.ends()[1], self._intervals[1]

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all intervals by when pulses were seen, go when most of them accept it.

        It looks at all that could be shown before it chooses a moment. The end of a trial would reveal how long
        the interval was: after it, noise drawn here takes the place of what is not shown.
        """
        onset, production = self.ends()
        first = batch.periods[self.intervals[0]][0]
        seen, precision = course(self, batch, self.marker, first, self._hypotheses.means.shape[1])
        unseen = precision == 0
        seen[unseen] = self.noise_std * np.random.default_rng(0).standard_normal(unseen.sum())
        posterior = self._hypotheses.posterior(seen, np.full(seen.shape, precision_of_a_bin(self)))
        return self.respond_at(batch, self.best_moment(posterior, production, onset), since=self.intervals[0])

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of one who sees all pulses before choosing the moment, in 100,000 simulated trials.

        Nobody who responds in time does better, since what comes after the response can only help. Where pulses
        stand out from the noise it does not, and the ceiling can be reached; in strong noise it is a bound.
        """
        (onset, production), shown = self.ends(), self._hypotheses.reduced()
        precision = np.full(shown.means.shape[1], precision_of_a_bin(self))
        truth, seen = shown.simulate(np.random.default_rng(0), N_DRAWS, precision)
        moment = self.best_moment(shown.posterior(seen, precision), production, onset)
        return float(np.mean(self.accepts(moment - onset[truth], production[truth])))

    @cached_property
    def _intervals(self) -> tuple[np.ndarray, np.ndarray]:
        return pmf(self.interval_ms, self.dt, "interval_ms")

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """The course of the marker since the first pulse under each interval, that pulse left out."""
        (bins, p), width = self._intervals, in_bins(self.pulse_ms, self.dt, "pulse_ms")
        time = np.arange(len(self.intervals) * bins.max() + width)
        late = [time - k * bins[:, None] for k in range(1, len(self.intervals) + 1)]
        shown = np.any([(since >= 0) & (since < width) for since in late], axis=0)
        return Hypotheses(shown.astype(float), p, np.ones_like(bins))


@dataclass(frozen=True, kw_only=True)
class ReadySetGo(MeasuredIntervalTask):
    """Ready and Set mark an interval; Go when the same interval (times the gain) has passed since Set.

    The response is the first bin after Set in which "go" is the largest output. It is correct if it lies within
    ``tolerance`` of the interval to be produced; bins in which both answers are right carry no weight.

    :channels: fixation; ready; set
    :responses: wait, go
    :timing: fixation 200 ms, estimation computed, production computed
    :scoring: the moment of the response in production; chance 50 %, ceiling 100 %

    Attributes:
        interval_ms: The interval between the onsets of Ready and Set.
        gain: Produced interval over measured interval.
        tolerance: Accepted error, as a fraction of the interval to be produced.
        pulse_ms: Duration of the Ready and the Set pulse.
        go_ms: How long "go" is the target after the last accepted moment.
    """

    interval_ms: Duration = Uniform(400, 800, step=80)
    gain: float = 1.0

    source = "Jazayeri & Shadlen 2010, Nat Neurosci, doi:10.1038/nn.2590"
    contrasts = ("interval",)
    periods = ("fixation", "estimation", "production")
    informative = "estimation"
    intervals = ("estimation",)
    marker = "set"

    def check(self) -> None:
        if not self.gain > 0:
            raise ValueError(f"gain is {self.gain!r}; it must be positive.")
        super().check()

    def channels(self) -> Channels:
        return {"fixation": 1, "ready": 1, "set": 1}

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, measured interval from Ready to Set, produced interval from Set to the end."""
        return {
            "fixation": self.fixation_ms,
            "estimation": lambda conditions: conditions["interval"],
            "production": self.production_ms,
        }

    def factors(self) -> Mapping[str, Factor]:
        """The interval (ms)."""
        bins, p = self._intervals
        return {"interval": Levels(bins * self.dt, p)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The interval to be produced is rounded to a multiple of dt."""
        return levels | {"production": self._times_gain(levels["interval"])}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Two pulses, and "go" from the moment at which their interval has passed again."""
        canvas.add("fixation", 1.0, *self.periods)
        self.paint_pulse(canvas, "ready", "estimation")
        self.paint_pulse(canvas, "set", "production")
        self.paint_answer(canvas, conditions)

    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        interval = self._intervals[0] * self.dt
        return interval, self._times_gain(interval)

    def _times_gain(self, interval: np.ndarray) -> np.ndarray:
        return np.round(self.gain * interval / self.dt) * self.dt


@dataclass(frozen=True, kw_only=True)
class OneTwoThreeGo(MeasuredIntervalTask):
    """Three flashes, one and the same interval apart, set a rhythm; respond when a fourth would come.

    The response is the first bin after the third flash in which "go" is the largest output. It is correct if it lies
    within ``tolerance`` of the interval; bins in which both answers are right carry no weight.

    :channels: fixation; flash
    :responses: wait, go
    :timing: fixation 200 ms, interval computed (x2), production computed
    :scoring: the moment of the response in production; chance 50 %, ceiling 100 %

    Attributes:
        interval_ms: The interval between the onsets of two flashes.
        tolerance: Accepted error, as a fraction of the interval.
        pulse_ms: Duration of a flash.
        go_ms: How long "go" is the target after the last accepted moment.
    """

    interval_ms: Duration = Uniform(300, 600, step=60)

    source = "Egger, Remington, Chang & Jazayeri 2019, Nat Neurosci, doi:10.1038/s41593-019-0500-6"
    contrasts = ("production",)
    periods = ("fixation", "interval", "production")
    informative = "interval 1"
    intervals = ("interval 1", "interval 2")
    marker = "flash"

    def channels(self) -> Channels:
        return {"fixation": 1, "flash": 1}

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, the intervals between the flashes, and production from the third flash to the end."""
        intervals = dict.fromkeys(self.intervals, lambda conditions: conditions["production"])
        return {"fixation": self.fixation_ms, **intervals, "production": self.production_ms}

    def factors(self) -> Mapping[str, Factor]:
        """The interval measured twice and to be produced (ms)."""
        bins, p = self._intervals
        return {"production": Levels(bins * self.dt, p)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *canvas.periods)
        for period in (*self.intervals, "production"):
            self.paint_pulse(canvas, "flash", period)
        self.paint_answer(canvas, conditions)

    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        interval = self._intervals[0] * self.dt
        return 2 * interval, interval
