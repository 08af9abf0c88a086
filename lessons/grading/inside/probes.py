"""How what a submission defines is asked: each probe takes it and plain inputs, and returns plain data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from .task_probe import task


class OtherArguments(TypeError):
    """A function cannot be called with the arguments of its exercise."""


def call(function: Callable[..., Any], **inputs: Any) -> dict[str, Any]:
    """Call a function; reports what it returned, and which arrays, or dictionaries of them, it changed.

    The latter is the submission's word. Whoever hides a change gains no more than by a copy of the argument.
    """
    given = deepcopy(inputs)
    try:
        inspect.signature(function).bind(**given)
    except TypeError as error:
        raise OtherArguments(f"{error}; it gets {', '.join(inputs)}") from None
    except ValueError:  # of some functions that are not written in Python nothing is known
        pass
    value = function(**given)
    return {"value": value, "changed": [name for name in inputs if not _same(given[name], inputs[name])]}


def _same(given: Any, before: Any) -> bool:
    """Whether an argument is as it was; numbers and words cannot change."""
    if isinstance(before, dict):
        return given.keys() == before.keys() and all(_same(given[name], before[name]) for name in before)
    return not isinstance(before, np.ndarray) or np.array_equal(given, before)


PROBES: dict[str, Callable[..., Any]] = {"call": call, "task": task}
