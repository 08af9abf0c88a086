"""A RateRNN as the policy of sb3-contrib's RecurrentPPO, in the place of its LSTM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
import torch
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from torch import Tensor, nn

from ...envs.errors import ArgumentError
from ..network.rate_rnn import RateRNN


class RatePolicy(RecurrentActorCriticPolicy):
    """A policy whose memory is a :class:`RateRNN`: actions and values are linear readouts of its rates.

    ``RecurrentPPO(RatePolicy, TrialVecEnv(task, 64), policy_kwargs={"n_units": 100, "dt": task.dt})``. The gradient of
    the value stops at the rates. There is no process noise: PPO asks twice how probable an action was, and takes the
    difference for learning.

    Args:
        observation_space: A Box of shape (n,).
        action_space: Discrete, or a Box of shape (n,).
        lr_schedule: Learning rate by the progress that remains.
        n_units: Number of units N.
        dt: Bin width (ms).
        rate_rnn: Other arguments of the RateRNN.
        **others: Other arguments of ``RecurrentActorCriticPolicy``, without those of its LSTM and ``net_arch``.

    Raises:
        ArgumentError: If a space is another; if an argument of the RateRNN makes no sense.
    """

    def __init__(
        self,
        observation_space: gym.Space,
        action_space: gym.Space,
        lr_schedule: Callable[[float], float],
        n_units: int = 100,
        dt: float = 20.0,
        rate_rnn: Mapping[str, Any] | None = None,
        **others: Any,
    ):
        flat = isinstance(observation_space, gym.spaces.Box) and len(observation_space.shape) == 1
        of_actions = isinstance(action_space, gym.spaces.Box) and len(action_space.shape) == 1
        if not flat or not (of_actions or isinstance(action_space, gym.spaces.Discrete)):
            raise ArgumentError(
                f"the policy is to act in {action_space} on {observation_space}; allowed: Discrete or a Box of shape "
                "(n,), on a Box of shape (n,)."
            )
        self._size = {"n_units": n_units, "dt": dt, "rate_rnn": dict(rate_rnn or {})}
        memory = {"net_arch": [], "lstm_hidden_size": n_units, "shared_lstm": True, "enable_critic_lstm": False}
        super().__init__(observation_space, action_space, lr_schedule, **(others | memory))
        n_outputs = self.action_net.out_features
        assert isinstance(n_outputs, int)
        network = RateRNN(self.features_dim, n_units, n_outputs, dt=dt, **({"noise": 0.0} | self._size["rate_rnn"]))
        self.lstm_actor = RateMemory(network)  # type: ignore[assignment]
        parameters = [p for name, p in self.named_parameters() if "readout" not in name]
        self.optimizer = self.optimizer_class(parameters, lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]

    @torch.no_grad()
    def network(self) -> RateRNN:
        """The network with the policy's readout, which acts as the policy does."""
        memory, readout = self.lstm_actor, self.action_net
        assert isinstance(memory, RateMemory)
        assert isinstance(readout, torch.nn.Linear)
        copy = RateRNN(**memory.network.config)
        copy.load_state_dict(memory.network.state_dict())
        copy.readout.copy_(readout.weight)
        copy.readout_bias.copy_(readout.bias)
        return copy

    def _get_constructor_parameters(self) -> dict[str, Any]:
        arguments = super()._get_constructor_parameters() | self._size
        for name in ("net_arch", "lstm_hidden_size", "shared_lstm", "enable_critic_lstm", "n_lstm_layers"):
            arguments.pop(name, None)
        return arguments


class RateMemory(nn.Module):
    """A RateRNN with the face of an ``nn.LSTM`` of one layer, whose state is 0 where a trial begins.

    So it is the state less the initial one, (1, B, N); of the two states of an LSTM the second stays 0.

    Args:
        network: The network.
    """

    def __init__(self, network: RateRNN):
        super().__init__()
        self.network = network
        self.input_size, self.hidden_size, self.num_layers = network.n_inputs, network.n_units, 1

    def forward(self, inputs: Tensor, states: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Rates (T, B, N) of inputs (T, B, n_in), and the states after them."""
        initial = self.network.initial_state(inputs.shape[1])
        trajectory = self.network(inputs, states[0][0] + initial, noise=0.0)
        return trajectory.rates, ((trajectory.state - initial)[None], torch.zeros_like(states[1]))
