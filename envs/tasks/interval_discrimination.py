"""Comparing intervals: which of two stimuli lasted longer?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import N_DRAWS, Hypotheses, course, drawn_bins, precision_of_a_bin, prior_of_cue
from ..painted_task import PaintedTask
from ..trial import TrialBatch


@dataclass(frozen=True, kw_only=True)
class IntervalDiscrimination(PaintedTask):
    """A red and a blue stimulus, one after the other in either order. Which colour lasted longer?

    One who judges the first stimulus alone, as long or short, earns 83 %.

    :channels: fixation; stimulus (red, blue)
    :responses: fixate, red, blue
    :timing: fixation 200, stimulus computed (x2), gap 300, delay 100-300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        intervals_ms: Durations of stimuli; every pair of different ones is as likely as any other.
        gap_ms: Time between the two stimuli.
    """

    intervals_ms: Sequence[float] = (200, 400, 600, 800)
    gap_ms: float = 300.0
    fixation_ms: Duration = 200
    delay_ms: Duration = Uniform(100, 300)
    decision_ms: Duration = 300

    family = "timing"
    source = "Genovesio, Tsujimoto & Wise 2009, Neuron, doi:10.1016/j.neuron.2009.06.018"
    contrasts = ("longer", "longer_first")
    periods = ("fixation", "stimulus", "gap", "delay", "decision")
    informative = "stimulus"

    def check(self) -> None:
        bins = sorted(in_bins(ms, self.dt, "intervals_ms") for ms in self.intervals_ms)
        if len(bins) < 2 or bins[0] == 0 or len(set(bins)) < len(bins):
            raise ValueError(f"intervals_ms are {self.intervals_ms!r}; give at least two, different and positive.")
        in_bins(self.gap_ms, self.dt, "gap_ms")

    def channels(self) -> Channels:
        return {"fixation": 1, "stimulus": ("red", "blue")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "red", "blue")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Fixation, the first stimulus, a gap, the second stimulus, a delay, the decision."""
        return {
            "fixation": self.fixation_ms,
            "stimulus 1": lambda conditions: conditions["first_ms"],
            "gap": self.gap_ms,
            "stimulus 2": lambda conditions: conditions["second_ms"],
            "delay": self.delay_ms,
            "decision": self.decision_ms,
        }

    def factors(self) -> Mapping[str, Factor]:
        """The pair of durations, the longer colour (1 red, 2 blue), and whether it comes first."""
        return {
            "pair": Levels(range(len(self._pairs))),
            "longer": Levels((1, 2)),
            "longer_first": Levels((True, False)),
        }

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Durations of the first and the second stimulus (ms)."""
        short, long = self._pairs[levels["pair"]].T
        first = levels["longer_first"]
        return levels | {"first_ms": np.where(first, long, short), "second_ms": np.where(first, short, long)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus 1", "gap", "stimulus 2", "delay")
        longer, first = conditions["longer"], conditions["longer_first"]
        canvas.add("stimulus", np.eye(2)[np.where(first, longer, 3 - longer) - 1], "stimulus 1")
        canvas.add("stimulus", np.eye(2)[np.where(first, 3 - longer, longer) - 1], "stimulus 2")
        canvas.target(longer, "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all pairs of durations in both orders of colours, by the course of both since the first stimulus.

        The moment of the decision is informative too, as the delay is drawn from a known distribution.
        """
        hypotheses, start = self._hypotheses, batch.periods["stimulus 1"][0]
        seen = course(self, batch, "stimulus", start, hypotheses.means.shape[1] // 2)
        posterior = hypotheses.posterior(*seen, self._prior(batch.periods["decision"][0] - start))
        return self.respond(batch, hypotheses.likeliest(posterior))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, in 100,000 simulated trials of a fixed seed."""
        rng, hypotheses = np.random.default_rng(0), self._hypotheses.reduced()
        precision = np.full(hypotheses.means.shape[1], precision_of_a_bin(self))
        truth, seen = hypotheses.simulate(rng, N_DRAWS, precision)
        prior = self._prior(self._lengths[truth] + drawn_bins(self.delay_ms, self.dt, rng, N_DRAWS))
        choice = hypotheses.likeliest(hypotheses.posterior(seen, precision, prior))
        return float(np.mean(choice == hypotheses.answers[truth]))

    def _prior(self, decision: np.ndarray) -> np.ndarray:
        """Probability of each hypothesis (B, K), given the time from the first stimulus to the decision (bins)."""
        return prior_of_cue(self._hypotheses.prior, self._lengths, decision, self.delay_ms, self.dt)

    @property
    def _lengths(self) -> np.ndarray:
        """Time from the onset of the first stimulus to the end of the second under each hypothesis (bins), (K,)."""
        return in_bins(self.gap_ms, self.dt, "gap_ms") + self._ordered.sum(axis=1)

    @property
    def _ordered(self) -> np.ndarray:
        """First and second duration under each hypothesis (bins), (K, 2): red is first in the first half of them."""
        pairs = np.rint(self._pairs / self.dt).astype(np.int64)
        return np.tile(np.concatenate([pairs, pairs[:, ::-1]]), (2, 1))

    @property
    def _pairs(self) -> np.ndarray:
        """Shorter and longer duration of each pair (ms), (n, 2)."""
        return np.array(list(combinations(sorted(self.intervals_ms), 2)))

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """Every pair in both orders and both orders of colours; what is seen are the bins since the first stimulus."""
        ordered = self._ordered
        red_first = np.repeat([True, False], len(ordered) // 2)
        gap = in_bins(self.gap_ms, self.dt, "gap_ms")
        first, second = ordered[:, :1], ordered[:, 1:]
        time = np.arange(self._lengths.max())
        shown = time < first, (time >= first + gap) & (time < first + gap + second)
        courses = np.where(red_first[:, None, None], np.stack(shown, axis=-1), np.stack(shown[::-1], axis=-1))
        longer = np.where((first > second)[:, 0] == red_first, 1, 2)
        means = courses.reshape(len(ordered), -1).astype(float)
        return Hypotheses(means, np.full(len(ordered), 1 / len(ordered)), longer)
