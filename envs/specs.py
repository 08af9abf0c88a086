"""The specification of an environment in JSON values, so that recorders can write it and make the environment again."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode

from .registry import to_json
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
        """Keep a specification, its arguments as JSON values."""
        if spec is not None:
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
