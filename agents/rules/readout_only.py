"""The control of all rules: nothing learns but the readout."""

from collections.abc import Sequence
from dataclasses import field

import numpy as np
import torch
from torch import Generator, Tensor

from ..credit import (
    Arrays,
    Assignment,
    Bin,
    CreditRule,
    LoopBin,
    Memory,
    Pathway,
    RateRNN,
    Trials,
    learning_rule,
    nothing,
)


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

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> None:
        """Nothing to begin with."""

    def step(self, state: None, bin: Bin, generator: Generator | None, /) -> tuple[None, Tensor]:
        """No synapse onto a unit contributes."""
        return None, nothing(bin)

    @torch.no_grad()
    def assign(self, trials: Trials) -> Assignment:
        """Fast path after trials: the same sum, which is nothing."""
        return Assignment({}, trials.network(trials.inputs, generator=trials.generator), {})

    def to_loop(self, state: None, network: RateRNN, batch_size: int) -> Sequence[Tensor]:
        """It has no state."""
        return ()

    def from_loop(self, state: None, tensors: Sequence[Tensor]) -> None:
        """It has none afterwards."""

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """No synapse onto a unit contributes."""
