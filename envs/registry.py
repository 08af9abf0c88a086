"""The table of tasks, and how to make one by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from . import durations, ring
from .mixture import Mixture
from .names import check_name
from .noisy import Noisy
from .painted_task import PaintedTask
from .reporting import Reporting
from .task import Task
from .tasks.catalogue import TASKS, task_class
from .typechecked import typechecked

_VALUES: dict[str, Callable[..., Any]] = {
    cls.__name__: cls
    for cls in (durations.Uniform, durations.Choice, durations.TruncatedExponential, durations.PerBatch, ring.Ring)
}

_COMBINATORS: dict[str, type[Task]] = {cls.__name__: cls for cls in (Mixture, Noisy, Reporting)}


def task_names() -> tuple[str, ...]:
    """Names of all tasks."""
    return tuple(TASKS)


@typechecked
def make_task(name: str, *, preset: str | None = None, **arguments: Any) -> PaintedTask:
    """Make a task by name.

    Args:
        name: One of :func:`task_names`.
        preset: Named settings of the task, as ``"soo2023"``; arguments given beside it count more.
        **arguments: Any attribute of the task: dt (ms), noise, durations (ms) and stimulus parameters.

    Raises:
        ValueError: If the name, the preset or an argument is unknown, or a value makes no sense.
    """
    check_arguments(name, preset, arguments)
    cls = task_class(name)
    return cls(**({} if preset is None else dict(cls.presets[preset])) | arguments)


def check_arguments(name: str, preset: str | None, arguments: dict[str, Any], also: tuple[str, ...] = ()) -> None:
    """Refuse a task that is unknown, or a preset or an argument that it does not have, naming the nearest."""
    cls = task_class(name)
    if preset is not None:
        check_name(f"preset of {name}", preset, cls.presets)
    allowed = [field.name for field in dataclasses.fields(cls)]
    for argument in arguments:
        check_name(f"argument of {name}", argument, [*allowed, *also])


def task_config(task: Task) -> dict[str, Any]:
    """The task as plain JSON values, from which :func:`task_from_config` makes it again."""

    def plain(value: Any) -> Any:
        if isinstance(value, Task):
            return task_config(value)
        if type(value).__name__ in _VALUES:
            parts = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
            return {"type": type(value).__name__, **parts}
        if isinstance(value, (tuple, list)):
            return [plain(item) for item in value]
        return value.item() if isinstance(value, np.generic) else value

    fields = {
        field.name: plain(getattr(task, field.name)) for field in dataclasses.fields(cast(Any, task)) if field.init
    }
    return {"name": task.name, **fields}


def task_from_config(config: dict[str, Any]) -> Task:
    """Make the task that :func:`task_config` described.

    Raises:
        ValueError: If it names an unknown task, argument or kind of value.
    """

    def value(given: Any) -> Any:
        if isinstance(given, list):
            return tuple(value(item) for item in given)
        if not isinstance(given, dict):
            return given
        if "name" in given:
            return task_from_config(given)
        arguments = {name: value(part) for name, part in given.items() if name != "type"}
        return _VALUES[check_name("kind of value", str(given.get("type")), _VALUES)](**arguments)

    arguments = {name: value(given) for name, given in config.items() if name != "name"}
    name = config.get("name", "")
    return _COMBINATORS[name](**arguments) if name in _COMBINATORS else make_task(name, **arguments)
