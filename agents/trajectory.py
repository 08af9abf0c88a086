"""What a network leaves behind when it has run over a batch of trials."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Trajectory:
    """What a network did.

    Attributes:
        rates: Rates r of all units, (T, B, N).
        outputs: Readout z, (T, B, n_out).
        state: State after the last bin, (B, N): voltage or rate, as the leak says. Pass it on to continue.
    """

    rates: Tensor
    outputs: Tensor
    state: Tensor
