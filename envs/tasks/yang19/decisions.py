"""Yang et al. 2019: which of two stimuli shown at once is stronger, in one modality, in one of two, in both."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...durations import Choice, Duration, Uniform
from ...factors import Between, Conditions, Factor, Levels
from .go import SECOND, SOO, YANG
from .ring import OneRule, See

STRENGTH = Between(0.8, 1.2)
FIRST_OR_SECOND = Levels((1, 2))

SOO_STRENGTHS: dict[str, Any] = SOO | SECOND | {"coherences": (0.1, 0.2), "graded": True}
SOO_IMBALANCE: dict[str, Any] = {"imbalance": (0.2, 0.4)}


@dataclass(frozen=True, kw_only=True)
class StrengthTask(OneRule):
    """Two stimuli, 90 degrees or more apart, of strengths c + d and c - d, c in [0.8, 1.2], d the coherence.

    Attributes:
        coherences: Half the differences of the mean strengths.
        graded: Whether any coherence from the smallest to the largest occurs.
    """

    coherences: Sequence[float] = (0.08, 0.16, 0.32)
    graded: bool = False

    attended: ClassVar[tuple[int, ...]]
    """The modalities whose strengths count."""
    distracted: ClassVar[bool] = False
    """Whether the other modality shows strengths of its own at the same places."""
    contrasts = ("stronger", "coherence")

    @abstractmethod
    def when(self) -> tuple[str, str]:
        """The periods in which the first and the second stimulus are shown."""

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
        other = {f"other_{name}": factor for name, factor in pair.items()} if self.distracted else {}
        return {"angle": Between(0, 2 * np.pi), "distance": Between(np.pi / 2, 3 * np.pi / 2)} | pair | other

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """The direction of the stronger stimulus (rad)."""
        first, second = self._angles(drawn)
        answer = np.where(drawn["stronger"] == 1, first, second)
        return drawn | {"answer": answer, "respond": np.ones(len(answer), bool)}

    def strengths(self, conditions: Conditions) -> dict[int, np.ndarray]:
        """Strengths of the two stimuli in each modality that shows any, ``{modality: (2, B)}``."""
        (mine,) = self.attended
        return {mine: _pair(conditions)} | ({3 - mine: _pair(conditions, "other_")} if self.distracted else {})

    def shown(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
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
        rings = [m - 1 for m in self.attended]
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


def imbalance_factors(imbalance: Sequence[float]) -> dict[str, Factor]:
    """By how much each stimulus is stronger in one modality than on average, and in which (1, 2).

    Raises:
        ValueError: If the range is none.
    """
    if len(imbalance) != 2 or not 0 <= imbalance[0] <= imbalance[1] <= 1:
        raise ValueError(f"imbalance is {imbalance!r}; allowed: the smallest and the largest, in [0, 1].")
    size = Between(*imbalance)
    return {"imbalance_1": size, "heavier_1": Levels((1, 2)), "imbalance_2": size, "heavier_2": Levels((1, 2))}


def imbalanced(conditions: Conditions) -> dict[int, np.ndarray]:
    """Strengths of the two stimuli in both modalities, ``{modality: (2, B)}``: the sum alone shows the stronger."""
    excess = np.stack([conditions[f"imbalance_{k}"] * np.where(conditions[f"heavier_{k}"] == 1, 1, -1) for k in (1, 2)])
    pair = _pair(conditions)
    return {1: pair * (1 + excess), 2: pair * (1 - excess)}


@dataclass(frozen=True, kw_only=True)
class AtOnce(StrengthTask):
    """Both stimuli are shown at once, until fixation goes off.

    Without a preset the differences are so large that one bin of 20 ms shows the answer; those of Yang et al., in the
    preset yang2019, must be integrated over time.
    """

    fixation_ms: Duration = Uniform(200, 400)
    stimulus_ms: Duration = Choice((200, 400, 800))
    response_ms: Duration = 500

    periods = ("fixation", "stimulus", "response")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "yang2019": YANG
        | {"coherences": (0.01, 0.02, 0.04, 0.08), "fixation_ms": Uniform(100, 400)}
        | {"stimulus_ms": Choice((400, 800, 1600))}
    }

    def when(self) -> tuple[str, str]:
        return "stimulus", "stimulus"


@dataclass(frozen=True, kw_only=True)
class Dm1(AtOnce):
    """Two stimuli appear at once in modality 1; point to the stronger one.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 200/400/800, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "dm1"
    attended = (1,)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {**AtOnce.presets, "soo2023": SOO_STRENGTHS}


@dataclass(frozen=True, kw_only=True)
class Dm2(AtOnce):
    """Two stimuli appear at once in modality 2; point to the stronger one.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 200/400/800, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "dm2"
    attended = (2,)


@dataclass(frozen=True, kw_only=True)
class CtxDm1(AtOnce):
    """Two stimuli appear at once in both modalities; point to the one stronger in modality 1, whatever 2 shows.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 200/400/800, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "ctxdm1"
    attended = (1,)
    distracted = True
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {**AtOnce.presets, "soo2023": SOO_STRENGTHS}


@dataclass(frozen=True, kw_only=True)
class CtxDm2(AtOnce):
    """Two stimuli appear at once in both modalities; point to the one stronger in modality 2, whatever 1 shows.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 200/400/800, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "ctxdm2"
    attended = (2,)
    distracted = True


@dataclass(frozen=True, kw_only=True)
class MultiDm(AtOnce):
    """Two stimuli appear at once in both modalities; point to the one whose strengths add up to more.

    Each is stronger in one modality, drawn for each stimulus, so that no modality alone shows the answer. Soo et
    al. call it multsendm; their released code draws one imbalance for both stimuli.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 200/400/800, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %

    Attributes:
        imbalance: A stimulus has 1 + imbalance times its strength in one modality and 1 - imbalance in the other;
            the smallest and the largest that occur.
    """

    imbalance: Sequence[float] = (0.1, 0.4)

    rule = "multidm"
    attended = (1, 2)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {**AtOnce.presets, "soo2023": SOO_STRENGTHS | SOO_IMBALANCE}

    def factors(self) -> Mapping[str, Factor]:
        return {**super().factors(), **imbalance_factors(self.imbalance)}

    def strengths(self, conditions: Conditions) -> dict[int, np.ndarray]:
        return imbalanced(conditions)
