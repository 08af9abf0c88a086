"""Yang et al. 2019: point to the second stimulus if it matches the first, or if it does not; else withhold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import erf, sqrt
from typing import Any, ClassVar

import numpy as np

from ...durations import pmf
from ...factors import Between, Conditions, Factor, Levels
from .one_rule import OneRule, See
from .ring import PEAK
from .timings import SHORT

_normal_cdf = np.vectorize(lambda z: (1 + erf(z / sqrt(2))) / 2, otypes=[float])


@dataclass(frozen=True, kw_only=True)
class MatchTask(OneRule):
    """A stimulus, a delay, a test; both in any modality. Where ``test_ms`` is 0 the test asks for the response."""

    withholds = True
    contrasts = ("match",)

    @abstractmethod
    def angles(self, conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
        """Angles (rad) of the stimulus and of the test, (B,) each."""

    @abstractmethod
    def matches(self, angle: np.ndarray, test: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Whether a match is likelier, of two angles (rad) whose difference was seen with this error, (B,)."""

    def check(self) -> None:
        super().check()
        test = self.duration("test")
        bins = pmf(test, self.dt, "test_ms")[0]
        if bins.min() == 0 < bins.max():
            raise ValueError(f"test_ms is {test!r}; the test is shown before the response always, or never.")

    def when(self) -> tuple[str, str]:
        """The periods in which the stimulus and the test are shown."""
        return "stimulus", "response" if self.duration("test") == 0 else "test"

    def factors(self) -> Mapping[str, Factor]:
        modality = Levels((1, 2))
        return {"match": Levels((True, False)), "modality": modality, "test_modality": modality}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The direction of the test (rad), and whether to point to it."""
        _, test = self.angles(levels)
        return levels | {"answer": test, "respond": levels["match"] == self.row.goes_on_match}

    def stimuli(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
        shown = {}
        for period, name, angle in zip(
            self.when(), ("modality", "test_modality"), self.angles(conditions), strict=True
        ):
            bump, modality = self.bump(angle), conditions[name][:, None]
            shown |= {(period, m): bump * (modality == m) for m in (1, 2)}
        return shown

    def decide(self, see: See) -> tuple[np.ndarray, np.ndarray]:
        """Find both bumps, say whether a match is likelier, point to the second or not."""
        (stimulus, sd_1), (test, sd_2) = (see(period) for period in self.when())
        angle, test = self.brightest(stimulus), self.brightest(test)
        match = self.matches(angle, test, np.hypot(sd_1, sd_2) * self._error)
        return test, match == self.row.goes_on_match

    @property
    def _error(self) -> float:
        """Standard error of the angle of a bump (rad) where the noise of each unit is 1 (Cramer-Rao)."""
        slope = (self.ring.bump(np.array(1e-4)) - self.ring.bump(np.array(-1e-4))) / 2e-4
        return 1 / (PEAK * float(np.linalg.norm(slope)))


@dataclass(frozen=True, kw_only=True)
class PlaceMatch(MatchTask):
    """A match is the same place, within ``within`` degrees; else they are at least ``apart`` degrees apart.

    Attributes:
        within: Largest distance of a match (degrees).
        apart: Smallest distance otherwise (degrees).
    """

    within: float = 0.0
    apart: float = 20.0

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"soo2023": {"within": 10.0, "apart": 90.0}}

    def check(self) -> None:
        super().check()
        if not 0 <= self.within < self.apart < 180:
            raise ValueError(
                f"within is {self.within!r} and apart {self.apart!r} degrees; needed: 0 <= within < apart < 180."
            )

    def factors(self) -> Mapping[str, Factor]:
        return {**super().factors(), "angle": Between(0, 2 * np.pi), "offset": Between(-1, 1)}

    def angles(self, conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
        within, apart = np.radians(self.within), np.radians(self.apart)
        offset = conditions["offset"]
        distance = np.where(conditions["match"], within * offset, np.pi + (np.pi - apart) * offset)
        return conditions["angle"], (conditions["angle"] + distance) % (2 * np.pi)

    def matches(self, angle: np.ndarray, test: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Compare the likelihoods of their distance, each that of a uniform distribution with normal errors.

        Where the errors are small against the gap between the two, any threshold in it will do.
        """
        distance = np.abs((test - angle + np.pi) % (2 * np.pi) - np.pi)
        within, apart = np.radians(self.within), np.radians(self.apart)
        match = distance < (within + apart) / 2
        close = np.flatnonzero(sd > (apart - within) / 20)
        near, far = (
            (_normal_cdf((distance[close] - low) / sd[close]) - _normal_cdf((distance[close] - high) / sd[close]))
            / (high - low)
            for low, high in ((-within - 1e-6, within + 1e-6), (apart, 2 * np.pi - apart))
        )
        match[close] = near > far
        return match


@dataclass(frozen=True, kw_only=True)
class CategoryMatch(MatchTask):
    """A match is the same category, one of two ranges of directions that face each other.

    Attributes:
        category_start: Where category 1 begins; category 2 is opposite (degrees).
        category_width: Range of directions of a category (degrees).
        n_directions: Number of directions in a category, evenly spread from one end to the other; 0 for any.
    """

    category_start: float = 18.0
    category_width: float = 144.0
    n_directions: int = 0

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "yang2019": {"response_ms": SHORT, "n_directions": 5},
        "soo2023": {"category_start": 0.0, "category_width": 90.0},
    }

    def check(self) -> None:
        super().check()
        if self.n_directions < 0 or self.n_directions == 1:
            raise ValueError(f"n_directions is {self.n_directions!r}; allowed: 0, for any direction, or at least 2.")
        if not 0 <= self.category_start < 360 or not 0 < self.category_width < 180:
            raise ValueError(
                f"category_start is {self.category_start!r} and category_width {self.category_width!r} degrees; "
                "allowed: in [0, 360) and in (0, 180)."
            )

    def factors(self) -> Mapping[str, Factor]:
        """Category 1 or 2 of the stimulus; where in its category each stimulus lies, from 0 to 1."""
        n = self.n_directions
        place = Levels(np.linspace(0, 1, n)) if n else Between(0, 1)
        return {**super().factors(), "category": Levels((1, 2)), "place": place, "test_place": place}

    def angles(self, conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
        start, width = np.radians(self.category_start), np.radians(self.category_width)
        first = start + np.pi * (conditions["category"] - 1)
        second = first + np.where(conditions["match"], 0, np.pi)
        angles = (first + width * conditions["place"], second + width * conditions["test_place"])
        return angles[0] % (2 * np.pi), angles[1] % (2 * np.pi)

    def matches(self, angle: np.ndarray, test: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Take each for a member of the nearer category."""
        centre = np.radians(self.category_start + self.category_width / 2)
        return (np.cos(angle - centre) > 0) == (np.cos(test - centre) > 0)
