"""What rules share that train a network with help, and take the help away."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ..annealing import Annealing
from ..losses import Objective
from ..rate_rnn import RateRNN
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

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        return self.annealing.config | self.descent.config | self.objective.config

    @abstractmethod
    def loss(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss of a batch with the help of the present phase, a scalar; the generator draws the noise."""

    def gradient(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Gradient of the loss for each trainable parameter, by name; the network is left as it was."""
        return self.descent.gradient(network, self.loss(network, batch, generator))

    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, float]:
        """Change the parameters in place; returns the loss before the change and the gradient's norm.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        metrics = self.descent.step(network, self.loss(network, batch, generator))
        self.annealing.advance()
        return metrics

    def update_each(
        self, ensemble: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """:meth:`update` for all networks of an ensemble, each by its own loss; returns one of each metric for each."""
        metrics = self.descent.step_each(ensemble, self.loss(ensemble, batch, generator))
        self.annealing.advance()
        return metrics

    def report(self, score: float) -> None:
        """Hear how the plain network scored; at the goal the next phase begins."""
        self.annealing.report(score)

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, and the phase, as named tensors."""
        return self.descent.state(network) | self.annealing.state()

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned."""
        self.descent.restore(network, state)
        self.annealing.restore(state)
