"""Inhibition: withhold a response, or turn it into its opposite."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import Hypotheses, HypothesesTask
from ..ring import Ring


@dataclass(frozen=True, kw_only=True)
class GoNogo(HypothesesTask):
    """One of two stimuli is shown. After a delay, respond if it was the go stimulus, and do nothing if it was not.

    Most trials are go trials, so that responding is what one is set to do, and withholding takes an effort. Donders'
    subjects responded at once; the delay sets the response apart from the stimulus. One who always gives the same
    answer earns 75 %.

    :channels: fixation; stimulus (go, no-go)
    :responses: withhold, respond
    :timing: fixation 200, stimulus 300, delay 100-300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        p_go: Proportion of go trials.
    """

    p_go: float = 0.75
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 300
    delay_ms: Duration = Uniform(100, 300)
    decision_ms: Duration = 300

    family = "control"
    source = "Donders 1969, Acta Psychol, doi:10.1016/0001-6918(69)90065-1"
    contrasts = ("go",)
    periods = ("fixation", "stimulus", "delay", "decision")
    essential = ("stimulus",)
    informative = "stimulus"
    evidence = (("stimulus", "stimulus"),)

    def check(self) -> None:
        if not 0 < self.p_go < 1:
            raise ValueError(f"p_go is {self.p_go!r}; allowed: between 0 and 1, so that both stimuli occur.")

    def channels(self) -> Channels:
        return {"fixation": 1, "stimulus": ("go", "no-go")}

    def responses(self) -> tuple[str, ...]:
        return ("withhold", "respond")

    def factors(self) -> Mapping[str, Factor]:
        return {"go": Levels((True, False), (self.p_go, 1 - self.p_go))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        go = conditions["go"].astype(np.int64)
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay")
        canvas.add("stimulus", np.eye(2)[1 - go], "stimulus")
        canvas.target(go, "decision")

    @property
    def answers(self) -> np.ndarray:
        return np.array([1 - self.p_go, self.p_go])

    def hypotheses(self) -> Hypotheses:
        return Hypotheses(np.eye(2), np.array([self.p_go, 1 - self.p_go]), np.array([1, 0]))


@dataclass(frozen=True, kw_only=True)
class AntiReach(HypothesesTask):
    """A cue names the rule: respond towards the stimulus that follows (pro), or to the opposite location (anti).

    The stimulus is gone when the answer is due. One who ignores the rule earns 50 %.

    :channels: fixation; rule (pro, anti); stimulus (ring of 8)
    :responses: fixate, 0°, 45°, 90°, 135°, 180°, 225°, 270°, 315°
    :timing: fixation 200, cue 300, stimulus 300, delay 100-300, decision 300 ms
    :scoring: the class chosen in decision; chance 12.5 %, ceiling 100 %

    Attributes:
        n_directions: Number of locations, spread evenly over the circle; even, so that each has an opposite.
        p_anti: Proportion of anti trials.
        ring: The population that sees the stimulus.
    """

    n_directions: int = 8
    p_anti: float = 0.5
    ring: Ring = field(default_factory=lambda: Ring(8))
    fixation_ms: Duration = 200
    cue_ms: Duration = 300
    stimulus_ms: Duration = 300
    delay_ms: Duration = Uniform(100, 300)
    decision_ms: Duration = 300

    family = "control"
    source = "Munoz & Everling 2004, Nat Rev Neurosci, doi:10.1038/nrn1345"
    contrasts = ("anti", "location")
    periods = ("fixation", "cue", "stimulus", "delay", "decision")
    essential = ("cue", "stimulus")
    informative = "stimulus"
    evidence = (("rule", "cue"), ("stimulus", "stimulus"))

    def check(self) -> None:
        if self.n_directions < 2 or self.n_directions % 2 or not 0 <= self.p_anti <= 1:
            raise ValueError(
                f"n_directions is {self.n_directions!r}, p_anti {self.p_anti!r}; allowed: an even number, in [0, 1]."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "rule": ("pro", "anti"), "stimulus": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *(f"{360 * i / self.n_directions:g}°" for i in range(self.n_directions)))

    def factors(self) -> Mapping[str, Factor]:
        """The rule, and the number of the stimulus' location."""
        return {
            "anti": Levels((True, False), (self.p_anti, 1 - self.p_anti)),
            "location": Levels(range(self.n_directions)),
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        anti, location = conditions["anti"].astype(np.int64), conditions["location"]
        canvas.add("fixation", 1.0, "fixation", "cue", "stimulus", "delay")
        canvas.add("rule", np.eye(2)[anti], "cue")
        canvas.add("stimulus", self._bumps[location], "stimulus")
        canvas.target(self._answer(anti, location), "decision")

    @property
    def _bumps(self) -> np.ndarray:
        return self.ring.bump(2 * np.pi * np.arange(self.n_directions) / self.n_directions)

    def hypotheses(self) -> Hypotheses:
        n = self.n_directions
        anti, location = np.repeat([0, 1], n), np.tile(np.arange(n), 2)
        means = np.concatenate([np.eye(2)[anti], self._bumps[location]], axis=1)
        return Hypotheses(means, np.array([1 - self.p_anti, self.p_anti])[anti] / n, self._answer(anti, location))

    def _answer(self, anti: np.ndarray, location: np.ndarray) -> np.ndarray:
        return 1 + (location + anti * (self.n_directions // 2)) % self.n_directions
