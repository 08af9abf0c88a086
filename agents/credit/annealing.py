"""Annealing: help that is taken away in phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor

from ...envs.numbers import finite_number, whole_number
from .rule import Scores


@final
class Annealing:
    """A value that goes to 1 in phases; one ends after its share of the updates, or as soon as the goal is reached.

    Each network of an ensemble has a phase of its own.

    Args:
        schedule: The value in each phase; the last is 1, at which training continues.
        steps: Number of updates that all phases but the last take together.
        goal: Score at which a phase ends early; None for never.
        whole: Whether values are whole numbers from 1 on, instead of in [0, 1].

    Raises:
        ValueError: If the schedule leaves its range or does not end at 1, or steps or goal make no sense.
    """

    def __init__(self, schedule: Sequence[float], steps: int = 2000, goal: float | None = 0.95, whole: bool = False):
        try:
            listed = list(schedule)
        except TypeError as error:
            raise ValueError(f"schedule is {schedule!r}; it must be numbers that end at 1.") from error
        values = tuple(finite_number("schedule", value) for value in listed)
        if not values or values[-1] != 1:
            raise ValueError(f"schedule is {values}; it must end at 1, where the network is plain.")
        if not all(value >= 1 and value == int(value) if whole else 0 <= value <= 1 for value in values):
            allowed = "whole numbers, 1 or more" if whole else "numbers in [0, 1]"
            raise ValueError(f"schedule is {values}; allowed: {allowed}.")
        if goal is not None and not 0 < finite_number("goal", goal) <= 1:
            raise ValueError(f"goal is {goal!r}; allowed: a score in (0, 1], or None.")
        self.schedule = tuple(int(value) for value in values) if whole else values
        self.goal = None if goal is None else float(goal)
        self.steps = whole_number("anneal_steps", steps, minimum=1)
        self.start()

    @property
    def values(self) -> np.ndarray:
        """The value in force, (), or that of each network of an ensemble, (S,)."""
        return np.array(self.schedule)[self._phase]

    def start(self, shape: Sequence[int] = ()) -> None:
        """Go to the first phase: of one network, (), or of each of an ensemble, (S,)."""
        self._phase, self._taken = np.zeros(shape, np.int64), np.zeros(shape, np.int64)

    def advance(self) -> None:
        """Count an update."""
        self._taken = self._taken + 1
        self._end(self._taken * (len(self.schedule) - 1) >= self.steps)

    def report(self, scores: Scores) -> None:
        """Receive the score of the network, or those of an ensemble, (S,); at the goal the next phase begins.

        Raises:
            ValueError: If there are more or fewer scores than networks.
        """
        values = np.asarray(scores.tolist() if isinstance(scores, Tensor) else scores, float)
        if values.shape not in ((), self._phase.shape):
            raise ValueError(f"scores have shape {values.shape}; expected one of each network, {self._phase.shape}.")
        if self.goal is not None:
            self._end(values >= self.goal)

    def _end(self, ends: np.ndarray) -> None:
        ends = ends & (self._phase < len(self.schedule) - 1)
        self._phase, self._taken = self._phase + ends, np.where(ends, 0, self._taken)

    def state(self) -> dict[str, Tensor]:
        """Phase and number of updates in it, as named tensors."""
        return {"annealing.phase": torch.tensor(self._phase), "annealing.taken": torch.tensor(self._taken)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Return to what :meth:`state` described."""
        self._phase, self._taken = (state[f"annealing.{name}"].cpu().numpy().copy() for name in ("phase", "taken"))
