"""A network that acts in an environment bin by bin, on from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ...envs.errors import ArgumentError
from ...envs.gym.episodes import Episodes
from ..network.ensemble import ensemble_shape
from ..network.protocol import Network, first_parameter
from ..network.trajectory import Trajectory
from .rollout import Rollout
from .value_readout import values


@dataclass(frozen=True)
class SteppedRollout(Rollout):
    """What a network did in K bins of B copies of an environment, in which episodes end and begin, and what it led to.

    Attributes:
        going_on: 1 where the next bin is of the same episode, else 0, (K, B).
        cut: 1 where the episode did not end, but what came later is not in the rollout, (K, B).
        beyond: Rates in the bin after that, (K, B, N); elsewhere 0.
        mean_return: Mean return of the last episodes that were over; NaN before the first is.
    """

    going_on: Tensor
    cut: Tensor
    beyond: Tensor
    mean_return: float

    def rewards_and_more(self, own: Mapping[str, Tensor], gamma: float) -> Tensor:
        r"""R, and :math:`\gamma V` of the next bin where the episode was cut: what is expected stands for what came."""
        return self.rewards + gamma * self.cut * values(self.beyond, own).detach()

    @cached_property
    def metrics(self) -> dict[str, Tensor]:
        """Mean reward of a bin, and mean return of the last episodes."""
        reward = self.rewards.sum() / self.alive.sum()
        return {"reward": reward, "return": torch.as_tensor(self.mean_return, dtype=torch.float64)}


def play_on(
    network: Network,
    episodes: Episodes,
    run: Callable[[Tensor, Tensor | None], Trajectory],
    choose: Callable[[Tensor], Tensor],
) -> SteppedRollout:
    """Let a network act for the bins of a rollout; its state is carried on, and errors do not go back beyond it.

    Args:
        network: The network.
        episodes: The environment in play.
        run: Runs the network from a state, or from its initial one, through inputs (T, B, n_in).
        choose: Makes actions of its outputs.

    Raises:
        ArgumentError: If networks are an ensemble: each would see its own episodes.
    """
    if ensemble_shape(network):
        raise ArgumentError(f"{episodes.task.name}: each network would see its own episodes; train them singly.")
    like, K = first_parameter(network), episodes.task.n_bins
    state = None if episodes.state is None else episodes.state.detach()
    segments, inputs, actions, steps = [], [], [], []
    beyond: list[Tensor] = []

    @torch.no_grad()
    def rates_after(state: Tensor, observations: np.ndarray, where: np.ndarray) -> Tensor:
        """Rates in the next bin of some copies; of the others 0."""
        if not where.any():
            return like.new_zeros(segments[-1].rates.shape[1:])
        there = torch.from_numpy(where).to(like.device)
        return network(torch.from_numpy(observations[None]).to(like), state, noise=0.0).rates[0] * there[:, None]

    for k in range(K):
        inputs.append(torch.from_numpy(episodes.observations[None]).to(like))
        segments.append(run(inputs[-1], state))
        actions.append(choose(segments[-1].outputs.detach()))
        # What is no number earns what any number does: the gradient is none either, and is refused.
        steps.append(step := episodes.step(actions[-1][0].nan_to_num().cpu().numpy()))
        state, open_ = segments[-1].state, step.counts & ~step.ends & ~step.cuts
        cut = step.cuts | open_ if k == K - 1 else step.cuts
        observations = np.where(step.cuts[:, None], step.last, episodes.observations)
        beyond.append(rates_after(state, observations, cut))
        if step.begins.any():
            begins = torch.from_numpy(step.begins).to(like.device)[:, None]
            state = torch.where(begins, network.initial_state(episodes.n), state)
    episodes.state = state.detach() if state is not None else None

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(step, name) for step in steps])).to(like)

    counts, ends, cuts = tensor("counts"), tensor("ends"), tensor("cuts")
    going_on = counts * (1 - ends) * (1 - cuts)
    cuts[-1] += going_on[-1]
    mean_return = float(np.mean(episodes.recent)) if episodes.recent else float("nan")
    return SteppedRollout(
        segments,
        inputs,
        torch.cat(actions),
        tensor("rewards"),
        counts,
        going_on,
        cuts,
        torch.stack(beyond),
        mean_return,
    )
