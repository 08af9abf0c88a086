"""How the error at the outputs reaches the units of a network."""

from __future__ import annotations

from typing import Literal, final

import numpy as np
import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.numbers import whole_number
from ..network.rate_rnn import RateRNN

Pathway = Literal["symmetric", "random", "adaptive"]
PATHWAYS = ("symmetric", "random", "adaptive")


@final
class Feedback:
    r"""The learning signal of each unit: :math:`L = e\, W_{fb}`, with the error e at the outputs.

    Args:
        pathway: ``"symmetric"``: :math:`W_{fb} = W_{out}`, as backpropagation has it. ``"random"``: fixed weights,
            N(0, 1 / n_out). ``"adaptive"``: random at first, then changed by what changes the readout weights, to
            which they come nearer where both decay.
        seed: Seed of the random weights.

    Raises:
        ValueError: If the pathway is unknown or the seed no whole number.

    Source: Lillicrap, Cownden, Tweed & Akerman 2016, doi:10.1038/ncomms13276 (random); Kolen & Pollack 1994,
    doi:10.1109/ICNN.1994.374486 (adaptive).
    """

    def __init__(self, pathway: Pathway = "symmetric", seed: int = 0):
        self.pathway = check_name("feedback", pathway, PATHWAYS)
        self.seed = whole_number("feedback_seed", seed)
        self.weights: Tensor | None = None

    @property
    def config(self) -> dict[str, str | int]:
        """The arguments, by the names that rules give them."""
        return {"feedback": self.pathway, "feedback_seed": self.seed}

    def of(self, network: RateRNN) -> Tensor:
        """:math:`W_{fb}`, (n_out, N), or of an ensemble (S, n_out, N): all networks have the same random weights."""
        return self.beside(network.readout_weights.detach())

    def beside(self, readout: Tensor) -> Tensor:
        """:math:`W_{fb}` of a network with these readout weights, both (n_out, N) or (S, n_out, N)."""
        if self.pathway == "symmetric":
            return readout
        weights = self.weights
        if weights is None or weights.shape != readout.shape:
            # A stream of its own: a network of the same seed draws its weights from the plain one.
            drawn = np.random.default_rng([self.seed, 0]).standard_normal(readout.shape[-2:]) / readout.shape[-2] ** 0.5
            weights = self.weights = torch.from_numpy(drawn).to(readout).expand(readout.shape).clone()
        return weights

    def adapt(self, before: Tensor, after: Tensor, decay: float) -> None:
        """Change as the readout weights (n_out, N) did, and lose the same part of what there is, ``decay``."""
        if self.pathway == "adaptive" and self.weights is not None:
            self.weights = self.weights + (after - before) + decay * (before - self.weights)
