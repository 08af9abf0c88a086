"""Mazes: places that are reached by one's own steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor
from ..numbers import whole_number
from ..observers.ceilings import ceiling_of, misreading, shortest
from ..observers.sessions import SLIP, check_session, choose, log_odds
from ..painted_task import PaintedTask
from ..responses import mean_during
from ..trial import TrialBatch
from .perceptual_decisions import SIDES

FORWARD, LEFT, RIGHT, BACK = 1, 2, 3, 4
SURE = 1 - 1e-6
"""Probability of a side, above which it needs no second look at the cue."""


@dataclass(frozen=True, kw_only=True)
class TMaze(PaintedTask):
    """At the start of a corridor a cue shows where to turn at its end; walk there, remember it, and turn.

    A session is a row of segments, each of them a step: it shows the place, then asks where to go. A step against a
    wall goes nowhere; who goes back to the start sees the cue again. There are ``spare_steps`` more segments than the
    way takes. The target is to walk on, to turn as the cue says and, in an arm, to stay. The score is 1 if the turn was
    right, whenever it was made; a reward shows it. One who walks on and always turns to the same side earns 50 %. One
    who always gives the same answer earns 0 %, one who goes by the step alone 50 %.

    :channels: cue (left, right); place (corridor, junction, arm); reward
    :responses: stay, forward, left, right, back
    :timing: look 100, step 140 ms, 8 segments
    :scoring: the class chosen in step; chance 1.65 %, ceiling 100 %

    Attributes:
        length: Steps from the start to the junction.
        spare_steps: Steps left over for one who takes the shortest way.
    """

    length: int = 5
    spare_steps: int = 2
    look_ms: Duration = 100
    step_ms: Duration = 140
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "learning and reward"
    source = "Bakker 2002, NeurIPS 14, https://proceedings.neurips.cc/paper/2001/file/a38b16173474ba8b1a95bcbc30d3b8a5-Paper.pdf"
    contrasts = ("cue",)
    periods = ("look", "step")
    essential = ("look",)
    response_period = "step"

    def check(self) -> None:
        check_session(self)
        whole_number("length", self.length, minimum=1)
        whole_number("spare_steps", self.spare_steps, minimum=0)

    @property
    def n_segments(self) -> int:
        return self.length + 1 + self.spare_steps

    def channels(self) -> Channels:
        return {"cue": ("left", "right"), "place": ("corridor", "junction", "arm"), "reward": 1}

    def responses(self) -> tuple[str, ...]:
        return ("stay", "forward", "left", "right", "back")

    @property
    def answers(self) -> np.ndarray:
        """To go on and to turn, either way, are the guesses; to go back is never right."""
        return np.array([0, 1, 1, 1, 0]) / 3

    def factors(self) -> Mapping[str, Factor]:
        """The side to turn to, 1 left, 2 right."""
        return {"cue": SIDES}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Steps made from the start; the junction is at ``length``, the arms are one further."""
        none = np.zeros(len(levels["cue"]), np.int64)
        return levels | {"place": none, "outcome": none * 1.0}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Make the step; turning as the cue showed pays."""
        cue, place = conditions["cue"], conditions["place"]
        turned = (place == self.length) & (choices == cue + 1)
        return {"cue": cue, "place": self._next(place, choices), "outcome": turned.astype(float)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        cue, place = conditions["cue"], conditions["place"]
        canvas.add("cue", np.eye(3)[cue][:, 1:] * (place == 0)[:, None], "look", "step")
        canvas.add("place", np.eye(3)[self._seen(place)], "look", "step")
        canvas.add("reward", conditions["outcome"][:, None], "look")
        canvas.target(np.where(place < self.length, FORWARD, np.where(place == self.length, cue + 1, 0)), "step")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on side and place, by all inputs and its own steps: go on, turn to the likelier side, and stay.

        While the side is doubtful and there are steps to spare it stays at the start, to see more of the cue.
        """
        outputs, n = self.hold(batch), batch.batch_size
        places, steps = np.arange(self.length + 2), self._steps
        belief = np.full((n, 2, len(places)), SLIP)
        belief[..., 0] = 1
        for number, (look, step) in enumerate(zip(batch.windows("look"), batch.windows("step"), strict=True)):
            whole = look[0], step[1]
            log = np.log(belief) + log_odds(self, batch, "place", whole)[:, None, self._seen(places)]
            log[..., 0] += log_odds(self, batch, "cue", whole)
            belief = np.exp(np.maximum(log - log.max(axis=(1, 2), keepdims=True), -500))
            belief /= belief.sum(axis=(1, 2), keepdims=True)
            side, place = belief.sum(axis=2), belief.sum(axis=1).argmax(axis=1)
            choice = np.choose(self._seen(place), [FORWARD, LEFT + side.argmax(axis=1), 0])
            spare = self.n_segments - number > self.length + 1
            choice[(place == 0) & spare & (side.max(axis=1) < SURE)] = 0
            choose(outputs, choice, step)
            made = np.where(choice[:, None] == np.arange(self.n_outputs), 1, SLIP)
            belief = belief @ np.tensordot(made, steps, axes=1)
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """1, unless noise makes the ideal observer misread the cue; then its mean score in 4,000 sessions."""
        looks = 1 + self.spare_steps
        return ceiling_of(self, exact=1.0, risk=misreading(self, np.eye(2), looks * shortest(self, *self.periods)))

    @property
    def _steps(self) -> np.ndarray:
        """Whether each class leads from each place to each, (5, P, P)."""
        place, choice = np.arange(self.length + 2), np.arange(self.n_outputs)[:, None]
        return np.eye(len(place))[self._next(place, choice)]

    def _next(self, place: np.ndarray, choice: np.ndarray) -> np.ndarray:
        """The place that a step leads to."""
        at_junction = place == self.length
        on = np.where(at_junction, (choice == LEFT) | (choice == RIGHT), (choice == FORWARD) & (place < self.length))
        back = (choice == BACK) & (place > 0) & (place <= self.length)
        return place + on - back.astype(np.int64)

    def _seen(self, place: np.ndarray) -> np.ndarray:
        """What a place looks like: 0 corridor, 1 junction, 2 arm."""
        return np.clip(place - self.length + 1, 0, 2)

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where a step at the junction was the right turn, (B,)."""
        outputs, turned = self.checked(outputs, batch), np.zeros(batch.batch_size, bool)
        for span in batch.windows("step"):
            right = batch.targets[span[1] - 1, np.arange(batch.batch_size)]
            turned |= (right > FORWARD) & (mean_during(outputs, span, batch.mask).argmax(axis=1) == right)
        return turned.astype(float)

    @property
    def chance(self) -> float:
        """Probability that one who guesses at every step, in sessions walked by another such, hits the right turn."""
        walking, p = np.eye(self.length + 1)[0], 1 / 3
        hit = 0.0
        for _ in range(self.n_segments):
            hit += p * walking[-1]
            walking[-1] *= 1 - p
            stays = np.append(np.full(self.length, 1 - p), p)
            walking = walking * stays + p * np.append(0, walking[:-1])
        return float(hit)
