"""Settings of a task that change from block to block of a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..channels import Channels
from ..durations import Duration
from ..errors import ArgumentError
from ..factors import Conditions, Factor, Levels
from ..numbers import whole_number
from ..observers.block_filter import BlockChain, chain_of_blocks, length_pmf
from ..painted_task import PaintedTask
from ..task import Task
from ..trial import Policy, TrialBatch
from ..typechecked import typechecked
from .block_session import BlockSession, mean_confidence
from .inner_task import check_inferring, check_one_choice
from .segments import first_channels


@typechecked
@dataclass(frozen=True, kw_only=True)
class Blocks(BlockSession):
    """A session in blocks, in each of which the trials come from one of several settings of a task.

    So the prior of the answers may change, with :class:`SideBias`, or the difficulty, or any argument but durations and
    noise. A session begins with any of the settings; one that is over is followed by any other, equally often. The
    condition ``"block"`` is the number of the setting.

    Attributes:
        tasks: The settings: of one task, with one noise and the same durations, of which one choice is asked.
        n_trials: Number of trials in a session.
        length: Number of trials in a block: a number, or a distribution such as ``TruncatedExponential(60, 20, 100)``.
        hazard: Probability that the block ends after a trial, instead of a length.
        feedback: Whether each trial shows what was chosen in the one before, and what that was paid, in the channels
            "last action" and "last reward"; they have no noise.
        cue: Whether inputs "block" show which it is; without them the tasks need a method ``log_joint``, and the ideal
            observer infers the block from what all trials so far have shown.
        first: Number of a setting with which each session begins, and which does not return; any when None.
        first_length: Number of trials in that block, where it is another than in the others.

    Source: International Brain Laboratory 2021, doi:10.7554/eLife.63711.
    """

    tasks: Sequence[Task]
    cue: bool = False
    first: int | None = None
    first_length: Duration | None = None

    def __post_init__(self) -> None:
        """Refuse tasks that are no settings of one, and blocks that cannot be."""
        object.__setattr__(self, "tasks", tuple(self.tasks))
        if not self.tasks:
            raise ArgumentError("there are 0 tasks; a session of blocks needs one or more.")
        first, others = self.tasks[0], self.tasks[1:]
        for task in self.tasks:
            check_one_choice(task, "Blocks")
            if not task.scored_by_class:
                raise ArgumentError(f"Blocks needs tasks whose class of response alone is scored; {task.name} is not.")
            if not self.cue:
                check_inferring(task, "Blocks without a cue")
        inner = self._inside[0]
        for task, inside in zip(others, self._inside[1:], strict=True):
            kinds = [(type(i), i.noise, t.dt, t.channels(), t.responses()) for t, i in ((task, inside), (first, inner))]
            if kinds[0] != kinds[1]:
                raise ArgumentError("the tasks of one session must be settings of one task, with one dt and noise.")
        if self.first is not None and whole_number("first", self.first, minimum=0) >= len(self.tasks):
            raise ArgumentError(f"first is {self.first}; there are {len(self.tasks)} tasks, numbered from 0.")
        if self.first is None and self.first_length is not None:
            raise ArgumentError("first_length is the length of the block named by first, which is None.")
        self._take_over(first)

    @cached_property
    def _inside(self) -> list[PaintedTask]:
        return [check_one_choice(task, "Blocks") for task in self.tasks]

    @cached_property
    def painters(self) -> list[PaintedTask]:
        return [task for i, task in enumerate(self._inside) if task not in self._inside[:i]]

    @cached_property
    def painter_of_block(self) -> np.ndarray:
        return np.array([self.painters.index(task) for task in self._inside])

    @cached_property
    def expectations(self) -> np.ndarray:
        return np.array([task.answers for task in self.tasks])[:, None]

    @cached_property
    def chain(self) -> BlockChain:
        """How blocks follow each other."""
        first_length = None if self.first_length is None else length_pmf("first_length", self.first_length)
        length = length_pmf("length", self.length)
        return chain_of_blocks(len(self.tasks), length, self.hazard, self.first, first_length)

    def channels(self) -> Channels:
        labels: Channels = {"block": tuple(str(k) for k in range(len(self.tasks)))} if self.cue else {}
        return {**super().channels(), **labels}

    def factors(self) -> Mapping[str, Factor]:
        """The first block, and what all settings draw alike."""
        first, *others = (task.factors() for task in self.tasks)
        alike = {name: factor for name, factor in first.items() if all(own.get(name) == factor for own in others)}
        return {"block": Levels(range(len(self.tasks)), self.chain.start)} | alike

    def _draw_trials(
        self, block: np.ndarray, answer: np.ndarray, fixed: Conditions, rng: np.random.Generator
    ) -> Conditions:
        conditions: Conditions = {}
        for number, task in enumerate(self.tasks):
            mine = np.flatnonzero(block == number)
            if len(mine):
                drawn = task.draw_with({name: values[mine] for name, values in fixed.items()}, rng, len(mine))
                for name, values in drawn.items():
                    conditions.setdefault(name, np.zeros(len(block), values.dtype))[mine] = values
        return conditions

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        batch = super().lay_out(conditions, rng)
        if not self.cue:
            return batch
        label = np.eye(len(self.tasks), dtype=np.float32)[conditions["block"]]
        label = np.broadcast_to(label, (len(batch.inputs), *label.shape))
        return replace(batch, inputs=np.concatenate([batch.inputs, label], axis=2))

    def ideal_policy(self) -> Policy:
        return self._answer_to_cue if self.cue else super().ideal_policy()

    def _answer_to_cue(self, segment: TrialBatch) -> np.ndarray:
        """Outputs in a trial of one who reads the cue, and is the ideal observer of that task."""
        which = segment.inputs[..., self.input_groups["block"]].mean(axis=0).argmax(axis=1)
        inner, outputs = first_channels(segment, self.painters[0].n_inputs), self.hold(segment)
        for number in np.unique(which):
            mine = which == number
            outputs[:, mine] = self.tasks[number].ideal(inner)[:, mine]
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the ideal observer: with a cue the mean of the tasks' ceilings, weighted by their trials.

        Without one the mean probability of its answers in 40,000 trials of a fixed seed.
        """
        if not self.cue:
            return mean_confidence(self)
        return float(self.chain.occupancy(self.n_trials) @ [task.ceiling for task in self.tasks])
