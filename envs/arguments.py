"""Arguments of tasks: taken as plain Python values, or refused with a word on what they should be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, get_type_hints

import numpy as np

from .durations import Duration, pmf
from .numbers import finite_number, whole_number
from .ring import Ring


def normalise(task: Any) -> None:
    """Replace the fields of a task by plain values: float, int, tuple of floats; others stay as they are.

    Raises:
        ValueError: If a value is not of the kind that its field is declared to have.
    """
    hints = get_type_hints(type(task))
    for field in dataclasses.fields(task):
        value = getattr(task, field.name)
        object.__setattr__(task, field.name, plain_value(field.name, value, hints[field.name]))


def plain_value(name: str, value: Any, hint: Any) -> Any:
    """The value of one argument, as its declared type wants it."""
    if hint == Duration:  # what is no number is left to pmf, which says what else a duration may be
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else value
    if hint is float:
        return finite_number(name, value)
    if hint is int:
        return whole_number(name, value)
    if hint is bool and not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} is {value!r}; it must be True or False.")
    if hint == Sequence[float]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ValueError(f"{name} is {value!r}; it must be a list of numbers.")
        return tuple(finite_number(name, item) for item in value)
    if hint == Sequence[str]:
        if isinstance(value, str) or not isinstance(value, Iterable) or not all(isinstance(v, str) for v in value):
            raise ValueError(f"{name} is {value!r}; it must be a list of names.")
        return tuple(value)
    if hint is Ring and not isinstance(value, Ring):
        raise ValueError(f"{name} is {value!r}; it must be a Ring, as in Ring(8).")
    return value.item() if isinstance(value, np.generic) else value


def argument_of(period: str) -> str:
    """Name of the argument that is a period's duration; numbered periods share one: "item 2" has ``item_ms``."""
    return f"{period.rstrip('0123456789 ')}_ms"


def check_durations(
    durations: Mapping[str, Duration | Callable[..., np.ndarray]], dt: float, least: Mapping[str, tuple[int, str]]
) -> None:
    """Refuse durations off the time grid, and periods that are too short.

    Args:
        durations: Duration of each period (ms); those computed for each trial are checked when they are.
        dt: Bin width (ms).
        least: For some periods, the smallest number of bins and the reason for it.

    Raises:
        ValueError: If a duration is refused.
    """
    for name, duration in durations.items():
        if callable(duration):
            continue
        argument = argument_of(name)
        shortest = int(pmf(duration, dt, argument)[0].min())
        bins, reason = least.get(name, (0, ""))
        if shortest < bins:
            raise ValueError(f"{argument} is {shortest * dt:g} ms; it must be at least {bins * dt:g} ms: {reason}.")
