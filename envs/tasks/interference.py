"""Interference: what is to be ignored speaks for the same answer, for another one, or for none."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import Hypotheses, HypothesesTask
from .perceptual_decisions import SIDES

COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "brown", "pink")


def congruency(p_congruent: float, p_incongruent: float) -> Levels:
    """Congruent 1, incongruent -1 and, in all other trials, neutral 0.

    Raises:
        ValueError: If the proportions are none.
    """
    if not (p_congruent >= 0 and p_incongruent >= 0 and p_congruent + p_incongruent <= 1 + 1e-9):
        raise ValueError(
            f"p_congruent is {p_congruent!r} and p_incongruent {p_incongruent!r}; "
            "allowed: at least 0, together at most 1."
        )
    return Levels((1, 0, -1), (p_congruent, max(1 - p_congruent - p_incongruent, 0.0), p_incongruent))


@dataclass(frozen=True, kw_only=True)
class Stroop(HypothesesTask):
    """A colour word in coloured ink: read the word or name the ink, as the rule says, and ignore the other.

    Congruent: both are the same colour. Incongruent: they differ. Neutral: the other is absent, a coloured patch or a
    word in black. One who always reads the word, or the ink where there is none, earns 80 %.

    :channels: fixation; rule (read, name); word (red, green, blue); ink (red, green, blue)
    :responses: fixate, red, green, blue
    :timing: fixation 200, cue 300, stimulus 300, decision 300 ms
    :scoring: the class chosen in decision; chance 33.3 %, ceiling 100 %

    Attributes:
        n_colours: Number of colours, 2 to 8.
        p_name: Proportion of trials in which the ink is to be named.
        p_congruent: Proportion of congruent trials.
        p_incongruent: Proportion of incongruent trials; the others are neutral.
        word_strength: Strength of the word.
        ink_strength: Strength of the ink; it is weaker, as naming colours is less practised than reading.
    """

    n_colours: int = 3
    p_name: float = 0.5
    p_congruent: float = 0.4
    p_incongruent: float = 0.4
    word_strength: float = 1.0
    ink_strength: float = 0.6
    fixation_ms: Duration = 200
    cue_ms: Duration = 300
    stimulus_ms: Duration = 300
    decision_ms: Duration = 300

    family = "control"
    source = (
        "Stroop 1935, J Exp Psychol, doi:10.1037/h0054651; "
        "Cohen, Dunbar & McClelland 1990, Psychol Rev, doi:10.1037/0033-295X.97.3.332"
    )
    contrasts = ("name", "congruency")
    periods = ("fixation", "cue", "stimulus", "decision")
    essential = ("stimulus",)
    informative = "stimulus"
    evidence = (("rule", "cue"), ("rule", "stimulus"), ("word", "stimulus"), ("ink", "stimulus"))

    def check(self) -> None:
        congruency(self.p_congruent, self.p_incongruent)
        if not 2 <= self.n_colours <= len(COLOURS) or not 0 <= self.p_name <= 1:
            raise ValueError(f"n_colours is {self.n_colours!r}, p_name {self.p_name!r}; allowed: 2 to 8, in [0, 1].")
        if not (self.word_strength > 0 and self.ink_strength > 0):
            raise ValueError(
                f"word_strength is {self.word_strength!r}, ink_strength {self.ink_strength!r}; both must be positive."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "rule": ("read", "name"), "word": self._colours, "ink": self._colours}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *self._colours)

    def factors(self) -> Mapping[str, Factor]:
        """Whether to name the ink, the colour that answers, and whether the other attribute agrees."""
        return {
            "name": Levels((True, False), (self.p_name, 1 - self.p_name)),
            "colour": Levels(range(1, self.n_colours + 1)),
            "congruency": congruency(self.p_congruent, self.p_incongruent),
        }

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Word and ink, 1 for the first colour, 0 for none; an incongruent one is any of the other colours."""
        colour, name = levels["colour"], levels["name"]
        other = 1 + (colour - 1 + rng.integers(1, self.n_colours, len(colour))) % self.n_colours
        ignored = np.where(levels["congruency"] == 1, colour, np.where(levels["congruency"] == 0, 0, other))
        return levels | {"word": np.where(name, ignored, colour), "ink": np.where(name, colour, ignored)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "cue", "stimulus")
        canvas.add("rule", np.eye(2)[conditions["name"].astype(np.int64)], "cue", "stimulus")
        canvas.add("word", self.word_strength * self._one_hot(conditions["word"]), "stimulus")
        canvas.add("ink", self.ink_strength * self._one_hot(conditions["ink"]), "stimulus")
        canvas.target(conditions["colour"], "decision")

    @property
    def _colours(self) -> tuple[str, ...]:
        return COLOURS[: self.n_colours]

    def _one_hot(self, colour: np.ndarray) -> np.ndarray:
        return np.eye(self.n_colours + 1)[colour][:, 1:]

    def hypotheses(self) -> Hypotheses:
        n = self.n_colours
        grid = np.meshgrid([0, 1], np.arange(1, n + 1), np.arange(n + 1), indexing="ij")
        name, colour, ignored = (axis.ravel() for axis in grid)
        congruent, neutral, incongruent = congruency(self.p_congruent, self.p_incongruent).probabilities
        agrees = np.where(ignored == colour, congruent, np.where(ignored == 0, neutral, incongruent / (n - 1)))
        word = self.word_strength * self._one_hot(np.where(name, ignored, colour))
        ink = self.ink_strength * self._one_hot(np.where(name, colour, ignored))
        rule = np.eye(2)[name]
        prior = np.array([1 - self.p_name, self.p_name])[name] / n * agrees
        return Hypotheses(np.concatenate([rule, rule, word, ink], axis=1), prior, colour)


