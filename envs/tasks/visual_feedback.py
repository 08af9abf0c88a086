"""Movement in steps under visual feedback: where the hand is seen next depends on where it was moved."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import pi

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..observers.ceilings import ceiling_of, misreading, shortest
from ..observers.sessions import SLIP, check_session, choose
from ..painted_task import PaintedTask
from ..ring import Ring
from ..trial import TrialBatch

MOVES = np.array([0, 1, -1])
"""Change of position by each class: stay, left (anticlockwise), right (clockwise)."""


def way(offset: np.ndarray, n_positions: int) -> np.ndarray:
    """Class of the step towards a target that is an offset to the left: 0 where it is reached."""
    offset = offset % n_positions
    return np.where(offset == 0, 0, np.where(offset <= n_positions // 2, 1, 2))


@dataclass(frozen=True, kw_only=True)
class StepsTask(PaintedTask):
    """Steps on a circle towards a target: each segment shows where hand and target are, then asks for a step."""

    n_positions: int = 11
    n_steps: int = 6
    look_ms: Duration = 60
    move_ms: Duration = 100
    noise: float = 0.02
    grace_ms: float = 20.0

    family = "motor"
    contrasts = ("offset",)
    periods = ("look", "move")
    informative = "look"
    response_period = "move"

    @abstractmethod
    def view(self, target: np.ndarray, hand: np.ndarray) -> np.ndarray:
        """What all channels show of a target and a hand at these angles (rad), (..., n_in)."""

    @property
    def n_segments(self) -> int:
        return self.n_steps

    def responses(self) -> tuple[str, ...]:
        return ("stay", "left", "right")

    @property
    def answers(self) -> np.ndarray:
        """To stay is as good a class to guess as the others; how often each is right depends on the steps made."""
        return np.full(3, 1 / 3)

    def factors(self) -> Mapping[str, Factor]:
        """Where the hand is at first, and how far to the left of it the target is, in steps."""
        return {"position": Levels(range(self.n_positions)), "offset": Levels(range(self.n_positions))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Nothing has been earned yet."""
        return levels | {"outcome": np.zeros(len(levels["offset"]))}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Make the step; it pays to be at the target."""
        step = MOVES[choices]
        offset = (conditions["offset"] - step) % self.n_positions
        position = (conditions["position"] + step) % self.n_positions
        return {"position": position, "offset": offset, "outcome": (offset == 0).astype(float)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        seen = self._templates[conditions["position"], conditions["offset"]]
        for group, columns in self.input_groups.items():
            canvas.add(group, seen[:, columns], "look", "move")
        canvas.target(way(conditions["offset"], self.n_positions), "move")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all pairs of hand and target by all that was seen, and take the step that is likeliest right."""
        outputs, n = self.hold(batch), self.n_positions
        templates = self._templates.reshape(n**2, -1)
        energy = (templates**2).sum(axis=1) / 2
        ways = np.eye(3)[way(np.arange(n), n)]
        p = np.ones((batch.batch_size, n, n))
        for (start, _), (opens, closes) in zip(batch.windows("look"), batch.windows("move"), strict=True):
            seen = batch.inputs[start[0] : closes[0]].sum(axis=0, dtype=np.float64)
            log = (seen @ templates.T - (closes[0] - start[0]) * energy) / max(self.noise_std, 1e-3) ** 2
            p = p * np.exp(np.maximum(log - log.max(axis=1, keepdims=True), -30)).reshape(p.shape)
            choice = (p.sum(axis=1) @ ways).argmax(axis=1)
            choose(outputs, choice, (opens, closes))
            made = np.where(choice == np.arange(3)[:, None], 1, SLIP) / p.sum(axis=(1, 2))
            p = np.einsum("sb,sbij->bij", made, [np.roll(p, (step, -step), axis=(1, 2)) for step in MOVES])
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """1, unless noise makes the ideal observer misread; then its mean score in 4,000 sessions."""
        patterns = self._templates.reshape(self.n_positions**2, -1)
        return ceiling_of(
            self, exact=1.0, risk=self.n_steps * misreading(self, patterns, shortest(self, *self.periods))
        )

    @cached_property
    def _templates(self) -> np.ndarray:
        """What is seen for each position of the hand and each offset of the target, (P, P, n_in)."""
        hand, offset = np.arange(self.n_positions)[:, None], np.arange(self.n_positions)
        angle = 2 * pi / self.n_positions
        return self.view(
            angle * ((hand + offset) % self.n_positions), angle * np.broadcast_to(hand, (len(offset),) * 2)
        )


