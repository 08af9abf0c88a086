"""The table of tasks, and how to make one by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from . import durations, ring
from .decisions import ContextDecisionMaking, PerceptualDecisionMaking
from .learning import ReversalBandit
from .motor import DelayedReach
from .names import check_name
from .task import Task
from .timing import ReadySetGo
from .working_memory import DelayMatchSample

TASKS: dict[str, type[Task]] = {
    "PerceptualDecisionMaking": PerceptualDecisionMaking,
    "ContextDecisionMaking": ContextDecisionMaking,
    "DelayMatchSample": DelayMatchSample,
    "ReadySetGo": ReadySetGo,
    "DelayedReach": DelayedReach,
    "ReversalBandit": ReversalBandit,
}

_VALUES: dict[str, Callable[..., Any]] = {
    cls.__name__: cls for cls in (durations.Uniform, durations.Choice, durations.TruncatedExponential, ring.Ring)
}


def task_names() -> tuple[str, ...]:
    """Names of all tasks."""
    return tuple(TASKS)


def make_task(name: str, **arguments: Any) -> Task:
    """Make a task by name.

    Args:
        name: One of :func:`task_names`.
        **arguments: Any attribute of the task: dt (ms), noise, durations (ms) and stimulus parameters.

    Raises:
        ValueError: If the name or an argument is unknown, or a value makes no sense.
    """
    cls = TASKS[check_name("task", name, TASKS)]
    allowed = [field.name for field in dataclasses.fields(cls)]
    for argument in arguments:
        check_name(f"argument of {name}", argument, allowed)
    return cls(**arguments)


def task_config(task: Task) -> dict[str, Any]:
    """The task as plain JSON values, from which :func:`task_from_config` makes it again."""

    def plain(value: Any) -> Any:
        if type(value).__name__ in _VALUES:
            return {"type": type(value).__name__, **{k: plain(v) for k, v in dataclasses.asdict(value).items()}}
        if isinstance(value, (tuple, list)):
            return [plain(item) for item in value]
        return value.item() if isinstance(value, np.generic) else value

    fields = {field.name: plain(getattr(task, field.name)) for field in dataclasses.fields(task)}
    return {"name": task.name, **fields}


def task_from_config(config: dict[str, Any]) -> Task:
    """Make the task that :func:`task_config` described.

    Raises:
        ValueError: If it names an unknown task, argument or kind of value.
    """

    def value(given: Any) -> Any:
        if not isinstance(given, dict):
            return tuple(given) if isinstance(given, list) else given
        arguments = dict(given)
        kind = check_name("kind of value", arguments.pop("type", None), _VALUES)
        return _VALUES[kind](**{k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()})

    arguments = {name: value(given) for name, given in config.items() if name != "name"}
    return make_task(config.get("name", ""), **arguments)
