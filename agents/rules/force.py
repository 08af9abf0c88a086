"""First-order reduced and controlled error."""

from typing import NamedTuple

from torch import Tensor

from ..credit import LeastSquaresRule, Moment, RateRNN, driven_step, learning_rule
from ..credit.least_squares_rule import Step
from ..credit.recursive_least_squares import RecursiveLeastSquares


class Loop(NamedTuple):
    """The network's state, (B, N), and the weights u by which outputs drive units, (N, n_out)."""

    x: Tensor
    u: Tensor


@learning_rule
class FORCE(LeastSquaresRule[Loop]):
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

    def begin(self, network: RateRNN, batch_size: int) -> Loop:
        """The initial state, and the same u at all times."""
        return Loop(network.initial_state(batch_size), self.feedback(network))

    def step(self, network: RateRNN, squares: RecursiveLeastSquares, state: Loop, bin: Moment, /) -> Step[Loop]:
        """Run the network for a bin; correct its outputs, and with them what they send back."""
        x = driven_step(network, state.x, bin.inputs, bin.noise)
        R, z = network.rates(x), network.outputs(x)
        E = z - bin.label
        KE = squares.change(R * network.output_mask, E, bin.weight)  # transposed, (n_out, N); P changes too
        return Loop(x, state.u), R, z, {"readout": KE, "recurrent": state.u @ KE}
