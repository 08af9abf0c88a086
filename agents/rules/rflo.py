"""Random-feedback local online learning."""

from __future__ import annotations

import torch
from torch import Tensor

from ..credit.bins import Bin, outer
from ..credit.diagonal_rule import DiagonalRule
from ..credit.feedback import Pathway
from ..credit.rule import learning_rule


@learning_rule
class RFLO(DiagonalRule):
    r"""A trace at each synapse of how it has moved its own unit, weighted by the learning signal of that unit.

    .. math:: P_{ij}(t) = (1-\alpha)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad
        \Delta W_{ij} \propto -\sum_t L_i(t)\, P_{ij}(t), \qquad L = e\, W_{fb}

    with p, d and the learning signal L as in :class:`~cogdyn.agents.credit.bins.Bin`; with a voltage leak
    :math:`d = \alpha`, and L holds the slope f' too. It is real-time recurrent learning without the recurrent weights
    in the path of the errors: exact where there are none.

    Source: Murray 2019, doi:10.7554/eLife.43299
    """

    reads = ("presynaptic rate", "own voltage", "error broadcast")

    feedback: Pathway = "random"

    def step(self, P: Tensor, bin: Bin, generator: torch.Generator | None, /) -> tuple[Tensor, Tensor]:
        """The traces P after a bin, (B, N, m), and what it adds to the gradient, (N, m)."""
        alpha, d, p, L = bin.alpha, bin.gate, bin.senders, bin.learning_signal
        P = (1 - alpha)[:, None] * P + outer(d, p)
        return P, (L[..., None] * P).sum(-3)
