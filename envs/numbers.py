"""Numbers that come from a user: taken as plain Python values, or refused with a word on what they should be."""

from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from .errors import ArgumentError
from .wording import short_text

LARGEST_SINGLE = float(np.finfo(np.float32).max)
"""The largest number of single precision."""


def finite_number(name: str, value: Any) -> float:
    """The value as a float.

    Raises:
        ArgumentError: If it is not a finite number.
    """
    try:
        if isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and isfinite(value):
            return float(value)
    except OverflowError:  # a whole number beyond all floats
        pass
    raise ArgumentError(f"{name} is {short_text(value)}; it must be a finite number.")


def single_number(name: str, value: Any) -> float:
    """The value as a float that single precision holds too.

    Raises:
        ArgumentError: If it is not a finite number, or beyond single precision.
    """
    if abs(finite_number(name, value)) > LARGEST_SINGLE:
        raise ArgumentError(f"{name} is {short_text(value)}; it must be below {LARGEST_SINGLE:.1e} in size.")
    return float(value)


def whole_number(name: str, value: Any, minimum: int | None = None) -> int:
    """The value as an int.

    Raises:
        ArgumentError: If it is not a whole number, or smaller than the least one allowed.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise ArgumentError(f"{name} is {short_text(value)}; it must be a whole number.")
    if minimum is not None and value < minimum:
        raise ArgumentError(f"{name} is {short_text(value)}; it must be at least {minimum}.")
    return int(value)


def standard_deviation(name: str, value: Any) -> float:
    """The value as a float.

    Raises:
        ArgumentError: If it is negative, not a finite number, or beyond single precision.
    """
    if finite_number(name, value) < 0:
        raise ArgumentError(f"{name} is {short_text(value)}; a standard deviation is not negative.")
    return single_number(name, value)


def truth_value(name: str, value: Any) -> bool:
    """The value as a bool.

    Raises:
        ArgumentError: If it is neither true nor false.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{name} is {short_text(value)}; allowed: True or False.")
    return bool(value)
