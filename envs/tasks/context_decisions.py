"""Decisions on one of two modalities of evidence, the context saying which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..responses import respond
from ..trial import TrialBatch
from .perceptual_decisions import SIDES, check_coherences, discriminability, evidence


@dataclass(frozen=True, kw_only=True)
class ContextDecisionMaking(PaintedTask):
    """Motion and colour give evidence at once; the context says which one to judge and which one to ignore.

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
    periods = ("fixation", "stimulus", "delay", "decision")
    essential = ("stimulus",)
    informative = "stimulus"

    def check(self) -> None:
        check_coherences(self.coherences)

    def channels(self) -> Channels:
        sides = ("left", "right")
        return {"fixation": 1, "motion": sides, "colour": sides, "context": ("motion", "colour")}

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
        canvas.add("context", np.eye(2)[conditions["context"]], "fixation", "stimulus", "delay", "decision")
        for modality in ("motion", "colour"):
            strength = evidence(conditions[f"{modality}_coherence"], conditions[f"{modality}_side"])
            canvas.add(modality, strength, "stimulus")
        relevant = np.where(conditions["context"] == 0, conditions["motion_side"], conditions["colour_side"])
        canvas.target(relevant, "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Read the context, integrate the evidence of its modality alone."""
        context = self.mean_input(batch, "context", "stimulus").argmax(axis=1)
        motion, colour = (self.mean_input(batch, m, "stimulus").argmax(axis=1) for m in ("motion", "colour"))
        return respond(self.hold(batch), 1 + np.where(context == 0, motion, colour), batch.periods["decision"])

    @property
    def ceiling(self) -> float:
        """Proportion correct of the perfect integrator who reads the context without error.

        Misreading it is far rarer than any sampling error of a score: at the default noise the context
        cues stand some 20 standard deviations apart.
        """
        return discriminability(self, self.coherences, self.stimulus_ms)
