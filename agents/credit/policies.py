"""What a network does in a bin, given its readout: policies."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Generator, Tensor

from ...envs.errors import ArgumentError
from ...envs.task import Task
from ..network.ensemble import ensemble_shape
from ..network.protocol import Network, first_parameter


@final
class ChoicePolicy:
    r"""A policy of choices: :math:`\pi_t = \mathrm{softmax}(z_t)`.

    All take the readout z (..., B, n_out); of an ensemble all networks draw by the same random numbers.
    """

    def sample(self, z: Tensor, generator: Generator | None) -> Tensor:
        """A class drawn for each bin, (T, B) or (T, S, B) int64."""
        u = torch.rand((len(z), z.shape[-2]), generator=generator, dtype=z.dtype, device=z.device)
        below = z.softmax(-1).cumsum(-1) < (u if z.ndim == 3 else u[:, None])[..., None]
        return below.sum(-1).clamp_(max=z.shape[-1] - 1)

    def greedy(self, z: Tensor) -> Tensor:
        """The most probable class of each bin."""
        return z.argmax(-1)

    def log_probability(self, z: Tensor, action: Tensor) -> Tensor:
        r""":math:`\log \pi_t(a_t)`, (T, B) or (T, S, B)."""
        return z.log_softmax(-1).gather(-1, action[..., None])[..., 0]

    def entropy(self, z: Tensor) -> Tensor:
        """H of each bin."""
        return -(z.softmax(-1) * z.log_softmax(-1)).sum(-1)


@final
class GaussianPolicy:
    r"""A policy of continuous actions: normal ones around the readout, :math:`a_t \sim N(z_t, \sigma^2)`.

    Of a task of probabilities they are drawn around softmax(z). What is out of the range of actions is played as the
    nearest in it.

    Args:
        log_sigma: :math:`\log \sigma` of each output, (n_out,), or of an ensemble (S, n_out).
        probabilities: Whether the task is one of probabilities.
    """

    def __init__(self, log_sigma: Tensor, probabilities: bool = False):
        self.log_sigma = log_sigma if log_sigma.ndim == 1 else log_sigma[:, None]
        self.probabilities = probabilities

    def sample(self, z: Tensor, generator: Generator | None) -> Tensor:
        """An action drawn for each bin, in the shape of the readout."""
        xi = torch.randn((len(z), *z.shape[-2:]), generator=generator, dtype=z.dtype, device=z.device)
        return self.greedy(z) + self.log_sigma.detach().exp() * (xi if z.ndim == 3 else xi[:, None])

    def greedy(self, z: Tensor) -> Tensor:
        """The mean action of each bin."""
        return z.softmax(-1) if self.probabilities else z

    def log_probability(self, z: Tensor, action: Tensor) -> Tensor:
        r""":math:`\log \pi_t(a_t)`, the logarithm of a density, (T, B) or (T, S, B)."""
        squares = (action - self.greedy(z)).square() * torch.exp(-2 * self.log_sigma)
        return -(squares / 2 + self.log_sigma + math.log(2 * math.pi) / 2).sum(-1)

    def entropy(self, z: Tensor) -> Tensor:
        """H of each bin."""
        H = (self.log_sigma + (1 + math.log(2 * math.pi)) / 2).expand_as(z)
        return H.sum(-1)


Policy = ChoicePolicy | GaussianPolicy
ACTION_NOISE = 0.2
"""Standard deviation of continuous actions where none is given."""


def fixed_log_sigma(network: Network, action_noise: float | None) -> Tensor:
    r""":math:`\log \sigma` of each output of a network, (n_out,), or of an ensemble (S, n_out)."""
    shape = (*ensemble_shape(network), network.n_outputs)
    return first_parameter(network).new_full(shape, math.log(action_noise or ACTION_NOISE))


def policy_for(task: Task, network: Network, action_noise: float | None, log_sigma: Tensor | None = None) -> Policy:
    """The policy by which a network acts in a task.

    Args:
        task: The task.
        network: The network.
        action_noise: Standard deviation of continuous actions; 0.2 when None.
        log_sigma: Its logarithm, where it is learned.

    Raises:
        ArgumentError: If one of the two is given, and the task has choices.
    """
    if task.kind != "choice":
        log_sigma = fixed_log_sigma(network, action_noise) if log_sigma is None else log_sigma
        return GaussianPolicy(log_sigma, task.kind == "probability")
    if action_noise is not None or log_sigma is not None:
        given = "learn_action_noise is True" if action_noise is None else f"action_noise is {action_noise:g}"
        raise ArgumentError(
            f"{given}, and {task.name} has choices, drawn by the softmax of the readout; it is for continuous actions."
        )
    return ChoicePolicy()


def action_errors(policy: Policy, z: Tensor, action: Tensor, weight: Tensor) -> Tensor:
    r"""Errors of the readout that make actions more probable, :math:`-w\, \partial \log \pi(a) / \partial z`.

    With choices :math:`w\,(\pi - 1_a)`, with continuous ones :math:`w\,(z - a) / \sigma^2`.
    """
    with torch.enable_grad():
        leaf = z.detach().requires_grad_()
        return torch.autograd.grad(-(policy.log_probability(leaf, action) * weight).sum(), leaf)[0]
