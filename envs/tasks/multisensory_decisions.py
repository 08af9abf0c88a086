"""Multisensory decisions: the same evidence seen, heard, or both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import Hypotheses, HypothesesTask
from .perceptual_decisions import SIDES, check_coherences, evidence

MODALITIES = ("visual", "auditory")


@dataclass(frozen=True, kw_only=True)
class MultiSensoryIntegration(HypothesesTask):
    """Evidence for one side is seen, heard, or both; where both are there they agree, and integrating them pays.

    The channels of an absent modality carry nothing but noise.

    :channels: fixation; visual (left, right); auditory (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus 800, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 92.8 %

    Attributes:
        coherences: Difference of the mean strengths, the same in both modalities; one is drawn for each trial.
        p_modality: Probability that the evidence is visual alone, auditory alone, or both.
    """

    coherences: Sequence[float] = (0.032, 0.064, 0.128, 0.256)
    p_modality: Sequence[float] = (0.25, 0.25, 0.5)
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 800
    decision_ms: Duration = 300

    family = "decisions"
    source = "Raposo, Kaufman & Churchland 2014, Nat Neurosci, doi:10.1038/nn.3865"
    contrasts = ("side", "modality")
    periods = ("fixation", "stimulus", "decision")
    essential = ("stimulus",)
    informative = "stimulus"
    evidence = tuple((modality, "stimulus") for modality in MODALITIES)

    def check(self) -> None:
        check_coherences(self.coherences)
        p = self.p_modality
        if len(p) != 3 or min(p) < 0 or abs(sum(p) - 1) > 1e-9:
            raise ValueError(f"p_modality is {p!r}; it must be three probabilities that add up to 1.")

    def channels(self) -> Channels:
        return {"fixation": 1, "visual": ("left", "right"), "auditory": ("left", "right")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """Modality 0 is visual, 1 auditory, 2 both."""
        modality = Levels((0, 1, 2), self.p_modality)
        return {"side": SIDES, "modality": modality, "coherence": Levels(self.coherences)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus")
        strength = evidence(conditions["coherence"], conditions["side"])
        for number, modality in enumerate(MODALITIES):
            present = conditions["modality"] != 1 - number
            canvas.add(modality, strength * present[:, None], "stimulus")
        canvas.target(conditions["side"], "decision")

    def hypotheses(self) -> Hypotheses:
        modality, coherence, side = (
            grid.ravel() for grid in np.meshgrid(range(3), self.coherences, (1, 2), indexing="ij")
        )
        strength = evidence(coherence, side)
        patterns = np.concatenate([strength * (modality != 1 - number)[:, None] for number in (0, 1)], axis=1)
        prior = np.array(self.p_modality)[modality] / (2 * len(self.coherences))
        return Hypotheses(patterns, prior, side)
