"""Perceptual decisions: evidence in noise, and evidence that counts only in its context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from .canvas import Canvas
from .channels import Channels
from .durations import Duration, pmf
from .responses import respond
from .task import Conditions, Task
from .trial import TrialBatch


def check_coherences(coherences: Sequence[float]) -> None:
    """Refuse an empty list, or a coherence outside [0, 1]."""
    if len(coherences) == 0 or not all(0 <= c <= 1 for c in coherences):
        raise ValueError(f"coherences are {coherences!r}; give at least one, each between 0 and 1.")


def evidence(coherence: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Mean strength of the left and right channel, (B, 2): (1 + c)/2 on the side of the evidence, (1 - c)/2 else."""
    signed = coherence * np.where(side == 1, 1.0, -1.0)
    return np.stack([(1 + signed) / 2, (1 - signed) / 2], axis=-1)


def discriminability(task: Task, coherences: Sequence[float], stimulus_ms: Duration) -> float:
    """Proportion correct of one who integrates the difference of two noisy channels for the whole stimulus.

    P = E[Phi(c sqrt(n / 2) / s)], n the bins of the stimulus, s the noise of a bin.
    """
    bins, p = pmf(stimulus_ms, task.dt, "stimulus_ms")
    if task.noise == 0:
        return float(np.mean([1.0 if c > 0 else 0.5 for c in coherences]))
    d = np.multiply.outer(np.asarray(coherences), np.sqrt(bins / 2)) / task.noise_std
    return float(np.mean([[0.5 * (1 + erf(value / sqrt(2))) for value in row] for row in d] @ p))


@dataclass(frozen=True, kw_only=True)
class PerceptualDecisionMaking(Task):
    """Which of two noisy streams of evidence is stronger? Answer when the fixation light goes off.

    Attributes:
        coherences: Difference of the mean strengths; one is drawn for each trial.
        fixation_ms: Duration of the fixation period.
        stimulus_ms: Duration of the evidence.
        decision_ms: Duration of the response period.
    """

    coherences: Sequence[float] = (0.064, 0.128, 0.256, 0.512)
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 1000
    decision_ms: Duration = 300

    family = "decisions"
    source = "Britten, Shadlen, Newsome & Movshon 1992, J Neurosci, doi:10.1523/JNEUROSCI.12-12-04745.1992"
    factors = ("side", "coherence")
    essential = ("stimulus",)

    def check(self) -> None:
        """Refuse impossible coherences."""
        check_coherences(self.coherences)

    def channels(self) -> Channels:
        """Fixation light, two streams of evidence."""
        return {"fixation": 1, "evidence": ("left", "right")}

    def responses(self) -> tuple[str, ...]:
        """Fixate, or choose a side."""
        return ("fixate", "left", "right")

    def durations(self) -> Mapping[str, Duration]:
        """Fixation, stimulus, decision."""
        return {"fixation": self.fixation_ms, "stimulus": self.stimulus_ms, "decision": self.decision_ms}

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        """Draw the side of the evidence (1 left, 2 right) and its coherence."""
        return {"side": rng.integers(1, 3, n), "coherence": rng.choice(np.asarray(self.coherences), n)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Fixation light until the decision; evidence during the stimulus."""
        canvas.add("fixation", 1.0, "fixation", "stimulus")
        canvas.add("evidence", evidence(conditions["coherence"], conditions["side"]), "stimulus")
        canvas.target(conditions["side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Integrate all evidence, then answer with the side that had more."""
        choice = 1 + self.mean_input(batch, "evidence", "stimulus").argmax(axis=1)
        return respond(self.hold(batch), choice, batch.periods["decision"])

    @property
    def ceiling(self) -> float:
        """Proportion correct of the perfect integrator."""
        return discriminability(self, self.coherences, self.stimulus_ms)


@dataclass(frozen=True, kw_only=True)
class ContextDecisionMaking(Task):
    """Motion and colour give evidence at once; the context says which one to judge and which one to ignore.

    Attributes:
        coherences: Difference of the mean strengths, drawn for motion and for colour.
        fixation_ms: Duration of the fixation period.
        stimulus_ms: Duration of the evidence.
        delay_ms: Interval between the evidence and the response.
        decision_ms: Duration of the response period.
    """

    coherences: Sequence[float] = (0.064, 0.128, 0.256, 0.512)
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 800
    delay_ms: Duration = 200
    decision_ms: Duration = 300

    family = "decisions"
    source = "Mante, Sussillo, Shenoy & Newsome 2013, Nature, doi:10.1038/nature12742"
    factors = ("context", "motion_side", "colour_side")
    essential = ("stimulus",)

    def check(self) -> None:
        """Refuse impossible coherences."""
        check_coherences(self.coherences)

    def channels(self) -> Channels:
        """Fixation light, two modalities of two streams, two context cues."""
        return {
            "fixation": 1,
            "motion": ("left", "right"),
            "colour": ("left", "right"),
            "context": ("motion", "colour"),
        }

    def responses(self) -> tuple[str, ...]:
        """Fixate, or choose a side."""
        return ("fixate", "left", "right")

    def durations(self) -> Mapping[str, Duration]:
        """Fixation, stimulus, delay, decision."""
        return {
            "fixation": self.fixation_ms,
            "stimulus": self.stimulus_ms,
            "delay": self.delay_ms,
            "decision": self.decision_ms,
        }

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        """Draw the context (0 motion, 1 colour), and side and coherence of each modality."""
        return {
            "context": rng.integers(0, 2, n),
            "motion_side": rng.integers(1, 3, n),
            "colour_side": rng.integers(1, 3, n),
            "motion_coherence": rng.choice(np.asarray(self.coherences), n),
            "colour_coherence": rng.choice(np.asarray(self.coherences), n),
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Context throughout, evidence of both modalities during the stimulus."""
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
