"""Annealing: help that is taken away in phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from ..envs.numbers import whole_number


@final
class Annealing:
    """A value that goes to 1 in phases; one ends after its share of the updates, or as soon as the goal is reached.

    Args:
        schedule: The value in each phase; the last is 1, at which training goes on for as long as it will.
        steps: Number of updates that all phases but the last take together.
        goal: Score at which a phase ends early; None for never.
        whole: Whether values are whole numbers from 1 on, instead of in [0, 1].

    Raises:
        ValueError: If the schedule leaves its range or does not end at 1, or steps or goal make no sense.
    """

    def __init__(self, schedule: Sequence[float], steps: int = 2000, goal: float | None = 0.95, whole: bool = False):
        values = tuple(schedule)
        if not values or values[-1] != 1:
            raise ValueError(f"schedule is {values}; it must end at 1, where the network is plain.")
        if not all(value >= 1 and value == int(value) if whole else 0 <= value <= 1 for value in values):
            allowed = "whole numbers, 1 or more" if whole else "numbers in [0, 1]"
            raise ValueError(f"schedule is {values}; allowed: {allowed}.")
        if goal is not None and not 0 < goal <= 1:
            raise ValueError(f"goal is {goal!r}; allowed: a score in (0, 1], or None.")
        self.schedule, self.goal = values, goal
        self.steps = whole_number("anneal_steps", steps, least=1)
        self._phase = self._taken = 0

    @property
    def config(self) -> dict[str, Any]:
        """The schedule as arguments of a rule."""
        return {"schedule": list(self.schedule), "anneal_steps": self.steps, "goal": self.goal}

    @property
    def value(self) -> float:
        """The value in force."""
        return self.schedule[self._phase]

    def advance(self) -> None:
        """Hear of an update."""
        self._taken += 1
        if self._taken * (len(self.schedule) - 1) >= self.steps:
            self._next()

    def report(self, score: float) -> None:
        """Hear of a score."""
        if self.goal is not None and score >= self.goal:
            self._next()

    def _next(self) -> None:
        if self._phase < len(self.schedule) - 1:
            self._phase, self._taken = self._phase + 1, 0

    def state(self) -> dict[str, Tensor]:
        """Where it stands, as named tensors."""
        return {"annealing.phase": torch.tensor(self._phase), "annealing.taken": torch.tensor(self._taken)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Stand where :meth:`state` said."""
        self._phase, self._taken = int(state["annealing.phase"]), int(state["annealing.taken"])
