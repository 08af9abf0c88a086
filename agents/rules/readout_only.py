"""The control of all rules: nothing learns but the readout."""

from __future__ import annotations

from dataclasses import field

import torch
from torch import Tensor

from ..credit.bins import Bin
from ..credit.credit_rule import CreditRule
from ..credit.feedback import Pathway
from ..credit.memory import Memory
from ..credit.output_error import OutputError
from ..credit.rule import learning_rule
from ..network.rate_rnn import RateRNN
from ..network.trajectory import Trajectory


@learning_rule
class ReadoutOnly(CreditRule[None]):
    r"""The delta rule at the readout of a network whose units learn nothing: :math:`\Delta W_{out} = -\eta\, e^T r`.

    A random network remembers a good deal by itself. What a rule is worth shows in what it adds to this.

    It has no errors to feed back and nothing that decays: it takes lr, clip, update_every and optimizer alone.

    Source: Jaeger 2001, "The echo state approach to analysing and training recurrent neural networks", GMD report 148.
    """

    reads = ()

    weight_decay: float = field(default=0.0, init=False)
    feedback: Pathway = field(default="symmetric", init=False)
    feedback_seed: int = field(default=0, init=False)

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> None:
        """Nothing to begin with."""

    def step(self, state: None, bin: Bin, generator: torch.Generator | None, /) -> tuple[None, Tensor]:
        """No synapse onto a unit contributes."""
        return None, bin.senders.new_zeros(*bin.recurrent.shape[:-1], bin.senders.shape[-1])

    @torch.no_grad()
    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory, Memory]:
        """The same sum, which is nothing."""
        return {}, network(inputs, generator=generator), {}
