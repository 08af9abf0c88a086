"""Flip-flops: bits that pulses set, and that hold until the next pulse."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, in_bins, pmf
from ..factors import Conditions, Factor, Levels
from ..observers.ceilings import played, shortest
from ..painted_task import PaintedTask
from ..responses import during
from ..task import Seed
from ..trial import TrialBatch
from .matching import check_count


@dataclass(frozen=True, kw_only=True)
class FlipFlop(PaintedTask):
    """Each output holds the sign of the last pulse on its input, until another pulse sets it again.

    All bits are set at the start; then pulses of either sign come at random times, on each input independently. The
    score is the fraction of bits and bins in which the output has the right sign; none count within ``grace_ms`` of
    the onset of a pulse on any input. One who goes by the set alone earns 70 %, holding the first signs to the end.

    :channels: pulse (bit 1, bit 2, bit 3)
    :responses: bit 1, bit 2, bit 3
    :timing: set 100, stream 2000 ms
    :scoring: the outputs in stream; chance 50 %, ceiling 100 %

    Attributes:
        n_bits: Number of bits.
        rate: Pulses per second on each input, while no pulse is on.
        pulse_ms: Duration of a pulse, also of those that set the bits at the start.
    """

    n_bits: int = 3
    rate: float = 1.0
    pulse_ms: float = 100.0
    stream_ms: Duration = 2000
    response_weight: float = 1.0

    family = "working memory"
    source = "Sussillo & Barak 2013, Neural Comput, doi:10.1162/NECO_a_00409"
    contrasts = ("bit_1",)
    periods = ("set", "stream")
    essential = ("set", "stream")
    informative = "set"
    kind = "continuous"
    response_period = "stream"

    def check(self) -> None:
        check_count("n_bits", self.n_bits, minimum=1)
        if self.rate < 0:
            raise ValueError(f"rate is {self.rate!r}; a number of pulses per second is not negative.")
        if self._p_nothing_counts > 0.01:
            raise ValueError(
                f"stream_ms is {self.stream_ms!r}, rate {self.rate!r}, n_bits {self.n_bits!r}, grace_ms "
                f"{self.grace_ms!r}: in some trials no bin would lie outside of all grace intervals. Choose a longer "
                "stream, fewer pulses or a shorter grace."
            )

    def channels(self) -> Channels:
        return {"pulse": self.responses()}

    def responses(self) -> tuple[str, ...]:
        return tuple(f"bit {i + 1}" for i in range(self.n_bits))

    def durations(self) -> Mapping[str, Duration]:
        return {"set": self.pulse_ms, "stream": self.stream_ms}

    def factors(self) -> Mapping[str, Factor]:
        """The sign to which each bit is set at the start."""
        return {f"bit_{i + 1}": Levels((-1, 1)) for i in range(self.n_bits)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Draw the onsets of pulses; what is on and what is held are sums of the steps that they make."""
        sign = np.stack([conditions[f"bit_{i + 1}"] for i in range(self.n_bits)], axis=-1)
        trial, bit = np.meshgrid(*(np.arange(n) for n in sign.shape), indexing="ij")
        n_bins, width, held, at = len(canvas.targets), self._width, np.zeros_like(sign), np.zeros_like(sign)
        pulses = np.zeros(canvas.targets.shape, np.int8)
        onset = np.zeros(canvas.mask.shape, bool)
        while (fits := at < n_bins).any():
            here = at[fits], trial[fits], bit[fits]
            canvas.targets[here] = (sign - held)[fits]
            held = np.where(fits, sign, held)
            pulses[here] += sign[fits].astype(np.int8)
            onset[here[:2]] = True
            ends = at + width < n_bins
            pulses[at[ends] + width, trial[ends], bit[ends]] -= sign[ends].astype(np.int8)
            if self._hazard == 0:
                break
            at = np.minimum(at + width + canvas.rng.geometric(self._hazard, at.shape) - 1, n_bins)
            sign = canvas.rng.integers(0, 2, at.shape) * 2 - 1
        np.cumsum(canvas.targets, axis=0, out=canvas.targets)
        np.cumsum(pulses, axis=0, out=pulses)
        pulses *= during(n_bins, (canvas.span("set")[0], canvas.span("stream")[1]))[..., None]
        canvas.add_course("pulse", pulses)
        for start in range(min(self._grace, n_bins)):
            canvas.mask[start:][onset[: n_bins - start]] = 0.0

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule from bin to bin on the sign of each bit and the time since its last pulse.

        States: sign (+, -) and bins since the onset, up to the last one that matters. In a bin that counts, the
        last onset is at least the grace interval ago.
        """
        pulses = batch.inputs[..., self.input_groups["pulse"]].astype(np.float64)
        precision = 1 / max(self.noise_std, 1e-3) ** 2
        width, last = self._width, max(self._width, self._grace)
        p = np.zeros((2, last + 1, *pulses.shape[1:]))
        seen = 2 * precision * pulses[:width].sum(axis=0)
        p[:, last] = np.exp(np.minimum(0, np.stack([seen, -seen])))
        outputs = self.hold(batch)
        for t in range(width, len(pulses)):
            free = p[:, width - 1 :] * self._hazard
            p[:, width - 1 :] -= free
            p[:, last] += p[:, last - 1]
            p[:, 1:last] = p[:, : last - 1].copy()
            p[:, 0] = free.sum(axis=(0, 1)) / 2
            x = precision * pulses[t]
            logs = np.stack([x - precision / 2, -x - precision / 2, np.zeros_like(x)])
            plus, minus, none = np.exp(logs - logs.max(axis=0))
            p[0, :width] *= plus
            p[1, :width] *= minus
            p[:, width:] *= none
            p /= np.maximum(p.sum(axis=(0, 1)), 1e-300)
            counted, all_ = p[:, self._grace :].sum(axis=1), p.sum(axis=1)
            outputs[t] = np.where((counted[0] - counted[1]) + 1e-9 * (all_[0] - all_[1]) >= 0, 1, -1)
        return outputs

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Hold any sign."""
        signs = np.random.default_rng(seed).integers(0, 2, (batch.batch_size, self.n_bits)) * 2 - 1
        return self.hold(batch) + signs.astype(np.float32)

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Fraction of the bits and of the bins that count in which the sign is right, (B,)."""
        outputs = self.checked(outputs, batch)
        counts = during(len(outputs), batch.periods["stream"]) & (batch.mask > 0)
        right = (np.sign(outputs) == batch.targets).sum(axis=-1)
        return (right * counts).sum(axis=0) / np.maximum(self.n_bits * counts.sum(axis=0), 1)

    @property
    def chance(self) -> float:
        """Any sign is right in half of the cases."""
        return 0.5

    @cached_property
    def ceiling(self) -> float:
        """Mean score of the ideal observer in up to 10,000 trials, fewer of long ones; without noise, 1."""
        if self.noise == 0:
            return 1.0
        n_bins = self._width + int(pmf(self.stream_ms, self.dt, "stream_ms")[0].max())
        n_states = max(self._width, self._grace) * self.n_bits
        return played(self, int(np.clip(1e8 / (n_bins * n_states), 200, 10_000)))

    @property
    def _p_nothing_counts(self) -> float:
        """A bound on the probability that no bin of a stream counts, as if grace intervals apart were independent."""
        n_bins = shortest(self, "stream") - self._grace
        if n_bins < 1:
            return 1.0
        onset = self._hazard / (1 + self._hazard * (self._width - 1))
        p_counts = (1 - onset) ** (self._grace * self.n_bits)
        return (1 - p_counts) ** (n_bins / max(self._grace, 1))

    @property
    def _hazard(self) -> float:
        """Probability that a pulse begins in a bin."""
        return float(1 - np.exp(-self.rate * self.dt / 1000))

    @property
    def _width(self) -> int:
        return in_bins(self.pulse_ms, self.dt, "pulse_ms")

    @property
    def _grace(self) -> int:
        return in_bins(self.grace_ms, self.dt, "grace_ms")
