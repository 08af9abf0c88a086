"""Probabilistic decisions: signs whose meanings add up to odds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, in_bins
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..trial import TrialBatch

MOST_SUMS, MOST_WAYS = 10_000, 2_000_000


@dataclass(frozen=True, kw_only=True)
class ProbabilisticReasoning(PaintedTask):
    """Shapes come one after the other, each speaking for left or right with its own weight: which side pays?

    The weights add up to the log odds (base 10) that left pays, and the paying side is drawn by these odds: even who
    adds up perfectly is sometimes wrong, and only practice teaches what each shape means. One who goes by one
    shape alone earns 66 %.

    :channels: fixation; shape (8)
    :responses: fixate, left, right
    :timing: fixation 200, shape 300 (x4), delay 200, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 83.6 %

    Attributes:
        weights: Log odds, base 10, that each shape adds in favour of left: as in the paper, except for its two shapes
            of infinite weight.
        n_shown: Number of shapes that are shown in a trial, all drawn independently.
        shape_ms: How long each is shown.
    """

    weights: Sequence[float] = (-0.9, -0.7, -0.5, -0.3, 0.3, 0.5, 0.7, 0.9)
    n_shown: int = 4
    fixation_ms: Duration = 200
    shape_ms: float = 300.0
    delay_ms: Duration = 200
    decision_ms: Duration = 300

    family = "decisions"
    source = "Yang & Shadlen 2007, Nature, doi:10.1038/nature05852"
    contrasts = ("side",)
    periods = ("fixation", "shape", "delay", "decision")
    essential = ("shape",)
    informative = "shape"

    def check(self) -> None:
        if len(self.weights) < 2 or not any(self.weights) or self.n_shown < 1 or len(self._sums[1]) < self.n_shown:
            raise ValueError(
                f"weights are {self.weights!r} and n_shown is {self.n_shown!r}; allowed: at least 2, not all 0; at "
                f"least 1, and at most {MOST_SUMS:,} different sums, with {MOST_WAYS:,} ways to them."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "shape": len(self.weights)}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        shapes = dict.fromkeys(self._shapes, self.shape_ms)
        return {"fixation": self.fixation_ms, **shapes, "delay": self.delay_ms, "decision": self.decision_ms}

    def factors(self) -> Mapping[str, Factor]:
        """The number of each shape."""
        return dict.fromkeys(self._shapes, Levels(range(len(self.weights))))

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The paying side is drawn by the odds of the shapes."""
        log_odds = np.sum([np.array(self.weights)[levels[shape]] for shape in self._shapes], axis=0)
        left = rng.random(len(log_odds)) < _p_left(log_odds)
        return levels | {"log_odds": log_odds, "side": np.where(left, 1, 2)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if name != "decision"))
        for shape in self._shapes:
            canvas.add("shape", np.eye(len(self.weights))[conditions[shape]], shape)
        canvas.target(conditions["side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all rows of shapes that may have been shown, answer with the side that is likelier to pay."""
        seen = np.stack([self.mean_input(batch, "shape", shape) for shape in self._shapes], axis=1)
        return self.respond(batch, np.where(self._belief_in_left(seen) >= 0.5, 1, 2))

    @property
    def answers(self) -> np.ndarray:
        """Left pays as often as the odds of all rows of shapes say."""
        left = float(self._p_sums @ _p_left(self._sums[0]))
        return np.array([0, left, 1 - left])

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: the exact sum for one who sees the shapes without noise.

        What noise costs is found on 100,000 simulated trials, fixed seed.
        """
        p_left = _p_left(self._sums[0])
        certain = float(self._p_sums @ np.maximum(p_left, 1 - p_left))
        if self.noise == 0:
            return certain
        rng, n, cost = np.random.default_rng(0), 1_000, []
        for _ in range(100):
            shown = rng.integers(0, len(self.weights), (n, self.n_shown))
            seen = rng.standard_normal((*shown.shape, len(self.weights))) * self.noise_std / np.sqrt(self._bins)
            seen[np.arange(n)[:, None], np.arange(self.n_shown), shown] += 1
            true = _p_left(np.array(self.weights)[shown].sum(axis=1))
            chosen = np.where(self._belief_in_left(seen) >= 0.5, true, 1 - true)
            cost.append(np.maximum(true, 1 - true) - chosen)
        return certain - float(np.mean(cost))

    @property
    def _shapes(self) -> list[str]:
        return [f"shape {number}" for number in range(1, self.n_shown + 1)]

    @property
    def _bins(self) -> int:
        return in_bins(self.shape_ms, self.dt, "shape_ms")

    @cached_property
    def _sums(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """All sums of n_shown weights, and the way to them: from each sum of fewer by each shape; not if too many."""
        sums, ways = np.zeros(1), []
        for _ in range(self.n_shown):
            further = np.add.outer(sums, np.array(self.weights))
            sums, to = np.unique(np.round(further, 9), return_inverse=True)
            if len(sums) > MOST_SUMS or sum(way.size for way in ways) > MOST_WAYS:
                break
            ways.append(to.reshape(further.shape))
        return sums, ways

    @cached_property
    def _p_sums(self) -> np.ndarray:
        """Probability of each sum before anything is seen."""
        return self._distribution(np.full((1, self.n_shown, len(self.weights)), 1 / len(self.weights)))[0]

    def _distribution(self, p: np.ndarray) -> np.ndarray:
        """Distribution over the sums, given the probability of each shape at each place, (B, n_shown, n_shapes)."""
        before = np.ones((len(p), 1))
        for place, to in enumerate(self._sums[1]):
            after = np.zeros((len(p), to.max() + 1))
            for shape in range(len(self.weights)):
                after[:, to[:, shape]] += before * p[:, place, shape, None]
            before = after
        return before

    def _belief_in_left(self, seen: np.ndarray) -> np.ndarray:
        """Probability that left pays, given the mean inputs at each place, (B, n_shown, n_shapes)."""
        log = seen * self._bins / max(self.noise_std, 1e-3) ** 2
        p = np.exp(log - log.max(axis=-1, keepdims=True))
        return self._distribution(p / p.sum(axis=-1, keepdims=True)) @ _p_left(self._sums[0])


def _p_left(log_odds: np.ndarray) -> np.ndarray:
    """Probability that left pays: 1 / (1 + 10^-w)."""
    return 0.5 * (1 + np.tanh(0.5 * np.log(10) * log_odds))
