"""Yang et al. 2019: which of two stimuli is stronger, in one modality, in one of two, in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...factors import Between, Conditions, Factor, Levels
from .one_rule import OneRule, See

STRENGTH = Between(0.8, 1.2)
FIRST_OR_SECOND = Levels((1, 2))


@dataclass(frozen=True, kw_only=True)
class Stronger(OneRule):
    """Two stimuli, 90 degrees or more apart, of strengths c + d and c - d, c in [0.8, 1.2], d the coherence.

    Attributes:
        coherences: Half the differences of the mean strengths.
        graded: Whether any coherence from the smallest to the largest occurs.
    """

    coherences: Sequence[float] = (0.08, 0.16, 0.32)
    graded: bool = False

    contrasts = ("stronger", "coherence")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"soo2023": {"coherences": (0.1, 0.2), "graded": True}}

    def check(self) -> None:
        super().check()
        if len(self.coherences) == 0 or not all(0 < c < 0.8 for c in self.coherences):
            raise ValueError(f"coherences are {self.coherences!r}; give at least one, each in (0, 0.8).")
        self.factors()  # which refuse what else makes no sense

    def factors(self) -> Mapping[str, Factor]:
        """Strengths: mean, coherence, and which stimulus (1, 2) is the stronger one; angles (rad)."""
        span = min(self.coherences), max(self.coherences)
        coherence = Between(*span) if self.graded else Levels(self.coherences)
        pair = {"strength": STRENGTH, "coherence": coherence, "stronger": FIRST_OR_SECOND}
        other = {f"other_{name}": factor for name, factor in pair.items()} if self.row.distracted else {}
        return {"angle": Between(0, 2 * np.pi), "distance": Between(np.pi / 2, 3 * np.pi / 2)} | pair | other

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The direction of the stronger stimulus (rad)."""
        first, second = self._angles(levels)
        answer = np.where(levels["stronger"] == 1, first, second)
        return levels | {"answer": answer, "respond": np.ones(len(answer), bool)}

    def strengths(self, conditions: Conditions) -> dict[int, np.ndarray]:
        """Strengths of the two stimuli in each modality that shows any, ``{modality: (2, B)}``."""
        (mine,) = self.row.counts
        return {mine: _pair(conditions)} | ({3 - mine: _pair(conditions, "other_")} if self.row.distracted else {})

    def stimuli(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
        shown: dict[tuple[str, int], np.ndarray] = {}
        bumps = [self.bump(angle) for angle in self._angles(conditions)]
        for modality, strengths in self.strengths(conditions).items():
            for period, bump, strength in zip(self.when(), bumps, strengths.astype(np.float32), strict=True):
                shown[period, modality] = shown.get((period, modality), 0) + bump * strength[:, None]
        return shown

    def decide(self, see: See) -> tuple[np.ndarray, np.ndarray]:
        """Find the strongest bump in the rings that count.

        Where the stimuli follow each other the stronger of the two: Bayes' rule if they take equally long; if not,
        the prior of the mean strength would tell a little more, less than any sampling error of a score.
        """
        first, second = self.when()
        rings = [m - 1 for m in self.row.counts]
        angle, strength = self.peak(see(first)[0][:, rings].sum(axis=1))
        if first != second:
            angle_2, strength_2 = self.peak(see(second)[0][:, rings].sum(axis=1))
            angle = np.where(strength > strength_2, angle, angle_2)
        return angle, np.ones(len(angle), bool)

    def _angles(self, conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
        return conditions["angle"], (conditions["angle"] + conditions["distance"]) % (2 * np.pi)


def _pair(conditions: Conditions, which: str = "") -> np.ndarray:
    strength, coherence, stronger = (conditions[which + name] for name in ("strength", "coherence", "stronger"))
    difference = np.where(stronger == 1, coherence, -coherence)
    return np.stack([strength + difference, strength - difference])


@dataclass(frozen=True, kw_only=True)
class StrongerSum(Stronger):
    """Both modalities count; each stimulus is stronger in one of them, drawn for each, so that neither is enough.

    Attributes:
        imbalance: A stimulus has 1 + imbalance times its strength in one modality and 1 - imbalance in the other;
            the smallest and the largest that occur.
    """

    imbalance: Sequence[float] = (0.1, 0.4)

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "soo2023": {**Stronger.presets["soo2023"], "imbalance": (0.2, 0.4)}
    }

    def factors(self) -> Mapping[str, Factor]:
        """Besides, by how much each stimulus is stronger in one modality than on average, and in which (1, 2)."""
        if len(self.imbalance) != 2 or not 0 <= self.imbalance[0] <= self.imbalance[1] <= 1:
            raise ValueError(f"imbalance is {self.imbalance!r}; allowed: the smallest and the largest, in [0, 1].")
        size, heavier = Between(*self.imbalance), Levels((1, 2))
        own = {"imbalance_1": size, "heavier_1": heavier, "imbalance_2": size, "heavier_2": heavier}
        return {**super().factors(), **own}

    def strengths(self, conditions: Conditions) -> dict[int, np.ndarray]:
        excess = np.stack(
            [conditions[f"imbalance_{k}"] * np.where(conditions[f"heavier_{k}"] == 1, 1, -1) for k in (1, 2)]
        )
        pair = _pair(conditions)
        return {1: pair * (1 + excess), 2: pair * (1 - excess)}
