"""What a network did, and what it led to; in painted trials it acts in all bins at once, or segment by segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...envs.errors import ArgumentError
from ...envs.gym.painted_rollout import Outcome, play_painted
from ...envs.gym.rewards import Rewards
from ...envs.task import Task
from ...envs.trial import TrialBatch, first_segment
from ..network.ensemble import ensemble_shape
from ..network.protocol import Network, first_parameter
from ..network.trajectory import Trajectory


@dataclass(frozen=True)
class Rollout:
    """What a network did, and what it earned; T are the bins of all segments.

    Attributes:
        segments: What it did in each segment, one of a trial.
        inputs: u of each segment, (T_k, B, n_in).
        actions: (T, B), or with continuous actions (T, B, n_out); of an ensemble (T, S, B, ...).
        rewards: R of what was done, (T, B) or (T, S, B).
        alive: 1 where what is done counts, else 0.
        going_on: 1 where the next bin is of the same episode, else 0; None where nothing follows the end of a trial.
    """

    segments: list[Trajectory]
    inputs: list[Tensor]
    actions: Tensor
    rewards: Tensor
    alive: Tensor
    going_on: Tensor | None

    @cached_property
    def outputs(self) -> Tensor:
        """Readout z of all bins, (T, B, n_out) or (T, S, B, n_out)."""
        return torch.cat([segment.outputs for segment in self.segments])

    @cached_property
    def rates(self) -> Tensor:
        """Rates r of all bins, (T, B, N) or (T, S, B, N)."""
        return torch.cat([segment.rates for segment in self.segments])

    @cached_property
    def total(self) -> Tensor:
        """What each trial, or copy of an environment, earned, (B,) or (S, B)."""
        return self.rewards.sum(0)

    @property
    def reported(self) -> dict[str, Any]:
        """The metrics, as numbers, or of an ensemble (S,)."""
        return {name: value if value.ndim else value.item() for name, value in self.metrics.items()}

    def rewards_and_more(self, own: Mapping[str, Tensor], gamma: float) -> Tensor:
        """R, and what is expected of later where a rollout stops before the end."""
        return self.rewards

    @cached_property
    def metrics(self) -> dict[str, Tensor]:
        """What is reported, () or (S,) each; the reward is among it."""
        raise NotImplementedError


@dataclass(frozen=True)
class PaintedRollout(Rollout):
    """What a network did in trials or sessions, and what it led to; after the end of a trial nothing counts.

    Attributes:
        trials: The trials, or first segments of the sessions.
        outcome: What it led to, (T, B) or (T, S, B).
        greedy: What the most probable choices would have led to; None with other actions, and in a closed loop.
    """

    trials: TrialBatch
    outcome: Outcome
    greedy: Outcome | None

    @cached_property
    def metrics(self) -> dict[str, Tensor]:
        """Means over trials, () or (S,): of the reward, and of choices how often what ended was correct or missed.

        Of choices too: the mean number of times that fixation was broken, at most 1 where that ends a trial.
        """
        found = {"reward": self.total.mean(-1)}
        if self.actions.ndim < self.outputs.ndim:

            def counted(what: np.ndarray) -> Tensor:
                return torch.as_tensor(what.sum((0, -1))).to(self.rewards)

            ends = counted(self.outcome.ends)
            found["sampled_score"] = counted(self.outcome.correct) / ends
            if self.greedy is not None:
                found["greedy_score"] = counted(self.greedy.correct) / counted(self.greedy.ends)
            found["abort_rate"] = counted(self.outcome.aborts) / self.rewards.shape[-1]
            found["miss_rate"] = counted(self.outcome.misses) / ends
        return found


def to_act_in(batch: TrialBatch, rule: str) -> tuple[Task, TrialBatch]:
    """The task of a batch, and its trials; of sessions the first segments, since the rest follows from what is done.

    Raises:
        ArgumentError: If the batch knows no task.
    """
    if not isinstance(batch.task, Task):
        raise ArgumentError(f"batch is of no task that is known, and {rule} acts in one; use task.sample(batch_size).")
    return batch.task, first_segment(batch)


def play(
    network: Network,
    task: Task,
    trials: TrialBatch,
    run: Callable[[Tensor, Tensor | None], Trajectory],
    choose: Callable[[Tensor], Tensor],
    rewards: Rewards,
    abort: bool,
    generator: torch.Generator | None,
) -> PaintedRollout:
    """Let a network act in trials, or in sessions from their first segment on.

    Args:
        network: The network, or an ensemble.
        task: The task of the trials.
        trials: Trials, or the first segments of sessions.
        run: Runs the network from a state, or from its initial one, through inputs (T, B, n_in).
        choose: Makes actions of its outputs.
        rewards: What responses earn.
        abort: Whether breaking fixation ends a trial.
        generator: Source of what a session draws later.

    Raises:
        ArgumentError: If an ensemble is to play sessions: each network would see its own.
    """
    like, many = first_parameter(network), bool(ensemble_shape(network))
    if many and task.n_segments > 1:
        raise ArgumentError(f"{task.name} is a closed loop: each network would see its own trials; train them singly.")
    segments: list[Trajectory] = []
    inputs: list[Tensor] = []
    actions: list[Tensor] = []

    def act(segment: TrialBatch) -> np.ndarray:
        inputs.append(torch.from_numpy(segment.inputs).to(like))
        segments.append(run(inputs[-1], segments[-1].state if segments else None))
        actions.append(choose(segments[-1].outputs.detach()))
        # What is no number earns what any number does: the gradient is none either, and is refused.
        return actions[-1].nan_to_num().cpu().numpy()

    greedy = None
    if task.n_segments == 1:
        outcome = outcome_of_trials(task, trials, act(trials), many, rewards, abort)
        if task.kind == "choice":
            choices = segments[0].outputs.detach().argmax(-1).cpu().numpy()
            greedy = outcome_of_trials(task, trials, choices, many, rewards, abort)
    else:
        outcome = play_painted(task, trials, act, _numpy_source(generator), rewards, abort)
    paid, alive = (torch.from_numpy(what).to(like) for what in (outcome.rewards, outcome.alive))
    return PaintedRollout(segments, inputs, torch.cat(actions), paid, alive, None, trials, outcome, greedy)


def outcome_of_trials(
    task: Task, batch: TrialBatch, actions: np.ndarray, many: bool, rewards: Rewards, abort: bool
) -> Outcome:
    """What actions (T, B, ...), or of many networks (T, S, B, ...), lead to in trials of an open loop."""
    # No trial is drawn after the first segment, so no random numbers are either.
    unused = np.random.default_rng(0)
    if not many:
        return play_painted(task, batch, lambda _: actions, unused, rewards, abort)
    each = [play_painted(task, batch, lambda _, own=own: own, unused, rewards, abort) for own in actions.swapaxes(0, 1)]
    return Outcome.merged(each, lambda parts: np.stack(parts, axis=1))


def _numpy_source(generator: torch.Generator | None) -> np.random.Generator:
    """A source for what a session draws, by the next number of another source."""
    device = "cpu" if generator is None else generator.device
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator, device=device)))
