"""What rules share whose traces are carried forward also where weights change only after the trial."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from .bins import bins_of
from .output_error import OutputError
from ..rate_rnn import RateRNN
from .synapses import Synapses
from ..trajectory import Trajectory
from .credit_rule import CreditRule
from .traces import FutureFacing, Memory, of_own_loss


class TraceRule(CreditRule):
    """A rule that goes through trials bin by bin, with the traces of :meth:`CreditRule.begin`."""

    @final
    @torch.no_grad()
    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory]:
        """What the traces add up, bin by bin."""
        trajectory = network(inputs, generator=generator, keep_activations=True)
        traces = self.begin(network, inputs.shape[1], memory, generator)
        synapses = Synapses(network)
        total, n_bins = torch.zeros_like(synapses.weights), len(inputs)
        for seen in bins_of(network, inputs, trajectory, errors, self.feedback.of(network)):
            total += traces.step(of_own_loss(seen, n_bins), generator)
        if isinstance(traces, FutureFacing):
            total += traces.finish()
        return synapses.gradients(total / n_bins), trajectory
