"""A network that acts in a Gymnasium environment, bin by bin."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import torch

from ...envs.errors import ArgumentError
from ...envs.numbers import finite_number
from ...envs.typechecked import typechecked
from ..credit.policies import ChoicePolicy, GaussianPolicy, fixed_log_sigma
from ..network.protocol import Network, first_parameter


@typechecked
class Actor:
    """Lets a network act: each observation is one bin of input, each action its readout.

    Works with one environment and with vectorised ones. The state continues from bin to bin; call :meth:`reset`
    where a new episode begins.

    Args:
        network: The network.
        action_space: ``env.single_action_space`` of a vectorised environment, else ``env.action_space``:
            Discrete takes the largest output, Box the outputs themselves, within its bounds.
        probabilities: Whether the task is one of probabilities: then Box takes the softmax of the outputs.
        seed: Seed of the process noise, and of the actions.
        sample: Whether actions are drawn, as under rules that learn from reward: for Discrete by the softmax of the
            outputs, for Box from normal distributions around them; else it acts greedily, as above.
        action_noise: Standard deviation of actions that are drawn for Box; 0.2 when None.

    Raises:
        ValueError: If the action space does not fit the network's outputs, or action_noise is not positive, or given
            where actions are greedy or choices.
    """

    def __init__(
        self,
        network: Network,
        action_space: gym.Space,
        seed: int = 0,
        probabilities: bool = False,
        sample: bool = False,
        action_noise: float | None = None,
    ):
        self.network, self.action_space, self.probabilities = network, action_space, probabilities
        size = action_space.n if isinstance(action_space, gym.spaces.Discrete) else (action_space.shape or (0,))[0]
        if size != network.n_outputs:
            raise ValueError(f"the network has {network.n_outputs} outputs, the action space is {action_space}.")
        discrete = isinstance(action_space, gym.spaces.Discrete)
        if action_noise is not None and (discrete or not sample or not finite_number("action_noise", action_noise) > 0):
            raise ArgumentError(
                f"action_noise is {action_noise!r}; allowed: a positive number with sample=True and a Box, else None."
            )
        sigma = fixed_log_sigma(network, action_noise)
        self._policy, self.sample = ChoicePolicy() if discrete else GaussianPolicy(sigma, probabilities), sample
        self._generator = torch.Generator(first_parameter(network).device).manual_seed(seed)
        self._state: torch.Tensor | None = None

    @typechecked
    def reset(self, ended: np.ndarray | None = None) -> None:
        """Return to the initial state: everywhere, or where ``ended`` (B,) is true."""
        if ended is not None and self._state is not None and np.shape(ended) != self._state.shape[:1]:
            raise ArgumentError(f"ended has shape {np.shape(ended)}; expected {tuple(self._state.shape[:1])}.")
        if ended is None or self._state is None:
            self._state = None
            return
        ended_ = torch.as_tensor(ended, device=self._state.device)[:, None]
        self._state = torch.where(ended_, self.network.initial_state(len(self._state)), self._state)

    @torch.no_grad()
    @typechecked
    def act(self, observation: np.ndarray) -> np.ndarray:
        """The action for an observation, (n_in,) or (B, n_in)."""
        n_inputs = self.network.n_inputs
        if np.ndim(observation) not in (1, 2) or np.shape(observation)[-1] != n_inputs:
            shape = np.shape(observation)
            raise ArgumentError(f"observation has shape {shape}; expected ({n_inputs},), or (B, {n_inputs}).")
        inputs = torch.as_tensor(np.atleast_2d(observation)).to(first_parameter(self.network))
        trajectory = self.network(inputs[None], self._state, generator=self._generator)
        self._state = trajectory.state
        policy, outputs = self._policy, trajectory.outputs
        drawn = policy.sample(outputs, self._generator) if self.sample else policy.greedy(outputs)
        action = drawn[0].cpu().numpy()
        if isinstance(self.action_space, gym.spaces.Box):
            action = np.clip(action, self.action_space.low, self.action_space.high).astype(self.action_space.dtype)
        return action if np.ndim(observation) == 2 else action[0]
