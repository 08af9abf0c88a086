"""Kronecker-factored real-time recurrent learning."""

import torch
from torch import Generator, Tensor

from ..credit import Bin, Memory, RateRNN, learning_rule
from ..credit.random_products import Product, RandomProductRule, balance, norm, normal, random_signs


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
        return Product(X, normal(like, batch_size, n, n, generator=generator))

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
