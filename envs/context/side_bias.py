"""A task in which one answer is more often right than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..factors import Conditions, Factor, Levels
from ..task import Task
from ..trial import TrialBatch
from ..typechecked import typechecked
from ..wrapped_task import WrappedTask
from .inner_task import Inferring, check_inferring, check_one_choice, classes_of_levels, probabilities

N_FOR_CEILING, N_PARTS = 40_000, 10


@typechecked
@dataclass(frozen=True, kw_only=True)
class SideBias(WrappedTask):
    r"""A task whose answers have other probabilities than its own, as where 80 % of the stimuli are on the left.

    The ideal observer knows them: it answers with :math:`\arg\max_a p(a)\, p(x \mid a)`.

    Attributes:
        task: The task, whose ideal observer knows how probable each answer is: one with a method ``log_joint``.
        p: Probability of each level of the factor, in its order.
        factor: The factor that determines the right answer.

    Source: International Brain Laboratory 2021, doi:10.7554/eLife.63711.
    """

    p: Sequence[float]
    factor: str = "side"

    score = Task.score  # the class alone, as the task has it

    def __post_init__(self) -> None:
        """Refuse tasks whose answers cannot be weighed, and what are no probabilities."""
        super().__post_init__()
        check_one_choice(self.task, "SideBias")
        check_inferring(self.task, "SideBias")
        object.__setattr__(self, "p", probabilities("p", self.p, len(self._classes)))

    @cached_property
    def _classes(self) -> dict[float, int]:
        return classes_of_levels(check_one_choice(self.task, "SideBias"), self.factor)

    def factors(self) -> Mapping[str, Factor]:
        return {**self.task.factors(), self.factor: Levels(tuple(self._classes), self.p)}

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        return self.draw_with({}, rng, n)

    def draw_with(self, fixed: Conditions, rng: np.random.Generator, n: int) -> Conditions:
        level = Levels(tuple(self._classes), self.p).draw(rng, n)
        return self.task.draw_with({self.factor: level} | fixed, rng, n)

    @property
    def answers(self) -> np.ndarray:
        p = np.zeros(self.n_outputs)
        p[list(self._classes.values())] = self.p
        return p

    @property
    def chance(self) -> float:
        """Expected score of one who guesses among the answers that may be right."""
        return 1 / np.count_nonzero(self.answers)

    def log_joint(self, batch: TrialBatch) -> np.ndarray:
        """Log density of what is shown together with each class being right, (B, n_out), but a constant."""
        return reweighted(self.task, batch, self.answers)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh what is shown against the probability of each answer, and give the likeliest."""
        return self.respond(batch, self.log_joint(batch).argmax(axis=1))

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the ideal observer: the mean probability of its answers in 40,000 trials of a fixed seed.

        Its standard error is below 0.15 %.
        """
        rng, confidence = np.random.default_rng(0), []
        for _ in range(N_PARTS):  # each has its own durations where these are drawn per batch
            log = self.log_joint(self.sample(N_FOR_CEILING // N_PARTS, rng))
            p = np.exp(log - log.max(axis=1, keepdims=True))
            confidence.append((p.max(axis=1) / p.sum(axis=1)).mean())
        return float(np.mean(confidence))


def reweighted(task: Task, batch: TrialBatch, answers: np.ndarray) -> np.ndarray:
    """What ``log_joint`` of a task would be with other probabilities of the answers, (n_out,); (B, n_out)."""
    assert isinstance(task, Inferring)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = task.log_joint(batch) + np.log(answers) - np.log(task.answers)
    return np.where(answers > 0, log, -np.inf)
