"""Movement: outputs that are the kinematics of a reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..painted_task import PaintedTask
from ..responses import during
from ..task import Seed
from ..trial import TrialBatch

TARGET_INPUTS = ("held", "extinguished_at_go")


@dataclass(frozen=True, kw_only=True)
class DelayedReach(PaintedTask):
    """See a target on the unit circle, wait for the go cue, then reach it: the output is the hand's velocity.

    The velocity points to the target and follows a minimum-jerk profile, v(s) = 16 s^2 (1 - s)^2, s in [0, 1] over
    the movement, with peak 1. The response is correct if the endpoint, the integral of the velocity from go to
    100 ms after the movement, misses the target by at most ``tolerance`` of its distance. Inspired by Kao 2019;
    timing and kinematics are ours.

    :channels: target (x, y); hold
    :responses: velocity x, velocity y
    :timing: hold 200, delay 200-600, reaction 140, movement 400, end 260 ms
    :scoring: the outputs in movement; chance 12.5 %, ceiling 100 %

    Attributes:
        n_targets: Number of targets, spread evenly over the circle.
        target_input: Whether the target stays visible after the go cue (``held``) or not (``extinguished_at_go``).
        catch: Fraction of trials in which go never comes and the hand must not move.
        tolerance: Accepted miss, as a fraction of the target's distance.
    """

    n_targets: int = 8
    target_input: Literal["held", "extinguished_at_go"] = "held"
    catch: float = 0.0
    tolerance: float = 0.25
    hold_ms: Duration = 200
    delay_ms: Duration = Uniform(200, 600)
    reaction_ms: Duration = 140
    movement_ms: Duration = 400
    end_ms: Duration = 260
    noise: float = 0.02
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "motor"
    source = "Kao 2019, J Neurophysiol, doi:10.1152/jn.00467.2018"
    contrasts = ("target",)
    periods = ("hold", "delay", "reaction", "movement", "end")
    essential = ("delay", "reaction", "movement")
    informative = "delay"
    kind = "continuous"
    response_period = "movement"

    def check(self) -> None:
        check_name("target_input", self.target_input, TARGET_INPUTS)
        if self.n_targets < 2 or not 0 <= self.catch < 1 or not 0 < self.tolerance < 1:
            raise ValueError(
                f"n_targets is {self.n_targets!r}, catch {self.catch!r}, tolerance {self.tolerance!r}; "
                "allowed: at least 2, in [0, 1), in (0, 1)."
            )

    def channels(self) -> Channels:
        return {"target": ("x", "y"), "hold": 1}

    def responses(self) -> tuple[str, ...]:
        return ("velocity x", "velocity y")

    def factors(self) -> Mapping[str, Factor]:
        """The number of the target, and whether go comes."""
        return {"target": Levels(range(self.n_targets)), "go": Levels((True, False), (1 - self.catch, self.catch))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Target from the delay on, hold cue until go, velocity during the movement."""
        position, go = self._position(conditions["target"]), conditions["go"][:, None]
        after_go = ("reaction", "movement", "end")
        canvas.add("hold", 1.0, "hold", "delay")
        if not go.all():
            canvas.add("hold", np.where(go, 0.0, 1.0), *after_go)
        if self.target_input == "held":
            canvas.add("target", position, "delay", *after_go)
        else:
            canvas.add("target", position, "delay")
            canvas.add("target", np.where(go, 0.0, position), *after_go)
        canvas.targets[:] = self._velocity(canvas.periods["movement"], len(canvas.targets), position * go)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Average the target's position over the delay, and reach to it if the hold cue goes off."""
        seen = self.mean_input(batch, "target", "delay")
        angle = np.arctan2(seen[:, 1], seen[:, 0])
        nearest = np.round(angle * self.n_targets / (2 * np.pi)).astype(int) % self.n_targets
        return self._reach(batch, nearest)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Reach on time, but to any target."""
        return self._reach(batch, np.random.default_rng(seed).integers(0, self.n_targets, batch.batch_size))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the endpoint lies within the tolerance, (B,)."""
        outputs = self.checked(outputs, batch)
        end = batch.periods["movement"][1] + round(100 / self.dt)
        window = during(len(outputs), (batch.periods["reaction"][0], end))
        # One reach of distance 1 integrates to its mean speed, 8/15, times the movement's bins.
        bins = (batch.periods["movement"][1] - batch.periods["movement"][0])[:, None]
        miss = np.einsum("tb,tbk->bk", window, outputs - batch.targets) / (bins * 8 / 15)
        return (np.linalg.norm(miss, axis=1) <= self.tolerance).astype(float)

    @property
    def chance(self) -> float:
        """Probability that any target lies within the tolerance of the right one; catch trials are not guessed."""
        distance = np.linalg.norm(self._position(np.arange(self.n_targets)) - [1.0, 0.0], axis=1)
        return (1 - self.catch) * float(np.mean(distance <= self.tolerance)) + self.catch

    def _position(self, target: np.ndarray) -> np.ndarray:
        angle = 2 * np.pi * target / self.n_targets
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)

    def _reach(self, batch: TrialBatch, target: np.ndarray) -> np.ndarray:
        go = self.mean_input(batch, "hold", "reaction") < 0.5
        return self._velocity(batch.periods["movement"], len(batch.inputs), self._position(target) * go)

    def _velocity(self, movement: tuple[np.ndarray, np.ndarray], n_bins: int, peak: np.ndarray) -> np.ndarray:
        start, stop = movement
        time = np.arange(n_bins, dtype=np.float32)[:, None] + np.float32(0.5)
        s = np.clip((time - start.astype(np.float32)) / (stop - start).astype(np.float32), 0, 1)
        return (4 * s * (1 - s))[..., None] ** 2 * peak.astype(np.float32)
