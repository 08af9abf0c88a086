"""Reverse Kronecker-factored real-time recurrent learning."""

import numpy as np
from torch import Generator, Tensor

from ..credit import Arrays, Bin, LoopBin, learning_rule, outer
from ..credit.loops.products import balance_of, jacobian_times, squares
from ..credit.random_products import Product, RandomProductRule, balance, norm, random_signs


@learning_rule
class RKF(RandomProductRule):
    r"""The exact gradient on average: the influence of synapses as one number for each unit, times a matrix.

    .. math:: M_{kij} \approx X_i Y_{kj}, \qquad X \leftarrow \rho_0 X + \rho_1 \nu, \qquad
        Y \leftarrow J Y / \rho_0 + (\nu \circ d)\, p^T / \rho_1, \qquad
        \Delta W_{ij} \propto -\sum_t X_i (L Y)_j

    with signs :math:`\nu = \pm 1` drawn again for every unit, trial and bin, :math:`\rho_0 = \sqrt{|JY| / |X|}` and
    :math:`\rho_1 = \sqrt{|(\nu \circ d)\, p^T| / \sqrt N}`. Memory grows with N^2, time with N^3.

    Source: Marschall, Cho & Savin 2020, JMLR 21(135), arXiv:1907.02649
    """

    def step(self, state: Product, bin: Bin, generator: Generator | None, /) -> tuple[Product, Tensor]:
        """X, (B, N), and Y, (B, N, m), after a bin, and what it adds to the gradient, (N, m)."""
        (X, Y), d, p, L = state, bin.gate, bin.senders, bin.learning_signal
        nu = random_signs(d, generator)
        JY, direct = bin.jacobian_times(Y), outer(nu * d, p)
        rho_0, rho_1 = balance(norm(JY, 2), norm(X, 1)), balance(norm(direct, 2), norm(nu, 1))
        X = rho_0 * X + rho_1 * nu
        Y = JY / rho_0[..., None] + direct / rho_1[..., None]
        LY = (L[..., None, :] @ Y).squeeze(-2)
        return Product(X, Y), X.mT @ LY

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: a synapse knows X of its unit, and L Y of its sender."""
        X, Y, d, p, L, nu = state[0][0], state[1], bin.gate, bin.senders, bin.learning_signal, draw
        n, JY, LY = X.shape[1], np.empty_like(Y[0]), np.empty_like(p[0])
        zero = X.dtype.type(0)
        for b in range(len(p)):
            jacobian_times(bin, b, Y[b], JY)
            of_X = of_d = of_p = zero
            for i in range(n):
                of_X += X[b, i] * X[b, i]
                of_d += d[b, i] * d[b, i]
            for j in range(p.shape[1]):
                of_p += p[b, j] * p[b, j]
                LY[j] = zero
            rho_0 = balance_of(np.sqrt(squares(JY)), np.sqrt(of_X))
            rho_1 = balance_of(np.sqrt(of_d * of_p), np.sqrt(X.dtype.type(n)))
            for k in range(n):
                X[b, k] = rho_0 * X[b, k] + rho_1 * nu[b, k]
                direct = nu[b, k] * d[b, k] / rho_1
                for j in range(p.shape[1]):
                    Y[b, k, j] = JY[k, j] / rho_0 + direct * p[b, j]
                    LY[j] += L[b, k] * Y[b, k, j]
            for i in range(n):
                for j in range(p.shape[1]):
                    G[i, j] += X[b, i] * LY[j]
