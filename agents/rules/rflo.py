"""Random-feedback local online learning."""

import numpy as np
from torch import Generator, Tensor

from ..credit import THREE_FACTORS, Arrays, Bin, DiagonalRule, LoopBin, Pathway, learning_rule, outer


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

    reads = THREE_FACTORS

    feedback: Pathway = "random"

    def step(self, P: Tensor, bin: Bin, generator: Generator | None, /) -> tuple[Tensor, Tensor]:
        """The traces P after a bin, (B, N, m), and what it adds to the gradient, (N, m)."""
        alpha, d, p, L = bin.alpha, bin.gate, bin.senders, bin.learning_signal
        P = (1 - alpha)[:, None] * P + outer(d, p)
        return P, (L[..., None] * P).sum(-3)

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: what a synapse from j to i knows is its trace, and what its two units know."""
        P, p = state[0], bin.senders
        for b in range(P.shape[0]):
            for i in range(P.shape[1]):
                keep, d, L = bin.keep[i], bin.gate[b, i], bin.learning_signal[b, i]
                for j in range(P.shape[2]):
                    P[b, i, j] = keep * P[b, i, j] + d * p[b, j]
                    G[i, j] += L * P[b, i, j]
