"""Copies of a Gymnasium environment in play, whichever way they reset."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode

from ..errors import ArgumentError
from ..gym_task import GymTask
from ..numbers import whole_number
from ..typechecked import typechecked

N_RECENT = 100
"""Number of episodes whose returns are remembered."""


@dataclass(frozen=True)
class Step:
    """What a bin led to in each of n copies, (n,) each.

    Attributes:
        rewards: R; 0 in a bin in which a copy reset.
        counts: Whether the action counted: in a bin in which a copy resets it does not.
        ends: Whether the episode ended, so that nothing more can be earned.
        cuts: Whether it was cut, as by a limit of time: more could have been earned.
        last: What was to be seen after the bin where an episode was cut, (n, n_in); zeros elsewhere.
        begins: Whether what is seen next is the first observation of an episode.
    """

    rewards: np.ndarray
    counts: np.ndarray
    ends: np.ndarray
    cuts: np.ndarray
    last: np.ndarray
    begins: np.ndarray


class Episodes:
    """Copies of an environment in play: each step is one bin of all copies.

    Gymnasium's environments reset in the step after the end of an episode, in the same step, or on request. In the
    first case there is a bin in which the action counts for nothing, in the others there is none.

    Args:
        task: The environment.
        n: Number of copies.
        seed: Seed of the episodes.

    Attributes:
        observations: What is seen next, (n, n_in) float32.
        state: The state of who acts, after the last bin; None at the start.
        recent: Returns of the last 100 episodes that were over.

    Raises:
        ArgumentError: If the copies cannot be made, or what they show is not finite.
    """

    @typechecked
    def __init__(self, task: GymTask, n: int, seed: int | None = None):
        self.task, self.n = task, whole_number("n", n, minimum=1)
        self._envs = task.copies(self.n)
        self._mode = self._envs.metadata["autoreset_mode"]
        self._resetting, self._earned = np.zeros(self.n, bool), np.zeros(self.n)
        self.state: Any = None
        self.recent: deque[float] = deque(maxlen=N_RECENT)
        self.observations = self._of(self._envs.reset(seed=seed)[0])

    def step(self, actions: np.ndarray) -> Step:
        """Do something in all copies.

        Args:
            actions: Choices from 0 on, (n,), or vectors (n, n_out); what is out of range counts as the nearest in it.

        Raises:
            ArgumentError: If a reward or an observation is not finite.
        """
        counts = ~self._resetting
        observations, rewards, terminated, truncated, infos = self._envs.step(self._played(actions))
        rewards = np.where(counts, np.asarray(rewards, np.float64), 0.0)
        if not np.isfinite(rewards).all():
            where = int(np.flatnonzero(~np.isfinite(rewards))[0])
            raise ArgumentError(f"{self.task.name} paid {rewards[where]} in copy {where}; rewards must be finite.")
        ends = np.asarray(terminated, bool) & counts
        cuts = np.asarray(truncated, bool) & ~ends & counts
        over = ends | cuts
        last, begins = np.zeros((self.n, self.task.n_inputs), np.float32), over
        if self._mode is AutoresetMode.SAME_STEP:
            for i in np.flatnonzero(cuts):
                last[i] = self._of(np.asarray(infos["final_obs"][i])[None])[0]
        else:
            last[cuts] = self._of(observations)[cuts]
        if self._mode is AutoresetMode.NEXT_STEP:
            begins, self._resetting = self._resetting, over
        elif self._mode is AutoresetMode.DISABLED and over.any():
            observations, _ = self._envs.reset(options={"reset_mask": over})
        self.observations = self._of(observations)
        self._earned += rewards
        self.recent.extend(self._earned[over].tolist())
        self._earned[over] = 0
        return Step(rewards, counts, ends, cuts, last, begins)

    def close(self) -> None:
        """Close the environment."""
        self._envs.close()

    def _played(self, actions: np.ndarray) -> np.ndarray:
        """Actions as the environment takes them."""
        space = self.task.spaces[1]
        if isinstance(space, Discrete):
            return (np.asarray(actions) + int(space.start)).astype(space.dtype)
        space = cast(Box, space)
        return np.clip(actions, space.low, space.high).astype(space.dtype)

    def _of(self, observations: np.ndarray) -> np.ndarray:
        """What the network sees of observations (n, ...)."""
        visible = np.asarray(observations, np.float32)[:, self.task.visible]
        if not np.isfinite(visible).all():
            raise ArgumentError(f"{self.task.name} shows what is not finite; observations must be finite numbers.")
        return visible
