"""What rules share that train a network with help, and take the help away."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.data import tensors
from ..network.ensemble import ensemble_shape, part
from ..network.protocol import Network
from ..network.rate_rnn import RateRNN
from .annealing import Annealing
from .loss_rule import LossRule
from .rule import Scores
from .shared_counts import for_each


@dataclass(eq=False, repr=False, kw_only=True)
class AnnealedRule(LossRule):
    """Descent on the loss of a network that is helped; the help is annealed, and evaluation is always without it.

    Args:
        schedule: The help in each phase, a number; at the last, which must be 1, the network is plain.
        anneal_steps: Number of updates that all phases but the last take together.
        goal: Score of the plain network at which a phase ends early; None for never.

    Attributes:
        whole: Whether the schedule consists of whole numbers from 1 on, instead of numbers in [0, 1].

    Raises:
        ValueError: If the schedule leaves its range or does not end at 1, or anneal_steps or goal make no sense.
    """

    whole: ClassVar[bool] = False
    rate_rnn_only = True

    schedule: Sequence[float] = (0.5, 1.0)
    anneal_steps: int = 2000
    goal: float | None = 0.95

    def __post_init__(self) -> None:
        """Check the arguments, and begin with the first phase."""
        super().__post_init__()
        self.annealing = Annealing(self.schedule, self.anneal_steps, self.goal, self.whole)
        self.schedule, self.goal = self.annealing.schedule, self.annealing.goal

    @abstractmethod
    def helped_loss(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None
    ) -> Tensor:
        """The loss of a batch with the help of a phase that is not the last, a scalar, or of an ensemble (S,)."""

    @typechecked
    def loss_at(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of a batch with the help of a phase, a scalar, or of an ensemble (S,); at 1 there is no help.

        Raises:
            ValueError: If the help does not fit the trials or the network.
        """
        if value != 1:
            return self.helped_loss(value, network, batch, generator)
        data = tensors(batch, network.recurrent)
        return self.objective(network, network(data.inputs, generator=generator), data)

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

    def after_update(self) -> None:
        """Count the update: a phase may end with it."""
        self.annealing.advance()

    def report(self, score: Scores) -> None:
        """Receive the score of the plain network, or those of an ensemble, (S,); at the goal the next phase begins."""
        self.annealing.report(score)

    @typechecked
    def state(self, network: Network) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, and the phase, as named tensors; of an ensemble (S, ...)."""
        phase = self.knowing(network).annealing.state().items()
        return super().state(network) | {k: v if v.ndim else for_each(network, v) for k, v in phase}

    @typechecked
    def restore(self, network: Network, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        super().restore(network, state)
        self.annealing.start(ensemble_shape(network))
        if state:
            self.annealing.restore(state)


def _own_source(network: RateRNN) -> torch.Generator:
    """The generator that draws where none is named."""
    device = network.recurrent.device
    return torch.default_generator if device.type == "cpu" else torch.cuda.default_generators[device.index or 0]
