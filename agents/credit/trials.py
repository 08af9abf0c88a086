"""Trials for which a rule assigns credit at fixed weights, and what it makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch import Generator, Tensor

from ..network.rate_rnn import RateRNN
from ..network.trajectory import Trajectory
from .bins import Bin, bins_of
from .memory import Memory
from .output_error import OutputError


@dataclass(frozen=True)
class Trials:
    """Trials that a network goes through at fixed weights.

    Attributes:
        network: The network, or an ensemble.
        inputs: u, (T, B, n_in).
        errors: The errors at its outputs.
        feedback: W_fb, (n_out, N) or (S, n_out, N).
        memory: What the rule has learned for itself until then.
        generator: Source of the network's noise, and of what the rule draws.
    """

    network: RateRNN
    inputs: Tensor
    errors: OutputError
    feedback: Tensor
    memory: Memory
    generator: Generator | None

    def run(self) -> tuple[Trajectory, Iterator[Bin]]:
        """What the network does in them, and their bins from the first to the last."""
        trajectory = self.network(self.inputs, generator=self.generator, keep_activations=True)
        return trajectory, bins_of(self.network, self.inputs, trajectory, self.errors, self.feedback)


class Assignment(NamedTuple):
    """What a rule makes of trials.

    Attributes:
        gradients: By the name of their parameter.
        rates: Of the network in the trials, (T, B, N), or of an ensemble (T, S, B, N).
        outputs: z, (T, B, n_out), or (T, S, B, n_out).
        memory: What the rule has learned for itself.
    """

    gradients: dict[str, Tensor]
    rates: Tensor
    outputs: Tensor
    memory: Memory
