"""The table of tasks, and how to make one by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, cast, overload

import numpy as np

from . import durations, ring
from .context.blocks import Blocks
from .context.last_outcome import LastOutcome
from .context.presets import CONTEXTS
from .context.reaction_time import ReactionTime
from .context.side_bias import SideBias
from .context.trial_history import TrialHistory
from .errors import ArgumentError
from .gym_task import GymTask
from .mixture import Mixture
from .names import check_name, unknown_name
from .noisy import Noisy
from .own_tasks import registered_name
from .painted_task import PaintedTask
from .reporting import Reporting
from .task import Task
from .tasks.catalogue import TASKS, task_class
from .typechecked import typechecked
from .wording import short_text

_VALUES: dict[str, Callable[..., Any]] = {
    cls.__name__: cls
    for cls in (durations.Uniform, durations.Choice, durations.TruncatedExponential, durations.PerBatch, ring.Ring)
}

_COMBINATORS: dict[str, type[Task]] = {
    cls.__name__: cls
    for cls in (Mixture, Noisy, Reporting, Blocks, ReactionTime, SideBias, TrialHistory, LastOutcome, GymTask)
}


def task_names() -> tuple[str, ...]:
    """Names of all tasks."""
    return tuple(TASKS)


def preset_names(name: str) -> tuple[str, ...]:
    """Names of the presets of a task."""
    return (*task_class(name).presets, *CONTEXTS.get(name, ()))


@overload
def make_task(name: str, *, preset: None = None, **arguments: Any) -> PaintedTask: ...


@overload
def make_task(name: str, *, preset: str | None, **arguments: Any) -> Task: ...


@typechecked
def make_task(name: str, *, preset: str | None = None, **arguments: Any) -> Task:
    """Make a task by name.

    Args:
        name: One of :func:`task_names`; or ``"module:name"``, to import the module that registers it first.
        preset: Named settings of the task, as ``"soo2023"``; arguments count more. With some, as ``"ibl20"`` of the
            perceptual decision, the trials come in context, as :class:`Blocks`.
        **arguments: Any attribute of the task: dt (ms), noise, durations (ms) and stimulus parameters; a distribution
            or ring may also be JSON values, ``{"type": "Uniform", "low": 200, "high": 400}``.

    Raises:
        ArgumentError: If the name, the preset or an argument is unknown, or a value makes no sense.
        ImportError: If a module is named that cannot be imported.
    """
    return _make(registered_name(name), preset, {name: from_json(value) for name, value in arguments.items()})


def _make(name: str, preset: str | None, arguments: dict[str, Any]) -> Task:
    check_arguments(name, preset, arguments)
    cls = task_class(name)
    if preset is not None and preset in CONTEXTS.get(name, {}):
        settings, context = CONTEXTS[name][preset]
        return context(cls(**{**settings, **arguments}))
    return cls(**({} if preset is None else dict(cls.presets[preset])) | arguments)


def check_arguments(name: str, preset: str | None, arguments: dict[str, Any], also: tuple[str, ...] = ()) -> None:
    """Refuse a task that is unknown, or a preset or an argument that it does not have, naming the nearest.

    Args:
        name: Name of the task.
        preset: Name of the preset, if any.
        arguments: The arguments by name.
        also: Names of further arguments, those of an environment.

    Raises:
        ArgumentError: If one of them is unknown.
    """
    cls = task_class(name)
    if preset is not None:
        check_name(f"preset of {name}", preset, preset_names(name))
    allowed = [*(field.name for field in dataclasses.fields(cls)), *also]
    for argument in arguments:
        if argument not in allowed:
            unknown = unknown_name(f"argument of {name}", argument, allowed)
            # Clients that try a keyword look for Python's own words.
            raise ArgumentError(f"unexpected keyword argument {argument!r}: {unknown}") if also else unknown


def to_json(value: Any) -> Any:
    """An argument of a task, or a task, as JSON values; what has no such form stays as it is."""
    if isinstance(value, Task):
        return task_config(value)
    if type(value).__name__ in _VALUES and dataclasses.is_dataclass(value):
        parts = {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"type": type(value).__name__, **parts}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def from_json(value: Any) -> Any:
    """The value that :func:`to_json`, or Gymnasium, described; what is no JSON stays as it is.

    Raises:
        ArgumentError: If it names an unknown task, argument or kind of value.
    """
    if isinstance(value, list):
        return tuple(from_json(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "name" in value:
        return task_from_config(value)
    fields = {kind: [field.name for field in dataclasses.fields(cast(Any, cls))] for kind, cls in _VALUES.items()}
    # Gymnasium writes a dataclass without its type; no two kinds have the same fields.
    untyped = next((kind for kind, names in fields.items() if set(names) == value.keys()), None)
    kind = untyped or check_name("kind of value", str(value.get("type")), _VALUES)
    arguments = {name: from_json(part) for name, part in value.items() if name != "type"}
    for name in arguments:
        check_name(f"argument of {kind}", name, fields[kind])
    return _VALUES[kind](**arguments)


def task_config(task: Task) -> dict[str, Any]:
    """The task as plain JSON values, from which :func:`task_from_config` reconstructs it."""
    parts = {field.name: getattr(task, field.name) for field in dataclasses.fields(cast(Any, task)) if field.init}
    name = task.name
    if isinstance(task, GymTask):  # of a function the name alone is written, which nobody calls
        name, parts["env"] = type(task).__name__, task.name
    return {"name": name, **{name: to_json(value) for name, value in parts.items()}}


def task_from_config(config: dict[str, Any]) -> Task:
    """Make the task that :func:`task_config` described; no module is imported for it.

    Raises:
        ArgumentError: If it names an unknown task, argument or kind of value.
    """
    name = config.get("name", "")
    if not isinstance(name, str):
        raise ArgumentError(f"name of the task is {short_text(name)}; it must be text.")
    arguments = {name: from_json(given) for name, given in config.items() if name != "name"}
    return _COMBINATORS[name](**arguments) if name in _COMBINATORS else _make(name, None, arguments)
