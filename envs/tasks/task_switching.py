"""Switching between tasks at a cue."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..trial import TrialBatch
from .ideal_observer import N_DRAWS, Hypotheses, averages, drawn_precision, noisy
from .perceptual_decisions import SIDES


@dataclass(frozen=True, kw_only=True)
class TaskSwitching(PaintedTask):
    """A row of stimuli, each a letter and a digit; a cue says before each which of the two to judge.

    Letter: left for a consonant, right for a vowel. Digit: left if even, right if odd. From one stimulus to the next
    the task switches with probability ``p_switch``. One who takes no notice of the cues earns 75 %.

    :channels: fixation; cue (letter, digit); letter (consonant, vowel); digit (even, odd)
    :responses: fixate, left, right
    :timing: fixation 200, cue 200 (x3), stimulus 300 (x3), response 300 (x3) ms
    :scoring: the class chosen in response; chance 50 %, ceiling 100 %

    Attributes:
        n_stimuli: Number of stimuli in a trial, at least 2.
        p_switch: Probability that the next stimulus is to be judged by the other task.
    """

    n_stimuli: int = 3
    p_switch: float = 0.5
    fixation_ms: Duration = 200
    cue_ms: Duration = 200
    stimulus_ms: Duration = 300
    response_ms: Duration = 300

    family = "control"
    source = "Rogers & Monsell 1995, J Exp Psychol Gen, doi:10.1037/0096-3445.124.2.207"
    contrasts = ("switch 2", "congruent 2")
    periods = ("fixation", "cue", "stimulus", "response")
    essential = ("stimulus",)
    informative = "stimulus"
    response_period = "response"

    def check(self) -> None:
        if self.n_stimuli < 2 or not 0 <= self.p_switch <= 1:
            raise ValueError(
                f"n_stimuli is {self.n_stimuli!r}, p_switch {self.p_switch!r}; allowed: at least 2, in [0, 1]."
            )

    def channels(self) -> Channels:
        tasks = ("letter", "digit")
        return {"fixation": 1, "cue": tasks, "letter": ("consonant", "vowel"), "digit": ("even", "odd")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def durations(self) -> Mapping[str, Duration]:
        """Fixation, then cue, stimulus and response of each stimulus."""
        items = {f"{name} {k}": getattr(self, f"{name}_ms") for k in self._numbers for name in self.periods[1:]}
        return {"fixation": self.fixation_ms} | items

    def factors(self) -> Mapping[str, Factor]:
        """The first task (0 letter, 1 digit), whether it switches before each later one, letters and digits."""
        switch = Levels((True, False), (self.p_switch, 1 - self.p_switch))
        return (
            {"task 1": Levels((0, 1))}
            | {f"switch {k}": switch for k in self._numbers[1:]}
            | {f"{name} {k}": SIDES for name in ("letter", "digit") for k in self._numbers}
        )

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """The later tasks, and whether letter and digit ask for the same response."""
        conditions = dict(drawn)
        for k in self._numbers:
            if k > 1:
                conditions[f"task {k}"] = conditions[f"task {k - 1}"] ^ drawn[f"switch {k}"]
            conditions[f"congruent {k}"] = drawn[f"letter {k}"] == drawn[f"digit {k}"]
        return conditions

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation")
        for k in self._numbers:
            task, letter, digit = (conditions[f"{name} {k}"] for name in ("task", "letter", "digit"))
            canvas.add("fixation", 1.0, f"cue {k}", f"stimulus {k}")
            canvas.add("cue", np.eye(2)[task], f"cue {k}", f"stimulus {k}")
            canvas.add("letter", np.eye(2)[letter - 1], f"stimulus {k}")
            canvas.add("digit", np.eye(2)[digit - 1], f"stimulus {k}")
            canvas.target(np.where(task == 0, letter, digit), f"response {k}")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Filter the task from all cues so far, weigh tasks, letters and digits, answer with the likelier side."""
        return self.respond(batch, *self._filtered([averages(self, batch, self._shown(k)) for k in self._numbers]))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, in 100,000 simulated trials of a fixed seed."""
        rng = np.random.default_rng(0)
        conditions = self.draw(rng, N_DRAWS)
        seen, right = [], []
        for k in self._numbers:
            task, letter, digit = (conditions[f"{name} {k}"] for name in ("task", "letter", "digit"))
            precision = drawn_precision(self, self._shown(k), rng, N_DRAWS)
            means = self._hypotheses.means[4 * task + 2 * (letter - 1) + (digit - 1)]
            seen.append((noisy(means, precision, rng), precision))
            right.append(np.where(task == 0, letter, digit))
        return float(np.mean(np.array(self._filtered(seen)) == right))

    @property
    def _numbers(self) -> range:
        return range(1, self.n_stimuli + 1)

    def _shown(self, k: int) -> list[tuple[str, str]]:
        stimulus = f"stimulus {k}"
        return [("cue", f"cue {k}"), ("cue", stimulus), ("letter", stimulus), ("digit", stimulus)]

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """Task, letter and digit, the digit changing fastest."""
        task, letter, digit = (axis.ravel() for axis in np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"))
        cue, shown = np.eye(2)[task], [np.eye(2)[letter], np.eye(2)[digit]]
        means = np.concatenate([cue, cue, *shown], axis=1)
        return Hypotheses(means, np.full(8, 1 / 8), 1 + np.where(task == 0, letter, digit))

    def _filtered(self, seen: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
        """The likelier answer to each stimulus, given what was seen of it and before it."""
        hypotheses, answers, p_digit = self._hypotheses, [], np.full(len(seen[0][0]), 0.5)
        for averaged, precision in seen:
            prior = np.repeat(np.stack([1 - p_digit, p_digit], axis=1), 4, axis=1) / 4
            posterior = hypotheses.posterior(averaged, precision, prior)
            answers.append(hypotheses.likeliest(posterior))
            p_digit = np.clip(posterior[:, 4:].sum(axis=1), 0, 1)
            p_digit = p_digit * (1 - self.p_switch) + (1 - p_digit) * self.p_switch
        return answers
