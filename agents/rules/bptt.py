"""Backpropagation through time."""

from typing import Any

from torch import Generator, Tensor

from ...envs.trial import TrialBatch
from ..credit import LossRule, gradient_of, learning_rule, tensors
from ..network.protocol import Network, first_parameter


@learning_rule
class BPTT(LossRule):
    r"""Exact gradient of the whole trial, followed by Adam.

    .. math:: \theta \leftarrow \mathrm{Adam}(\theta, \partial L / \partial \theta), \quad
        L = L_{task} + \lambda_r \langle r^2 \rangle + \lambda_w \sum_W \langle W^2 \rangle

    It trains any network that keeps the protocol of :class:`~cogdyn.agents.Network`.

    Source: Werbos 1990, doi:10.1109/5.58337.
    """

    def loss(self, network: Network, batch: TrialBatch, generator: Generator | None = None) -> Tensor:
        """The loss L of a batch, a scalar, or of an ensemble (S,); the generator draws the network's noise."""
        data = tensors(batch, first_parameter(network))
        trajectory = network(data.inputs, generator=generator)
        return self.objective(network, trajectory, data)

    def update(self, network: Network, batch: TrialBatch, generator: Generator | None = None) -> dict[str, Any]:
        """Loss, gradient, step."""
        self.meet(network)
        L = self.loss(network, batch, generator)
        dL_dtheta = gradient_of(network, L)
        return self.descent.follow(network, dL_dtheta, L)
