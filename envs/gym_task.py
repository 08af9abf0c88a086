"""A Gymnasium environment as a task: no trials, but episodes that a network acts in bin by bin.

The design. Where rules learn from trials, a batch is painted; an environment that is only known by its steps has
nothing to paint. So a :class:`GymTask` stands where a task does (``network_for``, ``train``, runs on disk), and what
takes the place of a painted batch is :class:`~cogdyn.envs.gym.episodes.Episodes`: as many copies as ``batch_size``
says, in play, with the state of the network that acts in them. ``rule.update(network, episodes, generator)`` plays them
on for ``n_bins``, learns from that, and leaves them where they are; the next update continues from there. The episodes
are no part of what a run saves, since environments cannot be saved: a run that is resumed begins new ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn, cast

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv

from .channels import Channels
from .errors import ArgumentError
from .factors import Conditions
from .numbers import single_number, whole_number
from .task import Task
from .trial import TrialBatch
from .typechecked import typechecked
from .wording import short_text

Make = Callable[[int], VectorEnv]


@typechecked
@dataclass(frozen=True, kw_only=True)
class GymTask(Task):
    """Any Gymnasium environment with numbers to see and choices or numbers to do, ours or not.

    ``train(GymTask(env="CartPole-v1", hidden=(1, 3)), network, ActorCritic())`` lets a network learn to balance the
    pole of which it sees no velocities. Score and ``stop_at`` are mean returns of whole episodes.

    Args:
        env: Id of a registered environment, or a function that makes a vector environment of n copies. A run on disk
            takes an id, since what is loaded calls no function by its name: ``gymnasium.register`` gives one.
        n_bins: Number of bins K of a rollout, through which credit goes back.
        hidden: Numbers of an observation that the network does not see, counted from 0.
        dt: Bin width (ms) of a step, by which the network's time goes.
        longest: Number of bins after which the episode of an evaluation is over, if it is not before.

    Raises:
        ArgumentError: If there is no such environment, its spaces are none that a network fits, or it resets copies
            in a way that it does not declare; if a number makes no sense.
    """

    env: Any
    n_bins: int = 32
    hidden: tuple[int, ...] = ()
    dt: float = 20.0
    longest: int = 1000

    family = "environments"
    source = "https://gymnasium.farama.org"
    contrasts = ()

    def __post_init__(self) -> None:
        """Make a copy of the environment, to see what it is."""
        whole_number("n_bins", self.n_bins, minimum=1)
        whole_number("longest", self.longest, minimum=1)
        if single_number("dt", self.dt) <= 0:
            raise ArgumentError(f"dt is {self.dt!r}; it must be positive.")
        observed, action = self.spaces
        n_seen = (observed.shape or (0,))[0]
        if not isinstance(observed, Box) or len(observed.shape) != 1:
            raise ArgumentError(
                f"{self.name} shows {observed}; a network sees a Box of shape (n,): wrap it in FlattenObservation."
            )
        if not isinstance(action, Discrete) and not (isinstance(action, Box) and len(action.shape) == 1):
            raise ArgumentError(f"{self.name} takes {action}; allowed: Discrete, or a Box of shape (n,).")
        if sorted({*self.hidden} & {*range(n_seen)}) != sorted(self.hidden) or len(self.hidden) >= n_seen:
            raise ArgumentError(f"hidden is {self.hidden!r}; allowed: some of the numbers from 0 to {n_seen - 1}.")
        object.__setattr__(self, "kind", "choice" if isinstance(action, Discrete) else "continuous")

    @property
    def name(self) -> str:
        """Id of the environment, or name of what makes it."""
        return self.env if isinstance(self.env, str) else getattr(self.env, "__name__", type(self.env).__name__)

    @cached_property
    def spaces(self) -> tuple[gym.Space, gym.Space]:
        """Spaces of the observation and the action of a copy."""
        copy = self.copies(1)
        copy.close()
        return copy.single_observation_space, copy.single_action_space

    @cached_property
    def visible(self) -> np.ndarray:
        """Numbers of an observation that the network sees."""
        return np.setdiff1d(np.arange(cast(Box, self.spaces[0]).shape[0]), self.hidden)

    def copies(self, n: int) -> VectorEnv:
        """Make n copies.

        Raises:
            ArgumentError: If they cannot be made, or do not declare how they reset.
        """
        try:
            envs = gym.make_vec(self._id(), n) if isinstance(self.env, str) else self._maker()(n)
        except gym.error.Error as error:
            raise ArgumentError(f"env is {self.env!r}: {error}") from error
        if not isinstance(envs, VectorEnv) or envs.num_envs != n:
            raise ArgumentError(f"env made {short_text(envs)} for n={n}; it must make a VectorEnv of {n} copies.")
        if not isinstance(envs.metadata.get("autoreset_mode"), AutoresetMode):
            raise ArgumentError(
                f"{self.name} does not declare how it resets: metadata['autoreset_mode'] must be an AutoresetMode."
            )
        return envs

    def channels(self) -> Channels:
        return {"observation": tuple(str(number) for number in self.visible)}

    def responses(self) -> tuple[str, ...]:
        action = self.spaces[1]
        n = int(action.n) if isinstance(action, Discrete) else cast(Box, action).shape[0]
        return tuple(f"action {number}" for number in range(n))

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        self._refuse()

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        self._refuse()

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        self._refuse()

    @cached_property
    def ceiling(self) -> float:
        self._refuse()

    @property
    def answers(self) -> np.ndarray:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise ArgumentError(
            f"{self.name} is an environment without trials, which is stepped; train it with ActorCritic or "
            "RewardEProp, and measure it with episode_returns."
        )

    def check_saveable(self) -> None:
        """Refuse an environment that could not be made again from what a run writes down.

        Raises:
            ArgumentError: If ``env`` is a function.
        """
        if not isinstance(self.env, str):
            raise ArgumentError(
                f"env is {short_text(self.env)}, and a run on disk needs an id: gymnasium.register(id, "
                "vector_entry_point=...), and GymTask(env=id)."
            )

    def _id(self) -> str:
        if ":" in self.env:  # Gymnasium would import the module
            raise ArgumentError(f"env is {self.env!r}; import the module yourself, and give the id alone.")
        return self.env

    def _maker(self) -> Make:
        if not callable(self.env) or (isinstance(self.env, type) and not issubclass(self.env, VectorEnv)):
            raise ArgumentError(f"env is {short_text(self.env)}; allowed: an id, or a function of n.")
        return cast(Make, self.env)
