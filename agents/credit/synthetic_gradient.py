"""Synthetic gradients: the credit that each unit predicts from the present, and how the prediction is learned."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN
from .bins import Bin

Bootstrap = Literal["identity", "tanh"]
BOOTSTRAPS = {"identity": lambda credit: credit, "tanh": torch.tanh}
"""What is made of the credit that the next bin predicts, before it is carried back."""
OWN_RATES = {"apical": "lr_apical", "slow": "lr_apical", "jacobian": "lr_jacobian", "mirror": "lr_jacobian"}
"""The learning rate of each matrix that predicts or carries credit."""


def delta_rule(weights: Tensor, senders: Tensor, target: Tensor, lr: float) -> Tensor:
    r"""How synapses X change that are to make a target of what they get.

    .. math:: \Delta X = -\eta\, \langle (x X^T - y)^T x \rangle

    with the mean over trials, so that :math:`\eta` means the same for any number of them.

    Args:
        weights: X, (N, k).
        senders: x, (B, k).
        target: y, (B, N).
        lr: :math:`\eta`.
    """
    wrong = senders @ weights.mT - target
    return (-lr / senders.shape[-2]) * wrong.mT @ senders


def apical_inputs(bin: Bin) -> Tensor:
    r""":math:`\tilde r = [r, y, 1]`: the rates, the label, and a one for the bias, (B, N + n_out + 1)."""
    label = bin.label.expand(*bin.rates.shape[:-1], -1)
    return torch.cat([bin.rates, label, torch.ones_like(label[..., :1])], dim=-1)


class Before(NamedTuple):
    """Of the bin before: what A received, (B, N + n_out + 1), and the learning signal L, (B, N)."""

    senders: Tensor
    signal: Tensor


def own_signal(bin: Bin) -> Tensor:
    """The learning signal of each trial's own loss, (B, N): B times that of the mean over B."""
    return len(bin.label) * bin.learning_signal


def first_apical(network: RateRNN, seed: int) -> Tensor:
    """A before it has learned, N(0, 1 / k) with k = N + n_out + 1, (N, k); the same for all of an ensemble."""
    return _drawn(network, [seed, 1], network.n_units + network.n_outputs + 1)


def first_jacobian(network: RateRNN) -> Tensor:
    r"""The Jacobian of a network all of whose slopes are 1, (N, N): :math:`[1-\alpha] + [\alpha] W`."""
    alpha = network.alpha
    return torch.diag(1 - alpha) + alpha[:, None] * network.recurrent_weights.detach()


def random_jacobian(network: RateRNN, seed: int) -> Tensor:
    """Weights that know nothing of the network, N(0, 1 / N), (N, N); the same for all of an ensemble."""
    return _drawn(network, [seed, 2], network.n_units)


def random_mirror(network: RateRNN, seed: int) -> Tensor:
    """Weights as of :func:`random_jacobian`, of which they know nothing either, (N, N)."""
    return _drawn(network, [seed, 3], network.n_units)


def learn_target(A: Tensor, senders: Tensor, target: Tensor, lr: float | None) -> Tensor:
    r"""A, (N, k), after it has learned to make a target (B, N) of its senders (B, k).

    The rate is that of :func:`apical_rate`.
    """
    return A + delta_rule(A, senders, target, apical_rate(lr, A.shape[-2]))


def apical_rate(lr: float | None, n_units: int) -> float:
    r""":math:`\eta_A`, by default 0.01 for 32 units and less for more, as a regression on more numbers needs."""
    return 0.01 * 32 / n_units if lr is None else lr


def loop_arrays(
    A: Tensor,
    A_old: Tensor,
    J: Tensor | None,
    K: Tensor | None,
    before: Before | None,
    network: RateRNN,
    batch_size: int,
    *counts: int,
) -> list[Tensor]:
    """Copies of A, its older copy, J and K, or nothing for those that are not there; the bin before, or place; counts.

    The last count says whether there was a bin before.
    """
    several = A.shape[:-2]
    copies = [A.new_empty(*several, 0, 0) if part is None else part.clone().contiguous() for part in (A, A_old, J, K)]
    left = A.new_empty(*several, batch_size, A.shape[-1]), A.new_empty(*several, batch_size, network.n_units)
    if before is not None:
        left = before.senders.clone().contiguous(), before.signal.clone().contiguous()
    return [*copies, *left, A.new_tensor([*counts, before is not None]).expand(*several, -1).clone()]


def left_by_loop(senders: Tensor, signal: Tensor, counts: Tensor) -> Before | None:
    """The bin before, of the arrays of :func:`loop_arrays`; None if there was none."""
    return Before(senders, signal) if counts.flatten()[-1] > 0 else None


def refuse_voltage_leak(rule: str, jacobian: str, network: RateRNN) -> None:
    """Raise ValueError if an estimate of the Jacobian is asked for where it would have to tell voltages from rates."""
    if network.leak == "voltage":
        raise ValueError(
            f"{rule} with jacobian={jacobian!r} carries credit from rate to rate; with leak='voltage' credit belongs "
            "to the voltages. Allowed: a network with leak='rate', or jacobian='exact'."
        )


def _drawn(network: RateRNN, seed: list[int], n_senders: int) -> Tensor:
    # A stream of its own for each matrix: random feedback is drawn from the plain seed.
    values = np.random.default_rng(seed).standard_normal((network.n_units, n_senders)) / n_senders**0.5
    like = network.recurrent
    return torch.from_numpy(values).to(like).expand(*like.shape[:-2], -1, -1).clone()
