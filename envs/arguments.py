"""Arguments of tasks: taken as plain Python values, or refused with a word on what they should be."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_type_hints

import numpy as np

from .durations import Duration, checked_duration, pmf
from .errors import ArgumentError
from .numbers import finite_number, whole_number
from .ring import Ring
from .wording import short_text

LARGEST_COUNT = 100_000
"""The most items, stimuli or trials that a task has: beyond that, making a trial would not end."""


def normalise(task: Any, random: Iterable[str] = ()) -> None:
    """Replace the fields of a task by plain values: float, int, tuple of floats; others stay as they are.

    Args:
        task: The task, a dataclass.
        random: Names of fields that may be distributions although they are declared as float.

    Raises:
        ArgumentError: If a value is not of the kind that its field is declared to have.
    """
    hints = get_type_hints(type(task)) | dict.fromkeys(random, Duration)
    for field in dataclasses.fields(task):
        value = getattr(task, field.name)
        object.__setattr__(task, field.name, plain_value(field.name, value, hints[field.name]))


def plain_value(name: str, value: Any, hint: Any) -> Any:
    """The value of one argument, as its declared type wants it."""
    if hint == Duration:
        return checked_duration(name, value)
    if hint == Duration | None:
        return None if value is None else checked_duration(name, value)
    if hint is float:
        return finite_number(name, value)
    if hint is int:
        return _bounded(name, whole_number(name, value))
    if hint is bool and not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{name} is {value!r}; it must be True or False.")
    if hint == Sequence[float]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ArgumentError(f"{name} is {value!r}; it must be a list of numbers.")
        return tuple(finite_number(name, item) for item in value)
    if hint == Sequence[str]:
        if isinstance(value, str) or not isinstance(value, Iterable) or not all(isinstance(v, str) for v in value):
            raise ArgumentError(f"{name} is {value!r}; it must be a list of names.")
        return tuple(value)
    if hint is Ring and not isinstance(value, Ring):
        raise ArgumentError(f"{name} is {value!r}; it must be a Ring, as in Ring(8).")
    return value.item() if isinstance(value, np.generic) else value


def _bounded(name: str, number: int) -> int:
    if name.startswith("n_") and number > LARGEST_COUNT:
        raise ArgumentError(f"{name} is {short_text(number)}; it must be at most {LARGEST_COUNT:,}.")
    return number


def argument_of(period: str) -> str:
    """Name of the argument that is a period's duration; numbered periods share one: "item 2" has ``item_ms``."""
    return f"{re.sub(' [0-9]+$', '', period)}_ms"


def check_grid(task: Any, also: Iterable[str]) -> None:
    """Refuse durations off the time grid, all of them at once.

    Args:
        task: The task, a dataclass with plain values.
        also: Names of fields that are durations although they are declared as float.

    Raises:
        ArgumentError: If a duration is not a multiple of dt; it names every one.
    """
    hints = get_type_hints(type(task)) | dict.fromkeys(also, Duration)
    refused = []
    for field in dataclasses.fields(task):
        value = getattr(task, field.name)
        if hints[field.name] in (Duration, Duration | None) and value is not None:
            try:
                pmf(value, task.dt, field.name)
            except ArgumentError as error:
                refused.append(str(error))
    if refused:
        raise ArgumentError(" ".join(refused))


def check_shortest(
    durations: Mapping[str, Duration | Callable[..., np.ndarray]], dt: float, shortest: Mapping[str, tuple[int, str]]
) -> None:
    """Refuse durations off the time grid, and periods that are too short.

    Args:
        durations: Duration of each period (ms); those computed for each trial are checked when they are.
        dt: Bin width (ms).
        shortest: For some periods, the smallest number of bins and the reason for it.

    Raises:
        ArgumentError: If a duration is refused.
    """
    for name, duration in durations.items():
        if callable(duration):
            continue
        argument = argument_of(name)
        n_bins = int(pmf(duration, dt, argument)[0].min())
        bins, reason = shortest.get(name, (0, ""))
        if n_bins < bins:
            raise ArgumentError(f"{argument} is {n_bins * dt:g} ms; it must be at least {bins * dt:g} ms: {reason}.")
