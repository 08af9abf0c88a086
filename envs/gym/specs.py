"""The specification of an environment in JSON values, so that recorders can write and reconstruct it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode

from ..context.presets import CONTEXTS
from ..errors import ArgumentError
from ..registry import to_json
from ..task import Task
from .rewards import Rewards


class JsonSpec:
    """The ``spec`` of an environment, which Gymnasium sets when the environment is made.

    Its arguments are kept as JSON values, which ``EnvSpec.to_json`` can write and ``gymnasium.make`` takes:
    ``Uniform(200, 400)`` is ``{"type": "Uniform", "low": 200, "high": 400, "step": None}``. Gymnasium's own form of a
    dataclass leaves out the type.
    """

    def __get__(self, env: Any, owner: type | None = None) -> EnvSpec | None:
        """The specification; None before it is set."""
        return None if env is None else vars(env).get("_spec")

    def __set__(self, env: Any, spec: EnvSpec | None) -> None:
        """Keep a specification, its arguments as JSON values.

        Raises:
            ArgumentError: If it belongs to another task.
        """
        if spec is not None:
            check_spec(env.task, spec)
            spec = replace(spec, kwargs={name: _json_argument(value) for name, value in spec.kwargs.items()})
        vars(env)["_spec"] = spec


def _json_argument(value: Any) -> Any:
    if isinstance(value, Rewards):
        return asdict(value)
    if isinstance(value, AutoresetMode):
        return value.value
    if isinstance(value, dict):
        return {name: _json_argument(part) for name, part in value.items()}
    return to_json(value)


def check_spec(task: Task, spec: Any) -> None:
    """Refuse a task under the id of another, as of ``gym.make("cogdyn/NBack-v0", task="DelayMatchSample")``.

    Raises:
        ArgumentError: If the id is registered with another task.
    """
    registered = gym.registry.get(getattr(spec, "id", None) or "")
    address = None if registered is None else registered.kwargs.get("task")
    if not isinstance(address, str):
        return
    name = address.rpartition(":")[2]
    if name != task.name and spec.kwargs.get("preset") not in CONTEXTS.get(name, {}):
        raise ArgumentError(f"{spec.id} is the environment of {name}; for {task.name} use TrialEnv, or its own id.")
