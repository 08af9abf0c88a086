"""The plasticity of a network of multi-compartment units."""

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from ..credit import THREE_FACTORS, Arrays, CreditRule, LoopBin, Memory, Pathway, RateRNN, Read, learning_rule
from ..credit import synthetic_gradient as sg
from ..credit.arguments import number, whole
from ..credit.bins import Bin, contribution, nothing
from ..credit.loops.products import add_outer, backward, copy, follow_delta_rule, pull, spread
from ..credit.loops.units import saturate, see_label, shorten

Jacobian = Literal["learned", "random", "from_zero", "frozen", "zero", "exact"]
Gate = Literal["apical", "label", "teacher", "carrier"]
LEARNED = ("learned", "random", "from_zero")
GATES = ("apical", "label", "teacher")
"""What can be shut besides the carrier."""
PHASES = ("run", "teach", "consolidate")


class Dendrites(NamedTuple):
    """A and its older copy (N, k), how many bins old that is, the number of the bin, J and K (N, N), the bin before."""

    A: Tensor
    A_old: Tensor
    age: int
    bin: int
    J: Tensor | None
    K: Tensor | None
    before: sg.Before | None = None


@learning_rule
class Compartments(CreditRule[Dendrites]):
    r"""Units with a dendrite that predicts credit: each population of synapses learns by a local rule, in its phase.

    Basal synapses W onto the soma run the network. Apical synapses A make the voltage u of the same rates, of the
    label, and of a bias; carrying synapses :math:`\tilde J` predict the rates. Each bin has three phases:

    - Run, with the apical dendrites inhibited:
      :math:`\Delta \tilde J = -\eta_J \langle (r(t-1)\, \tilde J^T - r(t))^T\, r(t-1) \rangle`.
    - Teach, with the learning signal L and the carried apical voltages of others let into the dendrites:
      :math:`\Delta A = -\eta_A \langle (\tilde r(t-1)\, A^T - L(t-1) - g(\tilde r(t)\, A_-^T)\, \tilde J)^T\,
      \tilde r(t-1) \rangle`, where :math:`\tilde r = [r, y, 1]`, g is tanh, and :math:`A_-` a copy of A that is renewed
      every few bins.
    - Consolidate, with the teacher inhibited, by :math:`u(t) = \tilde r(t)\, A^T`:
      :math:`\Delta W \propto -(u \circ d)^T p`.

    The carried credit needs :math:`\tilde J` read against its direction, which is not local. With
    ``transport="mirrored"`` other synapses K do it, onto the unit that receives the credit: :math:`g K^T`, changed by
    :math:`\Delta K = (\Delta \tilde J)^T`. They stay mirrors if they begin so; if not, they become mirrors where both
    decay. A learns credit in units of the loss of a single trial in a single bin, as in
    :class:`~cogdyn.agents.rules.DNI`, to which the rule is equal with shared transport and all phases in every bin.

    The full text of the source was not available: this is a reconstruction from its abstract, from a figure by its
    author and from the authors' dated code. The order of the phases, ``"alternate"`` and the mirror are ours.

    All synapses but W and those of the readout change in every bin, whatever ``update_every`` says.

    Args:
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

    own_rates = sg.OWN_RATES
    largest_loop: ClassVar[int] = 2048
    mixes_trials = True
    reads = (*THREE_FACTORS, "own apical voltage")

    feedback: Pathway = "random"
    jacobian: Jacobian = "learned"
    transport: Literal["mirrored", "shared"] = "mirrored"
    bootstrap: sg.Bootstrap = "tanh"
    phases: Literal["every_step", "alternate"] = "every_step"
    block: int = whole(50, minimum=1)
    inhibited: Sequence[Gate] = ()
    mirror: Literal["transposed", "random"] = "transposed"
    mirror_decay: float = number(0.0, minimum=0, below=1)
    lr_apical: float | None = number(None, above=0)
    lr_jacobian: float = number(1e-3, above=0)
    refresh: int = whole(5, minimum=1)
    largest_voltage: float | None = number(None, above=0)
    apical_seed: int = whole(0)

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        self.inhibited = list(self.inhibited)
        self.reads = self._all_reads()

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Dendrites:
        """No bin before the first; the memory holds ``apical``, the older ``slow``, ``jacobian`` and ``mirror``."""
        if estimated := self.jacobian not in ("exact", "zero"):
            sg.refuse_voltage_leak("Compartments", self.jacobian, network)
        if "apical" in memory:
            counts = int(memory["age"]), int(memory["bin"])
            return Dendrites(memory["apical"], memory["slow"], *counts, memory.get("jacobian"), memory.get("mirror"))
        A, J, K = sg.first_apical(network, self.apical_seed), None, None
        if estimated:
            J = self._first_jacobian(network)
            if self.transport == "mirrored":
                K = sg.random_mirror(network, self.apical_seed) if self.mirror == "random" else J.mT.clone()
        return Dendrites(A, A, 0, 0, J, K)

    def step(self, state: Dendrites, bin: Bin, generator: Generator | None, /) -> tuple[Dendrites, Tensor]:
        """Run, teach, consolidate: each phase changes one population of synapses, where the schedule lets it."""
        r_tilde, L = self._seen(bin), sg.own_signal(bin)
        if self._learns("run", state) and self.jacobian in LEARNED:
            state = self.run(state, bin)
        if self._learns("teach", state):
            state = self.teach(state, bin, r_tilde)
        gradient = self.consolidate(state, bin, r_tilde) if self._learns("consolidate", state) else nothing(bin)
        before = sg.Before(r_tilde, torch.zeros_like(L) if "teacher" in self.inhibited else L)
        A_old, age = (state.A, 0) if state.age + 1 >= self.refresh else (state.A_old, state.age + 1)
        number = (state.bin + 1) % (len(PHASES) * self.block)
        return state._replace(A_old=A_old, age=age, bin=number, before=before), gradient

    def run(self, state: Dendrites, bin: Bin) -> Dendrites:
        """Apical dendrites are inhibited: J and K learn to predict the rates from those of the bin before."""
        J, K, keep = state.J, state.K, 1 - self.mirror_decay
        assert J is not None
        dJ = sg.delta_rule(J, bin.rates_before, bin.rates, self.lr_jacobian)
        return state._replace(J=keep * J + dJ, K=None if K is None else keep * K + dJ.mT)

    def teach(self, state: Dendrites, bin: Bin, r_tilde: Tensor) -> Dendrites:
        """Errors and carried credit are let into the apical dendrites: A learns them for the bin before."""
        if state.before is None:
            return state
        (r_tilde_before, L_before), g = state.before, sg.BOOTSTRAPS[self.bootstrap]
        gJ = self._carried(state, g(r_tilde @ state.A_old.mT), bin)
        return state._replace(A=sg.learn_target(state.A, r_tilde_before, L_before + gJ, self.lr_apical))

    def consolidate(self, state: Dendrites, bin: Bin, r_tilde: Tensor) -> Tensor:
        """The teacher is inhibited: by the apical voltages u the basal synapses change."""
        if "apical" in self.inhibited:
            return nothing(bin)
        u = self._voltage(state, r_tilde)
        return contribution(u, bin) / len(bin.label)

    def finish(self, state: Dendrites) -> tuple[Dendrites, None]:
        """Nothing follows the last bin: its own error is all that its apical dendrites learn."""
        if state.before is None or not self._learns("teach", state):
            return state, None
        r_tilde, L = state.before
        return state._replace(A=sg.learn_target(state.A, r_tilde, L, self.lr_apical)), None

    def remembered(self, state: Dendrites) -> Memory:
        """A, its older copy and its age, the number of the bin, J and K."""
        memory = {"apical": state.A, "slow": state.A_old}
        memory |= {"age": torch.tensor(float(state.age)), "bin": torch.tensor(float(state.bin))}
        return memory | {k: v for k, v in {"jacobian": state.J, "mirror": state.K}.items() if v is not None}

    def voltage(self, state: Dendrites, bin: Bin) -> Tensor:
        """The apical voltages u, (B, N)."""
        return self._voltage(state, self._seen(bin))

    def to_loop(self, state: Dendrites, network: RateRNN, batch_size: int) -> Sequence[Tensor]:
        """A, its older copy, J and K, what the bin before left, and counts: age, bin, and whether there was a bin."""
        A, A_old, age, bin, J, K, before = state
        return sg.loop_arrays(A, A_old, J, K, before, network, batch_size, age, bin)

    def from_loop(self, state: Dendrites, tensors: Sequence[Tensor]) -> Dendrites:
        """All synapses of the dendrites, the counts, and what the last bin left."""
        A, A_old, J, K, senders, signal, counts = tensors
        age, bin, _ = map(int, counts.flatten()[:3])
        learned = None if state.J is None else J, None if state.K is None else K
        phase = bin % (len(PHASES) * self.block)
        return Dendrites(A, A_old, age, phase, *learned, sg.left_by_loop(senders, signal, counts))

    def constants(self, network: RateRNN) -> Sequence[float]:
        """Rates, refresh, g, decay, the largest voltage or 0, the length of a block or 0, and what is shut."""
        lr = sg.apical_rate(self.lr_apical, network.n_units), self.lr_jacobian
        shut = ("carrier" in self.inhibited or self.jacobian == "zero", *(gate in self.inhibited for gate in GATES))
        numbers = self.refresh, self.bootstrap == "tanh", 1 - self.mirror_decay, self.largest_voltage or 0
        return *lr, *numbers, self.block * (self.phases == "alternate"), self.jacobian in LEARNED, *shut

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: run, teach, consolidate."""
        A, A_old, J, K = state[0][0], state[1][0], state[2][0], state[3][0]
        senders, signal, counts = state[4][0], state[5][0], state[6][0, 0]
        block, learns_J, carrier_shut, apical_shut = constants[6], constants[7], constants[8], constants[9]
        batch_size, n = bin.rates.shape
        phase = -1 if block == 0 else counts[1] // block % 3
        r_tilde, c, u = np.empty_like(senders), np.empty_like(signal), np.empty_like(signal)
        see_label(bin, r_tilde)
        for b in range(batch_size * (constants[10] > 0)):
            r_tilde[b, n:-1].fill(0)
        if learns_J > 0 and (phase == -1 or phase == 0):  # run
            spread(bin.rates_before, J, u)
            for b in range(batch_size):
                for i in range(n):
                    u[b, i] -= bin.rates[b, i]
            for i in range(n):
                for j in range(n):
                    J[i, j] *= constants[4]
                    if K.size:
                        K[i, j] *= constants[4]
            add_outer(u, bin.rates_before, -constants[1] / batch_size, J)
            if K.size:
                add_outer(bin.rates_before, u, -constants[1] / batch_size, K)
        if counts[2] > 0 and (phase == -1 or phase == 1):  # teach
            spread(r_tilde, A_old, c)
            if constants[3] > 0:
                saturate(c)
            if carrier_shut > 0:
                u.fill(0)
            elif not J.size:
                backward(bin, c, u)
            elif K.size:
                spread(c, K, u)
            else:
                pull(c, J, u)
            for b in range(batch_size):
                for i in range(n):
                    u[b, i] += signal[b, i]
            follow_delta_rule(A, senders, u, constants[0])
        if apical_shut == 0 and (phase == -1 or phase == 2):  # consolidate
            spread(r_tilde, A, u)
            if constants[5] > 0:
                shorten(u, constants[5])
            for b in range(batch_size):
                for i in range(n):
                    u[b, i] *= bin.gate[b, i]
            add_outer(u, bin.senders, 1 / batch_size, G)
        for b in range(batch_size):
            for i in range(n):
                signal[b, i] = (1 - constants[11]) * batch_size * bin.learning_signal[b, i]  # unless it is shut out
        copy(r_tilde, senders)
        counts[0] += 1
        if counts[0] >= constants[2]:
            copy(A, A_old)
            counts[0] = 0
        counts[1] += 1
        counts[2] = 1

    def _voltage(self, state: Dendrites, r_tilde: Tensor) -> Tensor:
        u = r_tilde @ state.A.mT
        if self.largest_voltage is None:
            return u
        norm = torch.linalg.vector_norm(u, dim=-1, keepdim=True)
        return u * (self.largest_voltage / (norm + 1e-12)).clamp(max=1.0)

    def _all_reads(self) -> tuple[Read, ...]:
        reads = self.reads or ()
        if self.jacobian == "zero":
            return reads
        if self.jacobian == "exact":
            return (*reads, "sent by others", "self-connection", "voltages of others", "weights of others")
        return (*reads, "sent by others", *(("weights of others",) if self.transport == "shared" else ()))

    def _learns(self, phase: str, state: Dendrites) -> bool:
        return self.phases == "every_step" or PHASES[state.bin // self.block] == phase

    def _seen(self, bin: Bin) -> Tensor:
        seen = sg.apical_inputs(bin)
        if "label" in self.inhibited:
            seen[..., bin.rates.shape[-1] : -1] = 0
        return seen

    def _carried(self, state: Dendrites, g: Tensor, bin: Bin) -> Tensor:
        """The credit g of this bin, carried back to the states of the bin before, (B, N)."""
        if "carrier" in self.inhibited or self.jacobian == "zero":
            return torch.zeros_like(g)
        if state.J is None:
            return bin.backward(g)
        # Shared: a unit reads the synapses that it makes onto others. Mirrored: those that others make onto it.
        return g @ (state.J if state.K is None else state.K.mT)

    def _first_jacobian(self, network: RateRNN) -> Tensor:
        if self.jacobian == "random":
            return sg.random_jacobian(network, self.apical_seed)
        first = sg.first_jacobian(network)
        return torch.zeros_like(first) if self.jacobian == "from_zero" else first
