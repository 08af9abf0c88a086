"""Unbiased online recurrent optimisation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..credit.bins import Bin, outer
from ..credit.credit_rule import CreditRule
from ..credit.memory import Memory
from ..credit.random_numbers import balance, norm, normal, random_signs
from ..credit.rule import learning_rule
from ..network.rate_rnn import RateRNN


class Product(NamedTuple):
    """X, (B, N), and Y, (B, N, N + n_in + 1), whose product is the influence on average."""

    X: Tensor
    Y: Tensor


@learning_rule
class UORO(CreditRule[Product]):
    r"""The exact gradient on average: the influence of all synapses on all states as one random product.

    .. math:: M_{kij} \approx X_k Y_{ij}, \qquad X \leftarrow \rho_0 J X + \rho_1 \nu, \qquad
        Y \leftarrow Y / \rho_0 + (\nu \circ d)\, p^T / \rho_1, \qquad \Delta W \propto -\sum_t (L \cdot X)\, Y

    with signs :math:`\nu = \pm 1` drawn again for every unit, trial and bin. The factors, which lower the variance and
    leave the mean as it is, balance the norms: :math:`\rho_0 = \sqrt{|Y| / |JX|}`,
    :math:`\rho_1 = \sqrt{|(\nu \circ d)\, p^T| / \sqrt N}`. Memory and time grow with N^2.

    Source: Tallec & Ollivier 2017, arXiv:1702.05043
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
        """A random product before the first bin; X and Y are independent with mean 0, so it is 0 on average."""
        n, like = network.n_units, network.recurrent
        X = normal(like, batch_size, n, generator=generator)
        return Product(X, normal(like, batch_size, n, n + network.n_inputs + 1, generator=generator))

    def step(self, state: Product, bin: Bin, generator: torch.Generator | None, /) -> tuple[Product, Tensor]:
        """X and Y after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        nu, L = random_signs(bin.gate, generator), bin.learning_signal
        JX, new = bin.forward(state.X), outer(nu * bin.gate, bin.senders)
        rho_0 = balance(norm(state.Y, 2), norm(JX, 1))
        rho_1 = balance(norm(new, 2), new.new_tensor(nu.shape[-1] ** 0.5))
        X = rho_0 * JX + rho_1 * nu
        Y = state.Y / rho_0[..., None] + new / rho_1[..., None]
        return Product(X, Y), torch.einsum("...b,...bij->...ij", (L * X).sum(-1), Y)
