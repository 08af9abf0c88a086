"""Counting clicks: two trains at random times, of which one had more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erfc, factorial, sqrt

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, pmf
from ..factors import Conditions, Factor, Levels
from ..observers.ceilings import ceiling_of
from ..painted_task import PaintedTask
from ..responses import during
from ..trial import TrialBatch
from .perceptual_decisions import SIDES


@dataclass(frozen=True, kw_only=True)
class PoissonClicks(PaintedTask):
    """Clicks come left and right at random times, for a time that one never knows beforehand: which side had more?

    Each side is a Poisson train; the rates add up to ``total_hz``. A bin shows the number of clicks in it. Trials with
    as many clicks on either side are never drawn, so that there is always a right answer. One who goes by the last
    100 ms alone earns 89.2 %.

    :channels: fixation; click (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus computed, delay 200, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        faster_hz: Rates of the faster side, one of which is drawn for each trial (clicks per second).
        total_hz: Rates of both sides together.
    """

    faster_hz: Sequence[float] = (26, 31, 37, 39)
    total_hz: float = 40.0
    fixation_ms: Duration = 200
    stimulus_ms: Duration = Uniform(200, 1200)
    delay_ms: Duration = 200
    decision_ms: Duration = 300
    noise: float = 0.04

    family = "decisions"
    source = "Brunton, Botvinick & Brody 2013, Science, doi:10.1126/science.1233912"
    contrasts = ("side", "difference")
    periods = ("fixation", "stimulus", "delay", "decision")
    informative = "stimulus"

    def check(self) -> None:
        if len(self.faster_hz) == 0 or not all(self.total_hz / 2 <= rate <= self.total_hz for rate in self.faster_hz):
            raise ValueError(
                f"faster_hz are {self.faster_hz!r}; give at least one, each from half of total_hz to all of it, "
                f"{self.total_hz / 2:g} to {self.total_hz:g}."
            )
        if pmf(self.stimulus_ms, self.dt, "stimulus_ms")[0].min() < 1 or not self.total_hz > 0:
            raise ValueError(
                f"stimulus_ms is {self.stimulus_ms!r}, total_hz {self.total_hz!r}; at least one bin and above 0."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "click": ("left", "right")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """The duration of the stimulus is drawn with the clicks."""
        return {**super().durations(), "stimulus": lambda conditions: conditions["stimulus"]}

    def factors(self) -> Mapping[str, Factor]:
        """The faster side, its rate (clicks per second), and for how long they come (ms)."""
        bins, p = pmf(self.stimulus_ms, self.dt, "stimulus_ms")
        return {"faster": SIDES, "rate": Levels(self.faster_hz), "stimulus": Levels(bins * self.dt, p)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Number of clicks left and right, the side with more of them, and how many more."""
        rates = np.stack([levels["rate"], self.total_hz - levels["rate"]])
        rates = np.where(levels["faster"] == 1, rates, rates[::-1]) * levels["stimulus"] / 1000
        clicks = rng.poisson(rates)
        while (tied := clicks[0] == clicks[1]).any():
            clicks[:, tied] = rng.poisson(rates[:, tied])
        left, right = clicks
        side = np.where(left > right, 1, 2)
        return levels | {"left": left, "right": right, "side": side, "difference": np.abs(left - right)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Given their number, clicks of a Poisson train fall anywhere, each by itself."""
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay")
        start, stop = canvas.span("stimulus")
        for column, name in enumerate(("left", "right"), self.input_groups["click"].start):
            trial = np.repeat(np.arange(len(start)), conditions[name])
            cells = (canvas.rng.integers(start[trial], stop[trial]), trial, column)
            np.add.at(canvas.inputs, cells, 1)  # type: ignore[arg-type]  # NumPy's annotation leaves out tuples
        canvas.target(conditions["side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        r"""Bayes' rule on the numbers of clicks a and b, given all rates r that may have been.

        .. math:: P(a, b) \propto g_l(a)\, g_r(b) \sum_r \frac{r^a (R - r)^b + (R - r)^a r^b}{R^{a + b} Z_r}, \qquad
            g(n) = \sum_{\sum c_t = n} \prod_t p(x_t \mid c_t) \frac{(R \Delta t)^{c_t}}{c_t!}

        with R the rate of both sides, x_t what was seen in a bin, c_t the clicks in it, and Z_r the probability that
        the numbers differ.
        """
        start, stop = batch.periods["stimulus"]
        seen = batch.inputs[start.min() : stop.max(), :, self.input_groups["click"]]
        inside = during(len(batch.inputs), (start, stop))[start.min() : stop.max()]
        left, right = (self._numbers(seen[..., side], inside) for side in (0, 1))
        n, seconds, odds = np.arange(left.shape[1]), (stop - start) * self.dt / 1000, np.zeros(len(left))
        for rate in self.faster_hz:
            other = self.total_hz - rate
            differ = 1 - np.exp(-self.total_hz * seconds) * np.i0(2 * seconds * np.sqrt(rate * other))
            p, q = (rate / self.total_hz) ** n, (other / self.total_hz) ** n
            both = np.outer(p, q) + np.outer(q, p)
            odds += ((left @ (np.tril(both) - np.triu(both))) * right).sum(axis=1) / differ
        return self.respond(batch, np.where(odds >= 0, 1, 2))

    @cached_property
    def ceiling(self) -> float:
        """1, unless noise makes the ideal observer misread; then its mean score in 40,000 trials."""
        bins = pmf(self.stimulus_ms, self.dt, "stimulus_ms")[0].max()
        risk = 2 * bins * erfc(0.5 / max(self.noise_std, 1e-3) / sqrt(2))
        return ceiling_of(self, exact=1.0, risk=float(risk))

    def _numbers(self, seen: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """The function g of every number of clicks on a side, (B, n), up to a factor; seen and inside are (T, B)."""
        per_bin = self.total_hz * self.dt / 1000
        expected = len(seen) * per_bin
        clicks = np.arange(int(per_bin + 8 * sqrt(per_bin)) + 3)
        weight = per_bin**clicks / [factorial(int(c)) for c in clicks]
        fit = -((seen[..., None] - clicks) ** 2) / (2 * max(self.noise_std, 1e-3) ** 2)
        weight = np.where(inside[..., None], np.exp(fit - fit.max(axis=-1, keepdims=True)) * weight, clicks == 0)
        g = np.zeros((seen.shape[1], int(expected + 8 * sqrt(expected)) + len(clicks)))
        g[:, 0] = 1
        for bin_weight in weight:
            after = g * bin_weight[:, :1]
            for c in clicks[1:]:
                after[:, c:] += g[:, :-c] * bin_weight[:, c, None]
            g = after / after.sum(axis=1, keepdims=True)
        return g
