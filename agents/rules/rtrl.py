"""Real-time recurrent learning."""

import torch
from torch import Generator, Tensor

from ..credit import JACOBIAN, Bin, CreditRule, Memory, RateRNN, learning_rule, no_traces, outer


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
