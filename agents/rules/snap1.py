"""Sparse n-step approximation, of one step."""

from __future__ import annotations

from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ...envs.typechecked import typechecked
from ..credit.feedback import Pathway
from ..credit.output_error import OutputError
from ..rate_rnn import RateRNN
from ..trajectory import Trajectory
from ..credit.credit_rule import CreditRule, Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.diagonal_traces import DiagonalTraces, summed_backwards
from ..credit.traces import Memory, Read


@typechecked
@final
class SnAp1(CreditRule):
    r"""As RFLO, with traces that decay by the diagonal of the Jacobian: a unit knows its synapse to itself.

    .. math:: P_{ij}(t) = J_{ii}(t)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad
        \Delta W_{ij} \propto -\sum_t L_i(t)\, P_{ij}(t)

    Exact for recurrent weights that are diagonal; the same as RFLO for units without a synapse to themselves.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.

    Raises:
        ValueError: If an argument is unknown or out of its range.

    Source: Menick et al. 2020, "A practical sparse approximation for real time recurrent learning", arXiv:2006.07232
    """

    reads: ClassVar[tuple[Read, ...]] = ("presynaptic rate", "own voltage", "self-connection", "error broadcast")

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

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None
    ) -> DiagonalTraces:
        """No traces before the first bin."""
        return DiagonalTraces(network, batch_size, own_synapse=True)

    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory]:
        """Sum the traces up backwards."""
        return summed_backwards(network, inputs, errors, self.feedback.of(network), "diag", generator)
