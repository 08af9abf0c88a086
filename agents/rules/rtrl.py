"""Real-time recurrent learning."""

from __future__ import annotations

from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ...envs.typechecked import typechecked
from ..credit.bins import Bin
from ..credit.feedback import Pathway
from ..rate_rnn import RateRNN
from ..credit.credit_rule import Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.trace_rule import TraceRule
from ..credit.traces import Memory, Read


class _Influence:
    """How each synapse changed each state: M[..., b, k, i, j] is the derivative of s_k by the synapse from j to i."""

    def __init__(self, network: RateRNN, batch_size: int):
        state = network.initial_state(batch_size)
        n = network.n_units
        self.influence = state.new_zeros(*state.shape, n, n + network.n_inputs + 1)
        self.spare = torch.empty_like(self.influence)

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        jacobian = bin.gate[..., None] * bin.recurrent[..., None, :, :] * bin.slope_before[..., None, :]
        jacobian.diagonal(dim1=-2, dim2=-1).add_(bin.keep)
        torch.matmul(jacobian, self.influence.flatten(-2), out=self.spare.flatten(-2))
        self.influence, self.spare = self.spare, self.influence
        direct = bin.gate[..., None] * bin.senders[..., None, :]
        self.influence.diagonal(dim1=-3, dim2=-2).add_(direct.mT)
        told = bin.signal.flatten(-2)[..., None, :] @ self.influence.flatten(-4, -3).flatten(-2)
        return told.view(*told.shape[:-2], *self.influence.shape[-2:])


@typechecked
@final
class RTRL(TraceRule):
    r"""The exact gradient, carried forward: how every synapse changed every state so far.

    .. math:: M_{kij}(t) = \sum_l J_{kl}(t)\, M_{lij}(t-1) + \delta_{ki}\, d_i(t)\, p_j(t), \qquad
        \Delta W_{ij} \propto -\sum_t \sum_k L_k(t)\, M_{kij}(t)

    with J and p as in :class:`~cogdyn.agents.credit.bins.Bin` and the learning signal L. Memory grows with N^3, time with N^4:
    an oracle for small networks. With fixed weights it adds up to the gradient of backpropagation through time.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin, as the rule was meant.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.

    Raises:
        ValueError: If an argument is unknown or out of its range.

    Source: Williams & Zipser 1989, doi:10.1162/neco.1989.1.2.270.
    """

    reads: ClassVar[tuple[Read, ...]] = (
        "presynaptic rate",
        "own voltage",
        "self-connection",
        "error broadcast",
        "voltages of others",
        "errors of others",
        "weights of others",
    )

    def __init__(
        self,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        update: Update = "trial",
        optimizer: Optimizer | None = None,
        weight_decay: float = 0.0,
        feedback: Pathway = "symmetric",
        feedback_seed: int = 0,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)

    @property
    def own_config(self) -> dict[str, Any]:
        """Nothing: all arguments are those of other rules."""
        return {}

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> _Influence:
        """No influence before the first bin."""
        return _Influence(network, batch_size)
