"""Ways to explore a bandit, to compare a network with: Thompson's, UCB1, and the one that earns most."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ...envs.context.inner_task import innermost
from ...envs.errors import ArgumentError
from ...envs.numbers import whole_number
from ...envs.observers.exploration import plan_bandit
from ...envs.task import Task
from ...envs.tasks.bandits import ArmsTask, Bandit
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked


class _Counting(ABC):
    """Who counts gains and losses of each arm in a session, and chooses by that, segment by segment."""

    def __init__(self, task: Task, seed: int):
        inside = innermost(task)
        if not isinstance(inside, ArmsTask):
            raise ArgumentError(f"{type(self).__name__} chooses between arms; {task.name} has none, as Bandit has.")
        self.task, self.arms, self._counts = task, inside, np.zeros((0, 1, 2))
        self._rng = np.random.default_rng(whole_number("seed", seed, minimum=0))

    @abstractmethod
    def choose(self, counts: np.ndarray) -> np.ndarray:
        """Arm to choose, from 0, (B,), after counts of gains and losses (B, n_arms, 2)."""

    def __call__(self, segment: TrialBatch) -> np.ndarray:
        """Answer a segment of sessions; it reads what was chosen and paid last in the conditions, without noise."""
        choices, gains = segment.conditions["chosen"], segment.conditions["outcome"] > 0
        if not choices.any():
            self._counts = np.zeros((segment.batch_size, self.task.n_outputs - 1, 2), np.int64)
        self._counts[np.flatnonzero(choices), choices[choices > 0] - 1, (~gains[choices > 0]).astype(int)] += 1
        return self.task.respond(segment, 1 + self.choose(self._counts))


class Thompson(_Counting):
    """Chooses each arm as often as it believes it to be the best, by a draw from what it believes of each.

    It begins with all probabilities of pay from 0 to 1 alike. Give it to :func:`~cogdyn.agents.behaviour`.

    Args:
        task: The bandit.
        seed: Seed of its draws.

    Raises:
        ArgumentError: If the task has no arms.

    Source: Thompson 1933, doi:10.1093/biomet/25.3-4.285.
    """

    @typechecked
    def __init__(self, task: Task, seed: int = 0):
        super().__init__(task, seed)

    def choose(self, counts: np.ndarray) -> np.ndarray:
        """The arm whose draw from Beta(1 + gains, 1 + losses) is largest."""
        return self._rng.beta(1 + counts[..., 0], 1 + counts[..., 1]).argmax(axis=-1)


class UCB1(_Counting):
    r"""Chooses the arm that may be best: the largest :math:`\hat p_i + \sqrt{2 \ln t / n_i}`, each arm once first.

    Args:
        task: The bandit.
        seed: Seed of its draws among arms that are alike.

    Raises:
        ArgumentError: If the task has no arms.

    Source: Auer, Cesa-Bianchi & Fischer 2002, doi:10.1023/A:1013689704352.
    """

    @typechecked
    def __init__(self, task: Task, seed: int = 0):
        super().__init__(task, seed)

    def choose(self, counts: np.ndarray) -> np.ndarray:
        """The arm of the largest bound."""
        n = counts.sum(axis=-1)
        tried, t = np.maximum(n, 1), np.maximum(n.sum(axis=-1, keepdims=True), 1)
        bound = np.where(n == 0, np.inf, counts[..., 0] / tried + np.sqrt(2 * np.log(t) / tried))
        ties = self._rng.random(bound.shape)
        return np.where(bound == bound.max(axis=-1, keepdims=True), ties, -1.0).argmax(axis=-1)


class OptimalPay(_Counting):
    """Chooses so that a session earns most on average, by a dynamic programme over all counts of gains and losses.

    The ideal observer of the task chooses the best arm most often instead, which is what is scored.

    Args:
        task: A ``Bandit``.

    Raises:
        ArgumentError: If the task is no Bandit.

    Attributes:
        expected: What a session earns on average.
    """

    @typechecked
    def __init__(self, task: Task):
        super().__init__(task, 0)
        if not isinstance(self.arms, Bandit):
            raise ArgumentError(f"OptimalPay plays a Bandit, whose arms stay as they are; {task.name} is another task.")
        one = self.arms
        self._plan = plan_bandit(one.n_arms, one.n_choices, one.lowest_pay, one.highest_pay, for_pay=True)
        self.expected = self._plan.score * one.n_choices

    def choose(self, counts: np.ndarray) -> np.ndarray:
        """The arm that the plan has for these counts."""
        return self._plan.choose(counts)
