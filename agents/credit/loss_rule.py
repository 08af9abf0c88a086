"""What rules share that go down the gradient of a loss of their own."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.data import TensorBatch
from ..network.protocol import Network
from ..network.trajectory import Trajectory
from .arguments import number
from .descent import Descent, LearningRate, Optimizer, trainable
from .losses import PENALTIES, Penalty, penalties, task_loss
from .reads import JACOBIAN
from .rule import Rule


@dataclass(eq=False, repr=False, kw_only=True)
class LossRule(Rule):
    r"""A rule whose gradient is that of its :meth:`loss`, by automatic differentiation, followed by Adam.

    .. math:: L = L_{task} + \lambda_r \langle r^2 \rangle + \lambda_w \sum_W \langle W^2 \rangle

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        optimizer: ``"adam"`` or ``"sgd"``.
        rate_penalty: :math:`\lambda_r`, cost of activity.
        weight_penalty: :math:`\lambda_w`, cost of synapses; of a network of another kind than RateRNN, of its matrices.
        penalty: ``"squared"`` as above, or ``"absolute"``: sizes :math:`|r|`, :math:`|W|` cost instead of squares.

    Raises:
        ValueError: If lr or clip is not positive, optimizer or penalty is unknown, or a penalty is negative.

    Source: Kingma & Ba 2015, arXiv:1412.6980 (Adam).
    """

    reads = JACOBIAN

    lr: LearningRate = 1e-3
    clip: float | None = 1.0
    optimizer: Optimizer = "adam"
    rate_penalty: float = number(0.0, minimum=0)
    weight_penalty: float = number(0.0, minimum=0)
    penalty: Penalty = "squared"

    def __post_init__(self) -> None:
        """Check the arguments; nothing is learned yet."""
        check_name("penalty", self.penalty, PENALTIES)
        self.descent = Descent(self.lr, self.clip, self.optimizer)
        self.lr, self.clip = self.descent.lr, self.descent.clip

    @abstractmethod
    def loss(self, network: Any, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, a scalar, or of an ensemble (S,); the generator draws the network's noise."""

    def objective(self, network: Network, trajectory: Trajectory, data: TensorBatch) -> Tensor:
        """The task's loss of what a network did, with the costs, a scalar, or of an ensemble (S,)."""
        task = task_loss(trajectory.outputs, data.targets, data.mask, data.probabilities)
        return task + penalties(network, trajectory, self.rate_penalty, self.weight_penalty, self.penalty)

    @typechecked
    def gradient(
        self, network: Network, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Gradient of the loss for each trainable parameter, by name; the network is left as it was."""
        return gradient_of(network, self.loss(network, batch, generator))

    @typechecked
    def update(self, network: Network, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, Any]:
        """Change the parameters in place; returns the loss before the change and the gradient's norm.

        Of an ensemble each network follows its own loss.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self.meet(network)
        loss = self.loss(network, batch, generator)
        metrics = self.descent.follow(network, gradient_of(network, loss), loss)
        self.after_update()
        return metrics

    def after_update(self) -> None:
        """What is to be done after each update."""

    @typechecked
    def state(self, network: Network) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, as named tensors."""
        return self.descent.state(network)

    @typechecked
    def restore(self, network: Network, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, state)

    def knows(self, network: Network) -> bool:
        """Whether what is remembered is of this network."""
        return self.descent.knows(network)


def gradient_of(network: Network, loss: Tensor) -> dict[str, Tensor]:
    """Gradient of a loss, or of the losses of an ensemble, each for its own network."""
    learned = dict(trainable(network))
    if not learned:
        return {}
    return dict(zip(learned, torch.autograd.grad(loss.sum(), [*learned.values()], materialize_grads=True), strict=True))
