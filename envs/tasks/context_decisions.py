"""Decisions on one of two modalities of evidence, the context saying which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..observers.ideal_observer import N_DRAWS, Hypotheses, averages, drawn_precision
from ..painted_task import PaintedTask
from ..trial import TrialBatch
from .perceptual_decisions import SIDES, check_coherences, discriminability, evidence

MODALITIES = ("motion", "colour")
PERIODS = ("fixation", "stimulus", "delay", "decision")
SHOWN = (*(("context", period) for period in PERIODS), *((modality, "stimulus") for modality in MODALITIES))
"""What the ideal observer averages: the context for as long as it is there, then either modality."""
SPLIT = (2 * len(PERIODS), 2 * len(PERIODS) + 2)
"""Columns of these averages at which motion and colour begin."""


@dataclass(frozen=True, kw_only=True)
class ContextDecisionMaking(PaintedTask):
    """Motion and colour give evidence at once; the context says which one to judge and which one to ignore.

    One who ignores the context earns at most 75 %.

    :channels: fixation; motion (left, right); colour (left, right); context (motion, colour)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus 800, delay 200, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 97.4 %

    Attributes:
        coherences: Difference of the mean strengths, drawn for motion and for colour.
    """

    coherences: Sequence[float] = (0.064, 0.128, 0.256, 0.512)
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 800
    delay_ms: Duration = 200
    decision_ms: Duration = 300

    family = "decisions"
    source = "Mante, Sussillo, Shenoy & Newsome 2013, Nature, doi:10.1038/nature12742"
    contrasts = ("context", "motion_side", "colour_side")
    periods = PERIODS
    essential = ("stimulus",)
    informative = "stimulus"

    def check(self) -> None:
        check_coherences(self.coherences)

    def channels(self) -> Channels:
        sides = ("left", "right")
        return {"fixation": 1, "motion": sides, "colour": sides, "context": MODALITIES}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """Context 0 asks for motion, 1 for colour."""
        coherence = Levels(self.coherences)
        return {
            "context": Levels((0, 1)),
            "motion_side": SIDES,
            "colour_side": SIDES,
            "motion_coherence": coherence,
            "colour_coherence": coherence,
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay")
        canvas.add("context", np.eye(2)[conditions["context"]], *PERIODS)
        for modality in MODALITIES:
            strength = evidence(conditions[f"{modality}_coherence"], conditions[f"{modality}_side"])
            canvas.add(modality, strength, "stimulus")
        relevant = np.where(conditions["context"] == 0, conditions["motion_side"], conditions["colour_side"])
        canvas.target(relevant, "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Read the context, integrate the evidence of its modality; weigh both where the context is not certain."""
        return self.respond(batch, self._choice(*averages(self, batch, SHOWN)))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the perfect integrator who knows the context, less what misreading it costs.

        The cost, nil unless the noise is strong, is found on 100,000 simulated trials, fixed seed; the context is read
        to the end of the trial.
        """
        return discriminability(self, self.coherences, self.stimulus_ms) - self._cost_of_misreading

    @cached_property
    def _cost_of_misreading(self) -> float:
        rng = np.random.default_rng(0)
        precision = drawn_precision(self, SHOWN, rng, N_DRAWS)
        parts = zip((self._contexts, self._sides, self._sides), np.split(precision, SPLIT, axis=1), strict=True)
        (context, cue), *modalities = (part.simulate(rng, N_DRAWS, its) for part, its in parts)
        seen = np.concatenate([cue, *(strength for _, strength in modalities)], axis=1)
        asked = np.choose(context, [self._sides.answers[truth] for truth, _ in modalities])
        known = 1 + np.choose(context, [strength.argmax(axis=1) for _, strength in modalities])
        return float(np.mean(known == asked) - np.mean(self._choice(seen, precision) == asked))

    @cached_property
    def _contexts(self) -> Hypotheses:
        return Hypotheses(np.tile(np.eye(2), len(self.periods)), np.full(2, 0.5), np.arange(2))

    @cached_property
    def _sides(self) -> Hypotheses:
        coherence, side = (grid.ravel() for grid in np.meshgrid(self.coherences, (1, 2)))
        return Hypotheses(evidence(coherence, side), np.full(len(side), 1 / len(side)), side)

    def _choice(self, seen: np.ndarray, precision: np.ndarray) -> np.ndarray:
        """The likelier side, given cues and evidence of motion and colour."""
        cue, *modalities = zip(*(np.split(array, SPLIT, axis=1) for array in (seen, precision)), strict=True)
        left = [self._sides.posterior(*modality) @ (self._sides.answers == 1) for modality in modalities]
        return np.where((self._contexts.posterior(*cue) * np.stack(left, axis=1)).sum(axis=1) >= 0.5, 1, 2)


@dataclass(frozen=True, kw_only=True)
class SingleContextDecisionMaking(PaintedTask):
    """Motion and colour give evidence at once; one of them, always the same, is to be judged, and no cue says which.

    :channels: fixation; motion (left, right); colour (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus 800, delay 200, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 97.4 %

    Attributes:
        context: The modality to judge, ``"motion"`` or ``"colour"``.
        coherences: Difference of the mean strengths, drawn for motion and for colour.
    """

    context: Literal["motion", "colour"] = "motion"
    coherences: Sequence[float] = (0.064, 0.128, 0.256, 0.512)
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 800
    delay_ms: Duration = 200
    decision_ms: Duration = 300

    family = "decisions"
    source = "Mante, Sussillo, Shenoy & Newsome 2013, Nature, doi:10.1038/nature12742"
    contrasts = ("motion_side", "colour_side")
    periods = PERIODS
    essential = ("stimulus",)
    informative = "stimulus"

    def check(self) -> None:
        check_name("context", self.context, MODALITIES)
        check_coherences(self.coherences)

    def channels(self) -> Channels:
        sides = ("left", "right")
        return {"fixation": 1, "motion": sides, "colour": sides}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        coherence = Levels(self.coherences)
        sides = {f"{modality}_side": SIDES for modality in MODALITIES}
        return sides | {f"{modality}_coherence": coherence for modality in MODALITIES}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay")
        for modality in MODALITIES:
            strength = evidence(conditions[f"{modality}_coherence"], conditions[f"{modality}_side"])
            canvas.add(modality, strength, "stimulus")
        canvas.target(conditions[f"{self.context}_side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Integrate the evidence of the modality that counts, ignore the other."""
        return self.respond(batch, 1 + self.mean_input(batch, self.context, "stimulus").argmax(axis=1))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the perfect integrator."""
        return discriminability(self, self.coherences, self.stimulus_ms)
