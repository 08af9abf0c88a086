"""Streams to learn from online: recordings, and Gymnasium environments of ours that are played live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import gymnasium as gym
import numpy as np

from ...envs.errors import ArgumentError
from ...envs.gym.trial_env import TrialEnv
from ...envs.typechecked import typechecked

Recording = tuple[np.ndarray, np.ndarray]
"""Inputs (T, n_in), and targets: classes (T,) of whole numbers, or vectors (T, n_out), NaN where there is none."""
Moments = Iterable[tuple[Any, Any]]
"""Pairs of an input, (n_in,), and its target: a class, a vector (n_out,), or None."""


@typechecked
def live_trials(env: gym.Env, seed: int = 0) -> Iterator[tuple[np.ndarray, Any]]:
    """Play an environment without end, giving the right answers; yield what is seen in each bin, and its target.

    Args:
        env: An environment of cogdyn, ``gym.make("cogdyn/...")`` or ``TrialEnv``.
        seed: Seed of its trials.

    Yields:
        The observation, (n_in,), and ``info["target"]``, a class or (n_out,).

    Raises:
        ArgumentError: If the environment has no targets.
    """
    if not isinstance(env.unwrapped, TrialEnv):
        raise ArgumentError(f"env is {env}; allowed: a TrialEnv of cogdyn, whose infos hold targets.")
    return _played(env, seed)


def _played(env: gym.Env, seed: int) -> Iterator[tuple[np.ndarray, Any]]:
    observation, info = env.reset(seed=seed)
    while True:
        target = info["target"]
        yield observation, target
        observation, _, terminated, truncated, info = env.step(target)
        if terminated or truncated:
            observation, info = env.reset()


def moments_of(stream: Recording | Moments) -> Moments:
    """The bins of a stream one by one, those of a recording as views of its arrays.

    Raises:
        ArgumentError: If a recording is not (T, n_in) with targets (T,) or (T, n_out).
    """
    if not isinstance(stream, tuple):
        return stream
    if len(stream) != 2 or not all(isinstance(part, np.ndarray) for part in stream):
        raise ArgumentError("a recording is two arrays, inputs (T, n_in) and targets (T,) or (T, n_out).")
    inputs, targets = cast(Recording, stream)
    if inputs.ndim != 2 or targets.ndim not in (1, 2) or len(inputs) != len(targets):
        shapes = f"{inputs.shape} and {targets.shape}"
        raise ArgumentError(f"the recording has shapes {shapes}; expected (T, n_in) and (T,) or (T, n_out).")
    if targets.ndim == 1 and not np.issubdtype(targets.dtype, np.integer):
        raise ArgumentError(f"targets (T,) are classes, whole numbers, and these are {targets.dtype}.")
    if targets.ndim == 1:
        return zip(inputs, targets, strict=True)
    return ((u, None if np.isnan(y).any() else y) for u, y in zip(inputs, targets, strict=True))
