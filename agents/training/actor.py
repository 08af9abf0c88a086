"""A network that acts in a Gymnasium environment, bin by bin."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import torch

from ...envs.errors import ArgumentError
from ...envs.typechecked import typechecked
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
        seed: Seed of the process noise.

    Raises:
        ValueError: If the action space does not fit the network's outputs.
    """

    def __init__(self, network: Network, action_space: gym.Space, seed: int = 0, probabilities: bool = False):
        self.network, self.action_space, self.probabilities = network, action_space, probabilities
        size = action_space.n if isinstance(action_space, gym.spaces.Discrete) else (action_space.shape or (0,))[0]
        if size != network.n_outputs:
            raise ValueError(f"the network has {network.n_outputs} outputs, the action space is {action_space}.")
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
        outputs = trajectory.outputs[0]
        outputs = (outputs.softmax(dim=-1) if self.probabilities else outputs).cpu().numpy()
        if isinstance(self.action_space, gym.spaces.Box):
            action = np.clip(outputs, self.action_space.low, self.action_space.high).astype(self.action_space.dtype)
        else:
            action = outputs.argmax(axis=-1)
        return action if np.ndim(observation) == 2 else action[0]
