"""Traces that stay at their synapse, computed in place: the fast form of the steps of diagonal rules."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN
from .bins import Bin
from .memory import Memory


class _Steps:
    """Steps of a rule that learns nothing for itself, and has nothing left after the last bin."""

    @property
    def memory(self) -> Memory:
        """Nothing."""
        return {}

    def finish(self) -> None:
        """Nothing is left."""


@final
class DiagonalTraces(_Steps):
    r"""A trace at each synapse, which decays by what is left of the state of its own unit.

    .. math:: P_{ij}(t) = \lambda_i(t)\, P_{ij}(t-1) + d_i(t)\, p_j(t)

    Args:
        network: The network.
        batch_size: Number of trials B.
        own_synapse: Whether the synapse of a unit to itself counts in the decay, as the diagonal of the Jacobian has
            it: :math:`\lambda_i = J_{ii}`; else :math:`\lambda_i = 1 - \alpha_i`.
        readout_filter: Decay of a filter of the eligibility traces f' P; 0 for none.
    """

    def __init__(self, network: RateRNN, batch_size: int, own_synapse: bool = False, readout_filter: float = 0.0):
        state, n_senders = network.initial_state(batch_size), network.n_units + network.n_inputs + 1
        # Units last: they are next to each other in all that is multiplied.
        self.traces = state.new_zeros(*state.shape[:-1], n_senders, network.n_units)
        self.product = torch.empty_like(self.traces)
        self.smooth = torch.zeros_like(self.traces) if readout_filter else None
        self.keep, self.own_synapse, self.readout_filter = 1 - network.alpha, own_synapse, readout_filter

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Let the traces decay, add what is new, and weigh them by the learning signal."""
        if self.own_synapse:
            self.traces.mul_((self.keep + bin.gate * bin.self_connections * bin.slope_before)[..., None, :])
        else:
            self.traces.mul_(self.keep)
        self.traces.addcmul_(bin.senders[..., None], bin.gate[..., None, :])
        if self.smooth is None:
            return torch.mul(bin.learning_signal[..., None, :], self.traces, out=self.product).sum(-3).mT
        self.smooth.mul_(self.readout_filter).addcmul_(bin.slope[..., None, :], self.traces)
        return torch.mul(bin.rate_signal[..., None, :], self.smooth, out=self.product).sum(-3).mT


@final
class SharedTraces(_Steps):
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
        return (bin.learning_signal * bin.gate).mT @ self.traces
