"""Kronecker-factored real-time recurrent learning."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..credit.bins import Bin
from ..credit.credit_rule import CreditRule
from ..credit.memory import Memory
from ..credit.random_numbers import balance, norm, normal, random_signs
from ..credit.rule import learning_rule
from ..network.rate_rnn import RateRNN


class Product(NamedTuple):
    """X, (B, N + n_in + 1), and Y, (B, N, N), whose product is the influence on average."""

    X: Tensor
    Y: Tensor


@learning_rule
class KFRTRL(CreditRule[Product]):
    r"""The exact gradient on average: the influence of synapses as what they got, times a matrix over units.

    .. math:: M_{kij} \approx X_j Y_{ki}, \qquad X \leftarrow \nu_0 \rho_0 X + \nu_1 \rho_1\, p, \qquad
        Y \leftarrow \nu_0 J Y / \rho_0 + \nu_1\, \mathrm{diag}(d) / \rho_1, \qquad
        \Delta W_{ij} \propto -\sum_t (L Y)_i X_j

    with two signs :math:`\nu = \pm 1` drawn again for every trial and bin, and :math:`\rho_0 = \sqrt{|JY| / |X|}`,
    :math:`\rho_1 = \sqrt{|d| / |p|}`. It varies less than UORO. Memory grows with N^2, time with N^3.

    Source: Mujika, Meier & Steger 2018, arXiv:1805.10842
    """

    reads = (
        "presynaptic rate",
        "own voltage",
        "self-connection",
        "error broadcast",
        "senders of others",
        "voltages of others",
        "errors of others",
        "weights of others",
    )

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Product:
        """A random product before the first bin, 0 on average."""
        n, like = network.n_units, network.recurrent
        X = normal(like, batch_size, n + network.n_inputs + 1, generator=generator)
        return Product(X, normal(like, batch_size, n, n, generator=generator))

    def step(self, state: Product, bin: Bin, generator: torch.Generator | None, /) -> tuple[Product, Tensor]:
        """X and Y after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        nu_0, nu_1 = random_signs(bin.gate[..., :2], generator).split(1, dim=-1)
        d, p, L, JY = bin.gate, bin.senders, bin.learning_signal, bin.jacobian_times(state.Y)
        rho_0, rho_1 = balance(norm(JY, 2), norm(state.X, 1)), balance(norm(d, 1), norm(p, 1))
        X = nu_0 * rho_0 * state.X + nu_1 * rho_1 * p
        Y = (nu_0 / rho_0)[..., None] * JY + torch.diag_embed(nu_1 / rho_1 * d)
        return Product(X, Y), (L[..., None, :] @ Y).squeeze(-2).mT @ X
