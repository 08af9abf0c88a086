"""Interval timing: measure time, then produce it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins, pmf
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..task import Seed
from ..trial import TrialBatch
from .ideal_observer import Hypotheses
from .interval_production import (
    best_moment,
    check_production,
    check_pulse,
    coincidence,
    expected_hits,
    latest,
    paint_production,
    perceived,
    pulse,
    pulses_at,
    respond_at,
    score_first,
    seen_in_all,
)


@dataclass(frozen=True, kw_only=True)
class ReadySetGo(PaintedTask):
    """Ready and Set mark an interval; Go when the same interval (times the gain) has passed since Set.

    The response is the first bin after Set in which "go" is the largest output. It is correct if it lies within
    ``tolerance`` of the interval to be produced; bins in which both answers are right carry no weight.

    :channels: fixation; ready; set
    :responses: wait, go
    :timing: fixation 200, estimation computed, production computed ms
    :scoring: the moment of the response in production; chance 47.2 %, ceiling 100 %

    Attributes:
        interval_ms: The interval between the onsets of Ready and Set.
        gain: Produced interval over measured interval.
        tolerance: Accepted error, as a fraction of the interval to be produced.
        pulse_ms: Duration of the Ready and the Set pulse.
        go_ms: How long "go" is the target after the last accepted moment.
    """

    interval_ms: Duration = Uniform(400, 800, step=80)
    gain: float = 1.0
    tolerance: float = 0.2
    fixation_ms: Duration = 200
    pulse_ms: float = 100.0
    go_ms: float = 200.0
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "timing"
    source = "Jazayeri & Shadlen 2010, Nat Neurosci, doi:10.1038/nn.2590"
    contrasts = ("interval",)
    periods = ("fixation", "estimation", "production")
    informative = "estimation"
    response_period = "production"
    timed = True

    def check(self) -> None:
        if not self.gain > 0:
            raise ValueError(f"gain is {self.gain!r}; it must be positive.")
        check_production(self, self.tolerance, self.go_ms)
        check_pulse(self, self.interval_ms, self.pulse_ms)

    def channels(self) -> Channels:
        return {"fixation": 1, "ready": 1, "set": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "go")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, measured interval from Ready to Set, produced interval from Set to the end."""
        return {
            "fixation": self.fixation_ms,
            "estimation": lambda conditions: conditions["interval"],
            "production": lambda conditions: latest(conditions["production"], self.tolerance, self.dt) + self.go_ms,
        }

    def factors(self) -> Mapping[str, Factor]:
        """The interval (ms)."""
        bins, p = self._intervals
        return {"interval": Levels(bins * self.dt, p)}

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """The interval to be produced is rounded to a multiple of dt."""
        return drawn | {"production": self._produced(drawn["interval"])}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Two pulses, and "go" from the moment at which their interval has passed once more."""
        canvas.add("fixation", 1.0, "fixation", "estimation", "production")
        pulse(canvas, "ready", "estimation", self.pulse_ms)
        pulse(canvas, "set", "production", self.pulse_ms)
        paint_production(canvas, conditions["production"], self.tolerance)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all intervals by when Set was seen after Ready, go when most of them accept it."""
        ready = batch.periods["estimation"][0]
        posterior = perceived(self, batch, "set", ready, self._hypotheses)
        moment = best_moment(posterior, *self._ends, self.tolerance, self.dt)
        return respond_at(self, batch, moment, since="estimation")

    @property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, simulated."""
        return self._ceiling

    @cached_property
    def _ceiling(self) -> float:
        return expected_hits(self, self._hypotheses, *self._ends, self.tolerance)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Go at a moment drawn from all intervals that occur, whichever was measured."""
        return respond_at(self, batch, self.draw(np.random.default_rng(seed), batch.batch_size)["production"])

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the first "go" after Set falls within the tolerance, (B,)."""
        return score_first(self.checked(outputs, batch), batch, self.tolerance)

    @property
    def chance(self) -> float:
        """Probability that two independent intervals are within the tolerance of each other."""
        return coincidence(self._ends[1], self._intervals[1], self.tolerance)

    @property
    def _intervals(self) -> tuple[np.ndarray, np.ndarray]:
        return pmf(self.interval_ms, self.dt, "interval_ms")

    def _produced(self, interval: np.ndarray) -> np.ndarray:
        return np.round(self.gain * interval / self.dt) * self.dt

    @property
    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        """When production begins, since Ready, and what is to be produced, for each interval (ms)."""
        interval = self._intervals[0] * self.dt
        return interval, self._produced(interval)

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """The course of Set since Ready under each interval."""
        (bins, p), width = self._intervals, in_bins(self.pulse_ms, self.dt, "pulse_ms")
        n_bins = min(bins.max() + width, seen_in_all(*self._ends, self.tolerance, self.go_ms, self.dt))
        return Hypotheses(pulses_at(bins, width, n_bins), p, np.ones_like(bins))


@dataclass(frozen=True, kw_only=True)
class OneTwoThreeGo(PaintedTask):
    """Three flashes, one and the same interval apart, set a rhythm; respond when a fourth would come.

    The response is the first bin after the third flash in which "go" is the largest output. It is correct if it lies
    within ``tolerance`` of the interval; bins in which both answers are right carry no weight.

    :channels: fixation; flash
    :responses: wait, go
    :timing: fixation 200, interval computed (x2), production computed ms
    :scoring: the moment of the response in production; chance 47.2 %, ceiling 100 %

    Attributes:
        interval_ms: The interval between the onsets of two flashes.
        tolerance: Accepted error, as a fraction of the interval.
        pulse_ms: Duration of a flash.
        go_ms: How long "go" is the target after the last accepted moment.
    """

    interval_ms: Duration = Uniform(300, 600, step=60)
    tolerance: float = 0.2
    fixation_ms: Duration = 200
    pulse_ms: float = 100.0
    go_ms: float = 200.0
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "timing"
    source = "Egger, Remington, Chang & Jazayeri 2019, Nat Neurosci, doi:10.1038/s41593-019-0500-6"
    contrasts = ("production",)
    periods = ("fixation", "interval", "production")
    informative = "interval 1"
    response_period = "production"
    timed = True

    def check(self) -> None:
        check_production(self, self.tolerance, self.go_ms)
        check_pulse(self, self.interval_ms, self.pulse_ms)

    def channels(self) -> Channels:
        return {"fixation": 1, "flash": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "go")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, the intervals between the flashes, and production from the third flash to the end."""
        return {
            "fixation": self.fixation_ms,
            "interval 1": lambda conditions: conditions["production"],
            "interval 2": lambda conditions: conditions["production"],
            "production": lambda conditions: latest(conditions["production"], self.tolerance, self.dt) + self.go_ms,
        }

    def factors(self) -> Mapping[str, Factor]:
        """The interval measured twice and to be produced (ms)."""
        bins, p = self._intervals
        return {"production": Levels(bins * self.dt, p)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "interval 1", "interval 2", "production")
        for period in ("interval 1", "interval 2", "production"):
            pulse(canvas, "flash", period, self.pulse_ms)
        paint_production(canvas, conditions["production"], self.tolerance)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all intervals by when the second and third flash were seen, go when most of them accept it."""
        first = batch.periods["interval 1"][0]
        posterior = perceived(self, batch, "flash", first, self._hypotheses)
        moment = best_moment(posterior, *self._ends, self.tolerance, self.dt)
        return respond_at(self, batch, moment, since="interval 1")

    @property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, simulated."""
        return self._ceiling

    @cached_property
    def _ceiling(self) -> float:
        return expected_hits(self, self._hypotheses, *self._ends, self.tolerance)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Go at a moment drawn from all intervals that occur, whatever the rhythm."""
        return respond_at(self, batch, self.draw(np.random.default_rng(seed), batch.batch_size)["production"])

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the first "go" after the third flash falls within the tolerance, (B,)."""
        return score_first(self.checked(outputs, batch), batch, self.tolerance)

    @property
    def chance(self) -> float:
        """Probability that two independent intervals are within the tolerance of each other."""
        return coincidence(self._ends[1], self._intervals[1], self.tolerance)

    @property
    def _intervals(self) -> tuple[np.ndarray, np.ndarray]:
        return pmf(self.interval_ms, self.dt, "interval_ms")

    @property
    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        """When production begins, since the first flash, and what is to be produced, for each interval (ms)."""
        interval = self._intervals[0] * self.dt
        return 2 * interval, interval

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """The course of the flashes after the first under each interval."""
        (bins, p), width = self._intervals, in_bins(self.pulse_ms, self.dt, "pulse_ms")
        n_bins = min(2 * bins.max() + width, seen_in_all(*self._ends, self.tolerance, self.go_ms, self.dt))
        first, second, third = (pulses_at(k * bins, width, n_bins) for k in range(3))
        return Hypotheses(first + second + third, p, np.ones_like(bins))
