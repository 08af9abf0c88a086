"""Reasoning about a hidden rule: was the stimulus misjudged, or has the rule changed?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erf, sqrt

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import array_in_bins, in_bins
from ..factors import Conditions, Factor, Levels
from ..observers.ceilings import ceiling_of, misreading
from ..observers.ideal_observer import Hypotheses, averages, course
from ..painted_task import PaintedTask
from ..responses import during
from ..trial import TrialBatch, occurring


@dataclass(frozen=True, kw_only=True)
class HierarchicalReasoning(PaintedTask):
    """Judge whether the interval between two flashes was long or short; a hidden rule says which side means long.

    A session is a row of ``n_trials`` segments. Each shows which side was chosen last and whether that was right,
    shows two flashes and asks for the next choice. By the first rule long means right and short left, by the second
    the reverse. After a trial the rule switches with probability ``p_switch``, unannounced. An error may come from a
    switch or from a misjudged interval: what is shown is not the interval asked about, but a measurement of it, with
    scalar noise as in a subject's own sense of time.

    :channels: fixation; flash; chosen (left, right); reward
    :responses: fixate, left, right
    :timing: feedback 100, stimulus 600, decision 140 ms, 12 segments
    :scoring: the class chosen in decision; chance 50 %, ceiling 81.1 %

    Attributes:
        n_trials: Number of trials in a session.
        intervals_ms: Intervals asked about; one is drawn for each trial.
        boundary_ms: Intervals above it are long, those below it short.
        weber: Standard deviation of the measurement, as a fraction of the interval.
        p_switch: Probability that the rule switches between two trials.
        pulse_ms: Duration of a flash.
    """

    n_trials: int = 12
    intervals_ms: Sequence[float] = (200, 260, 340, 400)
    boundary_ms: float = 300.0
    weber: float = 0.1
    p_switch: float = 0.1
    pulse_ms: float = 60.0
    feedback_ms: float = 100.0
    stimulus_ms: float = 600.0
    decision_ms: float = 140.0
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "control"
    source = "Sarafyazd & Jazayeri 2019, Science, doi:10.1126/science.aav8911"
    contrasts = ("rule", "long")
    periods = ("feedback", "stimulus", "decision")
    essential = ("feedback", "stimulus")
    informative = "stimulus"

    def check(self) -> None:
        if self.n_trials < 1 or self.weber < 0 or not 0 <= self.p_switch <= 0.5:
            raise ValueError(
                f"n_trials is {self.n_trials!r}, weber {self.weber!r}, p_switch {self.p_switch!r}; "
                "allowed: at least 1, at least 0, in [0, 0.5]."
            )
        if in_bins(self.pulse_ms, self.dt, "pulse_ms") < 1:
            raise ValueError(f"pulse_ms is {self.pulse_ms:g}; a flash takes at least one bin of {self.dt:g} ms.")
        longest = self.stimulus_ms - self.pulse_ms
        if len(self.intervals_ms) == 0 or self.boundary_ms in self.intervals_ms:
            raise ValueError(f"intervals_ms are {self.intervals_ms!r}; give some, none equal to boundary_ms.")
        if not self.pulse_ms < min(self.intervals_ms) <= max(self.intervals_ms) <= longest:
            raise ValueError(
                f"intervals_ms are {self.intervals_ms!r}; allowed: longer than pulse_ms = {self.pulse_ms:g}, and at "
                f"most {longest:g}, so that the second flash ends within stimulus_ms."
            )
        if self.weber == 0:
            for interval in self.intervals_ms:
                in_bins(interval, self.dt, "intervals_ms")

    @property
    def n_segments(self) -> int:
        return self.n_trials

    def channels(self) -> Channels:
        return {"fixation": 1, "flash": 1, "chosen": ("left", "right"), "reward": 1}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The rule, 0 if long means right and 1 if it means left, and the interval asked about (ms)."""
        return {"rule": Levels((0, 1)), "interval": Levels(self.intervals_ms)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Nothing has been chosen (0) nor earned yet."""
        n = len(levels["rule"])
        return self._trial(levels["rule"], levels["interval"], rng) | {
            "chosen": np.zeros(n, np.int64),
            "outcome": np.zeros(n),
        }

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Judge the choice, then switch the rule or not and draw the next interval."""
        n = len(choices)
        rule = conditions["rule"] ^ (rng.random(n) < self.p_switch)
        interval = Levels(self.intervals_ms).draw(rng, n)
        return self._trial(rule, interval, rng) | {
            "chosen": np.asarray(choices, np.int64),
            "outcome": (choices == conditions["answer"]).astype(float),
        }

    def _trial(self, rule: np.ndarray, interval: np.ndarray, rng: np.random.Generator) -> Conditions:
        measured, p = self._measurements
        number = (interval[:, None] > np.sort(self.intervals_ms)).sum(axis=1)
        drawn = (rng.random(len(rule))[:, None] >= np.cumsum(p, axis=1)[number, :-1]).sum(axis=1)
        long = interval > self.boundary_ms
        answer = np.where(long ^ (rule == 1), 2, 1)
        return {"rule": rule, "interval": interval, "measured": measured[drawn] * self.dt, "long": long} | {
            "answer": answer
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Tell of the last choice, flash twice, ask for the next choice."""
        canvas.add("fixation", 1.0, "feedback", "stimulus")
        canvas.add("chosen", np.eye(3)[conditions["chosen"]][:, 1:], "feedback")
        canvas.add("reward", conditions["outcome"][:, None], "feedback")
        first, width = canvas.span("stimulus")[0], in_bins(self.pulse_ms, self.dt, "pulse_ms")
        for onset in (first, first + array_in_bins(conditions["measured"], self.dt, "measured")):
            canvas.add_course("flash", during(len(canvas.inputs), (onset, onset + width))[..., None])
        canvas.target(conditions["answer"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on the rule, given how sure each judgement was and whether it was right.

        Right or wrong, the feedback reveals the right answer, and with it that long and the first rule, or short and
        the second, hold together, or that they do not. Who did not choose learns nothing.
        """
        told, shown, choices = self._feedback, self._hypotheses, []
        p_first, p_long = np.full(batch.batch_size, 0.5), np.full(batch.batch_size, 0.5)
        for feedback, (start, _) in zip(occurring(batch.periods, "feedback"), batch.windows("stimulus"), strict=True):
            posterior = told.posterior(*averages(self, batch, (("chosen", feedback), ("reward", feedback))))
            left, right = (posterior @ (told.answers == side) for side in (1, 2))
            p_first = self._update(p_first, p_long, left, right)
            p_long = shown.posterior(*course(self, batch, "flash", start, shown.means.shape[1])) @ self._p_long
            choices.append(np.where(p_first * p_long + (1 - p_first) * (1 - p_long) >= 0.5, 2, 1))
        return self.respond(batch, *choices)

    @cached_property
    def ceiling(self) -> float:
        """Expected score of Bayes' rule, by recursion over its belief b in the first rule, on a grid of 1,001 values.

        With l the probability that the interval measured was long, that of right is q = b l + (1 - b)(1 - l), and
        S_k(b) = E[max(q, 1 - q) + q S_(k-1)(b | right) + (1 - q) S_(k-1)(b | left)] over measurements, since feedback
        reveals the right answer whatever was chosen. The ceiling is S_n(1/2) / n, where flashes and feedback are seen
        without error; where observation noise hides them, the score of the ideal observer in 4,000 sessions.
        """
        feedback = in_bins(self.feedback_ms, self.dt, "feedback_ms")
        risk = misreading(self, self._hypotheses.means, 1) + misreading(self, self._feedback.means, feedback)
        return ceiling_of(self, self._seen_without_error(), risk)

    def _seen_without_error(self) -> float:
        b, p_long = np.linspace(0, 1, 1001)[:, None], self._p_long
        p_right = b * p_long + (1 - b) * (1 - p_long)
        right, left = self._update(b, p_long, 0.0, 1.0), self._update(b, p_long, 1.0, 0.0)
        total = np.zeros(len(b))
        for _ in range(self.n_trials):
            future = [np.interp(belief, b[:, 0], total) for belief in (right, left)]
            gain = np.maximum(p_right, 1 - p_right) + p_right * future[0] + (1 - p_right) * future[1]
            total = gain @ self._hypotheses.prior
        return float(np.interp(0.5, b[:, 0], total) / self.n_trials)

    def _update(
        self, p_first: np.ndarray, p_long: np.ndarray, left: np.ndarray | float, right: np.ndarray | float
    ) -> np.ndarray:
        """Belief in the first rule before the next trial, given the probabilities that left or right is known right."""
        unknown = 1 - left - right
        first = p_first * (unknown + right * p_long + left * (1 - p_long))
        second = (1 - p_first) * (unknown + right * (1 - p_long) + left * p_long)
        posterior = np.divide(first, first + second, out=np.full(first.shape, 0.5), where=first + second > 0)
        return posterior * (1 - self.p_switch) + (1 - posterior) * self.p_switch

    @cached_property
    def _feedback(self) -> Hypotheses:
        """Nothing chosen, or either side without and with reward; the answers are those known to have been right."""
        means = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1]], dtype=float)
        return Hypotheses(means, np.full(5, 0.2), np.array([0, 2, 1, 1, 2]))

    @cached_property
    def _measurements(self) -> tuple[np.ndarray, np.ndarray]:
        """Possible measurements (bins), (G,), and their probabilities given each interval in order, (I, G)."""
        first, last = (in_bins(ms, self.dt, "pulse_ms, stimulus_ms") for ms in (self.pulse_ms, self.stimulus_ms))
        measured = np.arange(first + 1, last - first + 1)
        if self.weber == 0:
            bins = [in_bins(ms, self.dt, "intervals_ms") for ms in sorted(self.intervals_ms)]
            return measured, (measured == np.array(bins)[:, None]).astype(float)
        z = [[(m - 0.5) * self.dt / ms - 1 for m in measured[1:]] for ms in sorted(self.intervals_ms)]
        below = np.array([[0, *(0.5 * (1 + erf(v / self.weber / sqrt(2))) for v in row), 1] for row in z])
        return measured, np.diff(below, axis=1)

    @cached_property
    def _p_long(self) -> np.ndarray:
        """Probability that the interval is long, given each measurement, (G,)."""
        p = self._measurements[1]
        total = p.sum(axis=0)
        long = p[np.sort(self.intervals_ms) > self.boundary_ms].sum(axis=0)
        return np.divide(long, total, out=np.full(len(total), 0.5), where=total > 0)

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """The possible measurements as bins of the stimulus; the answers are not used."""
        measured, p = self._measurements
        n, width = (in_bins(ms, self.dt, "stimulus_ms, pulse_ms") for ms in (self.stimulus_ms, self.pulse_ms))
        late = np.arange(n) - measured[:, None]
        flashes = ((late >= 0) & (late < width)) | (np.arange(n) < width)
        return Hypotheses(flashes.astype(float), p.mean(axis=0), np.zeros(len(measured), np.int64))
