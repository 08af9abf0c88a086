"""What a rule learns by gradient for itself, beside the weights of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from ..network.ensemble import ensemble_shape
from ..network.protocol import Network
from .shared_counts import for_each, shared

PREFIX = "own."
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


@final
class OwnParameters:
    """Tensors by name that follow their gradients by Adam, such as those of a value readout.

    Args:
        values: The tensors at the start, (...) or, for an ensemble, (S, ...).

    Source: Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(self, values: Mapping[str, Tensor]):
        self.values = {name: value.detach().clone() for name, value in values.items()}
        self._means = {name: torch.zeros_like(value) for name, value in values.items()}
        self._squares = {name: torch.zeros_like(value) for name, value in values.items()}
        self._taken = 0

    def leaves(self) -> dict[str, Tensor]:
        """The tensors, as what a loss can be differentiated by."""
        return {name: value.detach().requires_grad_() for name, value in self.values.items()}

    @torch.no_grad()
    def follow(self, gradients: Mapping[str, Tensor], rate: float) -> None:
        """Take one step along gradients; where one is not finite, what it is of stays as it was."""
        self._taken += 1
        for name, g in gradients.items():
            sound = torch.isfinite(g)
            m = torch.lerp(g, self._means[name], BETA_1)
            s = torch.lerp(g.square(), self._squares[name], BETA_2)
            step = m / (1 - BETA_1**self._taken) / ((s / (1 - BETA_2**self._taken)).sqrt() + EPSILON)
            self._means[name] = m.where(sound, self._means[name])
            self._squares[name] = s.where(sound, self._squares[name])
            self.values[name] = (self.values[name] - rate * step).where(sound, self.values[name])

    def state(self, network: Network) -> dict[str, Tensor]:
        """The tensors and what Adam remembers of them, by name; nothing where there are none."""
        found = {PREFIX + "updates": for_each(network, self._taken)} if self.values else {}
        for name, value in self.values.items():
            parts = {"": value, ".mean": self._means[name], ".square": self._squares[name]}
            found |= {PREFIX + name + ending: part.clone() for ending, part in parts.items()}
        return found

    def restore(self, network: Network, state: Mapping[str, Tensor]) -> None:
        """Return to what :meth:`state` described, among other tensors.

        Raises:
            ValueError: If the networks of an ensemble took different numbers of updates.
        """
        if not self.values or PREFIX + "updates" not in state:
            return
        self._taken = int(shared("number of updates", state[PREFIX + "updates"]))
        for name, value in self.values.items():
            for table, ending in ((self.values, ""), (self._means, ".mean"), (self._squares, ".square")):
                table[name] = state[PREFIX + name + ending].to(value).clone()


def zeros_for(network: Network, like: Tensor, *shape: int) -> Tensor:
    """Zeros of a shape, of an ensemble with S in front; on the device of a tensor, in its precision."""
    return like.new_zeros((*ensemble_shape(network), *shape))
