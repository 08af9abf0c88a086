"""Rules whose traces stay at their synapse: carried forward in every bin, or summed up backwards after the trial."""

from __future__ import annotations

import torch
from torch import Tensor

from .bins import Bin
from .output_error import OutputError
from ..rate_rnn import RateRNN
from ..scan import Credit
from ..trajectory import Trajectory


class DiagonalTraces:
    r"""A trace at each synapse, which decays by what is left of the state of its own unit.

    .. math:: P_{ij}(t) = \lambda_i(t)\, P_{ij}(t-1) + d_i(t)\, p_j(t)

    Args:
        network: The network.
        batch_size: Number of trials B.
        own_synapse: Whether the synapse of a unit to itself counts in the decay, as the diagonal of the Jacobian has
            it: :math:`\lambda_i = J_{ii}`; else :math:`\lambda_i = 1 - \alpha_i`.
        filtered: Decay of a filter of what the traces say of the rates, f' P; 0 for none.
    """

    def __init__(self, network: RateRNN, batch_size: int, own_synapse: bool = False, filtered: float = 0.0):
        state, n_senders = network.initial_state(batch_size), network.n_units + network.n_inputs + 1
        # Units last: they are next to each other in all that is multiplied.
        self.traces = state.new_zeros(*state.shape[:-1], n_senders, network.n_units)
        self.weighed = torch.empty_like(self.traces)
        self.smooth = torch.zeros_like(self.traces) if filtered else None
        self.own_synapse, self.filtered = own_synapse, filtered

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Let the traces decay, add what is new, and weigh them by the learning signal."""
        if self.own_synapse:
            loops = bin.recurrent.diagonal(dim1=-2, dim2=-1)[..., None, :]
            self.traces.mul_((bin.keep + bin.gate * loops * bin.slope_before)[..., None, :])
        else:
            self.traces.mul_(bin.keep)
        self.traces.addcmul_(bin.senders[..., None], bin.gate[..., None, :])
        if self.smooth is None:
            return torch.mul(bin.signal[..., None, :], self.traces, out=self.weighed).sum(-3).mT
        self.smooth.mul_(self.filtered).addcmul_(bin.slope[..., None, :], self.traces)
        return torch.mul(bin.told[..., None, :], self.smooth, out=self.weighed).sum(-3).mT


class SharedTraces:
    r"""Diagonal traces of units that keep and take in alike: those of a sender are the same at all units.

    .. math:: \epsilon_j(t) = (1-\alpha)\, \epsilon_j(t-1) + p_j(t), \qquad P_{ij} = d_i\, \epsilon_j

    So it is with a voltage leak and one time constant, and with a rate leak where nothing is kept, :math:`\alpha = 1`.

    Args:
        network: The network.
        batch_size: Number of trials B.
    """

    def __init__(self, network: RateRNN, batch_size: int):
        state, n_senders = network.initial_state(batch_size), network.n_units + network.n_inputs + 1
        self.traces = state.new_zeros(*state.shape[:-1], n_senders)
        self.keep = 1 - float(network.alpha[0])

    @staticmethod
    def suit(network: RateRNN) -> bool:
        """Whether the units of a network keep and take in alike."""
        alpha = network.alpha
        return bool((alpha == alpha[0]).all()) and (network.leak == "voltage" or float(alpha[0]) == 1)

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Let the traces decay, add what is new, and weigh them by the learning signal."""
        self.traces.mul_(self.keep).add_(bin.senders)
        return (bin.signal * bin.gate).mT @ self.traces


def summed_backwards(
    network: RateRNN,
    inputs: Tensor,
    errors: OutputError,
    feedback: Tensor,
    credit: Credit,
    generator: torch.Generator | None,
) -> tuple[dict[str, Tensor], Trajectory]:
    r"""What diagonal traces add up to over a trial, without the traces: one scan back in time, and one product.

    .. math:: \sum_t L_i(t)\, P_{ij}(t) = \sum_s M_i(s)\, d_i(s)\, p_j(s), \qquad
        M_i(s) = L_i(s) + \lambda_i(s+1)\, M_i(s+1)

    What is carried back has the size B N instead of the B N^2 of the traces.

    Args:
        network: The network.
        inputs: u, (T, B, n_in).
        errors: The errors at its outputs.
        feedback: W_fb, (n_out, N) or (S, n_out, N).
        credit: ``"none"`` for :math:`\lambda = 1 - \alpha`, ``"diag"`` for the diagonal of the Jacobian.
        generator: Source of the network's noise.

    Returns:
        Gradients by the names of their parameters, and what the network did.
    """
    trajectory = network(inputs, generator=generator, credit=credit, feedback=feedback)
    names = ("recurrent", "input", "bias", "readout", "readout_bias")
    learned = [name for name in names if getattr(network, name).requires_grad]
    if not learned:
        return {}, trajectory
    loss = errors.loss(trajectory.outputs).sum()
    found = torch.autograd.grad(loss, [getattr(network, name) for name in learned])
    return dict(zip(learned, found, strict=True)), trajectory
