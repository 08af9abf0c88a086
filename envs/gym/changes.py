"""What may change about an environment in use: the conditions of a trial, asked for at a reset, and the task itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from ..errors import ArgumentError
from ..factors import Conditions
from ..names import check_name
from ..task import Task
from .rewards import spaces_of


def argument_names(task: Task) -> list[str]:
    """Names of the arguments of a task."""
    return [field.name for field in dataclasses.fields(cast(Any, task)) if field.init]


def read_options(
    task: Task, options: Mapping[str, Any] | None, n: int | None = None, also: tuple[str, ...] = ()
) -> tuple[Task, Conditions]:
    """The task and the conditions that ``reset(options=...)`` asks for.

    Where a condition and an argument of the task have the same name the condition is meant.

    Args:
        task: The task so far.
        options: Conditions and arguments of the task by name.
        n: Number of environments, each of which may have a condition of its own; None for one alone.
        also: Options that mean something else.

    Returns:
        The task with these arguments, itself where there are none, and the conditions, (n,) each, (1,) for one alone.

    Raises:
        ArgumentError: If an option is unknown, a condition depends on others or has a value that
            the task never draws, or the new task does not fit the environment.
        ValueError: If the task refuses an argument.
    """
    if options is None:
        return task, {}
    if not isinstance(options, Mapping):
        raise ArgumentError(
            f"options are {options!r}; allowed: None, or a dict of conditions and arguments of the task."
        )
    factors, arguments = task.factors(), argument_names(task)
    unknown = [name for name in options if name not in (*factors, *arguments, *also)]
    following = task.draw(np.random.default_rng(0), 1) if unknown else {}
    for name in unknown:
        if name in following:
            choosable = ", ".join(factors) or "none"
            raise ArgumentError(
                f"the condition {name!r} of {task.name} follows from others; choose among: {choosable}."
            )
        check_name(f"option of {task.name}", name, [*factors, *arguments, *also])
    changes = {name: value for name, value in options.items() if name in arguments and name not in factors}
    wanted = with_arguments(task, changes) if changes else task
    fixed = {name: value for name, value in options.items() if name in factors}
    return wanted, {name: check_condition(wanted, name, value, n) for name, value in fixed.items()}


def with_arguments(task: Task, arguments: Mapping[str, Any]) -> Task:
    """The task with other values of some arguments, if an environment of the task can continue with it."""
    changed = dataclasses.replace(cast(Any, task), **arguments)
    check_replacement(task, changed)
    return changed


def check_condition(task: Task, name: str, value: Any, n: int | None) -> np.ndarray:
    """A condition of n trials, (n,), or an ArgumentError that says which values there are."""
    factor = task.factors()[name]
    values = np.asarray(value)
    if values.shape not in {(), () if n is None else (n,)}:
        shapes = "one value" if n is None else f"one value, or ({n},) of them"
        raise ArgumentError(f"{name} has shape {values.shape}; allowed: {shapes}.")
    allowed = factor.allows(values)
    if not np.all(allowed):
        wrong = values[~allowed].flat[0] if values.ndim else values[()]
        raise ArgumentError(f"{name} is {wrong!s}; {task.name} draws {factor.description()}.")
    return np.broadcast_to(values, n or 1)


def check_replacement(before: Task, after: Task) -> None:
    """Refuse a task with which an environment cannot continue: its spaces and infos are to stay what they are.

    Raises:
        ArgumentError: If it is no task, or differs from the one before in its spaces, conditions or periods.
    """
    if not isinstance(after, Task):
        raise ArgumentError(f"task is {after!r}; allowed: a task that is made, as make_task returns it.")
    names = ("observation space", "action space", "conditions", "periods")
    pairs = zip(names, parts_of(before), parts_of(after), strict=True)
    differing = [name for name, old, new in pairs if old != new]
    if differing:
        raise ArgumentError(
            f"the new {after.name} differs from the {before.name} of this environment in its "
            f"{' and '.join(differing)}; make an environment of its own for it."
        )


def parts_of(task: Task) -> tuple[Any, ...]:
    """What must stay: spaces, names and types of all conditions, names of the periods and which are for responses."""
    rng = np.random.default_rng(0)
    conditions = task.draw(rng, 1)
    periods = task.lay_out(conditions, rng).periods
    types = {name: values.dtype.kind for name, values in conditions.items()}
    return *spaces_of(task), types, [*periods, task.response_period, task.n_segments > 1]


def refuse_argument(env: Any, name: str) -> None:
    """Refuse an attribute of an environment that is an argument of its task, where it would change nothing.

    Raises:
        ArgumentError: If it is one.
    """
    if name in vars(env) or hasattr(type(env), name) or name[:1] == "_":
        return
    if "_pool" in vars(env) and name in argument_names(env.task):
        raise ArgumentError(
            f"{name} is an argument of the task, not of {type(env).__name__}; use reset(options={{{name!r}: ...}}), or "
            "set the attribute 'task' to another one."
        )


def one_for_all(name: str, values: Any, n: int) -> Any:
    """The value of an attribute that n environments share, given once or for each of them.

    Raises:
        ArgumentError: If a list has another length, or its values differ.
    """
    values = values if isinstance(values, (list, tuple)) else [values] * n
    if len(values) != n or any(value is not values[0] and value != values[0] for value in values):
        raise ArgumentError(f"{name} has {len(values)} values; allowed: one, or {n} equal ones.")
    return values[0]