def check_circle(task: StepsTask) -> None:
    """Refuse an even circle, on which the opposite position can be reached either way, and a session without steps."""
    check_session(task)
    n_positions, n_steps = task.n_positions, task.n_steps
    if n_positions < 3 or n_positions % 2 == 0 or n_steps < 1:
        raise ValueError(f"n_positions is {n_positions!r}, n_steps {n_steps!r}; allowed: odd and >= 3, at least 1.")


@dataclass(frozen=True, kw_only=True)
class Reaching1D(StepsTask):
    """Move the hand on a circle to the target, step by step: one ring shows the target, the other the hand.

    A session is a row of ``n_steps`` segments; each shows where the hand is now, then asks for a step to the left or
    to the right, or to stay. Each step that takes the shorter way, and each stay at the target, is correct. One who
    always gives the same answer earns 45.5 %, one who goes by the move alone 100 %: nothing has to be remembered.

    :channels: target (ring of 16); hand (ring of 16)
    :responses: stay, left, right
    :timing: look 60, move 100 ms, 6 segments
    :scoring: the class chosen in move; chance 33.3 %, ceiling 100 %

    Attributes:
        n_positions: Number of positions on the circle, odd, so that none is opposite to another.
        n_steps: Number of steps in a session.
        ring: The two populations that see the target and the hand.
    """

    ring: Ring = field(default_factory=lambda: Ring(16))

    source = "neurogym, https://github.com/neurogym/neurogym"

    def check(self) -> None:
        check_circle(self)

    def channels(self) -> Channels:
        return {"target": self.ring, "hand": self.ring}

    def view(self, target: np.ndarray, hand: np.ndarray) -> np.ndarray:
        return np.concatenate([self.ring.bump(target), self.ring.bump(hand)], axis=-1)


@dataclass(frozen=True, kw_only=True)
class Reaching1DWithSelfDistraction(StepsTask):
    """Move the hand on a circle to the target, step by step, but both are seen by one ring: the hand outshines it.

    As in animals whose active sensing is disturbed by their own signals, the bump of the hand is the strong one, that
    of the target the weak one. A session is a row of ``n_steps`` segments, as in Reaching1D. One who always gives the
    same answer earns 45.5 %, one who goes by the move alone 100 %: nothing has to be remembered.

    :channels: circle (ring of 32)
    :responses: stay, left, right
    :timing: look 60, move 100 ms, 6 segments
    :scoring: the class chosen in move; chance 33.3 %, ceiling 100 %

    Attributes:
        n_positions: Number of positions on the circle, odd, so that none is opposite to another.
        n_steps: Number of steps in a session.
        target_strength: Peak of the bump of the target; that of the hand is 1.
        ring: The population that sees both.
    """

    target_strength: float = 0.3
    ring: Ring = field(default_factory=lambda: Ring(32))

    source = "neurogym, https://github.com/neurogym/neurogym"

    def check(self) -> None:
        check_circle(self)
        if not 0 < self.target_strength < 1:
            raise ValueError(f"target_strength is {self.target_strength!r}; allowed: between 0 and 1, the hand's.")

    def channels(self) -> Channels:
        return {"circle": self.ring}

    def view(self, target: np.ndarray, hand: np.ndarray) -> np.ndarray:
        return self.ring.bump(hand) + self.target_strength * self.ring.bump(target)
