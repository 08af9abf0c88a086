"""Evidence accumulation: long streams, and pulses that must be counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins
from ..factors import Conditions, Factor, Levels
from ..painted_task import PaintedTask
from ..responses import respond
from ..trial import TrialBatch
from .perceptual_decisions import SIDES, check_coherences, discriminability, evidence


@dataclass(frozen=True, kw_only=True)
class EvidenceAccumulation(PaintedTask):
    """Weak evidence for left or right lasts for seconds, and one never knows for how many: which side had more?

    At these coherences no short stretch tells much, so that memory and learning must reach back over the whole trial.

    :channels: fixation; evidence (left, right)
    :responses: fixate, left, right
    :timing: fixation 200, stimulus 2000-8000, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 90.4 %

    Attributes:
        coherences: Difference of the mean strengths; one is drawn for each trial.
    """

    coherences: Sequence[float] = (0.016, 0.032, 0.064)
    fixation_ms: Duration = 200
    stimulus_ms: Duration = Uniform(2000, 8000, step=200)
    decision_ms: Duration = 300

    family = "decisions"
    source = "Kiani, Hanks & Shadlen 2008, J Neurosci, doi:10.1523/JNEUROSCI.4761-07.2008"
    contrasts = ("side", "coherence")
    periods = ("fixation", "stimulus", "decision")
    essential = ("stimulus",)
    informative = "stimulus"

    def check(self) -> None:
        check_coherences(self.coherences)

    def channels(self) -> Channels:
        return {"fixation": 1, "evidence": ("left", "right")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        return {"side": SIDES, "coherence": Levels(self.coherences)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus")
        canvas.add("evidence", evidence(conditions["coherence"], conditions["side"]), "stimulus")
        canvas.target(conditions["side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Integrate all evidence, then answer with the side that had more."""
        choice = 1 + self.mean_input(batch, "evidence", "stimulus").argmax(axis=1)
        return respond(self.hold(batch), choice, batch.periods["decision"])

    @property
    def ceiling(self) -> float:
        """Proportion correct of the perfect integrator, an exact sum over coherences and durations."""
        return discriminability(self, self.coherences, self.stimulus_ms)


@dataclass(frozen=True, kw_only=True)
class PulseDecisionMaking(PaintedTask):
    """Pulses come left and right, in each slot of time one, both or none: which side had more?

    Each slot of one side holds a pulse with the larger, each slot of the other side with the smaller probability of
    ``p_pulse``. The answer is the side that had more pulses, be it the favoured one or not; trials with as many pulses
    on either side are never drawn, so that there is always a right answer.

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
    source = "Brunton, Botvinick & Brody 2013, Science, doi:10.1126/science.1233912"
    contrasts = ("side", "difference")
    periods = ("fixation", "pulse", "gap", "delay", "decision")
    informative = "pulse"

    def check(self) -> None:
        p = self.p_pulse
        if self.n_slots < 1 or len(p) != 2 or not all(0 <= q <= 1 for q in p) or set(p) in ({0.0}, {1.0}):
            raise ValueError(
                f"n_slots is {self.n_slots!r} and p_pulse {p!r}; allowed: at least 1, and two probabilities, "
                "not both 0 and not both 1."
            )
        if in_bins(self.pulse_ms, self.dt, "pulse_ms") < 1:
            raise ValueError(f"pulse_ms is {self.pulse_ms:g}; a pulse takes at least one bin of {self.dt:g} ms.")

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
        more_than = np.tril(self._p_counts, -1)
        counts = np.flatnonzero(more_than)
        return {"side": SIDES, "counts": Levels(counts, more_than.ravel()[counts] / more_than.sum())}

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """Any slots can be those with pulses, given how many there are on each side."""
        more, fewer = np.divmod(drawn["counts"], self.n_slots + 1)
        pulses = {"difference": more - fewer}
        for side, name in ((1, "left"), (2, "right")):
            count = np.where(drawn["side"] == side, more, fewer)
            order = rng.random((len(count), self.n_slots)).argsort(axis=1).argsort(axis=1)
            pulses |= {f"{name} {slot}": order[:, slot - 1] < count for slot in self._slots}
        return drawn | pulses

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if name != "decision"))
        for slot in self._slots:
            canvas.add("pulse", np.stack([conditions[f"{s} {slot}"] for s in ("left", "right")], -1), f"pulse {slot}")
        canvas.target(conditions["side"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on the numbers of pulses, given how likely a pulse was in each slot."""
        seen = np.stack([self.mean_input(batch, "pulse", f"pulse {slot}") for slot in self._slots], axis=1)
        return respond(self.hold(batch), self._side(seen), batch.periods["decision"])

    @property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 simulated trials, fixed seed."""
        return self._ceiling

    @cached_property
    def _ceiling(self) -> float:
        rng, n = np.random.default_rng(0), 100_000
        conditions = self.draw(rng, n)
        seen = np.stack([[conditions[f"{s} {slot}"] for s in ("left", "right")] for slot in self._slots]).T.swapaxes(
            1, 2
        )
        seen = seen + rng.standard_normal(seen.shape) * self.noise_std / np.sqrt(self._bins)
        return float(np.mean(self._side(seen) == conditions["side"]))

    @property
    def _slots(self) -> range:
        return range(1, self.n_slots + 1)

    @property
    def _bins(self) -> int:
        return in_bins(self.pulse_ms, self.dt, "pulse_ms")

    @cached_property
    def _p_counts(self) -> np.ndarray:
        """Probability of a pulses on the left and b on the right, (n + 1, n + 1), ties left out but not made up for."""
        k = np.arange(self.n_slots + 1)
        ways = np.array([comb(self.n_slots, i) for i in k], dtype=float)
        one, other = (ways * p**k * (1 - p) ** (self.n_slots - k) for p in self.p_pulse)
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
        ways = np.array([comb(self.n_slots, i) for i in range(self.n_slots + 1)], dtype=float)
        weight = self._p_counts / np.outer(ways, ways)
        left, right = (((half @ number[1]) * number[0]).sum(axis=0) for half in (np.tril(weight), np.triu(weight)))
        return np.where(left >= right, 1, 2)
