"""Producing intervals: those that a cue asks for, and the duration of a stimulus."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins, pmf
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..task import Seed
from ..trial import TrialBatch
from .ideal_observer import N_DRAWS, Hypotheses, averages, drawn_precision
from .interval_production import (
    accepted,
    best_moment,
    check_production,
    coincidence,
    expected_hits,
    latest,
    paint_production,
    perceived,
    pulse,
    respond_at,
    score_first,
    seen_in_all,
)


@dataclass(frozen=True, kw_only=True)
class MotorTiming(PaintedTask):
    """A cue asks for a short or a long interval, and for one of two effectors. Set; respond when it has passed.

    The response is the first bin after Set in which an effector is the largest output. It is correct if it is the
    right effector and lies within ``tolerance`` of the interval; bins in which both answers are right carry no weight.

    :channels: fixation; interval (short, long); effector (eye, hand); set
    :responses: wait, eye, hand
    :timing: fixation 200, cue 300-600, production computed ms
    :scoring: the moment of the response in production; chance 25 %, ceiling 100 %

    Attributes:
        short_ms: The short interval.
        long_ms: The long interval.
        tolerance: Accepted error, as a fraction of the interval.
        pulse_ms: Duration of the Set pulse.
        go_ms: How long the effector is the target after the last accepted moment.
    """

    short_ms: float = 500.0
    long_ms: float = 900.0
    tolerance: float = 0.2
    fixation_ms: Duration = 200
    cue_ms: Duration = Uniform(300, 600)
    pulse_ms: float = 100.0
    go_ms: float = 200.0
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "timing"
    source = "Wang, Narain, Hosseini & Jazayeri 2018, Nat Neurosci, doi:10.1038/s41593-017-0028-6"
    contrasts = ("production", "effector")
    periods = ("fixation", "cue", "production")
    essential = ("cue",)
    informative = "cue"
    response_period = "production"
    timed = True
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"wang2018": {"short_ms": 800.0, "long_ms": 1500.0}}

    def check(self) -> None:
        check_production(self, self.tolerance, self.go_ms)
        in_bins(self.pulse_ms, self.dt, "pulse_ms")
        if not 0 < self.short_ms < self.long_ms:
            raise ValueError(f"short_ms is {self.short_ms!r} and long_ms {self.long_ms!r}; allowed: 0 < short < long.")
        in_bins(self.short_ms, self.dt, "short_ms")
        in_bins(self.long_ms, self.dt, "long_ms")

    def channels(self) -> Channels:
        return {"fixation": 1, "interval": ("short", "long"), "effector": ("eye", "hand"), "set": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "eye", "hand")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, cue, and production from Set to the end."""
        return {
            "fixation": self.fixation_ms,
            "cue": self.cue_ms,
            "production": lambda conditions: latest(conditions["production"], self.tolerance, self.dt) + self.go_ms,
        }

    def factors(self) -> Mapping[str, Factor]:
        """The interval to be produced (ms), and the effector: 1 eye, 2 hand."""
        return {"production": Levels((self.short_ms, self.long_ms)), "effector": Levels((1, 2))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        long = (conditions["production"] == self.long_ms).astype(np.int64)
        canvas.add("fixation", 1.0, "fixation", "cue", "production")
        canvas.add("interval", np.eye(2)[long], "cue")
        canvas.add("effector", np.eye(2)[conditions["effector"] - 1], "cue")
        pulse(canvas, "set", "production", self.pulse_ms)
        paint_production(canvas, conditions["production"], self.tolerance, conditions["effector"])

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Read the cue, respond with the likelier effector at the moment most likely to be accepted."""
        moment, effector = self._decide(*averages(self, batch, self._shown))
        return respond_at(self, batch, moment, effector)

    @property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, in 100,000 simulated trials of a fixed seed."""
        return self._ceiling

    @cached_property
    def _ceiling(self) -> float:
        rng = np.random.default_rng(0)
        precision = drawn_precision(self, self._shown, rng, N_DRAWS)
        truth, seen = self._hypotheses.simulate(rng, N_DRAWS, precision)
        moment, effector = self._decide(seen, precision)
        hit = accepted(moment, self._produced[truth], self.tolerance)
        return float(np.mean(hit & (effector == self._hypotheses.answers[truth])))

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Respond with either effector after either interval."""
        drawn = self.draw(np.random.default_rng(seed), batch.batch_size)
        return respond_at(self, batch, drawn["production"], drawn["effector"])

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the first response after Set is the right one and falls within the tolerance, (B,)."""
        return score_first(self.checked(outputs, batch), batch, self.tolerance, batch.conditions["effector"])

    @property
    def chance(self) -> float:
        """Probability that two independent pairs of interval and effector agree."""
        return coincidence(np.array([self.short_ms, self.long_ms]), np.full(2, 0.5), self.tolerance) / 2

    _shown = (("interval", "cue"), ("effector", "cue"))

    @property
    def _produced(self) -> np.ndarray:
        return np.repeat([self.short_ms, self.long_ms], 2)

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        interval, effector = np.repeat([0, 1], 2), np.tile([0, 1], 2)
        return Hypotheses(
            np.concatenate([np.eye(2)[interval], np.eye(2)[effector]], axis=1), np.full(4, 0.25), 1 + effector
        )

    def _decide(self, seen: np.ndarray, precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Moment and effector; the two are cued independently, so that each can be chosen by itself."""
        posterior = self._hypotheses.posterior(seen, precision)
        moment = best_moment(posterior, 0.0, self._produced, self.tolerance, self.dt)
        return moment, self._hypotheses.likeliest(posterior)


@dataclass(frozen=True, kw_only=True)
class DurationReproduction(PaintedTask):
    """A stimulus lasts some time. After a delay comes a go signal: respond when as much time has passed since.

    The response is the first bin after the go signal in which "press" is the largest output. It is correct if it lies
    within ``tolerance`` of the duration; bins in which both answers are right carry no weight.

    :channels: fixation; stimulus; go
    :responses: wait, press
    :timing: fixation 200, stimulus computed, delay 300-600, production computed ms
    :scoring: the moment of the response in production; chance 47.2 %, ceiling 100 %

    Attributes:
        interval_ms: Duration of the stimulus.
        tolerance: Accepted error, as a fraction of the duration.
        pulse_ms: Duration of the go signal.
        go_ms: How long "press" is the target after the last accepted moment.
    """

    interval_ms: Duration = Uniform(400, 800, step=80)
    tolerance: float = 0.2
    fixation_ms: Duration = 200
    delay_ms: Duration = Uniform(300, 600)
    pulse_ms: float = 100.0
    go_ms: float = 200.0
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "timing"
    source = "Bi & Zhou 2020, PNAS, doi:10.1073/pnas.1921609117"
    contrasts = ("production",)
    periods = ("fixation", "stimulus", "delay", "production")
    informative = "stimulus"
    response_period = "production"
    timed = True

    def check(self) -> None:
        check_production(self, self.tolerance, self.go_ms)
        in_bins(self.pulse_ms, self.dt, "pulse_ms")
        if self._intervals[0].min() == 0:
            raise ValueError(f"interval_ms is {self.interval_ms!r}; a stimulus of no duration cannot be reproduced.")

    def channels(self) -> Channels:
        return {"fixation": 1, "stimulus": 1, "go": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "press")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, stimulus, delay, and production from the go signal to the end."""
        return {
            "fixation": self.fixation_ms,
            "stimulus": lambda conditions: conditions["production"],
            "delay": self.delay_ms,
            "production": lambda conditions: latest(conditions["production"], self.tolerance, self.dt) + self.go_ms,
        }

    def factors(self) -> Mapping[str, Factor]:
        """The duration seen and to be produced (ms)."""
        bins, p = self._intervals
        return {"production": Levels(bins * self.dt, p)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay", "production")
        canvas.add("stimulus", 1.0, "stimulus")
        pulse(canvas, "go", "production", self.pulse_ms)
        paint_production(canvas, conditions["production"], self.tolerance)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all durations by how long the stimulus was seen, press when most of them accept it."""
        posterior = perceived(self, batch, "stimulus", batch.periods["stimulus"][0], self._hypotheses)
        moment = best_moment(posterior, 0.0, self._intervals[0] * self.dt, self.tolerance, self.dt)
        return respond_at(self, batch, moment)

    @property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, simulated."""
        return self._ceiling

    @cached_property
    def _ceiling(self) -> float:
        return expected_hits(self, self._hypotheses, 0.0, self._intervals[0] * self.dt, self.tolerance)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Press after any duration that occurs, whichever was seen."""
        return respond_at(self, batch, self.draw(np.random.default_rng(seed), batch.batch_size)["production"])

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the first "press" after the go signal falls within the tolerance, (B,)."""
        return score_first(self.checked(outputs, batch), batch, self.tolerance)

    @property
    def chance(self) -> float:
        """Probability that two independent durations are within the tolerance of each other."""
        return coincidence(self._intervals[0] * self.dt, self._intervals[1], self.tolerance)

    @property
    def _intervals(self) -> tuple[np.ndarray, np.ndarray]:
        return pmf(self.interval_ms, self.dt, "interval_ms")

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """The course of the stimulus under each duration."""
        bins, p = self._intervals
        interval = bins * self.dt
        n_bins = min(bins.max(), seen_in_all(interval, interval, self.tolerance, self.go_ms, self.dt))
        return Hypotheses((np.arange(n_bins) < bins[:, None]).astype(float), p, np.ones_like(bins))
