"""Real-time recurrent learning."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from ..credit import JACOBIAN, Arrays, Bin, CreditRule, LoopBin, Memory, RateRNN, learning_rule, no_traces, outer
from ..credit.loops.products import copy, multiply


@learning_rule
class RTRL(CreditRule[Tensor]):
    r"""The exact gradient, in forward mode: how every synapse has changed every state so far.

    .. math:: M_{kij}(t) = \sum_l J_{kl}(t)\, M_{lij}(t-1) + \delta_{ki}\, d_i(t)\, p_j(t), \qquad
        \Delta W_{ij} \propto -\sum_t \sum_k L_k(t)\, M_{kij}(t)

    with J and p as in :class:`~cogdyn.agents.credit.bins.Bin` and the learning signal L. Memory grows with N^3, time
    with N^4: an oracle for small networks. With fixed weights it adds up to the gradient of backpropagation through
    time.

    Source: Williams & Zipser 1989, doi:10.1162/neco.1989.1.2.270.
    """

    reads = JACOBIAN

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Tensor:
        """No influence before the first bin: M is 0, (B, N, N, N + n_in + 1)."""
        none = no_traces(network, batch_size)
        return none[..., None, :, :].expand(*none.shape[:-1], *none.shape[-2:])

    def step(self, M: Tensor, bin: Bin, generator: Generator | None, /) -> tuple[Tensor, Tensor]:
        """The influence M after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        J, d, p, L = bin.jacobian, bin.gate, bin.senders, bin.learning_signal
        M = (J @ M.flatten(-2)).view(*M.shape)  # sum over l
        M.diagonal(dim1=-3, dim2=-2).add_(outer(d, p).mT)  # where k = i
        return M, torch.einsum("...bk,...bkij->...ij", L, M)

    def to_loop(self, state: Tensor, network: RateRNN, batch_size: int) -> Sequence[Tensor]:
        """M, and place for J and for a copy of a trial's M, (1, N, N (N + n_in + 1))."""
        *several, _, n, _, m = state.shape
        return state.contiguous(), state.new_empty(*several, n, n), state.new_empty(*several, n, n * m)

    def from_loop(self, state: Tensor, tensors: Sequence[Tensor]) -> Tensor:
        """M."""
        return tensors[0]

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: every synapse knows how it moves every unit, and every unit how all others move it."""
        M, J, before, p, W = state[0], state[1][0], state[2][0], bin.senders, bin.weights
        n, m = W.shape
        for b in range(len(p)):
            for k in range(n):
                for s in range(n):
                    J[k, s] = bin.gate[b, k] * W[k, s] * bin.slope_before[b, s]
                J[k, k] += bin.keep[k]
            copy(M[b], before)
            multiply(J, before, M[b])
            for i in range(n):
                for j in range(m):
                    M[b, i, i * m + j] += bin.gate[b, i] * p[b, j]
            for k in range(n):
                L = bin.learning_signal[b, k]
                for i in range(n):
                    for j in range(m):
                        G[i, j] += L * M[b, k, i * m + j]
