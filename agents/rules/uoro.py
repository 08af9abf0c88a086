"""Unbiased online recurrent optimisation."""

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
    """X (B, N) and Y (B, N, N + n_in + 1), whose product is the influence on average."""

    def __init__(self, network: RateRNN, batch_size: int, generator: torch.Generator | None):
        n, n_senders = network.n_units, network.n_units + network.n_inputs + 1
        # Independent of each other, with mean 0, they are nothing on average, and never have the norm 0.
        self.of_units = normal(network, batch_size, n, generator=generator)
        self.of_synapses = normal(network, batch_size, n, n_senders, generator=generator)

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Pass both on through one bin."""
        signs = random_signs(bin.gate, generator)
        passed, new = bin.forward(self.of_units), (signs * bin.gate)[..., None] * bin.senders[..., None, :]
        rho_0 = balance(norm(self.of_synapses, 2), norm(passed, 1))
        rho_1 = balance(norm(new, 2), passed.new_tensor(passed.shape[-1] ** 0.5))
        self.of_units = rho_0 * passed + rho_1 * signs
        self.of_synapses = self.of_synapses / rho_0[..., None] + new / rho_1[..., None]
        told = (bin.signal * self.of_units).sum(-1)
        return torch.einsum("...b,...bij->...ij", told, self.of_synapses)


@typechecked
@final
class UORO(TraceRule):
    r"""The exact gradient on average: the influence of all synapses on all states as one random product.

    .. math:: M_{kij} \approx X_k Y_{ij}, \qquad X \leftarrow \rho_0 J X + \rho_1 \nu, \qquad
        Y \leftarrow Y / \rho_0 + (\nu \circ d)\, p^T / \rho_1, \qquad \Delta W \propto -\sum_t (L \cdot X)\, Y

    with signs :math:`\nu = \pm 1` drawn anew for every unit, trial and bin. The factors, which lower the variance and
    leave the mean as it is, balance the norms: :math:`\rho_0 = \sqrt{|Y| / |JX|}`,
    :math:`\rho_1 = \sqrt{|(\nu \circ d)\, p^T| / \sqrt N}`. Memory and time grow with N^2.

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

    Source: Tallec & Ollivier 2017, arXiv:1702.05043
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
