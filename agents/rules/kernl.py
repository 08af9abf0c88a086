"""Kernel RNN learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ...envs.typechecked import typechecked
from ..credit.bins import Bin
from ..credit.feedback import Pathway
from ..rate_rnn import RateRNN
from ..credit.credit_rule import Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.trace_rule import TraceRule
from ..credit.traces import Memory, Read, normal


class _Twin:
    """How far a noisy twin is from the network, what Q and gamma say of that, and the traces of the synapses."""

    def __init__(self, network: RateRNN, batch_size: int, memory: Memory, lr: float, sigma: float):
        self.network, self.memory, self.lr, self.sigma = network, memory, lr, sigma
        state = network.initial_state(batch_size).detach()
        self.distance, self.shaken, self.by_forgetting = (torch.zeros_like(state) for _ in range(3))
        units_first = (*state.shape[:-2], network.n_units, batch_size, network.n_units + network.n_inputs + 1)
        self.traces = state.new_zeros(units_first)

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Shake the twin, let traces decay, mend Q and gamma, and weigh the traces by the learning signal."""
        sensitivity, forgetting = self.memory["sensitivity"], self.memory["forgetting"]
        keep = (1 - forgetting).clamp(min=0)
        zeta = self.sigma * normal(self.network, *bin.gate.shape[-2:], generator=generator)
        self.distance = bin.forward(self.distance) + zeta
        self.by_forgetting = keep[..., None, :] * self.by_forgetting - self.shaken
        self.shaken = keep[..., None, :] * self.shaken + zeta
        self.traces = keep[..., None, None] * self.traces + bin.gate.mT[..., None] * bin.senders[..., None, :, :]
        if self.lr:
            rate, wrong = self.lr / len(zeta), self.shaken @ sensitivity.mT - self.distance
            by_unit = ((wrong @ sensitivity) * self.by_forgetting).sum(-2)
            sensitivity = self.memory["sensitivity"] = sensitivity - rate * wrong.mT @ self.shaken
            self.memory["forgetting"] = forgetting - rate * by_unit
        return ((bin.signal @ sensitivity).mT[..., None, :] @ self.traces).squeeze(-2)


@typechecked
@final
class KeRNL(TraceRule):
    r"""Influence as a trace at each synapse times how much its unit moves all others, which is learned from noise.

    .. math:: M_{kij} \approx Q_{ki} P_{ij}, \qquad P_{ij} \leftarrow k_i P_{ij} + d_i\, p_j, \qquad
        \Delta W_{ij} \propto -\sum_t (L Q)_i\, P_{ij}, \qquad k_i = \max(0, 1 - \gamma_i)

    A twin of the network gets noise :math:`\zeta` of standard deviation :math:`\sigma` onto its states. How far it is
    from the network, :math:`\delta = s_{twin} - s`, is what Q and :math:`\gamma` are to foresee from traces of the
    noise:

    .. math:: \Gamma \leftarrow k \Gamma - \Omega, \qquad \Omega \leftarrow k \Omega + \zeta, \qquad
        \epsilon = \Omega Q^T - \delta, \qquad
        \Delta Q = -\eta\, \langle \epsilon^T \Omega \rangle, \qquad
        \Delta \gamma = -\eta\, \langle (\epsilon Q) \circ \Gamma \rangle

    with means over trials. The twin is followed to first order, :math:`\delta \leftarrow J \delta + \zeta`, where it
    is as the noise vanishes; so :math:`\sigma` and :math:`\eta` act together, as :math:`\eta \sigma^2`. At first
    Q = I; with :math:`\gamma = \alpha` and :math:`\eta = 0` it is RFLO. Memory and time grow with N^2.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin. Q and gamma change in every bin.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.
        forgetting: :math:`\gamma` at first, from 0 to 1; None for alpha of each unit.
        lr_kernel: :math:`\eta`; 0 to leave Q and gamma as they are.
        sigma: :math:`\sigma`, above 0.

    Raises:
        ValueError: If an argument is unknown or out of its range.

    Source: Roth, Kanitscheider & Fiete 2019, "Kernel RNN learning (KeRNL)", ICLR.
    """

    own_rates: ClassVar[Mapping[str, str]] = {"sensitivity": "lr_kernel", "forgetting": "lr_kernel"}
    reads: ClassVar[tuple[Read, ...]] = (
        "presynaptic rate",
        "own voltage",
        "self-connection",
        "error broadcast",
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
        forgetting: float | None = 0.8,
        lr_kernel: float = 5.0,
        sigma: float = 1e-3,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)
        self.forgetting = None if forgetting is None else finite_number("forgetting", forgetting)
        self.lr_kernel, self.sigma = finite_number("lr_kernel", lr_kernel), finite_number("sigma", sigma)
        if self.forgetting is not None and not 0 <= self.forgetting <= 1:
            raise ValueError(f"forgetting is {forgetting!r}; allowed: from 0 to 1, or None for alpha of each unit.")
        if self.lr_kernel < 0 or self.sigma <= 0:
            raise ValueError(f"lr_kernel is {lr_kernel!r} and sigma {sigma!r}; allowed: 0 or more, and above 0.")

    @property
    def own_config(self) -> dict[str, Any]:
        """What the kernel starts from, and how it is learned."""
        return {"forgetting": self.forgetting, "lr_kernel": self.lr_kernel, "sigma": self.sigma}

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> _Twin:
        """The twin is where the network is; Q and gamma are in the memory as ``sensitivity`` and ``forgetting``."""
        like = network.recurrent.detach()
        if "sensitivity" not in memory:
            gamma = network.alpha if self.forgetting is None else self.forgetting * torch.ones_like(network.alpha)
            memory["sensitivity"] = torch.eye(network.n_units).to(like).expand_as(like).clone()
            memory["forgetting"] = gamma.to(like).expand(like.shape[:-1]).clone()
        return _Twin(network, batch_size, memory, self.lr_kernel, self.sigma)
