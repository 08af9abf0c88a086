"""A task seen through more noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt

import numpy as np

from .channels import Channels
from .factors import Conditions
from .names import check_name
from .numbers import standard_deviation
from .responses import during
from .task import Seed, Task
from .trial import Kind, TrialBatch

N_FOR_CEILING = 10_000


@dataclass(frozen=True, kw_only=True)
class Noisy(Task):
    """A task whose inputs carry more noise, on all channels or some: to test how robust a network is.

    The ideal observer is that of the task itself, who does not know of it.

    Attributes:
        task: The task.
        added: Standard deviation of the added noise averaged over 100 ms, as the task's own ``noise``.
        groups: Groups of channels that get it; all when None.
        frozen: Whether each channel has one value of it for the whole trial, or segment of a session, instead of a
            new one in each bin.
    """

    task: Task
    added: float = 0.1
    groups: Sequence[str] | None = None
    frozen: bool = False
    dt: float = field(init=False)
    kind: Kind = field(init=False)
    timed: bool = field(init=False)
    family: str = field(init=False)
    source: str = field(init=False)
    response_period: str = field(init=False)
    contrasts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Refuse groups that the task does not have, and what is no standard deviation."""
        standard_deviation("added", self.added)
        if self.groups is not None:
            object.__setattr__(self, "groups", tuple(self.groups))
        for group in self.groups or ():
            check_name("channel", group, self.task.input_groups)
        for name in ("dt", "kind", "timed", "family", "source", "response_period", "contrasts"):
            object.__setattr__(self, name, getattr(self.task, name))

    def channels(self) -> Channels:
        return self.task.channels()

    def responses(self) -> tuple[str, ...]:
        return self.task.responses()

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        return self.task.draw(rng, n)

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        batch = self.task.lay_out(conditions, rng)
        inside = during(len(batch.inputs), (np.zeros_like(batch.lengths), batch.lengths))[..., None]
        for group in self.task.input_groups if self.groups is None else self.groups:
            seen = batch.inputs[..., self.task.input_groups[group]]
            shape = (1, *seen.shape[1:]) if self.frozen else seen.shape
            std = self.added * (1 if self.frozen else sqrt(100 / self.dt))
            seen += inside * (np.float32(std) * rng.standard_normal(shape, dtype=np.float32))
        return batch

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Answer as if there were no added noise."""
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

    @cached_property
    def ceiling(self) -> float:
        """Score of the task's own ideal observer in the added noise: on 10,000 trials or 1,000 sessions, fixed seed."""
        n = N_FOR_CEILING // (10 if self.n_segments > 1 else 1)
        batch = self.sample(n, 0, self.ideal_policy())
        return float(self.score(self.ideal(batch), batch).mean())

    @property
    def n_segments(self) -> int:
        return self.task.n_segments

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        return self.task.advance(conditions, choices, rng)
