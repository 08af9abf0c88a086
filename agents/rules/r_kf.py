"""Reverse Kronecker-factored real-time recurrent learning."""

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
class RKF(CreditRule[Product]):
    r"""The exact gradient on average: the influence of synapses as one number for each unit, times a matrix.

    .. math:: M_{kij} \approx X_i Y_{kj}, \qquad X \leftarrow \rho_0 X + \rho_1 \nu, \qquad
        Y \leftarrow J Y / \rho_0 + (\nu \circ d)\, p^T / \rho_1, \qquad
        \Delta W_{ij} \propto -\sum_t X_i (L Y)_j

    with signs :math:`\nu = \pm 1` drawn again for every unit, trial and bin, :math:`\rho_0 = \sqrt{|JY| / |X|}` and
    :math:`\rho_1 = \sqrt{|(\nu \circ d)\, p^T| / \sqrt N}`. Memory grows with N^2, time with N^3.

    Source: Marschall, Cho & Savin 2020, JMLR 21(135), arXiv:1907.02649
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
        X = normal(like, batch_size, n, generator=generator)
        return Product(X, normal(like, batch_size, n, n + network.n_inputs + 1, generator=generator))

    def step(self, state: Product, bin: Bin, generator: torch.Generator | None, /) -> tuple[Product, Tensor]:
        """X and Y after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        nu, L = random_signs(bin.gate, generator), bin.learning_signal
        JY, new = bin.jacobian_times(state.Y), outer(nu * bin.gate, bin.senders)
        rho_0 = balance(norm(JY, 2), norm(state.X, 1))
        rho_1 = balance(norm(new, 2), new.new_tensor(nu.shape[-1] ** 0.5))
        X = rho_0 * state.X + rho_1 * nu
        Y = JY / rho_0[..., None] + new / rho_1[..., None]
        return Product(X, Y), X.mT @ (L[..., None, :] @ Y).squeeze(-2)
