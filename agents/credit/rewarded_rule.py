"""What rules share that try something, and weigh it by the reward of the trial."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Generator, Tensor

from ...envs.gym.rewards import Rewards
from ...envs.trial import TrialBatch
from ..network.rate_rnn import RateRNN
from .reward import plain_rewards
from .rule import Rule


@dataclass(eq=False, repr=False, kw_only=True)
class RewardedRule(Rule):
    """A rule that perturbs units, and keeps what earned more: less error, or more from the environment.

    Args:
        reward: ``"error"``: R is minus the error of a trial. ``"environment"``: what its actions earn.
        rewards: What responses earn, where they are not those of :class:`~cogdyn.envs.Rewards`.
        abort: Whether breaking fixation ends a trial in which the network acts.

    Raises:
        ValueError: If an argument is unknown, or one of acting is given and the network does not act.
    """

    reward: Literal["error", "environment"] = "error"
    rewards: Mapping[str, float] | None = None
    abort: bool = True

    def __post_init__(self) -> None:
        """Check the arguments."""
        self.rewards = plain_rewards(self.rewards)
        self.payoff = Rewards.of(self.rewards)
        for name in self.for_acting():
            if not self.acts and getattr(self, name) is not None:
                raise ValueError(f"{name} goes with reward='environment', and reward is 'error'.")

    def for_acting(self) -> tuple[str, ...]:
        """Names of arguments that only a network that acts takes."""
        return ("rewards",)

    @property
    def acts(self) -> bool:
        """With the reward of the environment it does."""
        return self.reward == "environment"

    @abstractmethod
    def tried(
        self, network: RateRNN, batch: TrialBatch, generator: Generator | None
    ) -> tuple[Any, Tensor, dict[str, Any]]:
        """What one try of each trial teaches, its reward R, (B,) or (S, B), and what else is reported of it."""

    def loss(self, network: RateRNN, batch: TrialBatch, generator: Generator | None = None) -> Tensor:
        """The loss of a batch, a scalar, or of an ensemble (S,): minus the mean of R; the generator draws the noise."""
        if self.acts:
            return -self.knowing(network).tried(network, batch, generator)[1].mean(-1)
        return super().loss(network, batch, generator)
