"""Interval timing: measure time, then produce it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins, pmf
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..responses import respond
from ..task import Seed
from ..trial import TrialBatch


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
        if not self.gain > 0 or not 0 < self.tolerance < 1:
            raise ValueError(f"gain is {self.gain!r} and tolerance {self.tolerance!r}; allowed: > 0 and in (0, 1).")
        in_bins(self.go_ms, self.dt, "go_ms")
        if self._intervals[0].min() <= in_bins(self.pulse_ms, self.dt, "pulse_ms"):
            raise ValueError("interval_ms must be longer than pulse_ms, else Ready and Set would overlap.")

    def channels(self) -> Channels:
        return {"fixation": 1, "ready": 1, "set": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "go")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, measured interval from Ready to Set, produced interval from Set to the end."""
        return {
            "fixation": self.fixation_ms,
            "estimation": lambda conditions: conditions["interval"],
            "production": lambda conditions: self._latest(conditions["production"]) + self.go_ms,
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
        for group, period in (("ready", "estimation"), ("set", "production")):
            since = canvas.since(canvas.span(period)[0])
            canvas.add_course(group, ((since >= 0) & (since < self.pulse_ms))[..., None])
        late = canvas.since(canvas.span("production")[0]) - conditions["production"]
        inside = canvas.during("production")
        canvas.targets[inside & (late >= 0)] = 1
        canvas.mask[inside & (np.abs(late) <= self.tolerance * conditions["production"])] = 0.0

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Find both pulses with a matched filter, wait for the interval between them times the gain."""
        width = in_bins(self.pulse_ms, self.dt, "pulse_ms")
        total = np.cumsum(batch.inputs[..., 1:3], axis=0, dtype=np.float64)
        pulse = np.concatenate([total[width - 1 : width], total[width:] - total[:-width]])
        ready, set_ = pulse.argmax(axis=0).T
        go = set_ + np.round(self.gain * (set_ - ready))
        return respond(self.hold(batch), np.ones(batch.batch_size, np.int64), (go, batch.lengths))

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Go at a moment drawn from all intervals that occur, whichever was measured."""
        moments = self.draw(np.random.default_rng(seed), batch.batch_size)["production"] / self.dt
        go = batch.periods["production"][0] + moments
        return respond(self.hold(batch), np.ones(batch.batch_size, np.int64), (go, batch.lengths))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the first "go" after Set falls within the tolerance, (B,)."""
        outputs = self.checked(outputs, batch)
        go = (outputs.argmax(axis=-1) == 1) & batch.during("production")
        produced = (go.argmax(axis=0) - batch.periods["production"][0]) * self.dt
        wanted = batch.conditions["production"]
        return (go.any(axis=0) & (np.abs(produced - wanted) <= self.tolerance * wanted)).astype(float)

    @property
    def chance(self) -> float:
        """Probability that two independent intervals are within the tolerance of each other."""
        bins, p = self._intervals
        produced = self._produced(bins * self.dt)
        hit = np.abs(produced[:, None] - produced) <= self.tolerance * produced
        # A guess later than the trial's end is a miss, as every moment outside the tolerance is.
        return float(p @ hit @ p)

    @property
    def _intervals(self) -> tuple[np.ndarray, np.ndarray]:
        return pmf(self.interval_ms, self.dt, "interval_ms")

    def _produced(self, interval: np.ndarray) -> np.ndarray:
        return np.round(self.gain * interval / self.dt) * self.dt

    def _latest(self, production: np.ndarray) -> np.ndarray:
        return np.floor((1 + self.tolerance) * production / self.dt) * self.dt
