"""Factors: what is drawn for each trial, and with which probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import ArgumentError
from .typechecked import typechecked
from .wording import short_text

Conditions = dict[str, np.ndarray]
"""What was drawn for each of B trials, ``{name: (B,)}``."""


@typechecked
@dataclass(frozen=True)
class Levels:
    """One of the listed values, with the given probabilities or equal ones."""

    values: Sequence[float] | np.ndarray
    p: Sequence[float] | np.ndarray | None = None

    def __post_init__(self) -> None:
        """Take any sequences, keep tuples; refuse probabilities that are none."""
        object.__setattr__(self, "values", tuple(self.values))
        object.__setattr__(self, "p", None if self.p is None else tuple(np.asarray(self.p, float).reshape(-1).tolist()))
        if np.ndim(self.values) != 1 or len(self.values) == 0 or not np.isfinite(self.values).all():
            raise ArgumentError(f"values are {short_text(self.values)}; they must be finite numbers, one or more.")
        p = self.probabilities
        if len(p) != len(self.values) or not (p >= 0).all() or not abs(p.sum() - 1) <= 1e-9:
            given = f"values {short_text(self.values)} with p {short_text(self.p)}"
            raise ArgumentError(f"{given} cannot be; it needs values, and as many probabilities that add up to 1.")

    @property
    def probabilities(self) -> np.ndarray:
        """Probability of each value."""
        return np.full(len(self.values), 1 / max(len(self.values), 1)) if self.p is None else np.array(self.p)

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draw a value for each of n trials, (n,)."""
        if self.p is None:
            return np.asarray(self.values)[rng.integers(0, len(self.values), n)]
        return np.asarray(self.values)[np.searchsorted(np.cumsum(self.p)[:-1], rng.random(n), side="right")]

    def allows(self, values: np.ndarray) -> np.ndarray:
        """Whether each of some values can be drawn."""
        return np.isin(values, np.asarray(self.values)[self.probabilities > 0])

    def description(self) -> str:
        """The values, in words for an error."""
        listed = [f"{value:g}" if isinstance(value, float) else str(value) for value in self.values]
        return f"one of {', '.join(listed if len(listed) <= 12 else [*listed[:3], '...', listed[-1]])}"


@typechecked
@dataclass(frozen=True)
class Between:
    """Any number from ``low`` up to ``high``, all equally probable."""

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it begins."""
        if not self.low <= self.high:
            raise ValueError(f"{self} cannot be; low must not exceed high.")

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draw a number for each of n trials, (n,)."""
        # Not rng.uniform: on some processors it fuses product and sum, which rounds once instead of twice.
        return self.low + (self.high - self.low) * rng.random(n)

    def allows(self, values: np.ndarray) -> np.ndarray:
        """Whether each of some values can be drawn."""
        if values.dtype.kind not in "iuf":
            return np.zeros(values.shape, bool)
        return (self.low <= values) & (values <= self.high)

    def description(self) -> str:
        """The interval, in words for an error."""
        return f"numbers from {self.low:g} to {self.high:g}"


Factor = Levels | Between
