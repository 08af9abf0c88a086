"""What a network leaves behind when it has run over a batch of trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Trajectory:
    """What a network did.

    Attributes:
        stretches: Rates of the stretches of bins through which it ran at once, (T, B, N) together.
        outputs: Readout z, (T, B, n_out).
        state: State after the last bin, (B, N): voltage or rate, as the leak says. Pass it on to continue.
        activations: f(h) of all units, (T, B, N), without gradient: what a leaky rate follows; with a voltage leak,
            the rates. None unless the network was run with ``keep_activations=True``.
    """

    stretches: Sequence[Tensor]
    outputs: Tensor
    state: Tensor
    activations: Tensor | None = None

    def __repr__(self) -> str:
        """Shapes instead of arrays."""
        (_, *others), bins = self.stretches[0].shape, sum(map(len, self.stretches))
        return f"Trajectory(rates {(bins, *others)}, outputs {tuple(self.outputs.shape)})"

    @cached_property
    def rates(self) -> Tensor:
        """Rates r of all units, (T, B, N); joined when first asked for, since bridges make many stretches."""
        return self.stretches[0] if len(self.stretches) == 1 else torch.cat(list(self.stretches))
