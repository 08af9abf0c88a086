"""Inhibition: withhold a response, cancel it, or turn it into its opposite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, array_in_bins, in_bins
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..responses import during
from ..ring import Ring
from ..trial import TrialBatch
from .ideal_observer import N_DRAWS, Hypotheses, HypothesesTask, course, precision_of_a_bin
from .perceptual_decisions import SIDES


@dataclass(frozen=True, kw_only=True)
class GoNogo(HypothesesTask):
    """One of two stimuli is shown. After a delay, respond if it was the go stimulus, and do nothing if it was not.

    :channels: fixation; stimulus (go, no-go)
    :responses: withhold, respond
    :timing: fixation 200, stimulus 300, delay 100-300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        p_go: Proportion of go trials.
    """

    p_go: float = 0.5
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
    shown = (("stimulus", "stimulus"),)

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
    shown = (("rule", "cue"), ("stimulus", "stimulus"))

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


@dataclass(frozen=True, kw_only=True)
class StopSignal(PaintedTask):
    """An arrow asks for a response to its side. In some trials a stop signal follows: then withhold the response.

    The response is due when the fixation light goes off, ``reaction_ms`` after the onset of the arrow. The stop signal
    comes on a stop-signal delay after the arrow and stays until the response is due: the longer the delay, the less
    time is left to cancel the response.

    :channels: fixation; arrow (left, right); stop
    :responses: withhold, left, right
    :timing: fixation 200-400, reaction 500, decision 300 ms
    :scoring: the class chosen in decision; chance 33.3 %, ceiling 100 %

    Attributes:
        p_stop: Proportion of trials with a stop signal.
        ssd_ms: Stop-signal delays, one of which is drawn for each trial; all shorter than the reaction.
        reaction_ms: Time from the onset of the arrow until the response is due.
    """

    p_stop: float = 0.25
    ssd_ms: Sequence[float] = (100, 200, 300)
    fixation_ms: Duration = Uniform(200, 400)
    reaction_ms: float = 500.0
    decision_ms: Duration = 300

    family = "control"
    source = "Logan & Cowan 1984, Psychol Rev, doi:10.1037/0033-295X.91.3.295"
    contrasts = ("side", "stop")
    periods = ("fixation", "reaction", "decision")
    informative = "reaction"

    def check(self) -> None:
        if not 0 < self.p_stop < 1 or len(self.ssd_ms) == 0:
            raise ValueError(f"p_stop is {self.p_stop!r}, ssd_ms {self.ssd_ms!r}; allowed: in (0, 1), at least one.")
        if max(in_bins(ssd, self.dt, "ssd_ms") for ssd in self.ssd_ms) >= self._n_bins:
            raise ValueError(
                f"ssd_ms are {self.ssd_ms!r}; all must be shorter than reaction_ms = {self.reaction_ms:g}, "
                "else the stop signal would come too late."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "arrow": ("left", "right"), "stop": 1}

    def responses(self) -> tuple[str, ...]:
        return ("withhold", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The stop-signal delay (ms) is drawn in go trials too, where nothing follows from it."""
        return {
            "side": SIDES,
            "stop": Levels((True, False), (self.p_stop, 1 - self.p_stop)),
            "ssd": Levels(self.ssd_ms),
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        stop = conditions["stop"]
        canvas.add("fixation", 1.0, "fixation", "reaction")
        canvas.add("arrow", np.eye(2)[conditions["side"] - 1], "reaction")
        start, end = canvas.span("reaction")
        onset = np.where(stop, start + array_in_bins(conditions["ssd"], self.dt, "ssd_ms"), end)
        canvas.add_course("stop", during(len(canvas.inputs), (onset, end))[..., None])
        canvas.target(np.where(stop, 0, conditions["side"]), "decision")

    @property
    def answers(self) -> np.ndarray:
        go = (1 - self.p_stop) / 2
        return np.array([self.p_stop, go, go])

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh no stop signal, and one from each delay on, by their likelihood and frequency; likewise the sides."""
        start = batch.periods["reaction"][0]
        both = [course(self, batch, group, start, self._n_bins) for group in ("arrow", "stop")]
        seen, precision = (np.concatenate(parts, axis=1) for parts in zip(*both, strict=True))
        posterior = self._hypotheses.posterior(seen, precision)
        return self.respond(batch, self._hypotheses.likeliest(posterior))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, in 100,000 simulated trials of a fixed seed."""
        hypotheses = self._hypotheses.reduced()
        precision = np.full(hypotheses.means.shape[1], precision_of_a_bin(self))
        truth, seen = hypotheses.simulate(np.random.default_rng(0), N_DRAWS, precision)
        return float(np.mean(hypotheses.likeliest(hypotheses.posterior(seen, precision)) == hypotheses.answers[truth]))

    @property
    def _n_bins(self) -> int:
        return in_bins(self.reaction_ms, self.dt, "reaction_ms")

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """Each side with no stop signal, or with one after each delay; what is seen are the bins of the reaction."""
        n, n_delays = self._n_bins, len(self.ssd_ms)
        onsets = np.array([n, *(in_bins(ssd, self.dt, "ssd_ms") for ssd in self.ssd_ms)])
        side, onset = np.repeat([1, 2], 1 + n_delays), np.tile(onsets, 2)
        arrow = np.repeat(np.eye(2)[side - 1][:, None], n, axis=1).reshape(len(side), -1)
        means = np.concatenate([arrow, np.arange(n) >= onset[:, None]], axis=1)
        prior = np.tile([1 - self.p_stop, *[self.p_stop / n_delays] * n_delays], 2) / 2
        return Hypotheses(means, prior, np.where(onset < n, 0, side))
