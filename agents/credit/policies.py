"""What a network does in a bin, given its readout: policies."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Generator, Tensor

from ...envs.errors import ArgumentError
from ...envs.task import Task


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


def check_action_noise(task: Task, action_noise: float | None) -> None:
    """Refuse a standard deviation of actions where a task has choices.

    Raises:
        ArgumentError: If it is one.
    """
    if task.kind == "choice" and action_noise is not None:
        raise ArgumentError(
            f"action_noise is {action_noise:g}, and {task.name} has choices, drawn by the softmax of the readout; "
            "allowed: None. It is the deviation of continuous actions."
        )
