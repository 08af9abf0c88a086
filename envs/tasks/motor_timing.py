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
from ..observers.ideal_observer import (
    N_DRAWS,
    Hypotheses,
    averages,
    course,
    drawn_bins,
    drawn_precision,
    precision_of_a_bin,
    prior_of_cue,
)
from ..trial import TrialBatch
from .interval_production import ProductionTask


@dataclass(frozen=True, kw_only=True)
class MotorTiming(ProductionTask):
    """A cue asks for a short or a long interval, and for one of two effectors. After "set", respond when it has passed.

    The response is the first bin after Set in which an effector is the largest output. It is correct if it is the
    right effector and lies within ``tolerance`` of the interval; bins in which both answers are right carry no weight.
    One who ignores the effector earns 50 %.

    :channels: fixation; interval (short, long); effector (eye, hand); set
    :responses: wait, eye, hand
    :timing: fixation 200, cue 300-600 ms, production computed
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
    cue_ms: Duration = Uniform(300, 600)

    source = "Wang, Narain, Hosseini & Jazayeri 2018, Nat Neurosci, doi:10.1038/s41593-017-0028-6"
    contrasts = ("production", "effector")
    periods = ("fixation", "cue", "production")
    essential = ("cue",)
    informative = "cue"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"wang2018": {"short_ms": 800.0, "long_ms": 1500.0}}

    def check(self) -> None:
        if not 0 < self.short_ms < self.long_ms:
            raise ValueError(f"short_ms is {self.short_ms!r} and long_ms {self.long_ms!r}; allowed: 0 < short < long.")
        in_bins(self.short_ms, self.dt, "short_ms")
        in_bins(self.long_ms, self.dt, "long_ms")
        super().check()

    def produced(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array([self.short_ms, self.long_ms]), np.full(2, 0.5)

    def channels(self) -> Channels:
        return {"fixation": 1, "interval": ("short", "long"), "effector": ("eye", "hand"), "set": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "eye", "hand")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, cue, and production from Set to the end."""
        return {"fixation": self.fixation_ms, "cue": self.cue_ms, "production": self.production_ms}

    def factors(self) -> Mapping[str, Factor]:
        """The interval to be produced (ms), and the effector: 1 eye, 2 hand."""
        return {"production": Levels((self.short_ms, self.long_ms)), "effector": Levels((1, 2))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        long = (conditions["production"] == self.long_ms).astype(np.int64)
        canvas.add("fixation", 1.0, *self.periods)
        canvas.add("interval", np.eye(2)[long], "cue")
        canvas.add("effector", np.eye(2)[conditions["effector"] - 1], "cue")
        self.paint_pulse(canvas, "set", "production")
        self.paint_answer(canvas, conditions)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Read the cue, respond with the likelier effector at the moment most likely to be accepted."""
        moment, effector = self._decide(*averages(self, batch, self._shown))
        return self.respond_at(batch, moment, effector)

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, in 100,000 simulated trials of a fixed seed."""
        rng = np.random.default_rng(0)
        precision = drawn_precision(self, self._shown, rng, N_DRAWS)
        truth, seen = self._hypotheses.simulate(rng, N_DRAWS, precision)
        moment, effector = self._decide(seen, precision)
        hit = self.accepts(moment, self._intervals[truth])
        return float(np.mean(hit & (effector == self._hypotheses.answers[truth])))

    _shown = (("interval", "cue"), ("effector", "cue"))

    @property
    def _intervals(self) -> np.ndarray:
        """The interval to be produced under each hypothesis (ms)."""
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
        moment = self.best_moment(posterior, self._intervals)
        return moment, self._hypotheses.likeliest(posterior)


@dataclass(frozen=True, kw_only=True)
class DurationReproduction(ProductionTask):
    """A stimulus lasts some time. After a delay comes a go signal: respond when as much time has passed since.

    The response is the first bin after the go signal in which "press" is the largest output. It is correct if it lies
    within ``tolerance`` of the duration; bins in which both answers are right carry no weight.

    :channels: fixation; stimulus; go
    :responses: wait, press
    :timing: fixation 200, stimulus computed, delay 300-600 ms, production computed
    :scoring: the moment of the response in production; chance 50 %, ceiling 100 %

    Attributes:
        interval_ms: Duration of the stimulus.
        tolerance: Accepted error, as a fraction of the duration.
        pulse_ms: Duration of the go signal.
        go_ms: How long "press" is the target after the last accepted moment.
    """

    interval_ms: Duration = Uniform(400, 800, step=80)
    delay_ms: Duration = Uniform(300, 600)

    source = "Bi & Zhou 2020, PNAS, doi:10.1073/pnas.1921609117"
    contrasts = ("production",)
    periods = ("fixation", "stimulus", "delay", "production")
    informative = "stimulus"

    def produced(self) -> tuple[np.ndarray, np.ndarray]:
        bins, p = pmf(self.interval_ms, self.dt, "interval_ms")
        return bins * self.dt, p

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
            "production": self.production_ms,
        }

    def factors(self) -> Mapping[str, Factor]:
        """The duration seen and to be produced (ms)."""
        return {"production": Levels(*self.produced())}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *self.periods)
        canvas.add("stimulus", 1.0, "stimulus")
        self.paint_pulse(canvas, "go", "production")
        self.paint_answer(canvas, conditions)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all durations by how long the stimulus was seen, press when most of them accept it.

        The moment of the go signal is informative too, as the delay is drawn from a known distribution.
        """
        start, shown = batch.periods["stimulus"][0], self._hypotheses
        prior = self._prior(batch.periods["production"][0] - start)
        posterior = shown.posterior(*course(self, batch, "stimulus", start, shown.means.shape[1]), prior)
        return self.respond_at(batch, self.best_moment(posterior, self.produced()[0]))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, to whom the go signal is certain, in 100,000 simulated trials."""
        rng, (production, _), shown = np.random.default_rng(0), self.produced(), self._hypotheses.reduced()
        precision = np.full(shown.means.shape[1], precision_of_a_bin(self))
        truth, seen = shown.simulate(rng, N_DRAWS, precision)
        go = self._bins[truth] + drawn_bins(self.delay_ms, self.dt, rng, N_DRAWS)
        moment = self.best_moment(shown.posterior(seen, precision, self._prior(go)), production)
        return float(np.mean(self.accepts(moment, production[truth])))

    def _prior(self, go: np.ndarray) -> np.ndarray:
        """Probability of each duration (B, K), given the time from stimulus onset to go signal (bins)."""
        return prior_of_cue(self.produced()[1], self._bins, go, self.delay_ms, self.dt)

    @property
    def _bins(self) -> np.ndarray:
        return pmf(self.interval_ms, self.dt, "interval_ms")[0]

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """The course of the stimulus under each duration."""
        bins = self._bins
        shown = np.arange(bins.max()) < bins[:, None]
        return Hypotheses(shown.astype(float), self.produced()[1], np.ones_like(bins))
