"""Actions as they come from outside: read as classes or vectors, or refused with what is allowed."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..task import Task
from ..wording import short_text
from .rewards import action_range, named_actions


def parse_choice(task: Task, action: Any) -> int:
    """The class that an action of a task of choices stands for.

    Raises:
        ArgumentError: If it is no class of the task.
    """
    try:
        number = index(action)
    except TypeError:
        number = -1
    if not 0 <= number < task.n_outputs:
        raise ArgumentError(f"action is {short_text(action)}; allowed: {named_actions(task)}.")
    return number


def parse_choices(task: Task, actions: Any, n: int) -> np.ndarray:
    """The classes, (n,), that the actions of n environments stand for.

    Raises:
        ArgumentError: If they are not n integers, or one of them is no class of the task.
    """
    values = np.asarray(actions)
    if values.shape != (n,) or values.dtype.kind not in "iu":
        raise ArgumentError(f"actions are {values.dtype} of shape {values.shape}; allowed: ({n},) integers.")
    if values.min() < 0 or values.max() >= task.n_outputs:
        wrong = int(values[(values < 0) | (values >= task.n_outputs)][0])
        raise ArgumentError(f"action is {wrong}; allowed: {named_actions(task)}.")
    return values


def parse_vector(task: Task, action: Any) -> np.ndarray:
    """An action of a task that is no choice, (n_out,) float32; numbers out of range count as the nearest in it.

    Raises:
        ArgumentError: If it has another shape, or holds NaN or what is no number.
    """
    values = _clipped(task, action, (task.n_outputs,))
    if values is None:
        raise ArgumentError(f"action is {short_text(action)}; allowed: {task.n_outputs} numbers in {_range(task)}.")
    return values


def parse_vectors(task: Task, actions: Any, n: int) -> np.ndarray:
    """The actions of n environments, (n, n_out) float32; numbers out of range count as the nearest in it.

    Raises:
        ArgumentError: If they have another shape, or hold NaN or what is no number.
    """
    values = _clipped(task, actions, (n, task.n_outputs))
    if values is None:
        allowed = f"({n}, {task.n_outputs}) numbers in {_range(task)}"
        raise ArgumentError(f"actions of shape {np.shape(actions)}; allowed: {allowed}.")
    return values


def _clipped(task: Task, given: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """Numbers of this shape within the range of actions; None for what cannot be that."""
    try:
        values = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        return None
    if values.shape != shape or np.isnan(values).any():
        return None
    return values.clip(*action_range(task)).astype(np.float32)


def _range(task: Task) -> str:
    low, high = action_range(task)
    return f"[{low:g}, {high:g}]"