@dataclass(frozen=True, kw_only=True)
class Flanker(HypothesesTask):
    """A row of arrows: answer the side to which the central one points, whatever those beside it do.

    Congruent flankers point to the same side, incongruent ones to the other, neutral ones to neither. Each place is
    seen by its own channels, which also see something of the places beside it.

    :channels: fixation; arrow (-2 left, -2 right, -1 left, -1 right, +0 left, +0 right, +1 left, +1 right, +2 left, +2
        right)
    :responses: fixate, left, right
    :timing: fixation 200-400, stimulus 300, delay 100, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        n_flankers: Number of flankers on either side of the centre.
        p_congruent: Proportion of congruent trials.
        p_incongruent: Proportion of incongruent trials; the others are neutral.
        flanker_strength: Strength of each flanker; that of the central arrow is 1.
        overlap: What channels see of a neighbouring place, of the next but one its square, and so on.
    """

    n_flankers: int = 2
    p_congruent: float = 0.4
    p_incongruent: float = 0.4
    flanker_strength: float = 1.0
    overlap: float = 0.3
    fixation_ms: Duration = Uniform(200, 400)
    stimulus_ms: Duration = 300
    delay_ms: Duration = 100
    decision_ms: Duration = 300

    family = "control"
    source = "Eriksen & Eriksen 1974, Percept Psychophys, doi:10.3758/BF03203267"
    contrasts = ("side", "congruency")
    periods = ("fixation", "stimulus", "delay", "decision")
    essential = ("stimulus",)
    informative = "stimulus"
    evidence = (("arrow", "stimulus"),)

    def check(self) -> None:
        congruency(self.p_congruent, self.p_incongruent)
        if self.n_flankers < 1 or self.flanker_strength < 0 or not 0 <= self.overlap < 1:
            raise ValueError(
                f"n_flankers is {self.n_flankers!r}, flanker_strength {self.flanker_strength!r}, overlap "
                f"{self.overlap!r}; allowed: at least 1, at least 0, in [0, 1)."
            )

    def channels(self) -> Channels:
        places = range(-self.n_flankers, self.n_flankers + 1)
        return {"fixation": 1, "arrow": tuple(f"{place:+d} {side}" for place in places for side in ("left", "right"))}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        return {"side": SIDES, "congruency": congruency(self.p_congruent, self.p_incongruent)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay")
        canvas.add("arrow", self._arrows(conditions["side"], conditions["congruency"]), "stimulus")
        canvas.target(conditions["side"], "decision")

    def _arrows(self, side: np.ndarray, congruent: np.ndarray) -> np.ndarray:
        """What the channels see of a row, (B, 2 * places)."""
        place = np.arange(-self.n_flankers, self.n_flankers + 1)
        seen_of = self.overlap ** np.abs(place[:, None] - place)
        centre = seen_of[:, self.n_flankers]
        flankers = self.flanker_strength * (seen_of.sum(axis=1) - centre)
        pointed = np.eye(3)[np.where(congruent == 0, 0, np.where(congruent == 1, side, 3 - side))][:, 1:]
        rows = centre[:, None] * np.eye(2)[side - 1][:, None] + flankers[:, None] * pointed[:, None]
        return rows.reshape(len(rows), -1)

    def hypotheses(self) -> Hypotheses:
        levels = congruency(self.p_congruent, self.p_incongruent)
        side, congruent = np.repeat([1, 2], 3), np.tile(levels.values, 2)
        return Hypotheses(self._arrows(side, congruent), np.tile(levels.probabilities, 2) / 2, side)
