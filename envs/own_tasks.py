"""Tasks of one's own, from one process to another: the modules that register them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from .errors import UnknownTaskError
from .task import Task
from .tasks.catalogue import TASKS

MAIN = ("__main__", "__mp_main__")
"""What Python calls the notebook or script that it runs, there and in a spawned process."""


def own_module(cls: type) -> str | None:
    """Module of the class of a task of one's own; None for a task of this package."""
    return None if cls.__module__.startswith(f"{__package__}.") else cls.__module__


def address(name: str, cls: type) -> str:
    """What finds a task in another process: ``name``, or ``module:name`` of one's own."""
    module = own_module(cls)
    return name if module is None else f"{module}:{name}"


def registered_name(address: str) -> str:
    """The name in an address; the module in it is imported unless the task is registered already.

    Raises:
        ImportError: If the module cannot be imported.
        UnknownTaskError: If it is a notebook or script of another process.
    """
    module, _, name = address.rpartition(":") if isinstance(address, str) else ("", "", address)
    if module and name not in TASKS:
        if module in MAIN:
            raise UnknownTaskError(
                f"the task {name!r} was defined in a notebook or script, which other processes cannot import. Put its "
                f"class into a file, as mytasks.py, and import that; or hand over the task itself: TrialEnv({name}())."
            )
        import_modules([module])
    return name


def import_modules(modules: str | Iterable[str]) -> None:
    """Import modules that register tasks of one's own; their code is executed.

    Args:
        modules: Names of modules, as in ``import mytasks``.

    Raises:
        ImportError: If one of them cannot be imported.
    """
    for module in [modules] if isinstance(modules, str) else modules:
        try:
            import_module(module)
        except (ImportError, ValueError, TypeError) as error:
            raise ImportError(
                f"cannot import the module {module!r}: {error}. Allowed: an installed module, or a file in a folder on "
                "Python's path, named without .py."
            ) from error


def modules_of(task: Task) -> list[str]:
    """Names of the modules that register a task and the tasks in it, as far as they are one's own."""
    modules = {own_module(type(part)) for part in _parts(task)}
    return sorted(module for module in modules if module is not None)


def _parts(value: Any) -> Iterator[Task]:
    """The tasks in a value: a task, the tasks it is made of, or several of them."""
    if isinstance(value, Task):
        yield value
        for field in dataclasses.fields(value):  # type: ignore[arg-type]  # every task is a dataclass
            yield from _parts(getattr(value, field.name, None))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _parts(item)
