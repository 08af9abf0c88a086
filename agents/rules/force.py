"""First-order reduced and controlled error."""

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
class FORCE(LeastSquaresRule):
    r"""The readout learns by recursive least squares while its outputs drive the network that it reads.

    .. math:: K = P R^T (I + R P R^T)^{-1}, \quad P \leftarrow P - K R P, \quad
        w_{out} \leftarrow w_{out} - (K E)^T, \quad W \leftarrow W - u\, (K E)^T

    with the rates R (B, N) and the errors E = z - y of a bin. In the source the outputs z are fed back by random
    weights u. A network driven by u z, where z is read from its own rates, is a network with the recurrent weights
    :math:`W + u\, w_{out}`: training the readout is then training recurrent weights of rank n_out. So we change both
    together and feed nothing back, and what was trained is an ordinary network. Its weights at the beginning are
    taken as those with the loop in place. The bias of the readout stays as it is, and is not fed back.

    P is one matrix for all synapses, so the rule is not local. A loop from every unit to every other leaves no room
    for Dale's law or missing synapses.

    Raises:
        ValueError: On a network, if it has Dale's law, lacks synapses (among them those of units to themselves), or its
            outputs are not linear.

    Source: Sussillo & Abbott 2009, doi:10.1016/j.neuron.2009.07.018
    """

    def learn(
        self,
        network: RateRNN,
        data: TensorBatch,
        labels: Tensor,
        squares: RecursiveLeastSquares,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Tensor]:
        """Correct the outputs in every bin, and with them what they send back."""
        feedback, readable = self.feedback(network), network.output_mask
        state = network.initial_state(data.inputs.shape[1])
        rates, outputs = [], []
        for t, noise in enumerate(noise_currents(network, *data.inputs.shape[:2], generator=generator)):
            state = driven_step(network, state, data.inputs[t], noise)
            rates.append(network.rates(state))
            outputs.append(network.outputs(state))
            change = squares.change(rates[-1] * readable, outputs[-1] - labels[t], data.mask[t])
            network.readout.sub_(change)
            network.recurrent.sub_(feedback @ change)
        return torch.stack(rates), torch.stack(outputs)
