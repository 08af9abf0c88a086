"""Kernel RNN learning."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from ..credit import (
    JACOBIAN,
    Arrays,
    Bin,
    CreditRule,
    LoopBin,
    Memory,
    RateRNN,
    learning_rule,
    no_traces,
    normal,
    number,
)
from ..credit.loops.products import forward, pull, spread

OWN_RATES = {"sensitivity": "lr_kernel", "forgetting": "lr_kernel"}
"""The learning rate of what the rule learns for itself."""


class Twin(NamedTuple):
    """The traces P of the synapses (N, B, m), the distance of the twin, traces of its noise (B, N), and the kernel."""

    P: Tensor
    delta: Tensor
    Omega: Tensor
    Gamma: Tensor
    Q: Tensor
    gamma: Tensor


@learning_rule
class KeRNL(CreditRule[Twin]):
    r"""Influence as a trace at each synapse times how much its unit moves all others, which is learned from noise.

    .. math:: M_{kij} \approx Q_{ki} P_{ij}, \qquad P_{ij} \leftarrow k_i P_{ij} + d_i\, p_j, \qquad
        \Delta W_{ij} \propto -\sum_t (L Q)_i\, P_{ij}, \qquad k_i = \max(0, 1 - \gamma_i)

    A twin of the network gets noise :math:`\zeta` of standard deviation :math:`\sigma` onto its states. How far it is
    from the network, :math:`\delta = s_{twin} - s`, is what Q and :math:`\gamma` learn to predict from traces of
    the noise:

    .. math:: \Gamma \leftarrow k \Gamma - \Omega, \qquad \Omega \leftarrow k \Omega + \zeta, \qquad
        \epsilon = \Omega Q^T - \delta, \qquad
        \Delta Q = -\eta\, \langle \epsilon^T \Omega \rangle, \qquad
        \Delta \gamma = -\eta\, \langle (\epsilon Q) \circ \Gamma \rangle

    with means over trials. The twin is followed to first order, :math:`\delta \leftarrow J \delta + \zeta`, where it
    is as the noise vanishes; so :math:`\sigma` and :math:`\eta` act together, as :math:`\eta \sigma^2`. At first
    Q = I; with :math:`\gamma = \alpha` and :math:`\eta = 0` it is RFLO. Q and :math:`\gamma` change in every bin,
    whenever the weights do. Memory and time grow with N^2.

    Args:
        forgetting: :math:`\gamma` at first, from 0 to 1; None for alpha of each unit.
        lr_kernel: :math:`\eta`; 0 to leave Q and gamma as they are.
        sigma: :math:`\sigma`, above 0.

    Source: Roth, Kanitscheider & Fiete 2019, "Kernel RNN learning (KeRNL)", ICLR.
    """

    own_rates = OWN_RATES
    mixes_trials = True
    reads = JACOBIAN

    forgetting: float | None = number(0.8, minimum=0, maximum=1)
    lr_kernel: float = number(5.0, minimum=0)
    sigma: float = number(1e-3, above=0)

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Twin:
        """The twin is where the network is; the memory holds Q and gamma as ``sensitivity`` and ``forgetting``."""
        zeros, like = torch.zeros_like(network.initial_state(batch_size)).detach(), network.recurrent.detach()
        Q, gamma = memory.get("sensitivity"), memory.get("forgetting")
        if Q is None or gamma is None:
            first = network.alpha if self.forgetting is None else self.forgetting * torch.ones_like(network.alpha)
            Q = torch.eye(network.n_units).to(like).expand_as(like).clone()
            gamma = first.to(like).expand(like.shape[:-1]).clone()
        return Twin(no_traces(network, batch_size).transpose(-3, -2), zeros, zeros, zeros, Q, gamma)

    def step(self, state: Twin, bin: Bin, generator: Generator | None, /) -> tuple[Twin, Tensor]:
        """Twin, traces and kernel after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        P, delta, Omega, Gamma, Q, gamma = state
        d, p, L = bin.gate, bin.senders, bin.learning_signal
        k = (1 - gamma).clamp(min=0)[..., None, :]
        zeta = self.sigma * normal(d, *d.shape[-2:], generator=generator)
        delta = bin.forward(delta) + zeta
        Gamma = k * Gamma - Omega
        Omega = k * Omega + zeta
        P = k.mT[..., None] * P + d.mT[..., None] * p[..., None, :, :]
        if self.lr_kernel:
            eta, epsilon = self.lr_kernel / len(zeta), Omega @ Q.mT - delta
            gamma = gamma - eta * ((epsilon @ Q) * Gamma).sum(-2)
            Q = Q - eta * epsilon.mT @ Omega
        LQ = L @ Q
        return Twin(P, delta, Omega, Gamma, Q, gamma), (LQ.mT[..., None, :] @ P).squeeze(-2)

    def remembered(self, state: Twin) -> Memory:
        """Q and gamma."""
        return {"sensitivity": state.Q, "forgetting": state.gamma}

    def to_loop(self, state: Twin, network: RateRNN, batch_size: int) -> Sequence[Tensor]:
        """Twin, traces and kernel, none of which is kept elsewhere."""
        return [tensor.clone(memory_format=torch.contiguous_format) for tensor in state]

    def constants(self, network: RateRNN) -> Sequence[float]:
        """Sigma and eta."""
        return self.sigma, self.lr_kernel

    def draws(self, network: RateRNN, n_bins: int, batch_size: int, generator: Generator | None) -> Tensor:
        """The noise of the twin before it is scaled, (T, B, N)."""
        shape = batch_size, network.n_units
        return torch.stack([normal(network.recurrent, *shape, generator=generator) for _ in range(n_bins)])

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The same as a loop: traces stay at their synapses; the kernel is learned from what the noise does."""
        P, delta, Omega, Gamma, Q, gamma = state[0], state[1][0], state[2][0], state[3][0], state[4][0], state[5][0, 0]
        d, p, sigma, eta = bin.gate, bin.senders, constants[0], constants[1] / len(bin.senders)
        batch_size, n = d.shape
        k, moved, wrong = np.empty_like(gamma), np.empty_like(delta), np.empty_like(delta)
        for i in range(n):
            k[i] = max(gamma.dtype.type(1) - gamma[i], gamma.dtype.type(0))
        forward(bin, delta, moved)
        for b in range(batch_size):
            for i in range(n):
                zeta = sigma * draw[b, i]
                delta[b, i] = moved[b, i] + zeta
                Gamma[b, i] = k[i] * Gamma[b, i] - Omega[b, i]
                Omega[b, i] = k[i] * Omega[b, i] + zeta
                for j in range(p.shape[1]):
                    P[i, b, j] = k[i] * P[i, b, j] + d[b, i] * p[b, j]
        if eta > 0:
            spread(Omega, Q, wrong)
            for b in range(batch_size):
                for i in range(n):
                    wrong[b, i] -= delta[b, i]
            pull(wrong, Q, moved)
            for i in range(n):
                change = gamma.dtype.type(0)
                for b in range(batch_size):
                    change += moved[b, i] * Gamma[b, i]
                gamma[i] -= eta * change
            for b in range(batch_size):
                for k_ in range(n):
                    for i in range(n):
                        Q[k_, i] -= eta * wrong[b, k_] * Omega[b, i]
        pull(bin.learning_signal, Q, moved)
        for i in range(n):
            for b in range(batch_size):
                LQ = moved[b, i]
                for j in range(p.shape[1]):
                    G[i, j] += LQ * P[i, b, j]
