"""A task seen through more noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from .factors import Conditions
from .names import check_name
from .noise import fill_with_noise
from .numbers import standard_deviation
from .responses import during
from .trial import TrialBatch
from .typechecked import typechecked
from .wrapped_task import WrappedTask

N_FOR_CEILING = 10_000


@typechecked
@dataclass(frozen=True, kw_only=True)
class Noisy(WrappedTask):
    """A task whose inputs carry more noise, on all channels or some: to test how robust a network is.

    The ideal observer is the task's own, who does not know of it.

    Attributes:
        task: The task.
        added: Standard deviation of the added noise averaged over 100 ms, as the task's own ``noise``.
        groups: Groups of channels that get it; all when None.
        frozen: Whether each channel has one value of it for the whole trial, or segment of a session, instead of a
            new one in each bin.
    """

    added: float = 0.1
    groups: Sequence[str] | None = None
    frozen: bool = False

    def __post_init__(self) -> None:
        """Refuse groups that the task does not have, and what is no standard deviation."""
        super().__post_init__()
        standard_deviation("added", self.added)
        if self.groups is not None:
            object.__setattr__(self, "groups", tuple(self.groups))
        for group in self.groups or ():
            check_name("channel", group, self.task.input_groups)

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        batch = self.task.lay_out(conditions, rng)
        inside = during(len(batch.inputs), (np.zeros_like(batch.lengths), batch.lengths))[..., None]
        for group in self.task.input_groups if self.groups is None else self.groups:
            seen = batch.inputs[..., self.task.input_groups[group]]
            shape = (1, *seen.shape[1:]) if self.frozen else seen.shape
            noise = np.empty(shape, np.float32)
            fill_with_noise(noise, self.added * (1 if self.frozen else sqrt(100 / self.dt)), rng)
            seen += inside * noise
        return batch

    @cached_property
    def ceiling(self) -> float:
        """Score of the task's own ideal observer in the added noise: on 10,000 trials or 1,000 sessions, fixed seed."""
        n = N_FOR_CEILING // (10 if self.n_segments > 1 else 1)
        batch = self.sample(n, 0, self.ideal_policy())
        return float(self.score(self.ideal(batch), batch).mean())
