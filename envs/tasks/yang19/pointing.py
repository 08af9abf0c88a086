"""Yang et al. 2019: pointing to a stimulus or away from it, at once, on command or from memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...factors import Between, Conditions, Factor, Levels
from .one_rule import OneRule, See


@dataclass(frozen=True, kw_only=True)
class Pointing(OneRule):
    """One stimulus in one of the two modalities, to point to or away from."""

    contrasts = ("modality",)

    def factors(self) -> Mapping[str, Factor]:
        return {"modality": Levels((1, 2)), "angle": Between(0, 2 * np.pi)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The direction to point to (rad)."""
        angle = levels["angle"]
        return levels | {"answer": self._answer(angle), "respond": np.ones(len(angle), bool)}

    def stimuli(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
        bump, modality = self.bump(conditions["angle"]), conditions["modality"][:, None]
        return {(period, m): bump * (modality == m) for period in self.when() for m in (1, 2)}

    def decide(self, see: See) -> tuple[np.ndarray, np.ndarray]:
        """Find the bump in either ring."""
        angle = self.brightest(see(self.when()[0])[0])
        return self._answer(angle), np.ones(len(angle), bool)

    def _answer(self, angle: np.ndarray) -> np.ndarray:
        return (angle + np.pi) % (2 * np.pi) if self.row.away else angle


@dataclass(frozen=True, kw_only=True)
class PointingOnCommand(Pointing):
    """One stimulus, still there when fixation goes off.

    Attributes:
        stays: Whether the stimulus stays on in the response period (in Soo et al. it goes off).
    """

    stays: bool = True

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"soo2023": {"stays": False}}

    def stimuli(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
        shown = super().stimuli(conditions)
        return shown | ({("response", m): shown["stimulus", m] for m in (1, 2)} if self.stays else {})
