"""Working memory: what was seen must outlast a delay."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .canvas import Canvas
from .channels import Channels
from .durations import Duration, Uniform, draw_bins
from .responses import respond
from .ring import Ring
from .task import Conditions, Task
from .trial import TrialBatch


@dataclass(frozen=True, kw_only=True)
class DelayMatchSample(Task):
    """See a sample, keep it in mind over a delay, say whether the test matches it.

    Attributes:
        n_stimuli: Number of stimuli, angles spread evenly over the circle.
        ring: The population that sees them.
        fixation_ms: Duration of the fixation period.
        sample_ms: Duration of the sample.
        delay_ms: Duration of the delay.
        test_ms: Duration of the test.
        decision_ms: Duration of the response period.
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
    factors = ("sample", "match")
    essential = ("sample", "test")

    def check(self) -> None:
        """Refuse less than two stimuli."""
        if self.n_stimuli < 2:
            raise ValueError(f"n_stimuli is {self.n_stimuli!r}; a match needs at least 2.")

    def channels(self) -> Channels:
        """Fixation light, a ring that sees sample and test."""
        return {"fixation": 1, "stimulus": self.ring}

    def responses(self) -> tuple[str, ...]:
        """Fixate, or say whether the test matched."""
        return ("fixate", "match", "non-match")

    def durations(self) -> Mapping[str, Duration]:
        """Fixation, sample, delay, test, decision."""
        return {
            "fixation": self.fixation_ms,
            "sample": self.sample_ms,
            "delay": self.delay_ms,
            "test": self.test_ms,
            "decision": self.decision_ms,
        }

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        """Draw sample and test (numbers of stimuli) and whether they match, which they do in half of the trials."""
        sample = rng.integers(0, self.n_stimuli, n)
        match = rng.random(n) < 0.5
        other = (sample + rng.integers(1, self.n_stimuli, n)) % self.n_stimuli
        return {"sample": sample, "test": np.where(match, sample, other), "match": match}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Fixation light until the decision; the ring sees the sample, then the test."""
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
