"""What rules share that train a network with help, and take the help away."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from .annealing import Annealing, Scores
from ..ensemble import part
from .losses import Objective
from ..rate_rnn import RateRNN
from ..representation import rule_repr
from .shared_counts import for_each
from .descent import Descent, LearningRate


class AnnealedRule(ABC):
    """Descent on the loss of a network that is helped; the help is annealed, and evaluation is always without it.

    Args:
        schedule: A number in each phase; the last must be 1, at which the network is plain.
        anneal_steps: Number of updates that all phases but the last take together.
        goal: Score of the plain network at which a phase ends early; None for never.
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        rate_penalty: Cost of activity.
        weight_penalty: Cost of synapses.
        whole: Whether the schedule consists of whole numbers from 1 on, instead of numbers in [0, 1].
    """

    def __init__(
        self,
        schedule: Sequence[float],
        anneal_steps: int,
        goal: float | None,
        lr: LearningRate,
        clip: float | None,
        rate_penalty: float,
        weight_penalty: float,
        whole: bool = False,
    ):
        self.annealing = Annealing(schedule, anneal_steps, goal, whole)
        self.descent, self.objective = Descent(lr, clip), Objective(rate_penalty, weight_penalty)

    __repr__ = rule_repr

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        return self.annealing.config | self.descent.config | self.objective.config

    @abstractmethod
    def loss_at(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of a batch with the help of a phase, a scalar, or of an ensemble one for each network, (S,)."""

    def knowing(self, network: RateRNN) -> Self:
        """This rule if it knows the network, else one with its arguments that knows none."""
        return self if self.descent.knows(network) else type(self)(**self.config)

    @typechecked
    def loss(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss of a batch with the help of the present phase, a scalar; the generator draws the noise.

        Of an ensemble one for each network, (S,), each with the help of its own phase.
        """
        values = self.knowing(network).annealing.values
        phases = np.unique(values).tolist()
        if len(phases) == 1:
            return self.loss_at(phases[0], network, batch, generator)
        # All networks get the same noise: each group draws it again.
        source = generator or _own_source(network)
        before, groups, losses = source.get_state(), [np.flatnonzero(values == value) for value in phases], []
        for value, group in zip(phases, groups, strict=True):
            source.set_state(before)
            losses.append(self.loss_at(value, part(network, group.tolist()), batch, generator))
        return torch.cat(losses)[np.argsort(np.concatenate(groups)).tolist()]

    @typechecked
    def gradient(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Gradient of the loss for each trainable parameter, by name; the network is left as it was."""
        return self.descent.gradient(network, self.loss(network, batch, generator))

    @typechecked
    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, float]:
        """Change the parameters in place; returns the loss before the change and the gradient's norm.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self._meet(network)
        metrics = self.descent.step(network, self.loss(network, batch, generator))
        self.annealing.advance()
        return metrics

    def update_each(
        self, ensemble: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """:meth:`update` for all networks of an ensemble, each by its own loss; returns one of each metric for each."""
        self._meet(ensemble)
        metrics = self.descent.step_each(ensemble, self.loss(ensemble, batch, generator))
        self.annealing.advance()
        return metrics

    def report(self, score: Scores) -> None:
        """Receive the score of the plain network, or those of an ensemble, (S,); at the goal the next phase begins."""
        self.annealing.report(score)

    @typechecked
    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, and the phase, as named tensors; of an ensemble (S, ...)."""
        rule = self.knowing(network)
        phase = rule.annealing.state().items()
        return rule.descent.state(network) | {k: v if v.ndim else for_each(network, v) for k, v in phase}

    @typechecked
    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, state)
        self.annealing.start(network.recurrent.shape[:-2])
        if state:
            self.annealing.restore(state)

    def _meet(self, network: RateRNN) -> None:
        if not self.descent.knows(network):
            self.restore(network, {})


def _own_source(network: RateRNN) -> torch.Generator:
    """The generator that draws where none is named."""
    device = network.recurrent.device
    return torch.default_generator if device.type == "cpu" else torch.cuda.default_generators[device.index or 0]
