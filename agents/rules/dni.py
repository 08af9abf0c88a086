"""Decoupled neural interfaces: learning from synthetic gradients."""

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from ..credit import (
    THREE_FACTORS,
    Arrays,
    Bin,
    CreditRule,
    LoopBin,
    Memory,
    RateRNN,
    contribution,
    learning_rule,
    number,
    whole,
)
from ..credit import synthetic_gradient as sg
from ..credit.loops.products import add_outer, backward, copy, follow_delta_rule, pull, spread
from ..credit.loops.units import saturate, see_label


class SyntheticGradient(NamedTuple):
    """A and its older copy (N, k), how many bins old that is, the learned Jacobian (N, N), and the bin before."""

    A: Tensor
    A_old: Tensor
    age: int
    J: Tensor | None
    before: sg.Before | None = None


@learning_rule
class DNI(CreditRule[SyntheticGradient]):
    r"""Credit that is not waited for: predicted from the present, and learned from what the next bin predicts.

    .. math:: u(t) = \tilde r(t)\, A^T, \quad \tilde r = [r, y, 1], \qquad
        \Delta W \propto -\sum_t (u(t) \circ d(t))^T p(t)

    A learns by regression on the learning signal and the credit of the next bin, carried back one bin:

    .. math:: y_A(t-1) = L(t-1) + g(\tilde r(t)\, A_-^T)\, J(t), \qquad
        \Delta A = -\eta_A \langle (\tilde r(t-1)\, A^T - y_A(t-1))^T\, \tilde r(t-1) \rangle

    with means over trials, :math:`A_-` a copy of A that is renewed every few bins, and the Jacobian J, exact or one
    that learns to predict the rates:

    .. math:: \Delta \tilde J = -\eta_J \langle (r(t-1)\, \tilde J^T - r(t))^T\, r(t-1) \rangle

    from :math:`[1-\alpha] + [\alpha] W` on. The last bin of a trial has :math:`y_A = L`. If A predicts the true credit,
    it stays, and the gradient is exact. A and :math:`\tilde J` change in every bin, whatever ``update_every`` says. A
    learns credit in units of the loss of a single trial in a single bin; this is divided by B (and T) for the mean that
    the weights follow, so that :math:`\eta_A` and tanh mean the same for all batches. With random feedback, a learned J
    and tanh it is the DNI(b) of the second source.

    Args:
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

    own_rates = sg.OWN_RATES
    largest_loop: ClassVar[int] = 2048
    mixes_trials = True
    reads = (*THREE_FACTORS, "own apical voltage", "sent by others", "weights of others")

    jacobian: Literal["exact", "learned"] = "exact"
    bootstrap: sg.Bootstrap = "identity"
    lr_apical: float | None = number(None, above=0)
    lr_jacobian: float = number(1e-3, above=0)
    refresh: int = whole(5, minimum=1)
    apical_seed: int = whole(0)

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        if self.jacobian == "exact":
            self.reads = (*(self.reads or ()), "self-connection", "voltages of others")

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None
    ) -> SyntheticGradient:
        """No bin before the first; the memory holds A, its older copy and J: ``apical``, ``slow``, ``jacobian``."""
        if self.jacobian == "learned":
            sg.refuse_voltage_leak("DNI", self.jacobian, network)
        if "apical" in memory:
            return SyntheticGradient(memory["apical"], memory["slow"], int(memory["age"]), memory.get("jacobian"))
        A = sg.first_apical(network, self.apical_seed)
        return SyntheticGradient(A, A, 0, sg.first_jacobian(network) if self.jacobian == "learned" else None)

    def step(
        self, state: SyntheticGradient, bin: Bin, generator: Generator | None, /
    ) -> tuple[SyntheticGradient, Tensor]:
        """A and J after a bin, and what it adds to the gradient by the credit u, (N, N + n_in + 1)."""
        A, A_old, age, J, before = state
        r_tilde, g = sg.apical_inputs(bin), sg.BOOTSTRAPS[self.bootstrap]
        if J is not None:
            J = J + sg.delta_rule(J, bin.rates_before, bin.rates, self.lr_jacobian)
        if before is not None:
            c = g(r_tilde @ A_old.mT)
            y_A = before.signal + (bin.backward(c) if J is None else c @ J)
            A = sg.learn_target(A, before.senders, y_A, self.lr_apical)
        A_old, age = (A, 0) if age + 1 >= self.refresh else (A_old, age + 1)
        u, before = r_tilde @ A.mT, sg.Before(r_tilde, sg.own_signal(bin))
        return SyntheticGradient(A, A_old, age, J, before), contribution(u, bin) / len(bin.label)

    def finish(self, state: SyntheticGradient) -> tuple[SyntheticGradient, None]:
        """Nothing follows the last bin: its credit is its own learning signal."""
        if state.before is None:
            return state, None
        (r_tilde, y_A), A = state.before, state.A
        return state._replace(A=sg.learn_target(A, r_tilde, y_A, self.lr_apical)), None

    def remembered(self, state: SyntheticGradient) -> Memory:
        """A, its older copy, the age of that, and J."""
        memory = {"apical": state.A, "slow": state.A_old, "age": torch.tensor(float(state.age))}
        return memory if state.J is None else memory | {"jacobian": state.J}

    def voltage(self, state: SyntheticGradient, bin: Bin) -> Tensor:
        """The credit u that A predicts for each unit, (B, N)."""
        return sg.apical_inputs(bin) @ state.A.mT

    def to_loop(self, state: SyntheticGradient, network: RateRNN, batch_size: int) -> Sequence[Tensor]:
        """A, its older copy and J, what the bin before left, and counts: the age, and whether there was a bin."""
        return sg.loop_arrays(state.A, state.A_old, state.J, None, state.before, network, batch_size, state.age)

    def from_loop(self, state: SyntheticGradient, tensors: Sequence[Tensor]) -> SyntheticGradient:
        """A, its older copy, the age of that, J, and what the last bin left."""
        A, A_old, J, _, senders, signal, counts = tensors
        age, J_or_none = int(counts.flatten()[0]), None if state.J is None else J
        return SyntheticGradient(A, A_old, age, J_or_none, sg.left_by_loop(senders, signal, counts))

    def constants(self, network: RateRNN) -> Sequence[float]:
        """eta_A, eta_J, the number of bins after which A is copied, and whether credit saturates."""
        return sg.apical_rate(self.lr_apical, network.n_units), self.lr_jacobian, self.refresh, self.bootstrap == "tanh"

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: A and J change by what their own two ends know, W by the credit u of its unit."""
        A, A_old, J, senders, signal, counts = (
            state[0][0],
            state[1][0],
            state[2][0],
            state[4][0],
            state[5][0],
            state[6][0, 0],
        )
        eta_A, eta_J, refresh, saturates = constants[0], constants[1], constants[2], constants[3]
        r_tilde, c, u = np.empty_like(senders), np.empty_like(signal), np.empty_like(signal)
        see_label(bin, r_tilde)
        if J.size:
            follow_delta_rule(J, bin.rates_before, bin.rates, eta_J)
        if counts[1] > 0:
            spread(r_tilde, A_old, c)
            if saturates > 0:
                saturate(c)
            if J.size:
                pull(c, J, u)
            else:
                backward(bin, c, u)
            for b in range(len(u)):
                for i in range(u.shape[1]):
                    u[b, i] += signal[b, i]
            follow_delta_rule(A, senders, u, eta_A)
        counts[0] += 1
        if counts[0] >= refresh:
            copy(A, A_old)
            counts[0] = 0
        spread(r_tilde, A, u)
        for b in range(len(u)):
            for i in range(u.shape[1]):
                u[b, i] *= bin.gate[b, i]
                signal[b, i] = len(u) * bin.learning_signal[b, i]
        add_outer(u, bin.senders, 1 / len(u), G)
        copy(r_tilde, senders)
        counts[1] = 1
