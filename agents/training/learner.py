"""What learns in a training: the networks, one or several, and the rule that changes them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from ...envs.errors import ArgumentError
from ...envs.gym.episodes import Episodes
from ...envs.gym_task import GymTask
from ...envs.task import Task
from ...envs.trial import TrialBatch
from ...envs.wording import short_text
from ..credit.acting_rule import ActingRule
from ..credit.rule import Rule
from ..network.ensemble import ensemble_shape, member, subset
from ..network.protocol import Network, first_parameter
from ..network.rate_rnn import RateRNN
from .evaluation import NetworkPolicy, scores_of, step_seed

Metrics = Mapping[str, Sequence[float]]
"""Loss, gradient_norm and so on, with a number for each network."""


class Learner:
    """A network, or an ensemble of networks that learn each as if alone, and the rule that changes them in place.

    Args:
        network: The network, or networks that are stacked.
        rule: The learning rule.
    """

    def __init__(self, network: Network, rule: Rule):
        self.network, self.rule = network, rule
        self._generator = torch.Generator(first_parameter(network).device)
        self._episodes: Episodes | None = None

    @property
    def n_networks(self) -> int:
        """Number of networks."""
        return math.prod(ensemble_shape(self.network))

    def restore(self, memories: Sequence[Mapping[str, Tensor]]) -> None:
        """Give the rule back what it remembered of each network."""
        stacked = {name: torch.stack([memory[name] for memory in memories]) for name in memories[0]}
        self.rule.restore(self.network, stacked if ensemble_shape(self.network) else dict(memories[0]))

    def trials(self, task: Task, batch_size: int, seed: int, number: int) -> TrialBatch | Episodes:
        """Paint a batch and seed the noise in it; both depend on (seed, number) alone.

        In a closed loop the network chooses what it sees, unless the rule acts: it plays on from the first segment.
        An environment that is stepped is played on from where it is; its first episodes depend on (seed, number).
        """
        self._generator.manual_seed(step_seed(seed, "train", number))
        if isinstance(task, GymTask):
            if self._episodes is None:
                self._episodes = Episodes(task, batch_size, step_seed(seed, "train", number) % 2**31)
            return self._episodes
        policy = NetworkPolicy(self.network, self._generator) if task.n_segments > 1 and not self.rule.acts else None
        return next(task.stream(batch_size, seed, "train", start=number, policy=policy))

    def update(self, batch: TrialBatch | Episodes) -> Metrics:
        """Learn from the batch of :meth:`trials`."""
        metrics = self.rule.update(self.network, cast(Any, batch), self._generator)
        return _for_each(self.rule, metrics, self.n_networks)

    def scores(self, task: Task, n_trials: int, seed: int) -> list[float]:
        """The score of each network on the test trials of :func:`evaluate`."""
        return scores_of(task, self.network, n_trials, seed)

    def report(self, scores: Sequence[float]) -> None:
        """Report the score of each network to the rule."""
        self.rule.report(scores if ensemble_shape(self.network) else scores[0])

    def states(self) -> list[tuple[Any, dict[str, Tensor]]]:
        """Each network by itself, and what the rule remembers of it."""
        memory, network = self.rule.state(self.network), self.network
        if not isinstance(network, RateRNN) or not ensemble_shape(network):
            return [(network, memory)]
        return [
            (member(network, s), {name: value[s] for name, value in memory.items()}) for s in range(self.n_networks)
        ]

    def keep(self, which: Sequence[int]) -> None:
        """Continue with these networks of an ensemble alone."""
        assert isinstance(self.network, RateRNN)
        memory = {name: value[list(which)] for name, value in self.rule.state(self.network).items()}
        self.network = subset(self.network, which)
        self.rule.restore(self.network, memory)


def check_trains(task: Task, network: Network, rule: Rule) -> None:
    """Refuse a rule that cannot train a network on a task, before anything is painted.

    Raises:
        ArgumentError: If its update takes other arguments than a network, a batch and a generator, it needs a RateRNN,
            or it needs trials and the task is an environment without.
    """
    name = type(rule).__name__
    try:
        inspect.signature(rule.update).bind(network, None, None)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"update of the rule {name} must take network, batch, generator: {error}.") from error
    if rule.rate_rnn_only and not isinstance(network, RateRNN):
        raise ArgumentError(
            f"the rule {name} trains a RateRNN alone, and network is {short_text(network)}; BPTT, TruncatedBPTT, "
            "REINFORCE and ActorCritic train any network."
        )
    if isinstance(task, GymTask):
        if not isinstance(rule, ActingRule):
            raise ArgumentError(
                f"{name} learns from trials, and {task.name} is an environment without trials; ActorCritic and "
                "RewardEProp learn there."
            )
        rule.check_rollouts(task)


def _for_each(rule: Rule, metrics: Any, n: int) -> Metrics:
    """What an update returned, as a number for each network.

    Raises:
        ArgumentError: If it is something else, as that of a rule of one's own may be.
    """
    wanted = f"{type(rule).__name__}.update returned {short_text(metrics)}; it must return a dictionary with a loss"
    if not isinstance(metrics, Mapping) or "loss" not in metrics:
        raise ArgumentError(f"{wanted}, such as {{'loss': 0.5}}.")
    try:
        numbers = {name: _numbers(value) for name, value in metrics.items()}
    except (TypeError, ValueError, RuntimeError):
        raise ArgumentError(f"{wanted} and other numbers.") from None
    if any(len(values) != n for values in numbers.values()):
        raise ArgumentError(f"{wanted}, {'a number' if n == 1 else f'({n},), one of each network'}.")
    return numbers


def _numbers(value: Any) -> list[float]:
    return torch.as_tensor(value).detach().to("cpu", torch.float64).reshape(-1).tolist()
