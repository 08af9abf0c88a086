"""Movement in steps under visual feedback: where the hand is seen next depends on where it was moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import pi

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..ring import Ring
from ..trial import TrialBatch
from .bandits import check_session, choose

MOVES = np.array([0, 1, -1])
"""Change of position by each class: stay, left (anticlockwise), right (clockwise)."""
SLIP = 1e-6
"""Probability, to the ideal observer, that a step was another than its own; so it can also watch another's session."""


def check_steps(n_positions: int, n_steps: int) -> None:
    """Refuse an even circle, on which the opposite position can be reached either way, and a session without steps."""
    if n_positions < 3 or n_positions % 2 == 0 or n_steps < 1:
        raise ValueError(f"n_positions is {n_positions!r}, n_steps {n_steps!r}; allowed: odd and >= 3, at least 1.")


def drawn_places(n_positions: int) -> Mapping[str, Factor]:
    """Where the hand is at first, and how far to the left of it the target is, in steps."""
    return {"position": Levels(range(n_positions)), "offset": Levels(range(n_positions))}


def way(offset: np.ndarray, n_positions: int) -> np.ndarray:
    """Class of the step towards a target that is an offset to the left: 0 where it is reached."""
    offset = offset % n_positions
    return np.where(offset == 0, 0, np.where(offset <= n_positions // 2, 1, 2))


def moved(conditions: Conditions, choices: np.ndarray, n_positions: int) -> Conditions:
    """Where hand and target are after a step; it pays to be at the target."""
    step = MOVES[choices]
    offset = (conditions["offset"] - step) % n_positions
    return {
        "position": (conditions["position"] + step) % n_positions,
        "offset": offset,
        "outcome": (offset == 0).astype(float),
    }


def likeliest_ways(
    task: PaintedTask, batch: TrialBatch, templates: np.ndarray, group: slice, n_positions: int
) -> np.ndarray:
    """Outputs of one who weighs all pairs of position and target by all inputs so far and its own steps.

    Args:
        task: The task.
        batch: A session.
        templates: Mean input for each position and offset, (P, P, k).
        group: The columns of the inputs that they belong to.
        n_positions: Number of positions P.
    """
    outputs = task.hold(batch)
    flat = templates.reshape(n_positions**2, -1)
    energy = (flat**2).sum(axis=1) / 2
    ways = np.eye(3)[way(np.arange(n_positions), n_positions)]
    precision = max(task.noise_std, 1e-3) ** -2
    p = np.ones((batch.batch_size, n_positions, n_positions))
    for (start, _), (opens, closes) in zip(batch.windows("look"), batch.windows("move"), strict=True):
        seen = batch.inputs[start[0] : closes[0], :, group].sum(axis=0, dtype=np.float64)
        log = (seen @ flat.T - (closes[0] - start[0]) * energy) * precision
        p = p * np.exp(np.maximum(log - log.max(axis=1, keepdims=True), -30)).reshape(p.shape)
        choice = (p.sum(axis=1) @ ways).argmax(axis=1)
        choose(outputs, choice, (opens, closes))
        made = np.where(choice == np.arange(3)[:, None], 1, SLIP) / p.sum(axis=(1, 2))
        moved_by = [np.roll(p, (step, -step), axis=(1, 2)) for step in MOVES]
        p = np.einsum("sb,sbij->bij", made, moved_by)
    return outputs


@dataclass(frozen=True, kw_only=True)
class Reaching1D(PaintedTask):
    """Move the hand on a circle to the target, step by step: one ring shows the target, the other the hand.

    A session is a row of ``n_steps`` segments; each shows where the hand is now, then asks for a step to the left or
    to the right, or to stay. Each step that takes the shorter way, and each stay at the target, is correct.

    :channels: target (ring of 16); hand (ring of 16)
    :responses: stay, left, right
    :timing: look 60, move 100 ms, 6 segments
    :scoring: the class chosen in move; chance 33.3 %, ceiling 100 %

    Attributes:
        n_positions: Number of positions on the circle, odd, so that none is opposite to another.
        n_steps: Number of steps in a session.
        ring: The two populations that see the target and the hand.
    """

    n_positions: int = 11
    n_steps: int = 6
    ring: Ring = field(default_factory=lambda: Ring(16))
    look_ms: Duration = 60
    move_ms: Duration = 100
    noise: float = 0.02
    grace_ms: float = 20.0

    family = "motor"
    source = "Georgopoulos, Schwartz & Kettner 1986, Science, doi:10.1126/science.3749885"
    contrasts = ("offset",)
    periods = ("look", "move")
    informative = "look"
    response_period = "move"

    def check(self) -> None:
        check_session(self)
        check_steps(self.n_positions, self.n_steps)

    @property
    def n_segments(self) -> int:
        return self.n_steps

    def channels(self) -> Channels:
        return {"target": self.ring, "hand": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("stay", "left", "right")

    @property
    def answers(self) -> np.ndarray:
        """To stay is as good a class to guess as the others; how often each is right depends on the steps made."""
        return np.full(3, 1 / 3)

    def factors(self) -> Mapping[str, Factor]:
        return drawn_places(self.n_positions)

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """Nothing has been earned yet."""
        return drawn | {"outcome": np.zeros(len(drawn["offset"]))}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        return moved(conditions, choices, self.n_positions)

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        seen = self._templates[conditions["position"], conditions["offset"]]
        canvas.add("target", seen[:, : self.ring.n], "look", "move")
        canvas.add("hand", seen[:, self.ring.n :], "look", "move")
        canvas.target(way(conditions["offset"], self.n_positions), "move")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all pairs of hand and target by all that was seen, and take the step that is likeliest right."""
        return likeliest_ways(self, batch, self._templates, slice(0, 2 * self.ring.n), self.n_positions)

    @property
    def _templates(self) -> np.ndarray:
        bumps = self.ring.bump(2 * pi * np.arange(self.n_positions) / self.n_positions)
        target = bumps[(np.arange(self.n_positions)[:, None] + np.arange(self.n_positions)) % self.n_positions]
        return np.concatenate([target, np.broadcast_to(bumps[:, None], target.shape)], axis=-1)


@dataclass(frozen=True, kw_only=True)
class Reaching1DWithSelfDistraction(PaintedTask):
    """Move the hand on a circle to the target, step by step, but both are seen by one ring: the hand outshines it.

    As in animals whose active sensing is disturbed by their own signals, the bump of the hand is the strong one, that
    of the target the weak one. A session is a row of ``n_steps`` segments, as in Reaching1D.

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

    n_positions: int = 11
    n_steps: int = 6
    target_strength: float = 0.3
    ring: Ring = field(default_factory=lambda: Ring(32))
    look_ms: Duration = 60
    move_ms: Duration = 100
    noise: float = 0.02
    grace_ms: float = 20.0

    family = "motor"
    source = "neurogym, https://github.com/neurogym/neurogym"
    contrasts = ("offset",)
    periods = ("look", "move")
    informative = "look"
    response_period = "move"

    def check(self) -> None:
        check_session(self)
        check_steps(self.n_positions, self.n_steps)
        if not 0 < self.target_strength < 1:
            raise ValueError(f"target_strength is {self.target_strength!r}; allowed: between 0 and 1, the hand's.")

    @property
    def n_segments(self) -> int:
        return self.n_steps

    def channels(self) -> Channels:
        return {"circle": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("stay", "left", "right")

    @property
    def answers(self) -> np.ndarray:
        """To stay is as good a class to guess as the others; how often each is right depends on the steps made."""
        return np.full(3, 1 / 3)

    def factors(self) -> Mapping[str, Factor]:
        return drawn_places(self.n_positions)

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """Nothing has been earned yet."""
        return drawn | {"outcome": np.zeros(len(drawn["offset"]))}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        return moved(conditions, choices, self.n_positions)

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("circle", self._templates[conditions["position"], conditions["offset"]], "look", "move")
        canvas.target(way(conditions["offset"], self.n_positions), "move")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all pairs of hand and target by all that was seen, and take the step that is likeliest right."""
        return likeliest_ways(self, batch, self._templates, slice(0, self.ring.n), self.n_positions)

    @property
    def _templates(self) -> np.ndarray:
        bumps = self.ring.bump(2 * pi * np.arange(self.n_positions) / self.n_positions)
        target = bumps[(np.arange(self.n_positions)[:, None] + np.arange(self.n_positions)) % self.n_positions]
        return bumps[:, None] + self.target_strength * target
