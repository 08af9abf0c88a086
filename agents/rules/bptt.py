"""Backpropagation through time."""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..credit.loss_rule import LossRule
from ..credit.rule import learning_rule
from ..network.data import tensors
from ..network.protocol import Network, first_parameter


@learning_rule
class BPTT(LossRule):
    r"""Exact gradient of the whole trial, followed by Adam.

    .. math:: \theta \leftarrow \mathrm{Adam}(\theta, \partial L / \partial \theta), \quad
        L = L_{task} + \lambda_r \langle r^2 \rangle + \lambda_w \sum_W \langle W^2 \rangle

    The steps of an update, loss, gradient, descent, stand in :class:`~cogdyn.agents.credit.loss_rule.LossRule`, and so
    do its arguments.

    It trains any network that keeps the protocol of :class:`~cogdyn.agents.Network`.

    Source: Werbos 1990, doi:10.1109/5.58337.
    """

    @typechecked
    def loss(self, network: Network, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss L of a batch, a scalar, or of an ensemble (S,); the generator draws the network's noise."""
        data = tensors(batch, first_parameter(network))
        trajectory = network(data.inputs, generator=generator)
        return self.objective(network, trajectory, data)
