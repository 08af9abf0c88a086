"""One thing kept in mind over a delay: a place to look at, a frequency to compare with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..observers.remembered_stimuli import PairTask, ceiling_in_parts, log_likelihoods, simulated_logs
from ..painted_task import PaintedTask
from ..ring import Ring
from ..trial import TrialBatch
from .matching import around, check_count


@dataclass(frozen=True, kw_only=True)
class DelayResponse(PaintedTask):
    """Memory-guided saccade: a light flashes at one of several places; when fixation goes off, look to where it was.

    :channels: fixation; cue (ring of 8)
    :responses: fixate, 0°, 45°, 90°, 135°, 180°, 225°, 270°, 315°
    :timing: fixation 200, cue 300, delay 400-1000, response 300 ms
    :scoring: the class chosen in response; chance 12.5 %, ceiling 100 %

    Attributes:
        n_locations: Number of places, spread evenly over the circle.
        ring: The population that sees the cue.
    """

    n_locations: int = 8
    ring: Ring = field(default_factory=lambda: Ring(8))
    fixation_ms: Duration = 200
    cue_ms: Duration = 300
    delay_ms: Duration = Uniform(400, 1000)
    response_ms: Duration = 300

    family = "working memory"
    source = "Funahashi, Bruce & Goldman-Rakic 1989, J Neurophysiol, doi:10.1152/jn.1989.61.2.331"
    contrasts = ("location",)
    periods = ("fixation", "cue", "delay", "response")
    essential = ("cue",)
    informative = "cue"
    response_period = "response"
    presets: ClassVar = {"funahashi1989": {"cue_ms": 500, "delay_ms": 3000}}

    def check(self) -> None:
        check_count("n_locations", self.n_locations)

    def channels(self) -> Channels:
        return {"fixation": 1, "cue": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *(f"{360 * i / self.n_locations:.4g}°" for i in range(self.n_locations)))

    def factors(self) -> Mapping[str, Factor]:
        return {"location": Levels(range(self.n_locations))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "cue", "delay")
        canvas.add("cue", around(self.ring, self.n_locations)[conditions["location"]], "cue")
        canvas.target(1 + conditions["location"], "response")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Look to the likeliest place."""
        (log,) = log_likelihoods(self, batch, "cue", around(self.ring, self.n_locations), "cue")
        return self.respond(batch, 1 + log.argmax(axis=1))

    @cached_property
    def ceiling(self) -> float:
        """How often the likeliest place is the right one, on 100,000 noisy cues."""
        templates = around(self.ring, self.n_locations)

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            location = rng.integers(0, self.n_locations, n)
            return simulated_logs(self, templates, location, self.cue_ms, rng).argmax(axis=1) == location

        return ceiling_in_parts(1, simulate)


@dataclass(frozen=True, kw_only=True)
class DelayComparison(PairTask):
    """Feel a vibration, the base, and after a delay another, the comparison: which one has the higher frequency?

    One channel rises linearly with frequency, from 0 at the lowest that occurs to 1 at the highest; the other falls.
    One who goes by the base alone earns 70 %, by the comparison alone 70 %: the lowest and the highest frequencies need
    no comparison.

    :channels: fixation; frequency (rising, falling)
    :responses: fixate, base, comparison
    :timing: fixation 200, base 300, delay 400-800, comparison 300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        lower: Lower frequency of a pair (Hz), one drawn for each trial.
        differences: By how much the other frequency is higher (Hz), one drawn for each trial.
    """

    lower: Sequence[float] = (10.0, 14.0, 18.0, 22.0, 26.0)
    differences: Sequence[float] = (8.0,)
    fixation_ms: Duration = 200
    base_ms: Duration = 300
    delay_ms: Duration = Uniform(400, 800)
    comparison_ms: Duration = 300
    decision_ms: Duration = 300

    family = "working memory"
    source = "Romo, Brody, Hernández & Lemus 1999, Nature, doi:10.1038/20939"
    contrasts = ("higher", "f1")
    periods = ("fixation", "base", "delay", "comparison", "decision")
    essential = ("base", "comparison")
    informative = "base"
    stimuli = ("frequency", "base", "comparison")
    classes = (1, 2)
    presets: ClassVar = {"romo1999": {"base_ms": 500, "delay_ms": 3000, "comparison_ms": 500}}

    def check(self) -> None:
        if len(self.lower) == 0 or len(self.differences) == 0 or not min(self.differences) > 0:
            given = f"lower is {self.lower!r}, differences {self.differences!r}"
            raise ValueError(f"{given}; give at least one of each, and differences above 0.")

    def channels(self) -> Channels:
        return {"fixation": 1, "frequency": ("rising", "falling")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "base", "comparison")

    def factors(self) -> Mapping[str, Factor]:
        """The lower frequency, how much higher the other is, and which is the higher: 1 the base, 2 the comparison."""
        return {"lower": Levels(self.lower), "difference": Levels(self.differences), "higher": Levels((1, 2))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        lower, higher = levels["lower"], levels["lower"] + levels["difference"]
        first = levels["higher"] == 1
        return levels | {"f1": np.where(first, higher, lower), "f2": np.where(first, lower, higher)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "base", "delay", "comparison")
        canvas.add("frequency", self._encoded(conditions["f1"]), "base")
        canvas.add("frequency", self._encoded(conditions["f2"]), "comparison")
        canvas.target(conditions["higher"], "decision")

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """All frequencies that occur, encoded; weights are negative where the second is higher."""
        low, high = np.broadcast_arrays(np.array(self.lower)[:, None], np.add.outer(self.lower, self.differences))
        frequencies = np.unique([low, high])
        low, high = np.searchsorted(frequencies, low), np.searchsorted(frequencies, high)
        weights = np.zeros((len(frequencies), len(frequencies)))
        np.add.at(weights, (high, low), 0.5 / low.size)
        return self._encoded(frequencies), weights - weights.T

    def _encoded(self, frequency: np.ndarray) -> np.ndarray:
        lowest, highest = min(self.lower), max(self.lower) + max(self.differences)
        rising = (frequency - lowest) / (highest - lowest)
        return np.stack([rising, 1 - rising], axis=-1)
