"""Centre-out reaches, there and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..observers.ceilings import ceiling_of, misreading, shortest
from ..painted_task import PaintedTask
from ..responses import Span, mean_during
from ..task import Seed
from ..trial import TrialBatch
from .kinematics import TARGET_INPUTS, aim, endpoint_error, nearby, progress, speed, targets_at, travelled


@dataclass(frozen=True, kw_only=True)
class CenterOut(PaintedTask):
    """Hold the centre, see a target, reach it at the go cue, stay there, and return when the go cue comes again.

    The output is the position of the hand, or its velocity, on minimum-jerk ways. The response is correct if the hand
    is near the target at the end of the way out, and near the centre at the end of the way back. Velocity is summed
    since the first go cue, so that an error on the way out must be made good on the way back. One who goes by the
    movement alone earns 100 % where the target is held: nothing has to be remembered.

    :channels: target (x, y); hold
    :responses: position x, position y
    :timing: hold 200, delay 200-600, reaction 140 (x2), movement 400 (x2), stay 300, end 200 ms
    :scoring: the outputs in movement; chance 12.5 %, ceiling 100 %

    Attributes:
        n_targets: Number of targets, spread evenly over the unit circle.
        back: Whether the hand returns; otherwise the trial ends with the stay at the target.
        output: What is put out, ``position`` or ``velocity``.
        target_input: Whether the target stays visible until the end of the stay (``held``) or only until the go cue
            (``extinguished_at_go``).
        tolerance: Accepted miss, as a fraction of the target's distance.
    """

    n_targets: int = 8
    back: bool = True
    output: Literal["position", "velocity"] = "position"
    target_input: Literal["held", "extinguished_at_go"] = "held"
    tolerance: float = 0.25
    hold_ms: Duration = 200
    delay_ms: Duration = Uniform(200, 600)
    reaction_ms: Duration = 140
    movement_ms: Duration = 400
    stay_ms: Duration = 300
    end_ms: Duration = 200
    noise: float = 0.02
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "motor"
    source = "Georgopoulos, Kalaska, Caminiti & Massey 1982, J Neurosci, doi:10.1523/JNEUROSCI.02-11-01527.1982"
    contrasts = ("target",)
    periods = ("hold", "delay", "reaction", "movement", "stay", "end")
    essential = ("delay", "movement")
    informative = "delay"
    kind = "continuous"
    response_period = "movement"

    def check(self) -> None:
        check_name("target_input", self.target_input, TARGET_INPUTS)
        check_name("output", self.output, ("position", "velocity"))
        if self.n_targets < 2 or not 0 < self.tolerance < 1:
            raise ValueError(
                f"n_targets is {self.n_targets!r}, tolerance {self.tolerance!r}; allowed: at least 2, in (0, 1)."
            )

    def durations(self) -> Mapping[str, Duration]:
        """One way, or two."""
        out = {
            "hold": self.hold_ms,
            "delay": self.delay_ms,
            "reaction 1": self.reaction_ms,
            "movement 1": self.movement_ms,
            "stay": self.stay_ms,
        }
        back = {"reaction 2": self.reaction_ms, "movement 2": self.movement_ms, "end": self.end_ms}
        return out | back if self.back else out

    def channels(self) -> Channels:
        return {"target": ("x", "y"), "hold": 1}

    def responses(self) -> tuple[str, ...]:
        return (f"{self.output} x", f"{self.output} y")

    def factors(self) -> Mapping[str, Factor]:
        return {"target": Levels(range(self.n_targets))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Target from the delay on; the hold cue is off in the reactions and movements, which is the go cue."""
        position = self._positions[conditions["target"]]
        seen = ("delay", "reaction 1", "movement 1", "stay") if self.target_input == "held" else ("delay",)
        canvas.add("hold", 1.0, "hold", "delay", "stay", *(("end",) if self.back else ()))
        canvas.add("target", position, *seen)
        self._move(canvas.targets, canvas.periods, position)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Average the target's position until the hand must be there; reach to be most probably near it, and return."""
        start, stop = batch.periods["delay"][0], batch.periods[self._last_seen][1]
        seen = mean_during(batch.inputs[..., self.input_groups["target"]], (start, stop))
        target, _ = aim(self, seen, stop - start, self._positions, nearby(self._positions, self.tolerance))
        return self._reach(batch, target)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Reach on time, but to any target, and return."""
        return self._reach(batch, np.random.default_rng(seed).integers(0, self.n_targets, batch.batch_size))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where both ways, or the only one, end within the tolerance, (B,)."""
        error = self.checked(outputs, batch) - batch.targets
        go, correct = batch.periods["reaction 1"][0], np.ones(batch.batch_size)
        for movement in batch.windows("movement"):
            miss = endpoint_error(error, go, movement, self.dt, self.output == "velocity")
            correct *= np.linalg.norm(miss, axis=1) <= self.tolerance
        return correct

    @property
    def chance(self) -> float:
        """Probability that any target lies within the tolerance of the right one."""
        return float(np.mean(nearby(self._positions, self.tolerance)))

    @cached_property
    def ceiling(self) -> float:
        """1, unless noise makes the ideal observer misread; then its mean score in 40,000 trials."""
        bins = shortest(self, *(("delay", "reaction", "movement") if self.target_input == "held" else ("delay",)))
        return ceiling_of(self, exact=1.0, risk=misreading(self, self._positions, bins))

    @cached_property
    def _positions(self) -> np.ndarray:
        return targets_at(2 * np.pi * np.arange(self.n_targets) / self.n_targets, 1.0)

    @property
    def _last_seen(self) -> str:
        """Last period in which the target is seen before the hand must be there."""
        return "movement 1" if self.target_input == "held" else "delay"

    def _reach(self, batch: TrialBatch, target: np.ndarray) -> np.ndarray:
        outputs = self.hold(batch)
        self._move(outputs, batch.periods, self._positions[target])
        return outputs

    def _move(self, outputs: np.ndarray, periods: Mapping[str, Span], position: np.ndarray) -> None:
        """Write the way to a position (B, 2), and back, into outputs that are zero."""
        profile = travelled if self.output == "position" else speed
        first = int(periods["movement 1"][0].min())
        course = profile(progress(periods["movement 1"], len(outputs), first))
        if self.back:
            course -= profile(progress(periods["movement 2"], len(outputs), first))
        np.multiply(course[..., None], position.astype(np.float32), out=outputs[first:])
