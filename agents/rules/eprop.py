"""Eligibility propagation, for rates."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from torch import Generator, Tensor

from ..credit import (
    THREE_FACTORS,
    Arrays,
    Assignment,
    CreditRule,
    LoopBin,
    Memory,
    RateRNN,
    Steps,
    Trials,
    learning_rule,
    number,
)
from ..credit.bins import Bin, no_traces, outer
from ..credit.diagonal_rule import DiagonalTraces, assign_backwards, assigns_on_loops, summed_backwards


class EligibilityTraces(NamedTuple):
    """The traces P of the states, and the filtered ones of the rates, both (B, N, N + n_in + 1)."""

    P: Tensor
    e_bar: Tensor


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

    reads = THREE_FACTORS
    largest_loop: ClassVar[int] = 1024

    readout_filter: float = number(0.0, minimum=0, below=1)

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None
    ) -> EligibilityTraces:
        """No traces before the first bin."""
        return EligibilityTraces(no_traces(network, batch_size), no_traces(network, batch_size))

    def step(
        self, state: EligibilityTraces, bin: Bin, generator: Generator | None, /
    ) -> tuple[EligibilityTraces, Tensor]:
        """The traces after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        (P, e_bar), alpha, d, p = state, bin.alpha, bin.gate, bin.senders
        slope, kappa, eW_fb = bin.slope, self.readout_filter, bin.rate_signal
        P = (1 - alpha)[:, None] * P + outer(d, p)
        e_bar = kappa * e_bar + slope[..., None] * P
        return EligibilityTraces(P, e_bar), (eW_fb[..., None] * e_bar).sum(-3)

    def steps(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Steps:
        """Fast path in every bin: the same steps, in place."""
        return DiagonalTraces(network, batch_size, readout_filter=self.readout_filter)

    def assign(self, trials: Trials) -> Assignment:
        """Fast path after trials: the same sum, backwards in time; the filter of the traces becomes one of errors."""
        if assigns_on_loops(self, trials):
            return assign_backwards(self, trials, own_synapse=False, readout_filter=self.readout_filter)
        return summed_backwards(trials, "none", readout_filter=self.readout_filter)

    def constants(self, network: RateRNN) -> Sequence[float]:
        """Kappa."""
        return (self.readout_filter,)

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: what a synapse from j to i knows are its two traces, and what its two units know."""
        P, e_bar, p, kappa = state[0], state[1], bin.senders, constants[0]
        for b in range(P.shape[0]):
            for i in range(P.shape[1]):
                keep, d, slope, eW_fb = bin.keep[i], bin.gate[b, i], bin.slope[b, i], bin.rate_signal[b, i]
                for j in range(P.shape[2]):
                    P[b, i, j] = keep * P[b, i, j] + d * p[b, j]
                    e_bar[b, i, j] = kappa * e_bar[b, i, j] + slope * P[b, i, j]
                    G[i, j] += eW_fb * e_bar[b, i, j]
