"""Many environments at once for Stable-Baselines3, which does not take Gymnasium's vector environments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

from ...envs.errors import ArgumentError
from ...envs.gym.infos import pick
from ...envs.gym.trial_vector_env import TrialVectorEnv
from ...envs.task import Task


class TrialVecEnv(VecEnv):
    """A :class:`TrialVectorEnv` as a ``VecEnv``: ``PPO("MlpPolicy", TrialVecEnv("DelayMatchSample", 64))``.

    Infos of an episode that is over have ``terminal_observation``; wrap it in ``VecMonitor`` for returns and lengths.
    The first of the seeds of ``seed(s)``, which is s, is that of all environments.

    Args:
        task: Name of a task, or a task.
        num_envs: Number of environments n.
        **arguments: Other arguments of :class:`TrialVectorEnv`, and of the task if it is given by name.

    Raises:
        ArgumentError: If an argument is unknown or makes no sense, or environments are to differ.
    """

    def __init__(self, task: str | Task, num_envs: int = 1, **arguments: Any):
        self.env = TrialVectorEnv(task, num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **arguments)
        super().__init__(num_envs, self.env.single_observation_space, self.env.single_action_space)

    def reset(self) -> np.ndarray:
        if any(options != self._options[0] for options in self._options):
            raise ArgumentError("options differ; allowed: the same for all environments.")
        observations, infos = self.env.reset(seed=self._seeds[0], options=self._options[0])
        self.reset_infos = of_each(infos, self.num_envs)
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        observations, rewards, over, _, infos = self.env.step(self._actions)
        last = infos.pop("final_obs", ())
        ended, final = np.flatnonzero(over), infos.pop("final_info", {})
        each = of_each(infos, self.num_envs)
        for i, info in zip(ended, of_each(pick(final, ended), len(ended)), strict=True):
            each[i] = info | {"terminal_observation": last[i]}
        for info in each:
            info["TimeLimit.truncated"] = False  # no episode is cut
        return observations, rewards.astype(np.float32), over, each

    def close(self) -> None:
        self.env.close()

    def get_attr(self, attr_name: str, indices: int | Iterable[int] | None = None) -> list[Any]:
        return [getattr(self.env, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: int | Iterable[int] | None = None) -> None:
        """Set an attribute of all environments, as ``set_attr("task", harder)`` in a curriculum."""
        if len(set(self._get_indices(indices))) < self.num_envs:
            raise ArgumentError(f"indices are {indices!r}; allowed: None, since all environments share {attr_name}.")
        setattr(self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: int | Iterable[int] | None = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the vector environment, once; each environment gets what it returns."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [result for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: int | Iterable[int] | None = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]


def of_each(infos: dict[str, Any], n: int) -> list[dict[str, Any]]:
    """The infos of n environments, as Gymnasium has them, one by one."""
    names = [name for name in infos if f"_{name}" in infos]
    columns = [of_each(infos[name], n) if isinstance(infos[name], dict) else entries(infos[name]) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)] or [{} for _ in range(n)]


def entries(values: np.ndarray) -> list[Any]:
    """The entries of an array: numbers and words as Python has them, arrays as they are."""
    return values.tolist() if values.ndim == 1 and values.dtype.kind != "O" else list(values)
