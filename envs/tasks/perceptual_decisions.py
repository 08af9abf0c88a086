"""Perceptual decisions: evidence in noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erf, sqrt
from typing import Any, ClassVar

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, pmf
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import Hypotheses, averages
from ..painted_task import PaintedTask
from ..trial import TrialBatch

SIDES = Levels((1, 2))
"""1 left, 2 right: also the classes of the answers."""


def check_coherences(coherences: Sequence[float]) -> None:
    """Refuse an empty list, or a coherence outside [0, 1]."""
    if len(coherences) == 0 or not all(0 <= c <= 1 for c in coherences):
        raise ValueError(f"coherences are {coherences!r}; give at least one, each between 0 and 1.")


def evidence(coherence: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Mean strength of the left and right channel, (B, 2): (1 + c)/2 on the side of the evidence, (1 - c)/2 else."""
    signed = coherence * np.where(side == 1, 1.0, -1.0)
    return np.stack([(1 + signed) / 2, (1 - signed) / 2], axis=-1)


def discriminability(task: PaintedTask, coherences: Sequence[float], stimulus_ms: Duration) -> float:
    """Proportion correct of one who integrates the difference of two noisy channels for the whole stimulus.

    P = E[Phi(c sqrt(n / 2) / s)], n the bins of the stimulus, s the noise of a bin.
    """
    bins, p = pmf(stimulus_ms, task.dt, "stimulus_ms")
    if task.noise == 0:
        return float(np.mean([1.0 if c > 0 else 0.5 for c in coherences]))
    d = np.multiply.outer(np.asarray(coherences), np.sqrt(bins / 2)) / task.noise_std
    return float(np.mean([[0.5 * (1 + erf(value / sqrt(2))) for value in row] for row in d] @ p))


@dataclass(frozen=True, kw_only=True)
class EvidenceTask(PaintedTask):
    """Which of two noisy streams of evidence is stronger? Its kinds differ in what comes after it, and for how long."""

    coherences: Sequence[float] = (0.064, 0.128, 0.256, 0.512)
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 1000
    decision_ms: Duration = 300

    family = "decisions"
    contrasts = ("side", "coherence")
    periods = ("fixation", "stimulus", "decision")
    essential = ("stimulus",)
    informative = "stimulus"

    def check(self) -> None:
        check_coherences(self.coherences)

    def channels(self) -> Channels:
        return {"fixation": 1, "evidence": ("left", "right")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        return {"side": SIDES, "coherence": Levels(self.coherences)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *self.periods[:-1])
        canvas.add("evidence", evidence(conditions["coherence"], conditions["side"]), "stimulus")
        canvas.target(conditions["side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Integrate all evidence, then answer with the side that had more."""
        return self.respond(batch, 1 + self.mean_input(batch, "evidence", "stimulus").argmax(axis=1))

    def log_joint(self, batch: TrialBatch) -> np.ndarray:
        """Log density of what is shown together with each class being right, (B, n_out), but a constant."""
        return self.hypotheses().log_joint(*averages(self, batch, (("evidence", "stimulus"),)), self.n_outputs)

    def hypotheses(self) -> Hypotheses:
        """All mean strengths that may be shown: each coherence on each side."""
        n = len(self.coherences)
        side = np.repeat((1, 2), n)
        return Hypotheses(evidence(np.tile(self.coherences, 2), side), np.full(2 * n, 1 / (2 * n)), side)

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the perfect integrator, an exact sum over coherences and durations."""
        return discriminability(self, self.coherences, self.stimulus_ms)


@dataclass(frozen=True, kw_only=True)
class PerceptualDecisionMaking(EvidenceTask):
    """Which of two noisy streams of evidence is stronger? Answer when the fixation light goes off.

    :channels: fixation; evidence (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus 1000, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 98 %

    Attributes:
        coherences: Difference of the mean strengths; one is drawn for each trial. The preset ``roitman2002`` has
            those of Roitman & Shadlen 2002 (doi:10.1523/JNEUROSCI.22-21-09475.2002), but no reaction times.
    """

    source = "Britten, Shadlen, Newsome & Movshon 1992, J Neurosci, doi:10.1523/JNEUROSCI.12-12-04745.1992"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "roitman2002": {"coherences": (0, 0.032, 0.064, 0.128, 0.256, 0.512)},
    }


@dataclass(frozen=True, kw_only=True)
class PerceptualDecisionMakingDelayResponse(EvidenceTask):
    """Which of two noisy streams of evidence is stronger? Keep the answer in mind over a delay, then give it.

    :channels: fixation; evidence (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus 800, delay 300-1200, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 97.4 %

    Attributes:
        coherences: Difference of the mean strengths; one is drawn for each trial.
    """

    stimulus_ms: Duration = 800
    delay_ms: Duration = Uniform(300, 1200)

    source = "Inagaki, Fontolan, Romani & Svoboda 2019, Nature, doi:10.1038/s41586-019-0919-7"
    periods = ("fixation", "stimulus", "delay", "decision")
