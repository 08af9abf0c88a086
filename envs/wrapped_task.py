"""A task made of another: what it takes over as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .channels import Channels
from .factors import Conditions, Factor
from .task import Seed, Task
from .trial import Kind, TrialBatch

TAKEN_OVER = ("dt", "kind", "timed", "correct_from", "family", "source", "response_period", "contrasts")


@dataclass(frozen=True, kw_only=True)
class WrappedTask(Task):
    """Does what its task does, unless a subclass says otherwise.

    Attributes:
        task: The task.
    """

    task: Task
    dt: float = field(init=False)
    kind: Kind = field(init=False)
    timed: bool = field(init=False)
    correct_from: float = field(init=False)
    family: str = field(init=False)
    source: str = field(init=False)
    response_period: str = field(init=False)
    contrasts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Take over what the task says of itself."""
        for name in TAKEN_OVER:
            object.__setattr__(self, name, getattr(self.task, name))

    def channels(self) -> Channels:
        return self.task.channels()

    def responses(self) -> tuple[str, ...]:
        return self.task.responses()

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        return self.task.draw(rng, n)

    def factors(self) -> Mapping[str, Factor]:
        return self.task.factors()

    def draw_with(self, fixed: Conditions, rng: np.random.Generator, n: int) -> Conditions:
        return self.task.draw_with(fixed, rng, n)

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        return self.task.lay_out(conditions, rng)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        return self.task.ideal(batch)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        return self.task.guess(batch, seed)

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Correctness of the response, (B,), as the task has it."""
        return self.task.score(outputs, batch)

    @property
    def answers(self) -> np.ndarray:
        return self.task.answers

    @property
    def chance(self) -> float:
        return self.task.chance

    @property
    def n_segments(self) -> int:
        return self.task.n_segments

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        return self.task.advance(conditions, choices, rng)
