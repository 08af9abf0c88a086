"""Sparse n-step approximation, of one step."""

import numpy as np
from torch import Generator, Tensor

from ..credit import THREE_FACTORS, Arrays, Bin, DiagonalRule, LoopBin, learning_rule, outer


@learning_rule
class SnAp1(DiagonalRule):
    r"""As RFLO, with traces that decay by the diagonal of the Jacobian J: a unit knows its synapse to itself.

    .. math:: P_{ij}(t) = J_{ii}(t)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad
        \Delta W_{ij} \propto -\sum_t L_i(t)\, P_{ij}(t), \qquad J_{ii} = 1 - \alpha_i + d_i\, W_{ii}\, f'_i(t-1)

    Exact for recurrent weights that are diagonal; the same as RFLO for units without a synapse to themselves.

    Source: Menick et al. 2020, "A practical sparse approximation for real time recurrent learning", arXiv:2006.07232
    """

    reads = (*THREE_FACTORS, "self-connection")
    decay = "diag"

    def step(self, P: Tensor, bin: Bin, generator: Generator | None, /) -> tuple[Tensor, Tensor]:
        """The traces P after a bin, (B, N, m), and what it adds to the gradient, (N, m)."""
        d, p, L, W_ii = bin.gate, bin.senders, bin.learning_signal, bin.self_connections
        J_ii = (1 - bin.alpha) + d * W_ii * bin.slope_before
        P = J_ii[..., None] * P + outer(d, p)
        return P, (L[..., None] * P).sum(-3)

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: besides what RFLO knows, a synapse knows that of its unit to itself."""
        P, p, W = state[0], bin.senders, bin.weights
        for b in range(P.shape[0]):
            for i in range(P.shape[1]):
                d, L = bin.gate[b, i], bin.learning_signal[b, i]
                J_ii = bin.keep[i] + d * W[i, i] * bin.slope_before[b, i]
                for j in range(P.shape[2]):
                    P[b, i, j] = J_ii * P[b, i, j] + d * p[b, j]
                    G[i, j] += L * P[b, i, j]
