"""Full-FORCE: all recurrent weights learn what a driven network does by itself."""

from __future__ import annotations

import torch
from torch import Tensor

from ..credit.driven_step import driven_step, noise_currents
from ..credit.least_squares_rule import LeastSquaresRule
from ..credit.recursive_least_squares import RecursiveLeastSquares
from ..credit.rule import learning_rule
from ..network.data import TensorBatch
from ..network.rate_rnn import RateRNN


@learning_rule
class FullFORCE(LeastSquaresRule):
    r"""A second network is driven by the desired output; the first learns to make the same currents without it.

    The target-generating network has the weights :math:`W^D` that the network began with, and receives y:

    .. math:: h^D_t = W^D r^D_{t-1} + u\, y_{t-1} + W_{in} u_t + b

    In every bin all recurrent weights and the readout take a step of recursive least squares with the same P,

    .. math:: W \leftarrow W - \left(K \left[R\, W^T - (R^D {W^D}^T + Y u^T)\right]\right)^T, \qquad
        w_{out} \leftarrow w_{out} - (K \left[Z - Y\right])^T

    with the rates R, outputs Z and targets Y (B, ...) of the bin and K as in FORCE. The currents learned in bin t are
    those of bin t + 1, so y comes one bin late, as an output that is fed back would. Bins of weight 0 teach nothing,
    neither the readout nor the recurrent weights. P is one matrix for all synapses: the rule is not local, and leaves
    no room for Dale's law, missing synapses or units that are not read. The bias of the readout stays as it is.

    Raises:
        ValueError: On a network, if it has Dale's law, lacks synapses (among them those of units to themselves), has
            units that are not read, or its outputs are not linear.

    Source: DePasquale, Cueva, Rajan, Escola & Abbott 2018, doi:10.1371/journal.pone.0191527
    """

    reads_all = True

    def learn(
        self,
        network: RateRNN,
        data: TensorBatch,
        labels: Tensor,
        squares: RecursiveLeastSquares,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Tensor]:
        """Run both networks, and correct currents and outputs in every bin."""
        drive = self.feedback(network)
        own = self.memory.setdefault("target_recurrent", network.recurrent.clone())
        state = guide = network.initial_state(data.inputs.shape[1])
        n, fed_back = network.n_units, torch.zeros_like(state)
        rates, outputs = [], []
        for t, noise in enumerate(noise_currents(network, *data.inputs.shape[:2], generator=generator)):
            state = driven_step(network, state, data.inputs[t], noise)
            guide = driven_step(network, guide, data.inputs[t], fed_back, recurrent=own)
            fed_back = labels[t] @ drive.mT
            rates.append(network.rates(state))
            outputs.append(network.outputs(state))
            wanted = network.rates(guide) @ own.mT + fed_back
            of_currents = rates[-1] @ network.recurrent.mT - wanted
            error = torch.cat([of_currents, outputs[-1] - labels[t]], dim=-1)
            change = squares.change(rates[-1], error, data.mask[t])
            network.recurrent.sub_(change[..., :n, :])
            network.readout.sub_(change[..., n:, :])
        return torch.stack(rates), torch.stack(outputs)
