"""Delayed matching: does what is seen now go with what was seen before?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..observers.remembered_stimuli import PairTask, another
from ..ring import Ring


def check_count(name: str, count: int, minimum: int = 2) -> None:
    """Refuse too few stimuli to tell one from another."""
    if count < minimum:
        raise ValueError(f"{name} is {count!r}; it must be at least {minimum}.")


def around(ring: Ring, n: int) -> np.ndarray:
    """Activity of the ring for each of n stimuli, their angles spread evenly over the circle, (n, ring)."""
    return ring.bump(2 * np.pi * np.arange(n) / n)


def match_weights(n: int) -> np.ndarray:
    """Probability of each pair of n stimuli, (n, n): positive where they match, as half of them do, else negative."""
    same = np.eye(n)
    return (same - (1 - same) / (n - 1)) / (2 * n)


def with_test(levels: Conditions, n_stimuli: int, rng: np.random.Generator) -> Conditions:
    """Where the test is not to match, it is any other stimulus than the sample."""
    sample = levels["sample"]
    return levels | {"test": np.where(levels["match"], sample, another(sample, n_stimuli, rng))}


@dataclass(frozen=True, kw_only=True)
class SampleAndTest(PairTask):
    """A sample, a delay, and a test of which to say whether it goes with the sample."""

    fixation_ms: Duration = 200
    sample_ms: Duration = 300
    delay_ms: Duration = Uniform(400, 800)
    test_ms: Duration = 300
    decision_ms: Duration = 300

    family = "working memory"
    contrasts = ("sample", "match")
    periods = ("fixation", "sample", "delay", "test", "decision")
    essential = ("sample", "test")
    informative = "test"
    stimuli = ("stimulus", "sample", "test")

    def paint_pair(self, canvas: Canvas, sample: np.ndarray, test: np.ndarray, match: np.ndarray) -> None:
        """Fixation until the decision, two stimuli (B, channels), and the answer to whether they match (B,)."""
        canvas.add("fixation", 1.0, "fixation", "sample", "delay", "test")
        canvas.add("stimulus", sample, "sample")
        canvas.add("stimulus", test, "test")
        canvas.target(np.where(match, *self.classes), "decision")


@dataclass(frozen=True, kw_only=True)
class DelayMatchSample(SampleAndTest):
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

    source = "Zaksas & Pasternak 2006, J Neurosci, doi:10.1523/JNEUROSCI.3420-06.2006"
    classes = (1, 2)

    def check(self) -> None:
        check_count("n_stimuli", self.n_stimuli)

    def channels(self) -> Channels:
        return {"fixation": 1, "stimulus": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "match", "non-match")

    def factors(self) -> Mapping[str, Factor]:
        return {"sample": Levels(range(self.n_stimuli)), "match": Levels((True, False))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return with_test(levels, self.n_stimuli, rng)

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        shown = around(self.ring, self.n_stimuli)
        self.paint_pair(canvas, shown[conditions["sample"]], shown[conditions["test"]], conditions["match"])

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return around(self.ring, self.n_stimuli), match_weights(self.n_stimuli)


@dataclass(frozen=True, kw_only=True)
class DelayNonMatchSample(DelayMatchSample):
    """See a sample, keep it in mind over a delay; respond if the test is another stimulus, withhold if it is the same.

    :channels: fixation; stimulus (ring of 4)
    :responses: withhold, go
    :timing: fixation 200, sample 300, delay 400-800, test 300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        n_stimuli: Number of stimuli, angles spread evenly over the circle.
        ring: The population that sees them.
    """

    source = "Liu et al. 2014, Science, doi:10.1126/science.1256573"
    classes = (0, 1)

    def responses(self) -> tuple[str, ...]:
        return ("withhold", "go")

    @property
    def answers(self) -> np.ndarray:
        return np.array([0.5, 0.5])


@dataclass(frozen=True, kw_only=True)
class DelayMatchCategory(SampleAndTest):
    """See a direction of motion, keep its category in mind over a delay, say whether the test is of the same category.

    A boundary through the circle parts the directions into two categories; a test of the same category may well
    have another direction, and one of the other category a near one.

    :channels: fixation; stimulus (ring of 8)
    :responses: fixate, match, non-match
    :timing: fixation 200, sample 400, delay 400-800, test 400, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        n_directions: Number of directions, an even one, spread evenly; the nearest keep half a step off the boundary.
        boundary: Angle of the boundary (degrees).
        ring: The population that sees them.
    """

    n_directions: int = 12
    boundary: float = 0.0
    ring: Ring = field(default_factory=lambda: Ring(8))
    sample_ms: Duration = 400
    test_ms: Duration = 400

    source = "Freedman & Assad 2006, Nature, doi:10.1038/nature05078"
    contrasts = ("category", "match")
    classes = (1, 2)
    presets: ClassVar = {"freedman2006": {"dt": 10.0, "sample_ms": 650, "delay_ms": 1000, "test_ms": 650}}

    def check(self) -> None:
        if self.n_directions < 2 or self.n_directions % 2:
            raise ValueError(f"n_directions is {self.n_directions!r}; it must be even, so that halves are equal.")

    def channels(self) -> Channels:
        return {"fixation": 1, "stimulus": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "match", "non-match")

    def factors(self) -> Mapping[str, Factor]:
        """The sample, whether the test is of its category, and the rank of the test within its category."""
        ranks = Levels(range(self.n_directions // 2))
        return {"sample": Levels(range(self.n_directions)), "match": Levels((True, False)), "rank": ranks}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Directions of category 0 come first."""
        half = self.n_directions // 2
        category = levels["sample"] // half
        test = levels["rank"] + half * np.where(levels["match"], category, 1 - category)
        return levels | {"category": category, "test": test}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        shown = self._directions
        self.paint_pair(canvas, shown[conditions["sample"]], shown[conditions["test"]], conditions["match"])

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        category = np.repeat([1.0, -1.0], self.n_directions // 2)
        return self._directions, np.outer(category, category) / self.n_directions**2

    @property
    def _directions(self) -> np.ndarray:
        steps = (np.arange(self.n_directions) + 0.5) / self.n_directions
        return self.ring.bump(np.radians(self.boundary) + 2 * np.pi * steps)
