"""Switching between tasks: at a cue, or by a rule known beforehand."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import N_DRAWS, Hypotheses, averages, drawn_precision, noisy
from ..painted_task import PaintedTask
from ..trial import TrialBatch
from .perceptual_decisions import SIDES


@dataclass(frozen=True, kw_only=True)
class LetterOrDigit(PaintedTask):
    """A row of stimuli, each a letter and a digit, of which one is to be judged. Its kinds differ in what says which.

    Letter: left for a consonant, right for a vowel. Digit: left if even, right if odd.
    """

    n_stimuli: int = 3
    fixation_ms: Duration = 200
    cue_ms: Duration = 200
    stimulus_ms: Duration = 300
    response_ms: Duration = 300

    family = "control"
    periods = ("fixation", "cue", "stimulus", "response")
    essential = ("stimulus",)
    informative = "stimulus"
    response_period = "response"

    @abstractmethod
    def p_switch_before(self, k: int) -> float:
        """Probability that the task before stimulus k, from 2 on, is another one than that before it."""

    @abstractmethod
    def is_cued(self, k: int) -> bool:
        """Whether a cue names the task of stimulus k, from 1 on."""

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
        p = {k: self.p_switch_before(k) for k in self._numbers[1:]}
        return (
            {"task 1": Levels((0, 1))}
            | {f"switch {k}": Levels((True, False), (p[k], 1 - p[k])) for k in p}
            | {f"{name} {k}": SIDES for name in ("letter", "digit") for k in self._numbers}
        )

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The later tasks, and whether letter and digit ask for the same response."""
        conditions = dict(levels)
        for k in self._numbers:
            if k > 1:
                conditions[f"task {k}"] = conditions[f"task {k - 1}"] ^ levels[f"switch {k}"]
            conditions[f"congruent {k}"] = levels[f"letter {k}"] == levels[f"digit {k}"]
        return conditions

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation")
        for k in self._numbers:
            task, letter, digit = (conditions[f"{name} {k}"] for name in ("task", "letter", "digit"))
            canvas.add("fixation", 1.0, f"cue {k}", f"stimulus {k}")
            if self.is_cued(k):
                canvas.add("cue", np.eye(2)[task], f"cue {k}", f"stimulus {k}")
            canvas.add("letter", np.eye(2)[letter - 1], f"stimulus {k}")
            canvas.add("digit", np.eye(2)[digit - 1], f"stimulus {k}")
            canvas.target(np.where(task == 0, letter, digit), f"response {k}")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Filter the task from cues and switches so far, weigh tasks, letters and digits, answer the likelier side."""
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
            means = self._hypotheses(k).means[4 * task + 2 * (letter - 1) + (digit - 1)]
            seen.append((noisy(means, precision, rng), precision))
            right.append(np.where(task == 0, letter, digit))
        return float(np.mean(np.array(self._filtered(seen)) == right))

    @property
    def _numbers(self) -> range:
        return range(1, self.n_stimuli + 1)

    def _shown(self, k: int) -> list[tuple[str, str]]:
        stimulus = f"stimulus {k}"
        cue = [("cue", f"cue {k}"), ("cue", stimulus)] if self.is_cued(k) else []
        return [*cue, ("letter", stimulus), ("digit", stimulus)]

    def _hypotheses(self, k: int) -> Hypotheses:
        """Task, letter and digit of a stimulus, the digit changing fastest."""
        task, letter, digit = (axis.ravel() for axis in np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"))
        cue = [np.eye(2)[task]] * (2 if self.is_cued(k) else 0)
        means = np.concatenate([*cue, np.eye(2)[letter], np.eye(2)[digit]], axis=1)
        return Hypotheses(means, np.full(8, 1 / 8), 1 + np.where(task == 0, letter, digit))

    def _filtered(self, seen: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
        """The likelier answer to each stimulus, given what was seen of it and before it."""
        answers, p_digit = [], np.full(len(seen[0][0]), 0.5)
        for k, (averaged, precision) in zip(self._numbers, seen, strict=True):
            if k > 1:
                p = self.p_switch_before(k)
                p_digit = p_digit * (1 - p) + (1 - p_digit) * p
            hypotheses = self._hypotheses(k)
            prior = np.repeat(np.stack([1 - p_digit, p_digit], axis=1), 4, axis=1) / 4
            posterior = hypotheses.posterior(averaged, precision, prior)
            answers.append(hypotheses.likeliest(posterior))
            p_digit = np.clip(posterior[:, 4:].sum(axis=1), 0, 1)
        return answers


@dataclass(frozen=True, kw_only=True)
class TaskSwitching(LetterOrDigit):
    """A row of stimuli, each a letter and a digit; a cue says before each which of the two to judge.

    Letter: left for a consonant, right for a vowel. Digit: left if even, right if odd. From one stimulus to the next
    the task switches with probability ``p_switch``. The cues are Meiran's, whose subjects judged places; the
    letters and digits are as in :class:`AlternatingRuns`. One who ignores the cue earns 75 %.

    :channels: fixation; cue (letter, digit); letter (consonant, vowel); digit (even, odd)
    :responses: fixate, left, right
    :timing: fixation 200, cue 200 (x3), stimulus 300 (x3), response 300 (x3) ms
    :scoring: the class chosen in response; chance 50 %, ceiling 100 %

    Attributes:
        n_stimuli: Number of stimuli in a trial, at least 2.
        p_switch: Probability that the next stimulus is to be judged by the other task.
    """

    p_switch: float = 0.5

    source = "Meiran 1996, J Exp Psychol Learn Mem Cogn, doi:10.1037/0278-7393.22.6.1423"
    contrasts = ("switch 2", "congruent 2")

    def check(self) -> None:
        if self.n_stimuli < 2 or not 0 <= self.p_switch <= 1:
            raise ValueError(
                f"n_stimuli is {self.n_stimuli!r}, p_switch {self.p_switch!r}; allowed: at least 2, in [0, 1]."
            )

    def p_switch_before(self, k: int) -> float:
        return self.p_switch

    def is_cued(self, k: int) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class AlternatingRuns(LetterOrDigit):
    """A row of stimuli, each a letter and a digit; one and then the other is judged, ``run_length`` times in a row.

    Letter: left for a consonant, right for a vowel. Digit: left if even, right if odd. A cue names the first task
    alone; from then on one must count. One who keeps to the first task earns 75 %.

    :channels: fixation; cue (letter, digit); letter (consonant, vowel); digit (even, odd)
    :responses: fixate, left, right
    :timing: fixation 200, cue 200 (x4), stimulus 300 (x4), response 300 (x4) ms
    :scoring: the class chosen in response; chance 50 %, ceiling 100 %

    Attributes:
        n_stimuli: Number of stimuli in a trial, more than are in a run.
        run_length: Number of stimuli judged by one task before it switches.
        cue_ms: Time before a stimulus, in which the cue is shown before the first one, and nothing before the others.
    """

    n_stimuli: int = 4
    run_length: int = 2

    source = "Rogers & Monsell 1995, J Exp Psychol Gen, doi:10.1037/0096-3445.124.2.207"
    contrasts = ("task 2", "congruent 2")

    def check(self) -> None:
        if not 1 <= self.run_length < self.n_stimuli:
            raise ValueError(
                f"run_length is {self.run_length!r}, n_stimuli {self.n_stimuli!r}; needed: 1 <= run_length < n_stimuli."
            )

    def p_switch_before(self, k: int) -> float:
        return float((k - 1) % self.run_length == 0)

    def is_cued(self, k: int) -> bool:
        return k == 1
