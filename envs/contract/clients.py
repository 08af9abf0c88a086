"""Promises to programs that carry environments about: copies and pickles continue, and infos keep their form."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from ..gym.trial_env import TrialEnv
from ..gym.trial_vector_env import TrialVectorEnv
from ..task import Task
from .environments import flat
from .requirement import require

N_AFTER = 5
"""Steps that are looked at after the end of a trial or segment."""


def check_continuation(task: Task) -> None:
    """A copy of either environment and an unpickled one, taken in mid-trial, continue as the original does."""
    for env in environments(task):
        env.reset(seed=5)
        for _ in range(3):
            env.step(np.zeros_like(env.action_space.sample()))
        twins = {"a copy": deepcopy(env)} | (
            {"an unpickled copy": pickle_round_trip(env)} if can_be_pickled(task) else {}
        )
        for action, step in to_the_next_trial(env):
            for what, twin in twins.items():
                same = flat(twin.step(action)) == flat(step)
                require(same, f"{what} of {type(env).__name__} continues in another way than the original.")


def check_infos(task: Task) -> None:
    """Infos have the same entries, of the same types and shapes, after every reset and every step."""
    for env in environments(task):
        expected = form(env.reset(seed=5)[1])
        for _, step in to_the_next_trial(env):
            kept = form(step[4]) == expected
            require(kept, f"an info of {type(env).__name__} differs in its entries from that of reset().")


def environments(task: Task) -> list[Any]:
    """One environment and two at once, in which one trial follows another."""
    return [TrialEnv(task, trials_per_episode=20), TrialVectorEnv(task, 2, trials_per_episode=20)]


def to_the_next_trial(env: Any) -> Iterator[tuple[Any, Any]]:
    """Actions, and what the environment returns, to the end of a trial or segment and a little further.

    After two bins of waiting choices are other than to wait: that breaks fixation, or responds, and ends trials soon.
    """
    idle = np.zeros_like(env.action_space.sample())
    busy = idle + 1 if env.task.kind == "choice" else idle
    n_steps, left = 0, N_AFTER
    while left:
        action = idle if n_steps < 2 else busy
        step = env.step(action)
        yield action, step
        n_steps, left = n_steps + 1, left - (left < N_AFTER or bool(np.any(step[4]["ended"])))


def form(value: Any) -> Any:
    """Names, types and shapes of all there is in an info."""
    if isinstance(value, Mapping):
        return {name: form(v) for name, v in value.items()}
    return (value.dtype.kind, value.shape) if isinstance(value, np.ndarray) else type(value)


def can_be_pickled(task: Task) -> bool:
    """Whether a task can be pickled; one whose class is defined within a function cannot."""
    try:
        pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def pickle_round_trip(env: Any) -> Any:
    """The environment after a way through bytes."""
    return pickle.loads(pickle.dumps(env))
