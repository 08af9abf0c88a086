"""Returns and advantages: what was earned after an action, and how much more than expected."""

from __future__ import annotations

import torch
from torch import Tensor

# All arrays are (T, B), or of an ensemble (T, S, B); rewards are 0 after the end of a trial. Where episodes follow each
# other, going_on is 1 in bins whose next bin is of the same one, and 0 in others.


def returns(R: Tensor, gamma: float, going_on: Tensor | None = None) -> Tensor:
    r"""The discounted sum of rewards from each bin on, :math:`G_t = R_t + \gamma G_{t+1}`."""
    G, after = torch.empty_like(R), torch.zeros_like(R[0])
    for t in range(len(R) - 1, -1, -1):
        after = G[t] = R[t] + gamma * (after if going_on is None else after * going_on[t])
    return G


def surprises(R: Tensor, V: Tensor, alive: Tensor, gamma: float, going_on: Tensor | None = None) -> Tensor:
    r"""The temporal differences :math:`\delta_t = R_t + \gamma V_{t+1} - V_t`; nothing is expected after the end."""
    V = V * alive
    following = torch.cat([V[1:], torch.zeros_like(V[:1])])
    return R + gamma * (following if going_on is None else following * going_on) - V


def advantages(
    R: Tensor, V: Tensor, alive: Tensor, gamma: float, lambda_: float, going_on: Tensor | None = None
) -> Tensor:
    r"""Generalised advantages, :math:`A_t = \sum_k (\gamma\lambda)^k\, \delta_{t+k}`; 0 after the end of a trial.

    Args:
        R: Rewards.
        V: Values.
        alive: Whether the trial was still going on, as 0 or 1.
        gamma: Discount of a bin.
        lambda_: :math:`\lambda`; with 1, A = G - V.
        going_on: Where the next bin is of the same episode, if episodes follow each other.

    Source: Schulman, Moritz, Levine, Jordan & Abbeel 2016, arXiv:1506.02438.
    """
    return returns(surprises(R, V, alive, gamma, going_on), gamma * lambda_, going_on)


def mean_of_alive(values: Tensor, alive: Tensor) -> Tensor:
    """Mean over the bins until the end of trials, a scalar, or of an ensemble (S,)."""
    return (values * alive).sum((0, -1)) / alive.sum((0, -1))


def normalised(A: Tensor, alive: Tensor, floor: float) -> Tensor:
    """Advantages less their mean, in units of their deviation over the bins until the end of trials.

    Args:
        A: Advantages.
        alive: Whether the trial was still going on, as 0 or 1.
        floor: Smallest deviation that is divided by: where nothing was earned there is nothing but noise.
    """
    A = A - mean_of_alive(A, alive)[..., None]
    deviation = mean_of_alive(A.square(), alive).sqrt().clamp(min=floor)
    return A / deviation[..., None] * alive
