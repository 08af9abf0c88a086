"""A session that shows what was done last, and what that earned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..channels import Channels
from ..errors import ArgumentError
from ..factors import Conditions
from ..trial import TrialBatch
from ..typechecked import typechecked
from ..wrapped_task import WrappedTask

ACTION, REWARD = "last action", "last reward"


@typechecked
@dataclass(frozen=True, kw_only=True)
class LastOutcome(WrappedTask):
    """A session whose segments show the last choice and its reward, in channels "last action" and "last reward".

    A network that draws its actions does not know which it drew: these channels show it, without noise, in all bins of
    the next segment. In the first segment they are 0. The ideal observer is the task's own, who remembers its choices.

    Attributes:
        task: The task, a session.

    Raises:
        ArgumentError: If the task is no session, or has such channels.

    Source: Wang et al. 2018, doi:10.1038/s41593-018-0147-8.
    """

    def __post_init__(self) -> None:
        """Refuse trials, after which nothing follows."""
        super().__post_init__()
        if self.task.n_segments == 1:
            raise ArgumentError(f"{self.task.name} is no session: no trial follows in which to show the last outcome.")
        if {ACTION, REWARD} & {*self.task.channels()}:
            raise ArgumentError(f"{self.task.name} shows the last outcome already.")

    def channels(self) -> Channels:
        return {**self.task.channels(), ACTION: self.responses()[1:], REWARD: 1}

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        return self.task.draw(rng, n) | _none(n)

    def draw_with(self, fixed: Conditions, rng: np.random.Generator, n: int) -> Conditions:
        return self.task.draw_with(fixed, rng, n) | _none(n)

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        own = {name: conditions[name] for name in (ACTION, REWARD)}
        batch = self.task.lay_out({name: value for name, value in conditions.items() if name not in own}, rng)
        outcome = np.column_stack([np.eye(self.n_outputs)[own[ACTION]][:, 1:], own[REWARD]]).astype(np.float32)
        added = np.broadcast_to(outcome, (*batch.mask.shape, outcome.shape[1]))
        return replace(batch, inputs=np.concatenate([batch.inputs, added], -1), conditions=batch.conditions | own)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        return self.task.ideal(replace(batch, inputs=batch.inputs[..., : self.task.n_inputs]))

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        following = self.task.advance(conditions, choices, rng)
        return {**following, ACTION: np.asarray(choices, np.int64), REWARD: following["outcome"].astype(float)}

    @cached_property
    def ceiling(self) -> float:
        return self.task.ceiling


def _none(n: int) -> Conditions:
    """Nothing was done, nothing earned."""
    return {ACTION: np.zeros(n, np.int64), REWARD: np.zeros(n)}
