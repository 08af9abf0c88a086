"""A task that also asks what was seen: an auxiliary report, which helps a network to remember it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .factors import Conditions
from .names import check_name
from .responses import during, mean_during
from .task import Seed
from .trial import TrialBatch
from .typechecked import typechecked
from .wrapped_task import WrappedTask


@typechecked
@dataclass(frozen=True, kw_only=True)
class Reporting(WrappedTask):
    """A task with more outputs, which are to show in a later period what a group of channels showed in an earlier one.

    Their target is the mean input of these channels over the period ``seen``, within [-1, 1], during the period
    ``reported``, and 0 elsewhere. They have no part in the score. Of use where an error does not find its way back to a
    stimulus, as in matching after a long delay.

    Attributes:
        task: The task; its outputs are continuous and it is no closed loop.
        group: The group of channels to report.
        seen: Period in which it is seen.
        reported: Later period in which it is reported.

    Source: van der Plas, Vogels & Manohar 2022, PMLR 199, https://proceedings.mlr.press/v199/plas22a.html.
    """

    group: str
    seen: str
    reported: str

    def __post_init__(self) -> None:
        """Refuse channels and periods that the task does not have, and tasks whose outputs are no vectors."""
        super().__post_init__()
        if self.kind != "continuous" or self.n_segments > 1:
            raise ValueError(f"{self.task.name} cannot report: its outputs must be continuous, and it no closed loop.")
        check_name("channel", self.group, self.task.input_groups)
        periods = list(self.task.sample(1, seed=0).periods)
        for period in (self.seen, self.reported):
            check_name("period", period, periods)
        if periods.index(self.reported) <= periods.index(self.seen):
            raise ValueError(f"reported is {self.reported!r}; it must come after {self.seen!r}: {', '.join(periods)}.")

    def responses(self) -> tuple[str, ...]:
        names = self.task.input_names[self.task.input_groups[self.group]]
        return (*self.task.responses(), *(f"report {name}" for name in names))

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        batch = self.task.lay_out(conditions, rng)
        return replace(batch, targets=np.concatenate([batch.targets, self._report(batch)], axis=2))

    @typechecked
    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Answer as the task's ideal observer, and report what was seen."""
        return np.concatenate([self.task.ideal(self._own(batch)), self._report(batch)], axis=2)

    @typechecked
    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Guess, and report nothing."""
        guesses = self.task.guess(self._own(batch), seed)
        return np.concatenate([guesses, np.zeros_like(self._report(batch))], axis=2)

    @typechecked
    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Correctness of the response, (B,), as the task has it; reports do not count."""
        return self.task.score(self.checked(outputs, batch)[..., : self.task.n_outputs], self._own(batch))

    @cached_property
    def ceiling(self) -> float:
        return self.task.ceiling

    def _own(self, batch: TrialBatch) -> TrialBatch:
        """The batch as the task has it."""
        return replace(batch, targets=batch.targets[..., : self.task.n_outputs])

    def _report(self, batch: TrialBatch) -> np.ndarray:
        columns = self.task.input_groups[self.group]
        mean = np.clip(mean_during(batch.inputs[..., columns], batch.periods[self.seen]), -1, 1)
        return (during(len(batch.inputs), batch.periods[self.reported])[..., None] * mean).astype(np.float32)
