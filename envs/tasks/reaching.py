"""Reaches to a target that was seen before: outputs that are the kinematics of a hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins, pmf
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..observers.ceilings import ceiling_of, misreading, shortest
from ..painted_task import PaintedTask
from ..responses import Span, during, mean_during
from ..task import Seed
from ..trial import TrialBatch
from .kinematics import (
    TARGET_INPUTS,
    aim,
    emg_power,
    endpoint_error,
    nearby,
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
    ``tolerance`` of their root mean square in a reach. Inspired by Kao 2019; timing and kinematics are ours. One who
    goes by the movement alone earns 100 % where the target is held: nothing has to be remembered.

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

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The target that is shown first; any other one where it is replaced."""
        if not self.target_switch:
            return levels
        n, target = len(self._positions), levels["target"]
        return levels | {"first": (target + levels["switch"] * rng.integers(1, n, len(target))) % n}

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
        self._move(canvas.targets, canvas.periods["movement"], self._positions[conditions["target"]] * go)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Average what is seen of the target and of the hold cue until the hand must be there; reach or not, by Bayes.

        It reaches for the target with which it is most probably within the tolerance. Muscle-like outputs count from
        the go cue on, so that they are decided before the movement.
        """
        start, go = batch.periods["delay"]
        start = start + (round(self.switch_latency_ms / self.dt) if self.target_switch else 0)
        decided = batch.periods[self._decided[-1]][1]
        until = decided if self.target_input == "held" else go
        seen = mean_during(batch.inputs[..., self.input_groups["target"]], (start, until))
        target, p = aim(self, seen, until - start, self._codes, self._accepted)
        if not self.catch:
            return self._reach(batch, target, np.ones(len(target), bool))
        hold = mean_during(batch.inputs[..., self.input_groups["hold"]], (go, decided))[:, 0]
        odds = (0.5 - hold) * (decided - go) / max(self.noise_std, 1e-3) ** 2
        return self._reach(batch, target, np.log(p * (1 - self.catch) / self.catch) > -odds)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Reach on time, but to any target."""
        target = np.random.default_rng(seed).integers(0, len(self._positions), batch.batch_size)
        return self._reach(batch, target, np.asarray(batch.targets.any(axis=(0, 2))))

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
        """Probability that any target is accepted in place of the right one; catch trials are not guessed."""
        return (1 - self.catch) * float(np.mean(self._accepted)) + self.catch

    @cached_property
    def ceiling(self) -> float:
        """1, unless noise makes the ideal observer misread; then its mean score in 40,000 trials."""
        bins = shortest(self, "delay", *(self._decided if self.target_input == "held" else ()))
        bins -= round(self.switch_latency_ms / self.dt) if self.target_switch else 0
        risk = misreading(self, self._codes, bins)
        if self.catch:
            risk += misreading(self, np.eye(2)[:, :1], shortest(self, *self._decided))
        return ceiling_of(self, exact=1.0, risk=risk)

    @property
    def _decided(self) -> tuple[str, ...]:
        """Periods since go after which the reach is decided."""
        return ("reaction",) if self.output == "emg" else ("reaction", "movement")

    @cached_property
    def _positions(self) -> np.ndarray:
        even = 2 * np.pi * np.arange(self.n_targets) / self.n_targets
        return targets_at(np.radians(self.angles) if self.angles else even, self.radius)

    @cached_property
    def _codes(self) -> np.ndarray:
        return np.eye(self.n_targets) if self.target_code == "one_hot" else self._positions

    @cached_property
    def _accepted(self) -> np.ndarray:
        """Whether a reach for each target is correct where each other is right, (K, K) bool."""
        if self.output != "emg":
            return nearby(self._positions, self.tolerance * self.radius)
        own = np.diag(self._power)
        return np.sqrt(np.maximum(own[:, None] + own - 2 * self._power, 0) / own.mean()) <= self.tolerance

    @cached_property
    def _power(self) -> np.ndarray:
        return emg_power(self._positions, self.n_muscles)

    def _reach(self, batch: TrialBatch, target: np.ndarray, goes: np.ndarray) -> np.ndarray:
        outputs = self.hold(batch)
        self._move(outputs, batch.periods["movement"], self._positions[target] * goes[:, None])
        return outputs

    def _move(self, outputs: np.ndarray, movement: Span, way: np.ndarray) -> None:
        """Write reaches along the way (B, 2) into outputs that are zero."""
        first = int(movement[0].min())
        reach(self.output, progress(movement, len(outputs), first), way, self.n_muscles, out=outputs[first:])
