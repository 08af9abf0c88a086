"""Registers every task of the table with Gymnasium, as ``cogdyn/<Name>-v0``."""

import dataclasses
import re
from typing import TypeVar

from gymnasium import register, registry

from ..errors import ArgumentError
from ..own_tasks import address
from ..painted_task import PaintedTask
from ..registry import task_names
from ..tasks.catalogue import TASKS, task_class
from ..typechecked import typechecked

SomeTask = TypeVar("SomeTask", bound=type[PaintedTask])


def register_environments() -> None:
    """Register the environments that are not registered yet."""
    for name in task_names():
        register_environment(name, name)


def register_environment(name: str, address: str) -> None:
    """Register the environment of one task, unless it is registered already.

    Args:
        name: Name of the task.
        address: What its task is found by in any process.
    """
    id = f"cogdyn/{name}-v0"
    if id not in registry:
        register(
            id,
            entry_point="cogdyn.envs.gym.trial_env:TrialEnv",
            vector_entry_point="cogdyn.envs.gym.trial_vector_env:TrialVectorEnv",
            kwargs={"task": address},
        )


@typechecked
def register_task(cls: SomeTask) -> SomeTask:
    """Enter a task of your own into the table, so that ``make_task`` and ``gym.make`` find it; also a decorator.

    Other processes find it by the module of the class, as in ``make_task("mytasks:Brightest")`` and
    ``gym.make("mytasks:cogdyn/Brightest-v0")``.

    Args:
        cls: The task, a frozen dataclass derived from :class:`PaintedTask`; its class name is its name.

    Raises:
        ArgumentError: If it still has abstract methods, its name cannot be that of an environment, or another task
            has its name; the table then stays as it was.
    """
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        raise ArgumentError(f"{cls.__name__} is not complete: write its {', '.join(missing)}.")
    if not dataclasses.is_dataclass(cls) or "__dataclass_fields__" not in vars(cls):
        raise ArgumentError(f"{cls.__name__} must be a dataclass: put @dataclass(frozen=True, kw_only=True) above it.")
    name = cls().name
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise ArgumentError(f"the name of a task is {name!r}; allowed: letters, digits, '_', '.' and '-'.")
    earlier = task_class(name) if name in TASKS else None
    if earlier is not None and (earlier.__module__, earlier.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ArgumentError(f"there is a task {name!r} already, {earlier.__module__}.{earlier.__qualname__}.")
    register_environment(name, address(name, cls))
    TASKS[name] = cls
    return cls
