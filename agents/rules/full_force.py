"""Full-FORCE: all recurrent weights learn what a driven network does by itself."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..credit import LeastSquaresRule, Moment, RateRNN, driven_step, learning_rule
from ..credit.least_squares_rule import Step
from ..credit.recursive_least_squares import RecursiveLeastSquares


class TwoNetworks(NamedTuple):
    """The states of both networks, (B, N); the weights of the second, (N, N); u, (N, n_out); and u y, (B, N)."""

    x: Tensor
    x_D: Tensor
    W_D: Tensor
    u: Tensor
    drive: Tensor


@learning_rule
class FullFORCE(LeastSquaresRule[TwoNetworks]):
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

    def begin(self, network: RateRNN, batch_size: int) -> TwoNetworks:
        """Both networks in the initial state; the memory holds the weights of the second as ``target_recurrent``."""
        W_D = self.memory.setdefault("target_recurrent", network.recurrent.clone())
        x = network.initial_state(batch_size)
        return TwoNetworks(x, x, W_D, self.feedback(network), torch.zeros_like(x))

    def step(
        self, network: RateRNN, squares: RecursiveLeastSquares, state: TwoNetworks, bin: Moment, /
    ) -> Step[TwoNetworks]:
        """Run both networks for a bin; correct the currents and outputs of the first."""
        (x, x_D, W_D, u, drive), W = state, network.recurrent
        x = driven_step(network, x, bin.inputs, bin.noise)
        x_D = driven_step(network, x_D, bin.inputs, drive, recurrent=W_D)
        R, R_D, Z = network.rates(x), network.rates(x_D), network.outputs(x)
        drive = bin.label @ u.mT
        E = torch.cat([R @ W.mT - (R_D @ W_D.mT + drive), Z - bin.label], dim=-1)
        of_currents, of_outputs = squares.change(R, E, bin.weight).split([W.shape[-1], Z.shape[-1]], dim=-2)
        return TwoNetworks(x, x_D, W_D, u, drive), R, Z, {"recurrent": of_currents, "readout": of_outputs}
