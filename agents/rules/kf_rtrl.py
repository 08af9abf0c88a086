"""Kronecker-factored real-time recurrent learning."""

import numpy as np
import torch
from torch import Generator, Tensor

from ..credit import Arrays, Bin, LoopBin, Memory, RateRNN, learning_rule
from ..credit.loops.products import balance_of, jacobian_times, squares
from ..credit.random_products import Product, RandomProductRule, balance, norm, normal, product, random_signs


@learning_rule
class KFRTRL(RandomProductRule):
    r"""The exact gradient on average: the influence of synapses as what they got, times a matrix over units.

    .. math:: M_{kij} \approx X_j Y_{ki}, \qquad X \leftarrow \nu_0 \rho_0 X + \nu_1 \rho_1\, p, \qquad
        Y \leftarrow \nu_0 J Y / \rho_0 + \nu_1\, \mathrm{diag}(d) / \rho_1, \qquad
        \Delta W_{ij} \propto -\sum_t (L Y)_i X_j

    with two signs :math:`\nu = \pm 1` drawn again for every trial and bin, and :math:`\rho_0 = \sqrt{|JY| / |X|}`,
    :math:`\rho_1 = \sqrt{|d| / |p|}`. It varies less than UORO. Memory grows with N^2, time with N^3.

    Source: Mujika, Meier & Steger 2018, arXiv:1805.10842
    """

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Product:
        """A random product before the first bin, 0 on average: X, (B, N + n_in + 1), and Y, (B, N, N)."""
        n, like = network.n_units, network.recurrent
        X = normal(like, batch_size, n + network.n_inputs + 1, generator=generator)
        return product(network, X, normal(like, batch_size, n, n, generator=generator))

    def step(self, state: Product, bin: Bin, generator: Generator | None, /) -> tuple[Product, Tensor]:
        """X, (B, m), and Y, (B, N, N), after a bin, and what it adds to the gradient, (N, m)."""
        (X, Y), d, p, L = state, bin.gate, bin.senders, bin.learning_signal
        nu_0, nu_1 = random_signs(d[..., :2], generator).split(1, dim=-1)
        JY = bin.jacobian_times(Y)
        rho_0, rho_1 = balance(norm(JY, 2), norm(X, 1)), balance(norm(d, 1), norm(p, 1))
        X = nu_0 * rho_0 * X + nu_1 * rho_1 * p
        Y = (nu_0 / rho_0)[..., None] * JY + torch.diag_embed(nu_1 / rho_1 * d)
        LY = (L[..., None, :] @ Y).squeeze(-2)
        return Product(X, Y), LY.mT @ X

    def signs(self, network: RateRNN) -> int:
        """Two for each trial and bin."""
        return 2

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: a synapse knows X of its sender, and L Y of its unit."""
        X, Y, d, p, L, nu = state[0][0], state[1], bin.gate, bin.senders, bin.learning_signal, draw
        n, JY = Y.shape[1], np.empty_like(Y[0])
        zero = X.dtype.type(0)
        for b in range(len(p)):
            jacobian_times(bin, b, Y[b], JY)
            of_X = of_d = of_p = zero
            for j in range(p.shape[1]):
                of_X += X[b, j] * X[b, j]
                of_p += p[b, j] * p[b, j]
            for i in range(n):
                of_d += d[b, i] * d[b, i]
            rho_0 = balance_of(np.sqrt(squares(JY)), np.sqrt(of_X))
            rho_1 = balance_of(np.sqrt(of_d), np.sqrt(of_p))
            for j in range(p.shape[1]):
                X[b, j] = nu[b, 0] * rho_0 * X[b, j] + nu[b, 1] * rho_1 * p[b, j]
            for k in range(n):
                for i in range(n):
                    Y[b, k, i] = nu[b, 0] / rho_0 * JY[k, i]
                Y[b, k, k] += nu[b, 1] / rho_1 * d[b, k]
            for i in range(n):
                LY = zero
                for k in range(n):
                    LY += L[b, k] * Y[b, k, i]
                for j in range(p.shape[1]):
                    G[i, j] += LY * X[b, j]
