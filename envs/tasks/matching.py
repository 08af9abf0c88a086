"""Delayed matching: is what is seen now what was seen before?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, draw_bins
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..responses import respond
from ..ring import Ring
from ..trial import TrialBatch


@dataclass(frozen=True, kw_only=True)
class DelayMatchSample(PaintedTask):
    """See a sample, keep it in mind over a delay, say whether the test matches it.

    :channels: fixation; stimulus (ring of 4)
    :responses: fixate, match, non-match
    :timing: fixation 200, sample 300, delay 400-800, test 300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        n_stimuli: Number of stimuli, angles spread evenly over the circle.
        ring: The population that sees them.
    """

    n_stimuli: int = 2
    ring: Ring = field(default_factory=lambda: Ring(4))
    fixation_ms: Duration = 200
    sample_ms: Duration = 300
    delay_ms: Duration = Uniform(400, 800)
    test_ms: Duration = 300
    decision_ms: Duration = 300

    family = "working memory"
    source = "Miller, Erickson & Desimone 1996, J Neurosci, doi:10.1523/JNEUROSCI.16-16-05154.1996"
    contrasts = ("sample", "match")
    periods = ("fixation", "sample", "delay", "test", "decision")
    essential = ("sample", "test")
    informative = "test"

    def check(self) -> None:
        if self.n_stimuli < 2:
            raise ValueError(f"n_stimuli is {self.n_stimuli!r}; a match needs at least 2.")

    def channels(self) -> Channels:
        return {"fixation": 1, "stimulus": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "match", "non-match")

    def factors(self) -> Mapping[str, Factor]:
        return {"sample": Levels(range(self.n_stimuli)), "match": Levels((True, False))}

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """Where the test is not the sample, it is any other stimulus."""
        sample = drawn["sample"]
        other = (sample + rng.integers(1, self.n_stimuli, len(sample))) % self.n_stimuli
        return drawn | {"test": np.where(drawn["match"], sample, other)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "sample", "delay", "test")
        for period in ("sample", "test"):
            canvas.add("stimulus", self._templates[conditions[period]], period)
        canvas.target(np.where(conditions["match"], 1, 2), "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all pairs of stimuli by their likelihood, answer with the likelier of match and non-match."""
        means = [self.mean_input(batch, "stimulus", period) for period in ("sample", "test")]
        bins = [stop - start for start, stop in (batch.periods["sample"], batch.periods["test"])]
        match = self._match_is_likelier(means, bins)
        return respond(self.hold(batch), np.where(match, 1, 2), batch.periods["decision"])

    @property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy pairs, fixed seed."""
        rng, n = np.random.default_rng(0), 100_000
        conditions = self.draw(rng, n)
        bins = [draw_bins(ms, self.dt, "duration", rng, n) for ms in (self.sample_ms, self.test_ms)]
        means = [
            self._templates[conditions[period]]
            + rng.standard_normal((n, self.ring.n)) * self.noise_std / np.sqrt(length)[:, None]
            for period, length in zip(("sample", "test"), bins, strict=True)
        ]
        return float(np.mean(self._match_is_likelier(means, bins) == conditions["match"]))

    @property
    def _templates(self) -> np.ndarray:
        return self.ring.bump(2 * np.pi * np.arange(self.n_stimuli) / self.n_stimuli)

    def _match_is_likelier(self, means: list[np.ndarray], bins: list[np.ndarray]) -> np.ndarray:
        variance = max(self.noise_std, 1e-3) ** 2
        logs = [
            -length[:, None] * ((mean[:, None] - self._templates) ** 2).sum(axis=-1) / (2 * variance)
            for mean, length in zip(means, bins, strict=True)
        ]
        p_sample, p_test = (np.exp(log - log.max(axis=1, keepdims=True)) for log in logs)
        both = p_sample[:, :, None] * p_test[:, None, :]
        same = np.trace(both, axis1=1, axis2=2)
        return same > (both.sum(axis=(1, 2)) - same) / (self.n_stimuli - 1)
