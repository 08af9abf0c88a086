"""From easy to hard: a row of tasks, of which the score decides when to move on to the next."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, Self

from .errors import ArgumentError
from .mixture import Mixture
from .registry import make_task
from .task import Task
from .typechecked import typechecked
from .wording import short_text


@typechecked
class Curriculum:
    """Levels of a task; whoever reaches the goal on one gets the next, with all earlier ones kept in the mixture.

    Args:
        levels: The levels, from easy to hard: settings of one task.
        goal: Score at which the next level comes, as a fraction of the way from chance to the ceiling of the
            level's trials.

    Attributes:
        level: Number of the newest level, from 0.
        finished: Whether the goal was reached on the last level.

    Raises:
        ValueError: If there is no level, the goal is not in (0, 1], or the levels are not settings of one task.
    """

    def __init__(self, levels: Sequence[Task], goal: float = 0.9):
        if not len(levels) or not 0 < goal <= 1:
            raise ValueError(f"there are {len(levels)} levels and the goal is {goal!r}; needed: one, and in (0, 1].")
        if len(levels) > 1:
            Mixture(tasks=levels, cue=False)  # refuses levels that do not fit together
        self.levels, self.goal = tuple(levels), float(goal)
        self.level, self.finished = 0, False

    @classmethod
    @typechecked
    def over(cls, task: str, goal: float = 0.9, **arguments: Any) -> Self:
        """Levels that differ in one argument or more: ``Curriculum.over("DelayMatchSample", delay_ms=[200, 800])``.

        Args:
            task: Name of a task.
            goal: As above.
            **arguments: A list of values for each argument, one for each level; what is no list is the same in all.

        Raises:
            ValueError: If no argument has a list, or the lists differ in length.
        """
        lists = {name: values for name, values in arguments.items() if isinstance(values, list)}
        lengths = {len(values) for values in lists.values()}
        if len(lengths) != 1:
            told = ", ".join(f"{name} {len(values)}" for name, values in lists.items()) or "none"
            raise ValueError(f"levels need lists of one length, as delay_ms=[200, 800]; given: {told}.")
        fixed = {name: value for name, value in arguments.items() if name not in lists}
        settings = (dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True))
        return cls([make_task(task, **fixed, **setting) for setting in settings], goal)

    @property
    def task(self) -> Task:
        """What is to be learned now: the newest level and all earlier ones, equally often."""
        return self.levels[0] if self.level == 0 else Mixture(tasks=self.levels[: self.level + 1], cue=False)

    @property
    def goal_score(self) -> float:
        """Score on the present task at which the next level comes."""
        task = self.task
        return task.chance + self.goal * (task.ceiling - task.chance)

    def report(self, score: float) -> bool:
        """Hear of a score on the present task; returns whether another level has come, or the last is done."""
        if isinstance(score, bool) or not isinstance(score, Real):
            raise ArgumentError(f"score is {short_text(score)}; it must be a number.")
        if self.finished or not score >= self.goal_score:  # nor for NaN
            return False
        self.finished = self.level == len(self.levels) - 1
        self.level += not self.finished
        return True
