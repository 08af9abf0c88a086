"""Unbiased online recurrent optimisation."""

import numpy as np
import torch
from torch import Generator, Tensor

from ..credit import Arrays, Bin, LoopBin, learning_rule, outer
from ..credit.loops.products import balance_of, forward, squares
from ..credit.random_products import Product, RandomProductRule, balance, norm, random_signs


@learning_rule
class UORO(RandomProductRule):
    r"""The exact gradient on average: the influence of all synapses on all states as one random product.

    .. math:: M_{kij} \approx X_k Y_{ij}, \qquad X \leftarrow \rho_0 J X + \rho_1 \nu, \qquad
        Y \leftarrow Y / \rho_0 + (\nu \circ d)\, p^T / \rho_1, \qquad \Delta W \propto -\sum_t (L \cdot X)\, Y

    with signs :math:`\nu = \pm 1` drawn again for every unit, trial and bin. The factors, which lower the variance and
    leave the mean as it is, balance the norms: :math:`\rho_0 = \sqrt{|Y| / |JX|}`,
    :math:`\rho_1 = \sqrt{|(\nu \circ d)\, p^T| / \sqrt N}`. Memory and time grow with N^2.

    Source: Tallec & Ollivier 2017, arXiv:1702.05043
    """

    def step(self, state: Product, bin: Bin, generator: Generator | None, /) -> tuple[Product, Tensor]:
        """X, (B, N), and Y, (B, N, m), after a bin, and what it adds to the gradient, (N, m)."""
        (X, Y), d, p, L = state, bin.gate, bin.senders, bin.learning_signal
        nu = random_signs(d, generator)
        JX, direct = bin.forward(X), outer(nu * d, p)
        rho_0, rho_1 = balance(norm(Y, 2), norm(JX, 1)), balance(norm(direct, 2), norm(nu, 1))
        X = rho_0 * JX + rho_1 * nu
        Y = Y / rho_0[..., None] + direct / rho_1[..., None]
        return Product(X, Y), torch.einsum("...b,...bij->...ij", (L * X).sum(-1), Y)

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: what a synapse knows is its own Y, and one number of the trial, L X."""
        X, Y, d, p, nu = state[0][0], state[1], bin.gate, bin.senders, draw
        n, JX = X.shape[1], np.empty_like(X)
        forward(bin, X, JX)
        for b in range(len(p)):
            of_X = of_d = of_p = X.dtype.type(0)
            for i in range(n):
                of_X += JX[b, i] * JX[b, i]
                of_d += d[b, i] * d[b, i]
            for j in range(p.shape[1]):
                of_p += p[b, j] * p[b, j]
            rho_0 = balance_of(np.sqrt(squares(Y[b])), np.sqrt(of_X))
            rho_1 = balance_of(np.sqrt(of_d * of_p), np.sqrt(X.dtype.type(n)))
            LX = X.dtype.type(0)
            for i in range(n):
                X[b, i] = rho_0 * JX[b, i] + rho_1 * nu[b, i]
                LX += bin.learning_signal[b, i] * X[b, i]
            for i in range(n):
                direct = nu[b, i] * d[b, i] / rho_1
                for j in range(p.shape[1]):
                    Y[b, i, j] = Y[b, i, j] / rho_0 + direct * p[b, j]
                    G[i, j] += LX * Y[b, i, j]
