"""Arguments of tasks: taken as plain Python values, or refused with a word on what they should be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any, Protocol, get_type_hints

import numpy as np

from .durations import Duration, in_bins, pmf
from .ring import Ring


class Timed(Protocol):
    """What there is to check about a task's time grid."""

    @property
    def dt(self) -> float: ...
    @property
    def noise(self) -> float: ...
    @property
    def grace_ms(self) -> float: ...
    @property
    def response_weight(self) -> float: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def response_period(self) -> str: ...
    @property
    def essential(self) -> tuple[str, ...]: ...
    def durations(self) -> Mapping[str, Duration | Callable[..., np.ndarray]]: ...


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
        return _number(name, value)
    if hint is int:
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ValueError(f"{name} is {value!r}; it must be a whole number.")
        return int(value)
    if hint == Sequence[float]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ValueError(f"{name} is {value!r}; it must be a list of numbers.")
        return tuple(_number(name, item) for item in value)
    if hint is Ring and not isinstance(value, Ring):
        raise ValueError(f"{name} is {value!r}; it must be a Ring, as in Ring(8).")
    return value.item() if isinstance(value, np.generic) else value


def check_timing(task: Timed) -> None:
    """Refuse a time grid, noise, weights and durations that no trial could be painted with.

    Raises:
        ValueError: If they make no sense, or a period is too short to be seen or answered in.
    """
    for name in ("dt", "response_weight"):
        if getattr(task, name) <= 0:
            raise ValueError(f"{name} is {getattr(task, name)!r}; it must be positive.")
    if task.noise < 0:
        raise ValueError(f"noise is {task.noise!r}; a standard deviation is not negative.")
    grace = in_bins(task.grace_ms, task.dt, "grace_ms")
    for name, duration in task.durations().items():
        if callable(duration):
            continue
        shortest = pmf(duration, task.dt, f"{name}_ms")[0].min()
        if name in task.essential and shortest == 0:
            raise ValueError(f"{name}_ms is 0; {task.name} needs at least one bin of it, {task.dt:g} ms.")
        if task.kind == "choice" and name == task.response_period and shortest <= grace:
            raise ValueError(
                f"{name}_ms is {shortest * task.dt:g} ms but grace_ms is {task.grace_ms:g} ms: "
                "no bin would be left to answer in."
            )


def _number(name: str, value: Any) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real) or not isfinite(value):
        raise ValueError(f"{name} is {value!r}; it must be a finite number.")
    return float(value)
