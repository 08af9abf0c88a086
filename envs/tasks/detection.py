"""Detection: is there a signal in the noise, and when was it?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import Hypotheses, HypothesesTask

POSITIONS = ("early", "middle", "late")
MOMENTS = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class ToneDetection(HypothesesTask):
    """Listen to noise: say afterwards whether there was a short tone in it, and at which of three moments.

    :channels: fixation; sound
    :responses: fixate, none, early, middle, late
    :timing: fixation 200, gap 300 (x4), tone 100 (x3), decision 300 ms
    :scoring: the class chosen in decision; chance 25 %, ceiling 86.9 %

    Attributes:
        strengths: Strength of the tone, the noise having ``noise`` over 100 ms; one is drawn for each trial.
        p_tone: Probability that there is a tone.
        gap_ms: Time before, between and after the moments at which the tone may come.
        tone_ms: Duration of each of these moments, and of the tone.
    """

    strengths: Sequence[float] = (0.2, 0.4, 0.8)
    p_tone: float = 0.75
    fixation_ms: Duration = 200
    gap_ms: Duration = 300
    tone_ms: Duration = 100
    decision_ms: Duration = 300

    family = "decisions"
    source = "neurogym, https://github.com/neurogym/neurogym"
    contrasts = ("position", "strength")
    periods = ("fixation", "gap", "tone", "decision")
    essential = ("tone",)
    informative = "tone"
    evidence = tuple(("sound", f"tone {moment}") for moment in MOMENTS)

    def check(self) -> None:
        if len(self.strengths) == 0 or not all(s > 0 for s in self.strengths) or not 0 < self.p_tone <= 1:
            raise ValueError(
                f"strengths are {self.strengths!r} and p_tone is {self.p_tone!r}; allowed: at least one, all positive; "
                "in (0, 1]."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "sound": 1}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "none", *POSITIONS)

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        sound: dict[str, Duration] = {}
        for moment in MOMENTS:
            sound |= {f"gap {moment}": self.gap_ms, f"tone {moment}": self.tone_ms}
        return {"fixation": self.fixation_ms, **sound, "gap 4": self.gap_ms, "decision": self.decision_ms}

    def factors(self) -> Mapping[str, Factor]:
        """Position 0 is no tone, 1 early, 2 middle, 3 late."""
        return {"position": Levels(range(4), self._p_position), "strength": Levels(self.strengths)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if name != "decision"))
        for moment in MOMENTS:
            tone = conditions["strength"] * (conditions["position"] == moment)
            canvas.add("sound", tone[:, None], f"tone {moment}")
        canvas.target(1 + conditions["position"], "decision")

    @property
    def answers(self) -> np.ndarray:
        return np.array([0.0, *self._p_position])

    def hypotheses(self) -> Hypotheses:
        position, strength = (grid.ravel() for grid in np.meshgrid(range(4), self.strengths))
        patterns = np.eye(4)[position][:, 1:] * strength[:, None]
        prior = np.array(self._p_position)[position] / len(self.strengths)
        return Hypotheses(patterns, prior, 1 + position)

    @property
    def _p_position(self) -> tuple[float, ...]:
        return (1 - self.p_tone, *(self.p_tone / 3,) * 3)
