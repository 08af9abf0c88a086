"""Unbiased online recurrent optimisation."""

import torch
from torch import Generator, Tensor

from ..credit import Bin, learning_rule, outer
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
