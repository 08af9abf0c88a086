"""Sparse n-step approximation, of one step."""

from __future__ import annotations

import torch
from torch import Tensor

from ..credit.bins import Bin, outer
from ..credit.diagonal_rule import DiagonalRule
from ..credit.rule import learning_rule


@learning_rule
class SnAp1(DiagonalRule):
    r"""As RFLO, with traces that decay by the diagonal of the Jacobian J: a unit knows its synapse to itself.

    .. math:: P_{ij}(t) = J_{ii}(t)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad
        \Delta W_{ij} \propto -\sum_t L_i(t)\, P_{ij}(t), \qquad J_{ii} = 1 - \alpha_i + d_i\, W_{ii}\, f'_i(t-1)

    Exact for recurrent weights that are diagonal; the same as RFLO for units without a synapse to themselves.

    Source: Menick et al. 2020, "A practical sparse approximation for real time recurrent learning", arXiv:2006.07232
    """

    reads = ("presynaptic rate", "own voltage", "self-connection", "error broadcast")
    decay = "diag"

    def step(self, P: Tensor, bin: Bin, generator: torch.Generator | None, /) -> tuple[Tensor, Tensor]:
        """The traces P after a bin, (B, N, m), and what it adds to the gradient, (N, m)."""
        d, p, L, W = bin.gate, bin.senders, bin.learning_signal, bin.recurrent
        J = (1 - bin.alpha) + d * W.diagonal(dim1=-2, dim2=-1)[..., None, :] * bin.slope_before
        P = J[..., None] * P + outer(d, p)
        return P, (L[..., None] * P).sum(-3)
