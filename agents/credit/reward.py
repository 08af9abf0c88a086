"""What a trial earned, and what was to be expected of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...envs.gym.rewards import Rewards
from ...envs.names import check_name
from ...envs.numbers import finite_number
from ...envs.trial import TrialBatch
from ..network.data import TensorBatch

MANY = 1000
"""Largest number of kinds of trials with a mean of their own; later ones go by the mean over all."""


def rewards(outputs: Tensor, data: TensorBatch) -> Tensor:
    r"""Minus the error of each trial: :math:`R_b = -B \sum_t m_{tb}\, \epsilon_{tb} / \sum m`.

    Its mean over the trials is minus the loss of the task.

    Args:
        outputs: (T, B, n_out), or of an ensemble (T, S, B, n_out).
        data: Targets and mask of the trials.

    Returns:
        R, (B,) or (S, B).
    """
    n_outputs = outputs.shape[-1]
    if data.targets.ndim == 2 or data.probabilities:
        targets = data.targets if data.probabilities else functional.one_hot(data.targets, n_outputs)
        targets = targets if outputs.ndim == 3 else targets[:, None]
        error = -(targets * functional.log_softmax(outputs, dim=-1)).sum(-1)
    else:
        targets = data.targets if outputs.ndim == 3 else data.targets[:, None]
        error = (outputs - targets).square().mean(-1)
    mask = data.mask if outputs.ndim == 3 else data.mask[:, None]
    return -(error * mask).sum(0) * (data.mask.shape[1] / data.mask.sum())


def plain_rewards(rewards: Mapping[str, float] | None) -> dict[str, float] | None:
    """What responses earn, as values of JSON.

    Raises:
        ValueError: If a name is unknown, or a number not finite.
    """
    Rewards.of(rewards)
    return None if rewards is None else {name: float(value) for name, value in rewards.items()}


@final
class ExpectedReward:
    r"""Running mean of the reward for each kind of trial: :math:`\bar R \leftarrow \kappa \bar R + (1-\kappa) R`.

    The kind of a trial follows from its conditions: from all that are whole numbers, truth values or names, unless
    others are asked for. A kind that was never seen has the mean over all trials before, and of the batch if there was
    none.

    Args:
        decay: :math:`\kappa`, in [0, 1), for each trial.
        conditions: Names of the conditions that make a kind; an empty list for one kind of trial.

    Raises:
        ValueError: If decay is out of its range; on a batch, if it has no condition of that name.

    Attributes:
        means: :math:`\bar R` by kind, "all" for that of all trials, () or (S,).
    """

    def __init__(self, decay: float, conditions: Sequence[str] | None = None):
        if not 0 <= finite_number("baseline_decay", decay) < 1:
            raise ValueError(f"baseline_decay is {decay!r}; allowed: from 0 to below 1.")
        self.decay = float(decay)
        self.conditions = None if conditions is None else [str(name) for name in conditions]
        self.means: dict[str, Tensor] = {}

    def of(self, batch: TrialBatch, reward: Tensor) -> Tensor:
        """What was to be expected of each trial, in the shape of their rewards, (B,) or (S, B)."""
        in_general = self.means.get("all", reward.mean(-1))
        return torch.stack([self.means.get(kind, in_general) for kind in self._kinds(batch)], dim=-1)

    def receive(self, batch: TrialBatch, reward: Tensor) -> None:
        """Learn from the rewards of trials, (B,) or (S, B)."""
        kinds = np.array(self._kinds(batch))
        for kind in ["all", *np.unique(kinds)]:
            there = torch.from_numpy(np.flatnonzero((kinds == kind) | (kind == "all"))).to(reward.device)
            mean, keep = reward.index_select(-1, there).mean(-1), self.decay ** len(there)
            if kind in self.means:
                self.means[kind] = keep * self.means[kind] + (1 - keep) * mean
            elif len(self.means) <= MANY:
                self.means[str(kind)] = mean

    def state(self) -> dict[str, Tensor]:
        """The means as named tensors."""
        return {f"expected.{kind}": mean for kind, mean in self.means.items()}

    def restore(self, state: Mapping[str, Tensor], like: Tensor) -> None:
        """Return to what :meth:`state` described, among other tensors; on the device of a tensor, in its precision."""
        means = {name: mean for name, mean in state.items() if name.startswith("expected.")}
        self.means = {name.removeprefix("expected."): mean.to(like) for name, mean in means.items()}

    def _kinds(self, batch: TrialBatch) -> list[str]:
        """The kind of each trial, (B,)."""
        named = self.conditions
        if named is None:
            named = [name for name, values in batch.conditions.items() if values.dtype.kind in "biuUS"]
        for name in named:
            check_name("condition", name, batch.conditions)
        values = [batch.conditions[name] for name in named]
        return [
            ", ".join(f"{name} {value[b]}" for name, value in zip(named, values, strict=True)) or "any"
            for b in range(batch.batch_size)
        ]
