"""Pointing: outputs that are a position on a screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, PerBatch, Uniform, draw_bins, in_bins
from ..factors import Between, Conditions, Factor
from ..painted_task import PaintedTask
from ..responses import during, mean_during
from ..task import Seed
from ..trial import TrialBatch


@dataclass(frozen=True, kw_only=True)
class ReachingDelayResponse(PaintedTask):
    """A point anywhere on a square screen lights up; after a delay, touch where it was: the output is the position.

    The response is correct if the mean position over the response misses the point by at most ``tolerance``.

    :channels: fixation; point (x, y)
    :responses: position x, position y
    :timing: fixation 200, stimulus 300, delay 400-1000, response 400 ms
    :scoring: the outputs in response; chance 4.4 %, ceiling 100 %

    Attributes:
        tolerance: Accepted distance; the screen reaches from -1 to 1.
    """

    tolerance: float = 0.25
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 300
    delay_ms: Duration = Uniform(400, 1000)
    response_ms: Duration = 400
    noise: float = 0.02

    family = "motor"
    source = "Funahashi, Bruce & Goldman-Rakic 1989, J Neurophysiol, doi:10.1152/jn.1989.61.2.331"
    contrasts = ("x", "y")
    periods = ("fixation", "stimulus", "delay", "response")
    essential = ("stimulus", "response")
    informative = "stimulus"
    kind = "continuous"
    response_period = "response"

    def check(self) -> None:
        if not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance is {self.tolerance!r}; allowed: between 0 and 1.")
        in_bins(self.grace_ms, self.dt, "grace_ms")

    def channels(self) -> Channels:
        return {"fixation": 1, "point": ("x", "y")}

    def responses(self) -> tuple[str, ...]:
        return ("position x", "position y")

    def factors(self) -> Mapping[str, Factor]:
        return {"x": Between(-1, 1), "y": Between(-1, 1)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        point = np.stack([conditions["x"], conditions["y"]], axis=-1)
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay")
        canvas.add("point", point, "stimulus")
        canvas.target(point, "response")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Average the position seen, and touch there, but not so near to the edge that the tolerance is wasted."""
        return self._touch(batch, self._aim(self.mean_input(batch, "point", "stimulus"), self._best[0]))

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Touch the screen anywhere."""
        return self._touch(batch, np.random.default_rng(seed).uniform(-1, 1, (batch.batch_size, 2)))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the mean position, after the grace interval, lies within the tolerance, (B,)."""
        start, stop = batch.periods["response"]
        start = np.minimum(start + round(self.grace_ms / self.dt), stop - 1)
        miss = mean_during(self.checked(outputs, batch) - batch.targets, (start, stop))
        return (np.linalg.norm(miss, axis=1) <= self.tolerance).astype(float)

    @property
    def chance(self) -> float:
        """Probability that two points of the square lie within the tolerance of each other."""
        r = self.tolerance
        return (4 * pi * r**2 - 16 / 3 * r**3 + r**4 / 2) / 16

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the ideal observer, on 100,000 points with a fixed seed."""
        return self._best[1]

    @cached_property
    def _best(self) -> tuple[float, float]:
        """Distance to keep from the edge, and the score of one who does, the highest that any distance earns."""
        rng, n = np.random.default_rng(0), 100_000
        each = self.stimulus_ms.duration if isinstance(self.stimulus_ms, PerBatch) else self.stimulus_ms
        bins = draw_bins(each, self.dt, "stimulus_ms", rng, n)[:, None]
        point = rng.uniform(-1, 1, (n, 2))
        seen = point + rng.standard_normal((n, 2)) * self.noise_std / np.sqrt(bins)
        margins = np.linspace(0, self.tolerance, 21) if self.noise > 0 else np.zeros(1)
        misses = (np.linalg.norm(self._aim(seen, margin) - point, axis=1) for margin in margins)
        scores = [float(np.mean(miss <= self.tolerance)) for miss in misses]
        return float(margins[np.argmax(scores)]), max(scores)

    def _aim(self, seen: np.ndarray, margin: float) -> np.ndarray:
        return np.clip(seen, margin - 1, 1 - margin)

    def _touch(self, batch: TrialBatch, position: np.ndarray) -> np.ndarray:
        inside = during(len(batch.inputs), batch.periods["response"])
        return (inside[..., None] * position).astype(np.float32)
