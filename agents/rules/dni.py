"""Decoupled neural interfaces: learning from synthetic gradients."""

from __future__ import annotations

from typing import Any, Literal, final

import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.numbers import whole_number
from ...envs.typechecked import typechecked
from ..credit.bins import Bin
from ..credit.feedback import Pathway
from ..rate_rnn import RateRNN
from ..credit.credit_rule import Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.synthetic_gradient import (
    BOOTSTRAPS,
    OWN_RATES,
    Bootstrap,
    apical_inputs,
    apical_rate,
    contribution,
    delta_rule,
    first_apical,
    first_jacobian,
    own_signal,
    positive,
    refresh,
    refuse_voltage_leak,
)
from ..credit.trace_rule import TraceRule
from ..credit.traces import Memory, Read, no_contribution

JACOBIANS = ("exact", "learned")


class _SyntheticGradient:
    """What A saw in the bin before and what the error said there: what there is to learn from once a bin follows."""

    def __init__(self, rule: DNI, network: RateRNN, memory: Memory):
        self.rule, self.memory, self.age = rule, memory, int(memory["age"])
        self.lr_apical, self.nothing = apical_rate(rule.lr_apical, network), no_contribution(network)
        self.before: tuple[Tensor, Tensor] | None = None

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Learn the Jacobian, then A; then say what the synapses contributed in this bin."""
        memory, seen = self.memory, apical_inputs(bin)
        if self.rule.jacobian == "learned":
            change = delta_rule(memory["jacobian"], bin.rates_before, bin.rates, self.rule.lr_jacobian)
            memory["jacobian"] = memory["jacobian"] + change
        if self.before is not None:
            told = BOOTSTRAPS[self.rule.bootstrap](seen @ memory["slow"].mT)
            exact = self.rule.jacobian == "exact"
            self._learn(bin.backward(told) if exact else told @ memory["jacobian"])
        self.before = seen, own_signal(bin)
        self.age = refresh(memory, self.age + 1, self.rule.refresh)
        return contribution(seen @ memory["apical"].mT, bin)

    def finish(self) -> Tensor:
        """Nothing follows the last bin: its credit is what its own error says."""
        self._learn(torch.zeros(()))
        self.memory["age"] = torch.tensor(float(self.age))
        return self.nothing

    def voltage(self, bin: Bin) -> Tensor:
        """What A takes for the credit of each unit, (B, N)."""
        return apical_inputs(bin) @ self.memory["apical"].mT

    def _learn(self, carried: Tensor) -> None:
        """Bring what A made of the bin before nearer to its own signal and what is carried back to it."""
        if self.before is not None:
            seen, signal = self.before
            apical = self.memory["apical"]
            self.memory["apical"] = apical + delta_rule(apical, seen, signal + carried.to(signal), self.lr_apical)


@typechecked
@final
class DNI(TraceRule):
    r"""Credit that is not waited for: foreseen from the present, and learned from what the next bin foresees.

    .. math:: u(t) = \tilde r(t)\, A^T, \quad \tilde r = [r, y, 1], \qquad
        \Delta W \propto -\sum_t (u(t) \circ d(t))^T p(t)

    A learns by regression on the learning signal and the credit of the next bin, carried back one bin:

    .. math:: y_A(t-1) = L(t-1) + g(\tilde r(t)\, A_-^T)\, J(t), \qquad
        \Delta A = -\eta_A \langle (\tilde r(t-1)\, A^T - y_A(t-1))^T\, \tilde r(t-1) \rangle

    with means over trials, :math:`A_-` a copy of A that is renewed every few bins, and the Jacobian J, exact or one
    that learns to foresee the rates:

    .. math:: \Delta \tilde J = -\eta_J \langle (r(t-1)\, \tilde J^T - r(t))^T\, r(t-1) \rangle

    from :math:`[1-\alpha] + [\alpha] W` on. The last bin of a trial has :math:`y_A = L`. If A foresees the true credit,
    it stays, and the gradient is exact. A and :math:`\tilde J` change in every bin, whatever ``update`` says. A learns
    credit in units of the loss of a single trial in a single bin; this is divided by B (and T) for the mean that the
    weights follow, so that :math:`\eta_A` and tanh mean the same for all batches. With random feedback, a learned J and
    tanh it is the DNI(b) of the second source.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin, as the rule was meant.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.
        jacobian: ``"exact"`` or ``"learned"``; the latter for networks with a leak on the rate.
        bootstrap: g, ``"identity"`` or ``"tanh"``, which keeps large errors of A from growing.
        lr_apical: :math:`\eta_A`; None for 0.01 * 32 / N.
        lr_jacobian: :math:`\eta_J`.
        refresh: Number of bins after which the copy of A is renewed.
        apical_seed: Seed of the first A, N(0, 1 / (N + n_out + 1)).

    Raises:
        ValueError: If an argument is unknown or out of its range, or J is to be learned for a leak on the voltage.

    Source: Jaderberg et al. 2017, arXiv:1608.05343; for recurrent networks Marschall, Cho & Savin 2020,
    arXiv:1907.02649.
    """

    own_rates = OWN_RATES
    reads: tuple[Read, ...] = (
        "presynaptic rate",
        "own voltage",
        "own apical voltage",
        "error broadcast",
        "sent by others",
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
        jacobian: Literal["exact", "learned"] = "exact",
        bootstrap: Bootstrap = "identity",
        lr_apical: float | None = None,
        lr_jacobian: float = 1e-3,
        refresh: int = 5,
        apical_seed: int = 0,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)
        self.jacobian = check_name("jacobian", jacobian, JACOBIANS)
        self.bootstrap = check_name("bootstrap", bootstrap, BOOTSTRAPS)
        self.lr_apical = None if lr_apical is None else positive("lr_apical", lr_apical)
        self.lr_jacobian = positive("lr_jacobian", lr_jacobian)
        self.refresh = whole_number("refresh", refresh, least=1)
        self.apical_seed = whole_number("apical_seed", apical_seed, least=0)
        if self.jacobian == "exact":
            self.reads = (*self.reads, "self-connection", "voltages of others")

    @property
    def own_config(self) -> dict[str, Any]:
        """How A and J are learned."""
        names = ("jacobian", "bootstrap", "lr_apical", "lr_jacobian", "refresh", "apical_seed")
        return {name: getattr(self, name) for name in names}

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None
    ) -> _SyntheticGradient:
        """No bin before the first; A, its slow copy and J are in the memory: ``apical``, ``slow``, ``jacobian``."""
        if self.jacobian == "learned":
            refuse_voltage_leak("DNI", self.jacobian, network)
        if "apical" not in memory:
            memory["apical"] = memory["slow"] = first_apical(network, self.apical_seed)
            memory["age"] = torch.zeros(())
            if self.jacobian == "learned":
                memory["jacobian"] = first_jacobian(network)
        return _SyntheticGradient(self, network, memory)
