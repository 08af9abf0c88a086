"""Asking a task that a submission defines: what it says of itself, what it draws, paints, observes and plays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def task(cls: Any, what: str, **inputs: Any) -> Any:
    """Ask a class of tasks: describe, draw, paint, observe; or play, by its name."""
    questions: dict[str, Callable[..., Any]] = {
        "describe": _describe,
        "draw": _draw,
        "paint": _paint,
        "observe": _observe,
        "play": _play,
    }
    return questions[what](cls, **inputs)


def _describe(cls: Any) -> dict[str, Any]:
    made = cls()
    factors = {
        name: {key: list(value) if isinstance(value, tuple) else value for key, value in vars(factor).items()}
        for name, factor in made.factors().items()
    }
    channels = {group: list(kind) if isinstance(kind, tuple) else kind for group, kind in made.channels().items()}
    words = ("family", "source", "informative", "kind", "response_period")
    return {
        "name": made.name,
        "doc": cls.__doc__,
        "channels": channels,
        "input_names": list(made.input_names),
        "responses": list(made.responses()),
        "periods": list(made.periods),
        "contrasts": list(made.contrasts),
        "durations": dict(made.durations()),
        "factors": factors,
        "answers": np.asarray(made.answers),
        "ceiling": made.ceiling,
        **{word: getattr(made, word, None) for word in words},
        **{field: getattr(made, field) for field in ("dt", "noise", "grace_ms", "response_weight")},
    }


def _draw(cls: Any, n: int, seed: int) -> Arrays:
    return dict(cls().draw(np.random.default_rng(seed), n))


def _paint(cls: Any, arguments: dict[str, Any], conditions: Arrays, seed: int) -> dict[str, Any]:
    batch = cls(**arguments, noise=0.0).lay_out(conditions, np.random.default_rng(seed))
    return {"inputs": batch.inputs, "targets": batch.targets, "mask": batch.mask, "periods": dict(batch.periods)}


def _observe(cls: Any, arguments: dict[str, Any], batch: dict[str, Any]) -> np.ndarray:
    return np.asarray(cls(**arguments).ideal(_envs().TrialBatch(**batch)))


def _play(cls: Any, seed: int, actions: list[int]) -> dict[str, Any]:
    """What Gymnasium plays under the name of the class: the observations of a seed, the first and after each action."""
    name = cls().name
    if name not in _envs().task_names():
        return {"known": False}
    env = import_module("gymnasium").make(f"cogdyn/{name}-v0", disable_env_checker=True)
    observations, rewards = [env.reset(seed=seed)[0]], []
    for action in actions:
        observation, reward, terminated, _, _ = env.step(action)
        observations.append(observation)
        rewards.append(float(reward))
        if terminated:
            break
    return {"known": True, "observations": np.array(observations), "rewards": np.array(rewards)}


def _envs() -> Any:
    """The tasks, only when they are asked for; in a submission this folder is no part of cogdyn."""
    return import_module("cogdyn.envs")
