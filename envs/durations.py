"""Durations of periods: fixed, or drawn for each trial from a distribution on the time grid.

Every random duration is a probability mass on multiples of dt, so that a draw never needs rounding
and an expectation over durations is an exact finite sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from math import isfinite
from numbers import Real
from typing import Any, Protocol, TypeGuard, cast, runtime_checkable

import numpy as np

from .errors import ArgumentError
from .numbers import finite_number
from .typechecked import typechecked
from .wording import short_text


def in_bins(ms: float, dt: float, what: str) -> int:
    """Convert a duration to bins, or refuse it.

    Args:
        ms: Duration (ms).
        dt: Bin width (ms).
        what: Name used in the error.

    Raises:
        ArgumentError: If the duration is no number, negative, not finite or not a multiple of dt.
    """
    if isinstance(ms, bool) or not isinstance(ms, Real):
        raise ArgumentError(f"{what} is {ms!r}; it must be a number (ms).")
    if not isfinite(ms) or ms < 0:
        raise ArgumentError(f"{what} is {ms!r} ms; a duration must be finite and not negative.")
    bins = round(ms / dt)
    if abs(ms - bins * dt) > 1e-6 * dt:
        below = int(ms // dt) * dt
        raise ArgumentError(
            f"{what} is {ms:g} ms, not a multiple of dt = {dt:g} ms; the nearest are {below:g} and {below + dt:g}."
        )
    return bins


def array_in_bins(ms: np.ndarray, dt: float, what: str) -> np.ndarray:
    """Convert durations to bins, all of them, or refuse the first that is none."""
    bins = np.rint(ms / dt)
    fits = np.isfinite(ms) & (ms >= 0) & (np.abs(ms - bins * dt) <= 1e-6 * dt)
    if not fits.all():
        in_bins(float(ms[~fits][0]), dt, what)
    return bins.astype(np.int64)


@runtime_checkable
class RandomDuration(Protocol):
    """Anything that can say which durations it takes, and how often."""

    def pmf(self, dt: float, what: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the possible durations (bins) and their probabilities."""
        ...


Duration = float | RandomDuration
"""What the duration of a period may be: a number (ms), or a distribution."""


def is_random(duration: object) -> TypeGuard[RandomDuration]:
    """Whether a duration is drawn for each trial."""
    return hasattr(duration, "pmf")


def checked_duration(name: str, value: Any) -> Duration:
    """The value as a duration: a float, or a distribution as it is.

    Args:
        name: Name of the argument, for the error.
        value: What was given.

    Raises:
        ArgumentError: If it is neither, for example a function, or a distribution of another library.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        return finite_number(name, value)
    if isinstance(value, type) and hasattr(value, "pmf"):
        raise ArgumentError(f"{name} is the class {value.__name__}; give it arguments, as in Uniform(200, 400).")
    if not is_random(value) or callable(value) or len(signature(value.pmf).parameters) != 2:
        raise ArgumentError(
            f"{name} is {short_text(value)}; allowed: a number (ms), Uniform(low, high), Choice(values), "
            "TruncatedExponential(mean, low, high), and PerBatch of one of these."
        )
    return value


@typechecked
@dataclass(frozen=True)
class Uniform:
    """Equal probability for each of ``low, low + step, ..., high`` (ms); the step is dt unless given."""

    low: float
    high: float
    step: float | None = None

    def pmf(self, dt: float, what: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the possible durations (bins) and their probabilities."""
        low, high = in_bins(self.low, dt, f"{what}: low"), in_bins(self.high, dt, f"{what}: high")
        step = 1 if self.step is None else in_bins(self.step, dt, f"{what}: step")
        if high < low or step < 1:
            raise ArgumentError(f"{what} is {self}; it needs low <= high and a step of at least dt = {dt:g} ms.")
        bins = np.arange(low, high + 1, step)
        return bins, np.full(len(bins), 1 / len(bins))


@typechecked
@dataclass(frozen=True)
class Choice:
    """One of the listed durations (ms), with the given probabilities or equal ones."""

    values: Sequence[float]
    p: Sequence[float] | None = None

    def __post_init__(self) -> None:
        """Take any sequences, keep tuples."""
        object.__setattr__(self, "values", tuple(self.values))
        object.__setattr__(self, "p", None if self.p is None else tuple(self.p))

    def pmf(self, dt: float, what: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the possible durations (bins) and their probabilities."""
        bins = np.array([in_bins(value, dt, f"{what}: value") for value in self.values])
        p = np.full(len(bins), 1 / max(len(bins), 1)) if self.p is None else np.asarray(self.p, dtype=float)
        if len(bins) == 0 or p.shape != bins.shape or (p < 0).any() or abs(p.sum() - 1) > 1e-9:
            raise ArgumentError(f"{what} is {self}; it needs values, and as many probabilities that add up to 1.")
        return bins, p


@typechecked
@dataclass(frozen=True)
class TruncatedExponential:
    """P(t) proportional to exp(-t / mean) on the grid between low and high (ms): a flat hazard inside."""

    mean: float
    low: float
    high: float

    def pmf(self, dt: float, what: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the possible durations (bins) and their probabilities."""
        bins, _ = Uniform(self.low, self.high).pmf(dt, what)
        if not self.mean > 0:
            raise ArgumentError(f"{what} is {self}; its mean must be positive (ms).")
        p = np.exp(-(bins - bins[0]) * dt / self.mean)
        return bins, p / p.sum()


@dataclass(frozen=True)
class PerBatch:
    """A duration that is drawn once for all trials of a batch, which then have the same length."""

    duration: Duration

    def __post_init__(self) -> None:
        """Refuse what is no duration."""
        object.__setattr__(self, "duration", checked_duration("duration", self.duration))

    def pmf(self, dt: float, what: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the possible durations (bins) and their probabilities."""
        return pmf(self.duration, dt, what)


def pmf(duration: Duration, dt: float, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the possible values of any duration (bins) and their probabilities.

    Raises:
        ArgumentError: If the duration does not lie on the grid of dt, or is not a duration.
    """
    if is_random(duration):
        return duration.pmf(dt, what)
    return np.array([in_bins(cast(float, checked_duration(what, duration)), dt, what)]), np.ones(1)


def draw_bins(duration: Duration, dt: float, what: str, rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw a duration for each of n trials, (n,) bins; a fixed one draws nothing from the generator."""
    bins, p = pmf(duration, dt, what)
    if len(bins) == 1:
        return np.full(n, bins[0])
    if isinstance(duration, PerBatch):
        return np.full(n, rng.choice(bins, p=p))
    return bins[np.searchsorted(np.cumsum(p)[:-1], rng.random(n), side="right")]
