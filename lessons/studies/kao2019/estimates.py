"""Means over networks with their standard errors, and settings in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..study import Row
from .predicates import FACTORS, WINDOW, mean_of

ROTATIONS = f"r2_skew_{WINDOW}"
"""Column of the R² of rotations that judges."""


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error over networks.

    Attributes:
        value: The number.
        error: Its standard error; NaN where one network decides.
        where: The setting it was measured in, in words.
    """

    value: float
    error: float
    where: str = ""


def mean(rows: Sequence[Row], column: str, where: str = "") -> Estimate:
    """Mean over the networks that have a value."""
    values = [row[column] for row in rows if row[column] is not None]
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
    return Estimate(mean_of(rows, column), error, where)


def average(estimates: Sequence[Estimate]) -> Estimate:
    """Mean over settings, which are what they are; only networks are drawn."""
    errors = [estimate.error for estimate in estimates]
    mean = float(np.mean([estimate.value for estimate in estimates]))
    return Estimate(mean, float(np.sqrt(np.sum(np.square(errors))) / len(errors)))


def difference(first: Sequence[Row], second: Sequence[Row], column: str, where: str = "") -> Estimate:
    """Mean of the first networks less that of the second."""
    one, other = mean(first, column), mean(second, column)
    return Estimate(one.value - other.value, float(np.hypot(one.error, other.error)), where)


def setting_words(row: Row, but: str = "") -> str:
    """The setting of a network in words, without the factor that is compared."""
    words = {"rate_penalty": "penalty ", "noise": "noise "}
    levels = {name: row[name] if isinstance(row[name], str) else f"{row[name]:g}" for name in FACTORS if name != but}
    return ", ".join(words.get(name, "") + level for name, level in levels.items()).replace("_", " ")
