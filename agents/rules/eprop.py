"""Eligibility propagation, for rates."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ..credit.bins import Bin, no_traces, outer
from ..credit.credit_rule import CreditRule
from ..credit.diagonal_rule import summed_backwards
from ..credit.diagonal_traces import DiagonalTraces
from ..credit.every_bin import Steps
from ..credit.memory import Memory
from ..credit.output_error import OutputError
from ..credit.rule import learning_rule
from ..network.rate_rnn import RateRNN
from ..network.trajectory import Trajectory


class EligibilityTraces(NamedTuple):
    """The traces P of the states, and the filtered ones of the rates, both (B, N, N + n_in + 1)."""

    P: Tensor
    e: Tensor


@learning_rule
class EProp(CreditRule[EligibilityTraces]):
    r"""RFLO by its other name: the learning signal of a unit weights the eligibility traces of its synapses.

    .. math:: P_{ij}(t) = (1-\alpha_i)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad
        \bar e_{ij}(t) = \kappa\, \bar e_{ij}(t-1) + f'_i(t)\, P_{ij}(t), \qquad
        \Delta W_{ij} \propto -\sum_t (e\, W_{fb})_i(t)\, \bar e_{ij}(t)

    with p, d and f' as in :class:`~cogdyn.agents.credit.bins.Bin`. For units that spike, traces follow the hidden
    state; of rate units what a unit keeps of itself is the leak alone, which leaves the trace of RFLO. The filter
    :math:`\kappa` is that of leaky outputs; our readout has none, so it is 0 unless given.

    Args:
        readout_filter: :math:`\kappa`, from 0 (none) to below 1.

    Source: Bellec et al. 2020, doi:10.1038/s41467-020-17236-y
    """

    reads = ("presynaptic rate", "own voltage", "error broadcast")

    readout_filter: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        self.readout_filter = finite_number("readout_filter", self.readout_filter)
        if not 0 <= self.readout_filter < 1:
            raise ValueError(f"readout_filter is {self.readout_filter!r}; allowed: from 0 to below 1.")

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None
    ) -> EligibilityTraces:
        """No traces before the first bin."""
        return EligibilityTraces(no_traces(network, batch_size), no_traces(network, batch_size))

    def step(
        self, state: EligibilityTraces, bin: Bin, generator: torch.Generator | None, /
    ) -> tuple[EligibilityTraces, Tensor]:
        """The traces after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        alpha, d, p, slope, kappa = bin.alpha, bin.gate, bin.senders, bin.slope, self.readout_filter
        P = (1 - alpha)[:, None] * state.P + outer(d, p)
        e = kappa * state.e + slope[..., None] * P
        return EligibilityTraces(P, e), (bin.rate_signal[..., None] * e).sum(-3)

    def steps(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Steps:
        """The same steps, in place."""
        return DiagonalTraces(network, batch_size, filtered=self.readout_filter)

    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory, Memory]:
        """The same sum, backwards in time: the filter of the traces becomes one of the learning signal."""
        feedback = self.feedback_weights.of(network)
        if self.readout_filter == 0:
            return summed_backwards(network, inputs, errors, feedback, "none", generator)
        trajectory = network(inputs, generator=generator, credit="none")
        signal = errors.of(trajectory.outputs.detach()) @ feedback
        for t in range(len(signal) - 2, -1, -1):
            signal[t].add_(signal[t + 1], alpha=self.readout_filter)
        learned = [name for name in ("recurrent", "input", "bias") if getattr(network, name).requires_grad]
        if not learned:
            return {}, trajectory, {}
        gradients = torch.autograd.grad(trajectory.rates, [getattr(network, name) for name in learned], signal)
        return dict(zip(learned, gradients, strict=True)), trajectory, {}
