"""What a network earns in episodes of an environment."""

from __future__ import annotations

import numpy as np

from ...envs.gym.episodes import Episodes
from ...envs.gym_task import GymTask
from ...envs.numbers import whole_number
from ...envs.typechecked import typechecked
from ..network.protocol import Network
from .actor import Actor


@typechecked
def episode_returns(
    task: GymTask, network: Network, n_episodes: int = 100, seed: int = 0, *, sample: bool = False
) -> np.ndarray:
    """Let a network act in episodes of an environment, each from its start; returns what each earned, (n_episodes,).

    Args:
        task: The environment; after ``task.longest`` bins an episode counts as it is then.
        network: The network.
        n_episodes: Number of episodes, played at the same time.
        seed: Seed of the episodes, of the network's noise, and of what is sampled.
        sample: Whether actions are drawn, as under rules that learn from reward, and not the most probable ones.

    Raises:
        ArgumentError: If the network does not fit the environment, a number makes no sense, or a reward is not finite.
    """
    n, seed = whole_number("n_episodes", n_episodes, minimum=1), whole_number("seed", seed, minimum=0)
    actor = Actor(network, task.spaces[1], seed, sample=sample)
    episodes = Episodes(task, n, seed % 2**31)
    returns, open_ = np.zeros(n), np.ones(n, bool)
    for _ in range(task.longest):
        step = episodes.step(actor.act(episodes.observations))
        returns += step.rewards * open_
        open_ &= ~(step.ends | step.cuts)
        if not open_.any():
            break
    episodes.close()
    return returns
