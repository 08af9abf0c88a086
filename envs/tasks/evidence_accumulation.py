"""Evidence accumulation: long streams, and pulses that must be counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any, ClassVar

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import N_DRAWS
from ..painted_task import PaintedTask
from ..trial import TrialBatch
from .perceptual_decisions import SIDES, EvidenceTask


@dataclass(frozen=True, kw_only=True)
class EvidenceAccumulation(EvidenceTask):
    """Weak evidence for left or right lasts for seconds, and one never knows for how many: which side had more?

    At these coherences no short stretch says much, so that memory and learning must reach back over the whole trial.

    :channels: fixation; evidence (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus 2000-8000, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 90.4 %

    Attributes:
        coherences: Difference of the mean strengths; one is drawn for each trial.
    """

    coherences: Sequence[float] = (0.016, 0.032, 0.064)
    stimulus_ms: Duration = Uniform(2000, 8000, step=200)

    source = "Kiani, Hanks & Shadlen 2008, J Neurosci, doi:10.1523/JNEUROSCI.4761-07.2008"


@dataclass(frozen=True, kw_only=True)
class PulseDecisionMaking(PaintedTask):
    """Pulses come left and right, in each slot of time one, both or none: which side had more?

    Each slot of one side holds a pulse with the larger, each slot of the other side with the smaller probability of
    ``p_pulse``. The answer is the side that had more pulses, be it the favoured one or not; trials with as many pulses
    on either side are never drawn, so that there is always a right answer. One who goes by the last slot alone earns
    72.6 %.

    :channels: fixation; pulse (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, pulse 40 (x6), gap 80 (x6), delay 200, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        n_slots: Number of slots in which pulses can come.
        p_pulse: Probability of a pulse in a slot, for one side and for the other.
        pulse_ms: Duration of a pulse.
        gap_ms: Duration of the gap after each slot.
    """

    n_slots: int = 6
    p_pulse: Sequence[float] = (0.3, 0.7)
    fixation_ms: Duration = 200
    pulse_ms: float = 40.0
    gap_ms: Duration = 80
    delay_ms: Duration = 200
    decision_ms: Duration = 300
    grace_ms: float = 40.0

    family = "decisions"
    source = "Scott, Constantinople, Erlich, Tank & Brody 2015, eLife, doi:10.7554/eLife.11308"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "scott2015": {"dt": 10.0, "fixation_ms": 500.0, "pulse_ms": 10.0, "gap_ms": 240.0, "delay_ms": 500.0}
    }
    contrasts = ("side", "difference")
    periods = ("fixation", "pulse", "gap", "delay", "decision")
    essential = ("pulse",)
    informative = "pulse"

    def check(self) -> None:
        p = self.p_pulse
        if not 1 <= self.n_slots <= 100 or len(p) != 2 or not all(0 <= q <= 1 for q in p) or set(p) in ({0.0}, {1.0}):
            raise ValueError(
                f"n_slots is {self.n_slots!r} and p_pulse {p!r}; allowed: 1 to 100, and two probabilities, "
                "not both 0 and not both 1."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "pulse": ("left", "right")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        slots: dict[str, Duration] = {}
        for slot in self._slots:
            slots |= {f"pulse {slot}": self.pulse_ms, f"gap {slot}": self.gap_ms}
        return {"fixation": self.fixation_ms, **slots, "delay": self.delay_ms, "decision": self.decision_ms}

    def factors(self) -> Mapping[str, Factor]:
        """The side with more pulses, and how many: a number k stands for k // (n + 1) and k % (n + 1) pulses."""
        ways = np.array([comb(self.n_slots, k) for k in range(self.n_slots + 1)], dtype=float)
        more_left = np.tril(self._p_pattern * np.outer(ways, ways)).ravel()
        counts = np.flatnonzero(more_left)
        return {"side": SIDES, "counts": Levels(counts, more_left[counts] / more_left.sum())}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Any slots can be those with pulses, given how many there are on each side."""
        more, fewer = np.divmod(levels["counts"], self.n_slots + 1)
        pulses = {"difference": more - fewer}
        for side, name in ((1, "left"), (2, "right")):
            count = np.where(levels["side"] == side, more, fewer)
            order = rng.random((len(count), self.n_slots)).argsort(axis=1).argsort(axis=1)
            pulses |= {f"{name} {slot}": order[:, slot - 1] < count for slot in self._slots}
        return levels | pulses

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if name != "decision"))
        for slot in self._slots:
            canvas.add("pulse", self._pulses(conditions, slot), f"pulse {slot}")
        canvas.target(conditions["side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on the numbers of pulses, given how likely a pulse was in each slot."""
        seen = np.stack([self.mean_input(batch, "pulse", f"pulse {slot}") for slot in self._slots], axis=1)
        return self.respond(batch, self._side(seen))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 simulated trials, fixed seed."""
        rng, right = np.random.default_rng(0), []
        for _ in range(10):
            conditions = self.draw(rng, N_DRAWS // 10)
            seen = np.stack([self._pulses(conditions, slot).astype(float) for slot in self._slots], axis=1)
            seen += rng.standard_normal(seen.shape) * self.noise_std / np.sqrt(self._bins)
            right.append(self._side(seen) == conditions["side"])
        return float(np.mean(right))

    @staticmethod
    def _pulses(conditions: Conditions, slot: int) -> np.ndarray:
        """Whether there is a pulse left and right, (B, 2)."""
        return np.stack([conditions[f"left {slot}"], conditions[f"right {slot}"]], axis=1)

    @property
    def _slots(self) -> range:
        return range(1, self.n_slots + 1)

    @property
    def _bins(self) -> int:
        return in_bins(self.pulse_ms, self.dt, "pulse_ms")

    @cached_property
    def _p_pattern(self) -> np.ndarray:
        """Probability of each pattern with a pulses on the left and b on the right, (n + 1, n + 1); 0 for ties."""
        k = np.arange(self.n_slots + 1)
        one, other = (p**k * (1 - p) ** (self.n_slots - k) for p in self.p_pulse)
        both = np.outer(one, other) + np.outer(other, one)
        np.fill_diagonal(both, 0)
        return both

    def _side(self, seen: np.ndarray) -> np.ndarray:
        """The likelier side given the mean inputs of each slot, (B, n_slots, 2).

        Were pulses and none as likely in each slot, their number on a side would have the distribution of a sum of
        coin flips of unequal chances; the numbers are weighed by what is known of them beforehand.
        """
        variance = max(self.noise_std, 1e-3) ** 2 / self._bins
        p = 1 / (1 + np.exp(-np.clip((seen - 0.5) / variance, -500, 500)))
        number = np.zeros((2, self.n_slots + 1, len(seen)))
        number[:, 0] = 1
        for slot in range(self.n_slots):
            pulse = p[:, slot].T[:, None]
            number[:, 1:] = number[:, 1:] * (1 - pulse) + number[:, :-1] * pulse
            number[:, :1] *= 1 - pulse
        more_left, more_right = np.tril(self._p_pattern), np.triu(self._p_pattern)
        left, right = (((half @ number[1]) * number[0]).sum(axis=0) for half in (more_left, more_right))
        return np.where(left >= right, 1, 2)
