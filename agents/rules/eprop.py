"""Eligibility propagation, for rates."""

from __future__ import annotations

from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ...envs.numbers import finite_number
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
class EProp(CreditRule):
    r"""RFLO by its other name: errors say to each unit how its eligibility traces are to be used.

    .. math:: P_{ij}(t) = (1-\alpha)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad
        \bar P_{ij}(t) = \kappa\, \bar P_{ij}(t-1) + P_{ij}(t), \qquad
        \Delta W_{ij} \propto -\sum_t L_i(t)\, \bar P_{ij}(t)

    For units that spike, traces follow the hidden state; of rate units what a unit keeps of itself is the leak alone,
    which leaves the trace of RFLO. The filter :math:`\kappa` is that of leaky outputs; our readout has none.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.
        readout_filter: :math:`\kappa`, from 0 (none) to below 1.

    Raises:
        ValueError: If an argument is unknown or out of its range.

    Source: Bellec et al. 2020, doi:10.1038/s41467-020-17236-y
    """

    reads: ClassVar[tuple[Read, ...]] = ("presynaptic rate", "own voltage", "error broadcast")

    def __init__(
        self,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        update: Update = "trial",
        optimizer: Optimizer | None = None,
        weight_decay: float = 0.0,
        feedback: Pathway = "symmetric",
        feedback_seed: int = 0,
        readout_filter: float = 0.0,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)
        self.readout_filter = finite_number("readout_filter", readout_filter)
        if not 0 <= self.readout_filter < 1:
            raise ValueError(f"readout_filter is {readout_filter!r}; allowed: from 0 to below 1.")

    @property
    def own_config(self) -> dict[str, Any]:
        """The filter."""
        return {"readout_filter": self.readout_filter}

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None
    ) -> DiagonalTraces:
        """No traces before the first bin."""
        return DiagonalTraces(network, batch_size, filtered=self.readout_filter)

    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory]:
        """Sum the traces up backwards; a filter of theirs becomes one of the learning signal, back in time."""
        feedback = self.feedback.of(network)
        if self.readout_filter == 0:
            return summed_backwards(network, inputs, errors, feedback, "none", generator)
        trajectory = network(inputs, generator=generator, credit="none")
        signal = errors.of(trajectory.outputs.detach()) @ feedback
        for t in range(len(signal) - 2, -1, -1):
            signal[t].add_(signal[t + 1], alpha=self.readout_filter)
        learned = [name for name in ("recurrent", "input", "bias") if getattr(network, name).requires_grad]
        if not learned:
            return {}, trajectory
        found = torch.autograd.grad(trajectory.rates, [getattr(network, name) for name in learned], signal)
        return dict(zip(learned, found, strict=True)), trajectory
