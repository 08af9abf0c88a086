"""Pulses that come to units at random: the trials and errors of learning by reward."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ..network.rate_rnn import RateRNN


@dataclass(frozen=True)
class Pulses:
    r"""Pulses at random bins, each unit on its own, with a height that is uniform in [-amplitude, amplitude].

    Attributes:
        amplitude: Largest height.
        rate_hz: Mean number of pulses of a unit in a second.

    Raises:
        ValueError: If one of them is not positive.
    """

    amplitude: float
    rate_hz: float

    def __post_init__(self) -> None:
        """Take plain numbers, and refuse pulses that are none."""
        for name in ("amplitude", "rate_hz"):
            value = finite_number(name, getattr(self, name))
            if value <= 0:
                raise ValueError(f"{name} is {value!r}; it must be positive: reward teaches by pulses.")
            object.__setattr__(self, name, value)

    def probability(self, dt: float) -> float:
        """Chance of a pulse in a bin of dt (ms).

        Raises:
            ValueError: If it would be above 1.
        """
        chance = self.rate_hz * dt / 1000
        if chance > 1:
            raise ValueError(f"rate_hz is {self.rate_hz:g}; bins of {dt:g} ms have room for {1000 / dt:g} at most.")
        return chance

    def variance(self, dt: float) -> float:
        """Variance of the height in a bin of dt (ms), those without a pulse counted as 0."""
        return self.probability(dt) * self.amplitude**2 / 3

    def draw(self, network: RateRNN, n_bins: int, batch_size: int, generator: torch.Generator | None = None) -> Tensor:
        """Heights (T, B, N), 0 where there is no pulse; the same for all networks of an ensemble."""
        like, shape = network.recurrent, (n_bins, batch_size, network.n_units)
        chance, height = (torch.rand(shape, generator=generator, dtype=like.dtype, device=like.device) for _ in "ph")
        return (2 * height - 1) * self.amplitude * (chance < self.probability(network.dt))
