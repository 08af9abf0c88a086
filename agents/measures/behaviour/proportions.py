"""Proportions and means with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.stats import norm


@dataclass(frozen=True)
class Proportion:
    """How often something happened, with its 95 % interval.

    Attributes:
        value: Fraction of the trials; NaN where there are none.
        low: Lower end of the interval.
        high: Upper end of the interval.
        n: Number of trials.
    """

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, yes: np.ndarray) -> Self:
        """The proportion of trials (n,) in which it is true; without a trial the interval is all there is."""
        n = len(yes)
        if n == 0:
            return cls(float("nan"), 0.0, 1.0, 0)
        return cls(float(np.mean(yes)), *wilson_interval(float(np.sum(yes)), n), n)


def wilson_interval(successes: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953); honest at 0 and 1 too."""
    z = norm.ppf(0.5 + confidence / 2)
    p = successes / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return float(max(centre - half, 0)), float(min(centre + half, 1))
