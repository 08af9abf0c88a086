"""Registers every task of the table with Gymnasium, as ``cogdyn/<Name>-v0``."""

import dataclasses
from typing import TypeVar

from gymnasium import register, registry

from .painted_task import PaintedTask
from .registry import task_names
from .tasks.catalogue import TASKS, task_class
from .typechecked import typechecked

SomeTask = TypeVar("SomeTask", bound=type[PaintedTask])


def register_environments() -> None:
    """Register the environments that are not registered yet."""
    for name in task_names():
        register_environment(name)


def register_environment(name: str) -> None:
    """Register the environment of one task, unless it is registered already."""
    id = f"cogdyn/{name}-v0"
    if id not in registry:
        register(
            id,
            entry_point="cogdyn.envs.trial_env:TrialEnv",
            vector_entry_point="cogdyn.envs.trial_vector_env:TrialVectorEnv",
            kwargs={"task": name},
        )


@typechecked
def register_task(cls: SomeTask) -> SomeTask:
    """Enter a task of your own into the table, so that ``make_task`` and ``gym.make`` find it; also a decorator.

    Args:
        cls: The task, a frozen dataclass derived from :class:`PaintedTask`; its class name is its name.

    Raises:
        ValueError: If it still has abstract methods, or another task has its name.
    """
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        raise ValueError(f"{cls.__name__} is not complete: write its {', '.join(missing)}.")
    if not dataclasses.is_dataclass(cls) or "__dataclass_fields__" not in vars(cls):
        raise ValueError(f"{cls.__name__} must be a dataclass: put @dataclass(frozen=True, kw_only=True) above it.")
    name = cls().name
    earlier = task_class(name) if name in TASKS else None
    if earlier is not None and (earlier.__module__, earlier.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f"there is a task {name!r} already, {earlier.__module__}.{earlier.__qualname__}.")
    TASKS[name] = cls
    register_environment(name)
    return cls
