"""What the twenty tasks share: a rule that is the same in every trial, and an observer who sees, then points."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ...arguments import argument_of
from ...durations import Duration, draw_bins, pmf
from ...factors import Conditions
from ...responses import mean_during
from ...trial import TrialBatch
from .ring import RULES, Yang19Task

N_FOR_CEILING = 100_000

See = Callable[[str], tuple[np.ndarray, np.ndarray]]
"""What an observer sees in a period: mean activity of both rings (B, 2, n), standard deviation of its noise (B,)."""


@dataclass(frozen=True)
class Timing:
    """The periods of a trial, and in which of them stimuli are shown.

    Attributes:
        durations: Duration of each period in order (ms).
        stimulus_periods: Period in which the stimulus is shown; of two stimuli, that of either.
        yang2019: Arguments that have other values in the released code of Yang et al. 2019.
        soo2023: Arguments that have other values in that of Soo et al. 2023.
    """

    durations: Mapping[str, Duration]
    stimulus_periods: tuple[str, ...]
    yang2019: Mapping[str, Any]
    soo2023: Mapping[str, Any]


@dataclass(frozen=True)
class TaskRow:
    """What distinguishes a task from the others that are answered in the same way.

    Attributes:
        rule: Name of the rule, and of its input.
        timing: When stimuli are shown.
        away: Whether to point away from the stimulus.
        counts: Modalities in which the stimuli are compared.
        distracted: Whether the other modality shows strengths of its own at the same places.
        goes_on_match: Whether to respond to a match, and not to a non-match.
        soo2023: Whether Soo et al. have the task.
    """

    rule: str
    timing: Timing
    away: bool = False
    counts: tuple[int, ...] = (1, 2)
    distracted: bool = False
    goes_on_match: bool = True
    soo2023: bool = True


@dataclass(frozen=True, kw_only=True)
class OneRule(Yang19Task):
    """A task with one rule all the time."""

    row: ClassVar[TaskRow]
    withholds: ClassVar[bool] = False
    """Whether in half of the trials it is right not to respond."""

    @abstractmethod
    def decide(self, see: See) -> tuple[np.ndarray, np.ndarray]:
        """The direction (B,) that the ideal observer answers, and whether it responds at all (B,)."""

    def check(self) -> None:
        super().check()
        response = self.duration("response")
        name = max("settle_ms", "grace_ms", key=lambda name: getattr(self, name))
        if pmf(response, self.dt, "response_ms")[0].min() * self.dt <= getattr(self, name):
            raise ValueError(f"response_ms is {response!r}; it must be longer than {name}, {getattr(self, name):g} ms.")

    def rule_input(self, conditions: Conditions) -> np.ndarray:
        return np.eye(len(RULES))[RULES.index(self.rule)]

    def duration(self, period: str) -> Duration:
        """Duration of a period (ms)."""
        return getattr(self, argument_of(period))

    def when(self) -> tuple[str, ...]:
        """The period in which the stimulus is shown; of two stimuli, that of either."""
        return self.row.timing.stimulus_periods

    def lit(self, conditions: Conditions) -> np.ndarray:
        """Whether fixation stays on: where the last stimulus comes so late that it asks for the response."""
        return np.full(len(conditions["answer"]), self.when()[-1] == "response")

    def withheld(self, batch: TrialBatch) -> np.ndarray:
        return np.full(batch.batch_size, 0.5 if self.withholds else 0.0)

    @property
    def chance(self) -> float:
        """Probability that any direction is near enough; of half of that and a half where half are withheld."""
        near = self.tolerance / 180
        return 0.25 + near / 4 if self.withholds else near

    @cached_property
    def ceiling(self) -> float:
        """Expected score of :meth:`ideal`, who sees a stimulus to its end before answering."""
        return self.expected_score(N_FOR_CEILING)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Average what is seen in each period, decide, then point."""
        rings = batch.inputs[..., 1 : 1 + 2 * self.ring.n]

        def see(period: str) -> tuple[np.ndarray, np.ndarray]:
            start, stop = batch.periods[period]
            mean = mean_during(rings, (start, stop)).reshape(-1, 2, self.ring.n)
            return mean, self.noise_std / np.sqrt(np.maximum(stop - start, 1))

        return self.pointing(batch, *self.decide(see))

    def expected_score(self, n: int) -> float:
        """Score of the ideal observer's decision rule on n noisy trials, fixed seed."""
        if self.noise == 0:
            return 1.0
        rng = np.random.default_rng(0)
        conditions = self.draw(rng, n)
        shown = self.stimuli(conditions)

        def see(period: str) -> tuple[np.ndarray, np.ndarray]:
            bins = draw_bins(self.duration(period), self.dt, period, rng, n)
            sd = self.noise_std / np.sqrt(np.maximum(bins, 1))
            seen = rng.standard_normal((n, 2, self.ring.n), dtype=np.float32)
            seen *= sd[:, None, None].astype(np.float32)
            for (when, modality), activity in shown.items():
                if when == period:
                    seen[:, modality - 1] += activity
            return seen, sd

        angle, respond = self.decide(see)
        right = np.where(respond, self.near(angle, conditions["answer"]), True)
        return float(np.mean((respond == conditions["respond"]) & right))
