"""Real-time recurrent learning."""

from __future__ import annotations

import torch
from torch import Tensor

from ..credit.bins import Bin, no_traces, outer
from ..credit.credit_rule import CreditRule
from ..credit.memory import Memory
from ..credit.rule import learning_rule
from ..network.rate_rnn import RateRNN


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

    reads = (
        "presynaptic rate",
        "own voltage",
        "self-connection",
        "error broadcast",
        "voltages of others",
        "errors of others",
        "weights of others",
    )

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Tensor:
        """No influence before the first bin: M is 0, (B, N, N, N + n_in + 1)."""
        none = no_traces(network, batch_size)
        return none[..., None, :, :].expand(*none.shape[:-1], *none.shape[-2:])

    def step(self, M: Tensor, bin: Bin, generator: torch.Generator | None, /) -> tuple[Tensor, Tensor]:
        """The influence M after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        L, direct = bin.learning_signal, outer(bin.gate, bin.senders)
        M = (bin.jacobian @ M.flatten(-2)).view(*M.shape)
        M.diagonal(dim1=-3, dim2=-2).add_(direct.mT)
        return M, torch.einsum("...bk,...bkij->...ij", L, M)
