"""Reverse Kronecker-factored real-time recurrent learning."""

from torch import Generator, Tensor

from ..credit import Bin, learning_rule, outer
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
