"""Reaches to a target that was seen before: outputs that are the kinematics of a hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, draw_bins, in_bins, pmf
from ..factors import Between, Conditions, Factor, Levels
from ..names import check_name
from ..painted_task import PaintedTask
from ..responses import during, mean_during
from ..task import Seed
from ..trial import TrialBatch
from .kinematics import (
    TARGET_INPUTS,
    emg_power,
    endpoint_error,
    output_names,
    progress,
    reach,
    targets_at,
)


@dataclass(frozen=True, kw_only=True)
class DelayedReach(PaintedTask):
    """See a target on the unit circle, wait for the go cue, then reach it: the output is the hand's velocity.

    The velocity points to the target and follows a minimum-jerk profile, v(s) = 16 s^2 (1 - s)^2, s in [0, 1] over
    the movement, with peak 1. The response is correct if the endpoint, the integral of the velocity from go to
    100 ms after the movement, misses the target by at most ``tolerance`` of its distance. Where the output holds the
    position it is read instead; muscle-like outputs are correct if their root-mean-square error since go is at most
    ``tolerance`` of their root mean square in a reach. Inspired by Kao 2019; timing and kinematics are ours.

    :channels: target (x, y); hold
    :responses: velocity x, velocity y
    :timing: hold 200, delay 200-600, reaction 140, movement 400, end 260 ms
    :scoring: the outputs in movement; chance 12.5 %, ceiling 100 %

    Attributes:
        n_targets: Number of targets, spread evenly over the circle.
        angles: Angles of the targets (deg), in place of those of ``n_targets``; to test on new ones, as in (22.5,).
        radius: Distance of the targets, at most 1, to test on another one.
        target_code: Whether the target is shown by its coordinates (``xy``) or by a channel of its own (``one_hot``).
        target_input: Whether the target stays visible after the go cue (``held``) or not (``extinguished_at_go``).
        target_switch: Fraction of trials that show another target first; the one that replaces it is to be reached.
        switch_latency_ms: Time from the onset of the first target to its replacement (ms).
        catch: Fraction of trials in which go never comes and the hand must not move.
        output: ``velocity``, ``position+velocity`` or ``emg``, a muscle-like map of both and the acceleration.
        n_muscles: Number of outputs of ``emg``.
        tolerance: Accepted miss, as a fraction of the target's distance.
    """

    n_targets: int = 8
    angles: Sequence[float] = ()
    radius: float = 1.0
    target_code: Literal["xy", "one_hot"] = "xy"
    target_input: Literal["held", "extinguished_at_go"] = "held"
    target_switch: float = 0.0
    switch_latency_ms: float = 100.0
    catch: float = 0.0
    output: Literal["velocity", "position+velocity", "emg"] = "velocity"
    n_muscles: int = 6
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
        check_name("target_code", self.target_code, ("xy", "one_hot"))
        output_names(self.output, self.n_muscles)
        if self.n_targets < 2 or not 0 <= self.catch < 1 or not 0 < self.tolerance < 1:
            raise ValueError(
                f"n_targets is {self.n_targets!r}, catch {self.catch!r}, tolerance {self.tolerance!r}; "
                "allowed: at least 2, in [0, 1), in (0, 1)."
            )
        if not 0 < self.radius <= 1 or self.n_muscles < 2 or not 0 <= self.target_switch <= 1:
            raise ValueError(
                f"radius is {self.radius!r}, n_muscles {self.n_muscles!r}, target_switch {self.target_switch!r}; "
                "allowed: in (0, 1], at least 2, in [0, 1]."
            )
        if self.angles and self.target_code == "one_hot":
            raise ValueError("target_code is 'one_hot', which has no channel for other angles; leave angles empty.")
        if self.target_switch:
            self._check_switch()

    def _check_switch(self) -> None:
        periods = {"delay": self.delay_ms} | ({"reaction": self.reaction_ms} if self.target_input == "held" else {})
        least = sum(int(pmf(ms, self.dt, f"{name}_ms")[0].min()) for name, ms in periods.items())
        if in_bins(self.switch_latency_ms, self.dt, "switch_latency_ms") >= least or len(self._positions) < 2:
            raise ValueError(
                f"switch_latency_ms is {self.switch_latency_ms:g}; the second of at least 2 targets must be seen "
                f"before the shortest {' and '.join(periods)} are over, {least * self.dt:g} ms after the first."
            )

    def channels(self) -> Channels:
        if self.target_code == "one_hot":
            return {"target": tuple(str(number) for number in range(self.n_targets)), "hold": 1}
        return {"target": ("x", "y"), "hold": 1}

    def responses(self) -> tuple[str, ...]:
        return output_names(self.output, self.n_muscles)

    def factors(self) -> Mapping[str, Factor]:
        """The number of the target, whether go comes and, where some targets are replaced, whether this one is."""
        p = self.target_switch
        return {
            "target": Levels(range(len(self._positions))),
            "go": Levels((True, False), (1 - self.catch, self.catch)),
        } | ({"switch": Levels((True, False), (p, 1 - p))} if p else {})

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """The target that is shown first; any other one where it is replaced."""
        if not self.target_switch:
            return drawn
        n, target = len(self._positions), drawn["target"]
        return drawn | {"first": (target + drawn["switch"] * rng.integers(1, n, len(target))) % n}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Target from the delay on, hold cue until go, velocity during the movement."""
        go = conditions["go"][:, None]
        shown = self._codes[conditions["target"]]
        after_go = ("reaction", "movement", "end")
        canvas.add("hold", 1.0, "hold", "delay")
        if not go.all():
            canvas.add("hold", np.where(go, 0.0, 1.0), *after_go)
        if self.target_input == "held":
            canvas.add("target", shown, "delay", *after_go)
        else:
            canvas.add("target", shown, "delay")
            canvas.add("target", np.where(go, 0.0, shown), *after_go)
        if self.target_switch:
            since = canvas.since(canvas.span("delay")[0])
            before = (since >= 0) & (since < self.switch_latency_ms)
            canvas.add_course("target", before[..., None] * (self._codes[conditions["first"]] - shown))
        s = progress(canvas.periods["movement"], len(canvas.targets))
        canvas.targets[:] = reach(self.output, s, self._positions[conditions["target"]] * go, self.n_muscles)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Average what is seen of the target before the movement, and reach to it if the hold cue goes off."""
        start, go = batch.periods["delay"]
        start = start + (round(self.switch_latency_ms / self.dt) if self.target_switch else 0)
        until = batch.periods["reaction"][1] if self.target_input == "held" else go
        seen = mean_during(batch.inputs[..., self.input_groups["target"]], (start, until))
        return self._reach(batch, np.linalg.norm(seen[:, None] - self._codes, axis=-1).argmin(axis=1))

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Reach on time, but to any target."""
        return self._reach(batch, np.random.default_rng(seed).integers(0, len(self._positions), batch.batch_size))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the endpoint, or the pattern of the muscles, lies within the tolerance, (B,)."""
        error = self.checked(outputs, batch) - batch.targets
        go, movement = batch.periods["reaction"][0], batch.periods["movement"]
        if self.output == "emg":
            inside = during(len(error), (go, batch.periods["end"][1]))
            squares = np.einsum("tb,tbk->b", inside, error**2) / (movement[1] - movement[0])
            miss = np.sqrt(squares / np.trace(self._power) * len(self._power))
        else:
            integrate = self.output == "velocity"
            miss = np.linalg.norm(endpoint_error(error[..., :2], go, movement, self.dt, integrate), axis=1)
            miss /= self.radius
        return (miss <= self.tolerance).astype(float)

    @property
    def chance(self) -> float:
        """Probability that any target lies within the tolerance of the right one; catch trials are not guessed."""
        if self.output == "emg":
            own = np.diag(self._power)
            distance = np.sqrt(np.maximum(own[:, None] + own - 2 * self._power, 0) / own.mean())
        else:
            distance = np.linalg.norm(self._positions[:, None] - self._positions, axis=-1) / self.radius
        return (1 - self.catch) * float(np.mean(distance <= self.tolerance)) + self.catch

    @property
    def _positions(self) -> np.ndarray:
        even = 2 * np.pi * np.arange(self.n_targets) / self.n_targets
        return targets_at(np.radians(self.angles) if self.angles else even, self.radius)

    @property
    def _codes(self) -> np.ndarray:
        return np.eye(self.n_targets) if self.target_code == "one_hot" else self._positions

    @property
    def _power(self) -> np.ndarray:
        return emg_power(self._positions, self.n_muscles)

    def _reach(self, batch: TrialBatch, target: np.ndarray) -> np.ndarray:
        go = self.mean_input(batch, "hold", "reaction") < 0.5
        s = progress(batch.periods["movement"], len(batch.inputs))
        return reach(self.output, s, self._positions[target] * go, self.n_muscles)


@dataclass(frozen=True, kw_only=True)
class ReachingDelayResponse(PaintedTask):
    """A point anywhere on a square screen lights up; after a delay, touch where it was: the output is the position.

    The response is correct if the mean position over the response misses the point by at most ``tolerance``.

    :channels: fixation; point (x, y)
    :responses: position x, position y
    :timing: fixation 200, stimulus 300, delay 400-1000, response 400 ms
    :scoring: the outputs in response; chance 4.4 %, ceiling 100 %

    Attributes:
        tolerance: Accepted distance; the screen reaches from -1 to 1.
    """

    tolerance: float = 0.25
    fixation_ms: Duration = 200
    stimulus_ms: Duration = 300
    delay_ms: Duration = Uniform(400, 1000)
    response_ms: Duration = 400
    noise: float = 0.02

    family = "motor"
    source = "Funahashi, Bruce & Goldman-Rakic 1989, J Neurophysiol, doi:10.1152/jn.1989.61.2.331"
    contrasts = ("x", "y")
    periods = ("fixation", "stimulus", "delay", "response")
    essential = ("stimulus", "response")
    informative = "stimulus"
    kind = "continuous"
    response_period = "response"

    def check(self) -> None:
        if not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance is {self.tolerance!r}; allowed: between 0 and 1.")
        in_bins(self.grace_ms, self.dt, "grace_ms")

    def channels(self) -> Channels:
        return {"fixation": 1, "point": ("x", "y")}

    def responses(self) -> tuple[str, ...]:
        return ("position x", "position y")

    def factors(self) -> Mapping[str, Factor]:
        return {"x": Between(-1, 1), "y": Between(-1, 1)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        point = np.stack([conditions["x"], conditions["y"]], axis=-1)
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay")
        canvas.add("point", point, "stimulus")
        canvas.target(point, "response")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Average the position seen, and keep to the screen."""
        return self._touch(batch, np.clip(self.mean_input(batch, "point", "stimulus"), -1, 1))

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Touch the screen anywhere."""
        return self._touch(batch, np.random.default_rng(seed).uniform(-1, 1, (batch.batch_size, 2)))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the mean position, after the grace interval, lies within the tolerance, (B,)."""
        start, stop = batch.periods["response"]
        start = np.minimum(start + round(self.grace_ms / self.dt), stop - 1)
        miss = mean_during(self.checked(outputs, batch) - batch.targets, (start, stop))
        return (np.linalg.norm(miss, axis=1) <= self.tolerance).astype(float)

    @property
    def chance(self) -> float:
        """Probability that two points of the square lie within the tolerance of each other."""
        r = self.tolerance
        return (4 * pi * r**2 - 16 / 3 * r**3 + r**4 / 2) / 16

    @property
    def ceiling(self) -> float:
        """Expected score of the clipped average, on 100,000 points with a fixed seed."""
        rng, n = np.random.default_rng(0), 100_000
        bins = draw_bins(self.stimulus_ms, self.dt, "stimulus_ms", rng, n)[:, None]
        point = rng.uniform(-1, 1, (n, 2))
        seen = point + rng.standard_normal((n, 2)) * self.noise_std / np.sqrt(bins)
        return float(np.mean(np.linalg.norm(np.clip(seen, -1, 1) - point, axis=1) <= self.tolerance))

    def _touch(self, batch: TrialBatch, position: np.ndarray) -> np.ndarray:
        inside = during(len(batch.inputs), batch.periods["response"])
        return (inside[..., None] * position).astype(np.float32)
