"""All synapses onto the units of a network as one matrix, to be changed in every bin."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN


@final
class Synapses:
    """A working copy of [W, W_in, b], (N, N + n_in + 1), or of an ensemble (S, N, N + n_in + 1).

    Dale's law and masks hold after every change, since they belong to the parametrisation: what changes is V, what
    works is ``|V| * sign * mask``. What the network does not learn stays as it is here too.

    Args:
        network: The network, which is changed by :meth:`write_back` alone.

    Attributes:
        weights: The effective weights.
        recurrent: W among them, (N, N).
    """

    def __init__(self, network: RateRNN):
        self.network = network
        parts = (network.recurrent, network.input, network.bias[..., None])
        self.parameters = torch.cat([part.detach() for part in parts], dim=-1)
        masks = (network.recurrent_mask, network.input_mask, torch.ones_like(parts[2]))
        whole = [mask.to(part).expand_as(part) for mask, part in zip(masks, parts, strict=True)]
        self.mask = torch.cat(whole, dim=-1)
        self.signs = network.signs
        self._masked = not bool((self.mask == 1).all())
        learned = [torch.full_like(part, part.requires_grad) for part in parts]
        self._learned = torch.cat(learned, dim=-1) * self.mask
        self._all_learned = bool((self._learned == 1).all())
        self.weights = self.parameters
        self.recurrent = self.weights[..., : network.n_units]
        self._work()

    def to_parameters(self, gradient: Tensor) -> Tensor:
        """Gradient for the parameters, from that for the effective weights; 0 where nothing is learned."""
        if self.signs is not None:
            n = self.network.n_units
            gradient = gradient.clone()
            gradient[..., :n] *= self.signs * self.parameters[..., :n].sign()
        return gradient if self._all_learned else gradient * self._learned

    def gradients(self, gradient: Tensor) -> dict[str, Tensor]:
        """Gradients for the parameters by their names, from that for the effective weights."""
        n, k = self.network.n_units, self.network.n_inputs
        found = self.to_parameters(gradient)
        return {"recurrent": found[..., :n], "input": found[..., n : n + k], "bias": found[..., n + k]}

    def descend(self, gradient: Tensor, rate: float, weight_decay: float = 0.0) -> None:
        """Take ``rate`` times the gradient of :meth:`to_parameters` from them, and what decays of themselves."""
        if weight_decay:
            self.parameters.mul_(1 - rate * weight_decay * self._learned)
        self.parameters.sub_(gradient, alpha=rate)
        self._work()

    def write_back(self) -> None:
        """Give the network these weights."""
        n, k = self.network.n_units, self.network.n_inputs
        with torch.no_grad():
            for parameter, value in zip(
                (self.network.recurrent, self.network.input, self.network.bias),
                (self.parameters[..., :n], self.parameters[..., n : n + k], self.parameters[..., n + k]),
                strict=True,
            ):
                if parameter.requires_grad:
                    parameter.copy_(value)

    def _work(self) -> None:
        if self.signs is None and not self._masked:
            return  # parameters and weights are the same tensor
        weights = self.parameters * self.mask
        if self.signs is not None:
            n = self.network.n_units
            weights[..., :n] = weights[..., :n].abs() * self.signs
        self.weights, self.recurrent = weights, weights[..., : self.network.n_units]
