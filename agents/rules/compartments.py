"""The plasticity of a network of multi-compartment units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final

import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.numbers import finite_number, whole_number
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
    random_jacobian,
    random_mirror,
    refresh,
    refuse_voltage_leak,
)
from ..credit.trace_rule import TraceRule
from ..credit.traces import Memory, Read, no_contribution

Jacobian = Literal["learned", "random", "from_zero", "frozen", "zero", "exact"]
JACOBIANS = ("learned", "random", "from_zero", "frozen", "zero", "exact")
LEARNED = ("learned", "random", "from_zero")
TRANSPORTS = ("mirrored", "shared")
PHASES = ("run", "teach", "consolidate")
SCHEDULES = ("every_step", "alternate")
MIRRORS = ("transposed", "random")
GATES = ("apical", "label", "teacher", "carrier")


class _Compartments:
    """Voltages and teaching of the bin before, and the phases that each bin goes through."""

    def __init__(self, rule: Compartments, network: RateRNN, memory: Memory):
        self.rule, self.memory, self.age, self.bin = rule, memory, int(memory["age"]), int(memory["bin"])
        self.lr_apical, self.nothing = apical_rate(rule.lr_apical, network), no_contribution(network)
        self.before: tuple[Tensor, Tensor] | None = None

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Run, teach, consolidate: each changes one population of synapses, where the schedule lets it."""
        if self._learns("run") and self.rule.jacobian in LEARNED:
            self.run(bin)
        seen = self._seen(bin)
        self.teach(bin, seen)
        contributed = self.consolidate(bin, seen) if self._learns("consolidate") else self.nothing
        self.age = refresh(self.memory, self.age + 1, self.rule.refresh)
        self.bin = (self.bin + 1) % (len(PHASES) * self.rule.block)
        return contributed

    def finish(self) -> Tensor:
        """Nothing follows the last bin: its own error is all that its apical dendrites are taught."""
        if self._learns("teach"):
            self._regress(torch.zeros(()))
        self.memory["age"], self.memory["bin"] = torch.tensor(float(self.age)), torch.tensor(float(self.bin))
        return self.nothing

    def _learns(self, phase: str) -> bool:
        return self.rule.phases == "every_step" or PHASES[self.bin // self.rule.block] == phase

    def run(self, bin: Bin) -> None:
        """R3, apical dendrites inhibited: the carrying synapses learn to foresee the rates from those before."""
        memory, keep = self.memory, 1 - self.rule.mirror_decay
        change = delta_rule(memory["jacobian"], bin.rates_before, bin.rates, self.rule.lr_jacobian)
        memory["jacobian"] = keep * memory["jacobian"] + change
        if "mirror" in memory:
            memory["mirror"] = keep * memory["mirror"] + change.mT

    def teach(self, bin: Bin, seen: Tensor) -> None:
        """R2, errors and carried credit let into the apical dendrites, which are to make them of the bin before."""
        signal = own_signal(bin)
        if self._learns("teach"):
            told = BOOTSTRAPS[self.rule.bootstrap](seen @ self.memory["slow"].mT)
            self._regress(self._carried(told, bin))
        self.before = seen, torch.zeros_like(signal) if "teacher" in self.rule.inhibited else signal

    def consolidate(self, bin: Bin, seen: Tensor) -> Tensor:
        """R1, the teacher inhibited: apical voltages say how the basal synapses are to change."""
        return self.nothing if "apical" in self.rule.inhibited else contribution(self._voltage(seen), bin)

    def voltage(self, bin: Bin) -> Tensor:
        """The apical voltages u, (B, N)."""
        return self._voltage(self._seen(bin))

    def _voltage(self, seen: Tensor) -> Tensor:
        u = seen @ self.memory["apical"].mT
        if self.rule.largest_voltage is None:
            return u
        norm = torch.linalg.vector_norm(u, dim=-1, keepdim=True)
        return u * (self.rule.largest_voltage / (norm + 1e-12)).clamp(max=1.0)

    def _seen(self, bin: Bin) -> Tensor:
        seen = apical_inputs(bin)
        if "label" in self.rule.inhibited:
            seen[..., bin.rates.shape[-1] : -1] = 0
        return seen

    def _carried(self, told: Tensor, bin: Bin) -> Tensor:
        """What apical voltages say of the states of the bin before, (B, N)."""
        if "carrier" in self.rule.inhibited or self.rule.jacobian == "zero":
            return torch.zeros_like(told)
        if self.rule.jacobian == "exact":
            return bin.backward(told)
        # Shared: a unit reads the synapses that it makes onto others. Mirrored: those that others make onto it.
        return told @ (self.memory["jacobian"] if self.rule.transport == "shared" else self.memory["mirror"].mT)

    def _regress(self, carried: Tensor) -> None:
        if self.before is not None:
            seen, signal = self.before
            apical = self.memory["apical"]
            self.memory["apical"] = apical + delta_rule(apical, seen, signal + carried.to(signal), self.lr_apical)


@typechecked
@final
class Compartments(TraceRule):
    r"""Units with a dendrite that foresees credit: each population of synapses learns by a local rule, in its phase.

    Basal synapses W onto the soma run the network. Apical synapses A make the voltage u of the same rates, of the
    label, and of a bias; carrying synapses :math:`\tilde J` foresee the rates. Each bin has three phases:

    - Run, with the apical dendrites inhibited:
      :math:`\Delta \tilde J = -\eta_J \langle (r(t-1)\, \tilde J^T - r(t))^T\, r(t-1) \rangle`.
    - Teach, with the errors L and what the apical voltages of others say, carried, let into the dendrites:
      :math:`\Delta A = -\eta_A \langle (\tilde r(t-1)\, A^T - L(t-1) - g(\tilde r(t)\, A_-^T)\, \tilde J)^T\,
      \tilde r(t-1) \rangle`, where :math:`\tilde r = [r, y, 1]`, g is tanh, and :math:`A_-` a copy of A that is renewed
      every few bins.
    - Consolidate, with the teacher inhibited, by :math:`u(t) = \tilde r(t)\, A^T`:
      :math:`\Delta W \propto -(u \circ d)^T p`.

    The carried credit needs :math:`\tilde J` read against its direction, which is not local. With
    ``transport="mirrored"`` other synapses K do it, onto the unit that is told: :math:`g K^T`, changed by
    :math:`\Delta K = (\Delta \tilde J)^T`. They stay mirrors if they begin so; if not, they become mirrors where both
    decay. A learns credit in units of the loss of a single trial in a single bin, as in
    :class:`~cogdyn.agents.rules.DNI`, to which the rule is equal with shared transport and all phases in every bin.

    The full text of the source was not at hand: this is a reconstruction from its abstract, from a figure by its author
    and from the authors' dated code. The order of the phases, ``"alternate"`` and the mirror are ours.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: W changes after the trial; ``"bin"``: in every bin, as the rule was meant. All other
            synapses but those of the readout change in every bin anyway.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.
        jacobian: What carries credit: ``"learned"``, from :math:`[1-\alpha] + [\alpha] W` on (W for
            :math:`\alpha = 1`), ``"random"``, from N(0, 1 / N) on, or ``"from_zero"``; ``"frozen"``, what the first
            of these starts from; ``"zero"``, nothing; ``"exact"``, the Jacobian itself.
        transport: ``"mirrored"`` or ``"shared"``: whether K or :math:`\tilde J` carries.
        bootstrap: g, ``"tanh"`` or ``"identity"``.
        phases: ``"every_step"``: all three in every bin; ``"alternate"``: one after the other for blocks of bins, in
            which :math:`\tilde J` alone changes, then A alone, then W alone; the readout changes always.
        block: Number of bins in a block.
        inhibited: Compartments that are shut: ``"apical"``, W does not change; ``"label"``, apical dendrites do not see
            y; ``"teacher"``, nor L; ``"carrier"``, nor what is carried.
        mirror: K at first, ``"transposed"``: :math:`\tilde J^T`, or ``"random"``: N(0, 1 / N).
        mirror_decay: Part of :math:`\tilde J` and K that is lost in a bin in which they learn, from 0 to below 1.
        lr_apical: :math:`\eta_A`; None for 0.01 * 32 / N.
        lr_jacobian: :math:`\eta_J`.
        refresh: Number of bins after which the copy of A is renewed.
        largest_voltage: Norm to which longer vectors u are shortened; None for no limit.
        apical_seed: Seed of the first A, N(0, 1 / (N + n_out + 1)), and of random :math:`\tilde J` and K.

    Raises:
        ValueError: If an argument is unknown or out of its range, or an estimate of J is to carry credit where the leak
            is on the voltage.

    Source: after Marschall, Cho & Savin 2019, arXiv:1905.12100; mirrors: Kolen & Pollack 1994,
    doi:10.1109/ICNN.1994.374486.
    """

    own_rates = OWN_RATES
    reads: tuple[Read, ...] = ("presynaptic rate", "own voltage", "own apical voltage", "error broadcast")

    def __init__(
        self,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        update: Update = "trial",
        optimizer: Optimizer | None = None,
        weight_decay: float = 0.0,
        feedback: Pathway = "random",
        feedback_seed: int = 0,
        jacobian: Jacobian = "learned",
        transport: Literal["mirrored", "shared"] = "mirrored",
        bootstrap: Bootstrap = "tanh",
        phases: Literal["every_step", "alternate"] = "every_step",
        block: int = 50,
        inhibited: Sequence[str] = (),
        mirror: Literal["transposed", "random"] = "transposed",
        mirror_decay: float = 0.0,
        lr_apical: float | None = None,
        lr_jacobian: float = 1e-3,
        refresh: int = 5,
        largest_voltage: float | None = None,
        apical_seed: int = 0,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)
        self.jacobian = check_name("jacobian", jacobian, JACOBIANS)
        self.transport = check_name("transport", transport, TRANSPORTS)
        self.bootstrap = check_name("bootstrap", bootstrap, BOOTSTRAPS)
        self.phases = check_name("phases", phases, SCHEDULES)
        self.block = whole_number("block", block, least=1)
        self.inhibited = [check_name("compartment", name, GATES) for name in inhibited]
        self.mirror = check_name("mirror", mirror, MIRRORS)
        self.mirror_decay = finite_number("mirror_decay", mirror_decay)
        if not 0 <= self.mirror_decay < 1:
            raise ValueError(f"mirror_decay is {mirror_decay!r}; allowed: from 0 to below 1.")
        self.lr_apical = None if lr_apical is None else positive("lr_apical", lr_apical)
        self.lr_jacobian = positive("lr_jacobian", lr_jacobian)
        self.refresh = whole_number("refresh", refresh, least=1)
        self.largest_voltage = None if largest_voltage is None else positive("largest_voltage", largest_voltage)
        self.apical_seed = whole_number("apical_seed", apical_seed, least=0)
        if self.jacobian != "zero":
            self.reads = (*self.reads, "sent by others")
        if self.jacobian == "exact":
            self.reads = (*self.reads, "self-connection", "voltages of others", "weights of others")
        elif self.jacobian != "zero" and self.transport == "shared":
            self.reads = (*self.reads, "weights of others")

    @property
    def own_config(self) -> dict[str, Any]:
        """Compartments and phases."""
        names = ("jacobian", "transport", "bootstrap", "phases", "block", "inhibited", "mirror", "mirror_decay")
        more = ("lr_apical", "lr_jacobian", "refresh", "largest_voltage", "apical_seed")
        return {name: getattr(self, name) for name in (*names, *more)}

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None
    ) -> _Compartments:
        r"""No bin before the first; the memory holds A as ``apical``, its slow copy, ``jacobian`` and ``mirror``."""
        estimated = self.jacobian not in ("exact", "zero")
        if estimated:
            refuse_voltage_leak("Compartments", self.jacobian, network)
        if "apical" not in memory:
            memory["apical"] = memory["slow"] = first_apical(network, self.apical_seed)
            memory["age"], memory["bin"] = torch.zeros(()), torch.zeros(())
            if estimated:
                memory["jacobian"] = self._first_jacobian(network)
            if estimated and self.transport == "mirrored":
                random = self.mirror == "random"
                memory["mirror"] = random_mirror(network, self.apical_seed) if random else memory["jacobian"].mT.clone()
        return _Compartments(self, network, memory)

    def _first_jacobian(self, network: RateRNN) -> Tensor:
        if self.jacobian == "random":
            return random_jacobian(network, self.apical_seed)
        first = first_jacobian(network)
        return torch.zeros_like(first) if self.jacobian == "from_zero" else first
