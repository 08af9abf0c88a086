"""Backpropagation through time."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..credit.annealing import Scores
from ..data import tensors
from ..credit.losses import Objective
from ..rate_rnn import RateRNN
from ..representation import rule_repr
from ..credit.descent import Descent, LearningRate


@typechecked
@final
class BPTT:
    r"""Exact gradient of the whole trial, followed by Adam.

    .. math:: \theta \leftarrow \mathrm{Adam}(\theta, \partial L / \partial \theta), \quad
        L = L_{task} + \lambda_r \langle r^2 \rangle + \lambda_w \sum_W \langle W^2 \rangle

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        rate_penalty: :math:`\lambda_r`, cost of activity.
        weight_penalty: :math:`\lambda_w`, cost of synapses.

    Raises:
        ValueError: If lr or clip is not positive, or a penalty is negative.

    Source: Werbos 1990, doi:10.1109/5.58337; Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(
        self, lr: LearningRate = 1e-3, clip: float | None = 1.0, rate_penalty: float = 0.0, weight_penalty: float = 0.0
    ):
        self.descent, self.objective = Descent(lr, clip), Objective(rate_penalty, weight_penalty)

    __repr__ = rule_repr

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        return self.descent.config | self.objective.config

    @typechecked
    def loss(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, a scalar; the generator draws the network's noise."""
        data = tensors(batch, network.recurrent)
        return self.objective(network, network(data.inputs, generator=generator), data)

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
        return self.descent.step(network, self.loss(network, batch, generator))

    def update_each(
        self, ensemble: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """:meth:`update` for all networks of an ensemble, each by its own loss; returns one of each metric for each."""
        return self.descent.step_each(ensemble, self.loss(ensemble, batch, generator))

    def report(self, score: Scores) -> None:
        """Hear how the network scored; nothing changes."""

    @typechecked
    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, as named tensors."""
        return self.descent.state(network)

    @typechecked
    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, state)
