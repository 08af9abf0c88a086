"""Cyclic movement: a pattern made from within."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, array_in_bins
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..numbers import whole_number
from ..painted_task import PaintedTask
from ..task import Seed
from ..trial import TrialBatch


@dataclass(frozen=True, kw_only=True)
class CyclePattern(PaintedTask):
    """Produce a periodic pattern, a sum of sinusoids, cycle after cycle, with no input to lead it.

    y(t) = sum_k a_k sin(2 pi h_k t / T), scaled to a peak of 1; amplitudes a, harmonics h, cycle T. A cue says when to
    begin. The response is correct if it explains at least ``criterion`` of the pattern's variance,
    1 - sum (z - y)^2 / sum y^2. A guess has the right shape but begins anywhere in it. All trials are alike except
    for their noise: the ideal observer only has to know the pattern. One who always gives the same answer earns 100 %.

    :channels: go
    :responses: pattern
    :timing: start 200 ms, pattern computed
    :scoring: the outputs in pattern; chance 6 %, ceiling 100 %

    Attributes:
        cycle_ms: Duration T of a cycle (ms).
        n_cycles: Number of cycles.
        harmonics: Whole multiples h of the cycle's frequency.
        amplitudes: Amplitude a of each of them.
        cue: Whether the go input is a pulse in the start period, stays on (``constant``), or never comes (``none``).
        criterion: Variance explained that counts as correct.
    """

    cycle_ms: float = 1000.0
    n_cycles: int = 2
    harmonics: Sequence[float] = (1, 2, 4)
    amplitudes: Sequence[float] = (1.0, 0.5, 0.25)
    cue: Literal["pulse", "constant", "none"] = "pulse"
    criterion: float = 0.9
    start_ms: Duration = 200
    noise: float = 0.02
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "motor"
    source = "Murray 2019, eLife, doi:10.7554/eLife.43299"
    contrasts = ("cycle",)
    periods = ("start", "pattern")
    kind = "continuous"
    response_period = "pattern"
    presets = {"murray2019": {"dt": 10.0, "cycle_ms": 2000.0, "n_cycles": 1, "start_ms": 0, "cue": "none"}}  # noqa: RUF012

    def check(self) -> None:
        check_name("cue", self.cue, ("pulse", "constant", "none"))
        whole_number("n_cycles", self.n_cycles, minimum=1)
        if not self.harmonics or len(self.harmonics) != len(self.amplitudes) or not np.any(self.amplitudes):
            raise ValueError(
                f"harmonics are {self.harmonics!r} and amplitudes {self.amplitudes!r}; give as many of both."
            )
        if any(h < 1 or h != int(h) for h in self.harmonics) or not 0 < self.criterion < 1:
            raise ValueError(
                f"harmonics are {self.harmonics!r}, criterion {self.criterion!r}; whole numbers, between 0 and 1."
            )
        bins = array_in_bins(np.array([self.cycle_ms]), self.dt, "cycle_ms")[0]
        if bins <= 2 * max(self.harmonics):
            raise ValueError(f"cycle_ms is {self.cycle_ms:g}; harmonic {max(self.harmonics):g} needs more bins of dt.")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """The start, then all cycles."""
        return {"start": self.start_ms, "pattern": lambda _: np.array(self.n_cycles * self.cycle_ms)}

    def channels(self) -> Channels:
        return {"go": 1}

    def responses(self) -> tuple[str, ...]:
        return ("pattern",)

    def factors(self) -> Mapping[str, Factor]:
        """Nothing differs between trials: the cycle (ms) is always the same."""
        return {"cycle": Levels((self.cycle_ms,))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        if self.cue != "none":
            canvas.add("go", 1.0, "start", *(("pattern",) if self.cue == "constant" else ()))
        self._write(canvas.targets, canvas.periods["pattern"][0], np.tile(self._cycle, self.n_cycles)[:, None])

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Begin the pattern when it is due."""
        outputs = self.hold(batch)
        self._write(outputs, batch.periods["pattern"][0], np.tile(self._cycle, self.n_cycles)[:, None])
        return outputs

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """The pattern, from any of its bins on."""
        outputs, n = self.hold(batch), len(self._cycle)
        first = np.random.default_rng(seed).integers(0, n, batch.batch_size)
        pattern = self._cycle[(first + np.arange(n * self.n_cycles)[:, None]) % n]
        self._write(outputs, batch.periods["pattern"][0], pattern)
        return outputs

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where enough of the pattern's variance is explained, (B,)."""
        inside = batch.during("pattern")
        error = np.where(inside, (self.checked(outputs, batch) - batch.targets)[..., 0], 0.0)
        power = self.n_cycles * (self._cycle**2).sum()
        return (1 - (error**2).sum(axis=0) / power >= self.criterion).astype(float)

    @property
    def chance(self) -> float:
        """Fraction of the bins of a cycle from which the pattern may begin and still be correct."""
        spectrum = np.abs(np.fft.rfft(self._cycle)) ** 2
        correlation = np.fft.irfft(spectrum, len(self._cycle)) / (self._cycle**2).sum()
        return float(np.mean(2 * correlation - 1 >= self.criterion))

    @property
    def _cycle(self) -> np.ndarray:
        t = np.arange(round(self.cycle_ms / self.dt)) * self.dt / self.cycle_ms
        waves = (a * np.sin(2 * np.pi * h * t) for a, h in zip(self.amplitudes, self.harmonics, strict=True))
        # Rounded, so that 0 is 0 where waves cancel, and not what the last bits of their sines leave over.
        cycle = np.round(sum(waves), 12)
        return cycle / np.abs(cycle).max()

    def _write(self, outputs: np.ndarray, start: np.ndarray, pattern: np.ndarray) -> None:
        """Write a pattern, (n, B) or (n, 1), into outputs (T, B, 1) from the given bins (B,) on."""
        for first in np.unique(start):
            those = start == first
            outputs[first : first + len(pattern), those, 0] = pattern[:, those] if pattern.shape[1] > 1 else pattern
