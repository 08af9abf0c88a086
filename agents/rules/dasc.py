"""Skip connections through time that are aligned with the dynamics."""

from torch import Tensor

from ..credit import BridgedRule, Join, RateRNN, Start, driven_step, learning_rule


@learning_rule
class DASC(BridgedRule):
    r"""BPTT through a network that skips time by a coarse step of its own dynamics, at the end of each block.

    .. math:: h \leftarrow (1 - \beta) \left[ h_0 + \theta\, dt\, \dot h(h_0, u_0) \right] + \beta\, E^\theta(h_0)

    :math:`h_0` and :math:`u_0` are the state before its first bin and the input in it, :math:`E^\theta` its own
    dynamics over :math:`\theta` bins. :math:`\beta` is annealed to 1, where the network is plain; it is evaluated
    plain at all times. An eigenvalue :math:`1 - \theta\, dt / \tau` of the coarse step is what an error keeps where
    weights are small: with lags beyond :math:`2 \tau` it grows and changes its sign.

    Source: Soo, Goudar & Wang 2023, NeurIPS 36, https://openreview.net/forum?id=O453PHSthc; the default schedule is
    theirs for rule reversal. In their code later blocks of a period reuse an older derivative; here it is fresh.
    """

    def bridge(self, beta: float, theta: int, network: RateRNN) -> Join:
        """The state at the end of a block, mixed with a coarse step from its start."""
        W = network.recurrent_weights

        def coarse_step(start: Start, end: Tensor) -> Tensor:
            (h_0, u_0), E_h_0 = start, end
            dt_dh = driven_step(network, h_0, u_0, 0.0, W) - h_0
            return (1 - beta) * (h_0 + theta * dt_dh) + beta * E_h_0

        return coarse_step
