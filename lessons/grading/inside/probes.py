"""How what a submission defines is asked: each probe takes it and plain inputs, and returns plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .task_probe import task


def call(function: Callable[..., Any], **inputs: Any) -> dict[str, Any]:
    """Call a function; tells what it returned, and whether it changed an array that it was given."""
    given = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in inputs.items()}
    value = function(**given)
    arrays = [name for name, before in inputs.items() if isinstance(before, np.ndarray)]
    return {"value": value, "changed": [name for name in arrays if not np.array_equal(given[name], inputs[name])]}


PROBES: dict[str, Callable[..., Any]] = {"call": call, "task": task}
