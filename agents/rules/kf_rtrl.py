"""Kronecker-factored real-time recurrent learning."""

from __future__ import annotations

from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ...envs.typechecked import typechecked
from ..credit.bins import Bin
from ..credit.feedback import Pathway
from ..rate_rnn import RateRNN
from ..credit.credit_rule import Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.trace_rule import TraceRule
from ..credit.traces import Memory, Read, balance, norm, normal, random_signs


class _Product:
    """X (B, N + n_in + 1) and Y (B, N, N), whose product is the influence on average."""

    def __init__(self, network: RateRNN, batch_size: int, generator: torch.Generator | None):
        n, n_senders = network.n_units, network.n_units + network.n_inputs + 1
        self.of_senders = normal(network, batch_size, n_senders, generator=generator)
        self.of_units = normal(network, batch_size, n, n, generator=generator)

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Pass both on through one bin."""
        signs = random_signs(bin.gate[..., :2], generator)
        sign_0, sign_1 = signs[:, :1], signs[:, 1:]
        spread = bin.recurrent[..., None, :, :] @ (bin.slope_before[..., None] * self.of_units)
        passed = bin.keep[:, None] * self.of_units + bin.gate[..., None] * spread
        rho_0 = balance(norm(passed, 2), norm(self.of_senders, 1))
        rho_1 = balance(norm(bin.gate, 1), norm(bin.senders, 1))
        self.of_senders = sign_0 * rho_0 * self.of_senders + sign_1 * rho_1 * bin.senders
        self.of_units = (sign_0 / rho_0)[..., None] * passed + torch.diag_embed(sign_1 / rho_1 * bin.gate)
        told = (bin.signal[..., None, :] @ self.of_units).squeeze(-2)
        return told.mT @ self.of_senders


@typechecked
@final
class KFRTRL(TraceRule):
    r"""The exact gradient on average: the influence of synapses as what they got, times a matrix over units.

    .. math:: M_{kij} \approx X_j Y_{ki}, \qquad X \leftarrow \nu_0 \rho_0 X + \nu_1 \rho_1\, p, \qquad
        Y \leftarrow \nu_0 J Y / \rho_0 + \nu_1\, \mathrm{diag}(d) / \rho_1, \qquad
        \Delta W_{ij} \propto -\sum_t (L Y)_i X_j

    with two signs :math:`\nu = \pm 1` drawn anew for every trial and bin, and :math:`\rho_0 = \sqrt{|JY| / |X|}`,
    :math:`\rho_1 = \sqrt{|d| / |p|}`. It varies less than UORO. Memory grows with N^2, time with N^3.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.

    Raises:
        ValueError: If an argument is unknown or out of its range.

    Source: Mujika, Meier & Steger 2018, arXiv:1805.10842
    """

    reads: ClassVar[tuple[Read, ...]] = (
        "presynaptic rate",
        "own voltage",
        "self-connection",
        "error broadcast",
        "senders of others",
        "voltages of others",
        "errors of others",
        "weights of others",
    )

    def __init__(
        self,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        update: Update = "trial",
        optimizer: Optimizer | None = None,
        weight_decay: float = 0.0,
        feedback: Pathway = "symmetric",
        feedback_seed: int = 0,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)

    @property
    def own_config(self) -> dict[str, Any]:
        """Nothing: all arguments are those of other rules."""
        return {}

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> _Product:
        """A random product without meaning, before the first bin."""
        return _Product(network, batch_size, generator)
