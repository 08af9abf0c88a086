"""The control of all rules: nothing learns but the readout."""

from __future__ import annotations

from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ...envs.typechecked import typechecked
from ..credit.bins import Bin
from ..credit.output_error import OutputError
from ..rate_rnn import RateRNN
from ..trajectory import Trajectory
from ..credit.credit_rule import CreditRule, Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.traces import Memory, Read, no_contribution


class _Nothing:
    """No traces: synapses onto units stay as they are."""

    def __init__(self, network: RateRNN):
        self.nothing = no_contribution(network)

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        return self.nothing


@typechecked
@final
class ReadoutOnly(CreditRule):
    r"""The delta rule at the readout of a network whose units learn nothing: :math:`\Delta W_{out} = -\eta\, e^T r`.

    A random network remembers a good deal by itself. What a rule is worth shows in what it adds to this.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.

    Raises:
        ValueError: If an argument is unknown or out of its range.

    Source: Jaeger 2001, "The echo state approach to analysing and training recurrent neural networks", GMD report 148.
    """

    reads: ClassVar[tuple[Read, ...]] = ()
    learns_readout_alone = True

    def __init__(
        self,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        update: Update = "trial",
        optimizer: Optimizer | None = None,
    ):
        super().__init__(lr, clip, update, optimizer, 0.0, "symmetric", 0)

    @property
    def own_config(self) -> dict[str, Any]:
        """Nothing: all arguments are those of other rules."""
        return {}

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> _Nothing:
        """Nothing to begin with."""
        return _Nothing(network)

    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory]:
        """Run the network; no synapse onto a unit contributed."""
        with torch.no_grad():
            return {}, network(inputs, generator=generator)
