"""Streams for online learning: waves to keep up, a mapping to report late, symbols to copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erf, sqrt

import numpy as np

from ...canvas import Canvas
from ...channels import Channels
from ...durations import Duration, pmf
from ...factors import Conditions, Factor, Levels
from ...observers.ceilings import played
from ...painted_task import PaintedTask
from ...responses import during, mean_during
from ...task import Seed
from ...trial import TrialBatch
from .tasks import FRAMEWORK, Stream, total

_normal_cdf = np.vectorize(lambda z: (1 + erf(z / sqrt(2))) / 2, otypes=[float])


@dataclass(frozen=True, kw_only=True)
class SineWave(Stream):
    """A cue sets a period and an amplitude; produce that sine wave for as long as the stream lasts.

    The score is the part of the wave's power that the output explains, not below 0. The guesser produces any of the
    waves. One who always gives the same answer earns 23 %; with the cue held, one who goes by the stream alone 100 %.

    :channels: wave (0: 200 ms, 1: 300 ms, 2: 400 ms, 3: 600 ms); amplitude
    :responses: output
    :timing: cue 100, stream 1200 ms
    :scoring: the outputs in stream; chance 17.2 %, ceiling 100 %

    Attributes:
        waves_ms: Periods of the waves (ms), a cue channel for each.
        amplitudes: Amplitudes, shown as such in a channel of their own.
        held: Whether the cue stays on while the wave is produced.
    """

    waves_ms: Sequence[float] = (200, 300, 400, 600)
    amplitudes: Sequence[float] = (0.4, 0.8)
    held: bool = True
    cue_ms: Duration = 100
    stream_ms: Duration = 1200

    kind = "continuous"
    contrasts = ("wave", "amplitude")
    informative = "cue"
    periods = ("cue", "stream")
    essential = ("cue", "stream")

    def check(self) -> None:
        if len(self.waves_ms) == 0 or min(self.waves_ms) <= 2 * self.dt:
            raise ValueError(f"waves_ms are {self.waves_ms!r}; give at least one, each longer than two bins.")
        if len(self.amplitudes) == 0 or not all(0 < a <= 1 for a in self.amplitudes):
            raise ValueError(f"amplitudes are {self.amplitudes!r}; give at least one, each in (0, 1].")

    def channels(self) -> Channels:
        return {"wave": tuple(f"{i}: {ms:g} ms" for i, ms in enumerate(self.waves_ms)), "amplitude": 1}

    def responses(self) -> tuple[str, ...]:
        return ("output",)

    def factors(self) -> Mapping[str, Factor]:
        """The number of the wave, and its amplitude."""
        return {"wave": Levels(range(len(self.waves_ms))), "amplitude": Levels(self.amplitudes)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        shown = ("cue", "stream") if self.held else ("cue",)
        canvas.add("wave", np.eye(len(self.waves_ms))[conditions["wave"]], *shown)
        canvas.add("amplitude", conditions["amplitude"][:, None], *shown)
        canvas.targets[..., 0] = self._produced(canvas.periods["stream"], len(canvas.targets), conditions)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Read both cues while they last, weigh all waves by Bayes' rule, produce the one that promises most."""
        (start, stop), (begin, end) = batch.periods["cue"], batch.periods["stream"]
        read = (start, end if self.held else stop)
        seen, waves = mean_during(batch.inputs, read), self._waves
        shown = np.column_stack([np.eye(len(self.waves_ms))[waves["wave"]], waves["amplitude"]])
        precision = (read[1] - read[0]) / max(self.noise_std, 1e-3) ** 2
        log_p = -precision[:, None] * ((seen[:, None] - shown) ** 2).sum(axis=-1) / 2
        p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        best = np.zeros(batch.batch_size, np.int64)
        for length in np.unique(end - begin):
            rows = end - begin == length
            best[rows] = (p[rows] @ self._scores(int(length))).argmax(axis=1)
        return self._outputs(batch, {name: values[best] for name, values in waves.items()})

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Produce any wave of any amplitude."""
        return self._outputs(batch, self.draw(np.random.default_rng(seed), batch.batch_size))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Part of the wave's power that the output explains, (B,) in [0, 1]."""
        outputs = self.checked(outputs, batch)
        inside = batch.during("stream")
        wanted = batch.targets[..., 0]
        error, power = (total((values * inside) ** 2) for values in (outputs[..., 0] - wanted, wanted))
        return np.clip(1 - error / power, 0, 1)

    @property
    def chance(self) -> float:
        """Expected score of any wave for any other, over all pairs and durations."""
        bins, p = pmf(self.stream_ms, self.dt, "stream_ms")
        return float(np.array([self._scores(int(n)).mean() for n in bins]) @ p)

    @cached_property
    def ceiling(self) -> float:
        """1 without noise; else measured."""
        return played(self, 10_000) if self.noise > 0 else 1.0

    @property
    def _waves(self) -> Conditions:
        """Every wave of every amplitude, (K,) each."""
        wave, amplitude = np.meshgrid(np.arange(len(self.waves_ms)), self.amplitudes)
        return {"wave": wave.ravel(), "amplitude": amplitude.ravel()}

    def _scores(self, n: int) -> np.ndarray:
        """Score of every wave produced (columns) where another was right (rows), in streams of n bins, (K, K)."""
        k = len(self._waves["wave"])
        made = self._produced((np.zeros(k, np.int64), np.full(k, n)), n, self._waves)
        error = ((made[:, :, None] - made[:, None]) ** 2).sum(axis=0)
        return np.clip(1 - error / (made**2).sum(axis=0)[:, None], 0, 1)

    def _outputs(self, batch: TrialBatch, conditions: Conditions) -> np.ndarray:
        return self._produced(batch.periods["stream"], len(batch.inputs), conditions)[..., None]

    def _produced(self, span: tuple[np.ndarray, np.ndarray], n_bins: int, conditions: Conditions) -> np.ndarray:
        """The wave from the start of the stream to its end, (T, B)."""
        wave = np.arange(1.0, n_bins + 1)[:, None] - span[0]
        wave *= (2 * np.pi * self.dt / np.array(self.waves_ms))[conditions["wave"]]
        np.sin(wave, out=wave)
        wave *= conditions["amplitude"]
        wave *= during(n_bins, span)
        return wave.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class SensorimotorMapping(PaintedTask):
    """A stimulus is +1 or -1 for a moment; when asked a little later, report which.

    :channels: stimulus; report
    :responses: wait, negative, positive
    :timing: start 10, stimulus 30, delay 30, report 30 ms
    :scoring: the class chosen in report; chance 50 %, ceiling 100 %
    """

    start_ms: Duration = 10
    stimulus_ms: Duration = 30
    delay_ms: Duration = 30
    report_ms: Duration = 30
    dt: float = 10.0
    noise: float = 0.1
    grace_ms: float = 0.0
    response_weight: float = 10.0  # in the authors' loss a bin outside the report counts a tenth

    family = "streams for online learning"
    source = FRAMEWORK
    contrasts = ("stimulus",)
    response_period = "report"
    informative = "stimulus"
    periods = ("start", "stimulus", "delay", "report")
    essential = ("stimulus",)

    def channels(self) -> Channels:
        return {"stimulus": 1, "report": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "negative", "positive")

    def factors(self) -> Mapping[str, Factor]:
        return {"stimulus": Levels((-1, 1))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("stimulus", conditions["stimulus"][:, None], "stimulus")
        canvas.add("report", 1.0, "report")
        canvas.target(np.where(conditions["stimulus"] > 0, 2, 1), "report")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Report the sign of the mean stimulus."""
        positive = self.mean_input(batch, "stimulus", "stimulus")[:, 0] > 0
        return self.respond(batch, np.where(positive, 2, 1))

    @cached_property
    def ceiling(self) -> float:
        """E[Phi(sqrt(n) / s)], n the bins of the stimulus, s the noise of a bin."""
        if self.noise == 0:
            return 1.0
        bins, p = pmf(self.stimulus_ms, self.dt, "stimulus_ms")
        return float(_normal_cdf(np.sqrt(bins) / self.noise_std) @ p)


@dataclass(frozen=True, kw_only=True)
class CopyMemory(PaintedTask):
    """See a row of symbols, keep it over a delay, and when the cue comes give it back, symbol by symbol.

    One who goes by one item alone earns 34 %.

    :channels: symbol (8); blank; cue
    :responses: blank, symbol 0, symbol 1, symbol 2, symbol 3, symbol 4, symbol 5, symbol 6, symbol 7
    :timing: item 20 (x4), delay 200, cue 20, recall 20 (x4) ms
    :scoring: the class chosen in recall; chance 12.5 %, ceiling 100 %

    Attributes:
        n_symbols: Number of different symbols.
        n_items: Length of the row.
        item_ms: How long each symbol is shown, and later asked for; the cue is as long.
    """

    n_symbols: int = 8
    n_items: int = 4
    item_ms: float = 20.0
    delay_ms: Duration = 200
    dt: float = 10.0
    noise: float = 0.0
    grace_ms: float = 0.0

    family = "streams for online learning"
    source = (
        "Hochreiter & Schmidhuber 1997, Neural Comput, doi:10.1162/neco.1997.9.8.1735; "
        "Arjovsky, Shah & Bengio 2016, arXiv:1511.06464"
    )
    contrasts = ("item_1",)
    response_period = "recall"
    informative = "item"
    periods = ("item", "delay", "cue", "recall")

    def check(self) -> None:
        if self.n_symbols < 2 or self.n_items < 1:
            raise ValueError(f"n_symbols is {self.n_symbols!r}, n_items {self.n_items!r}; at least 2 and 1 are needed.")

    def durations(self) -> Mapping[str, Duration]:
        """Items, delay, cue, then as many recalls as items."""
        items, recalls = ({f"{what} {k}": self.item_ms for k in self._numbers} for what in ("item", "recall"))
        return {**items, "delay": self.delay_ms, "cue": self.item_ms, **recalls}

    def channels(self) -> Channels:
        return {"symbol": self.n_symbols, "blank": 1, "cue": 1}

    def responses(self) -> tuple[str, ...]:
        return ("blank", *(f"symbol {i}" for i in range(self.n_symbols)))

    def factors(self) -> Mapping[str, Factor]:
        return {f"item_{k}": Levels(range(self.n_symbols)) for k in self._numbers}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        one_hot = np.eye(self.n_symbols)
        for k in self._numbers:
            canvas.add("symbol", one_hot[conditions[f"item_{k}"]], f"item {k}")
            canvas.target(1 + conditions[f"item_{k}"], f"recall {k}")
        canvas.add("blank", 1.0, "delay")
        canvas.add("blank", 1.0, *(f"recall {k}" for k in self._numbers))
        canvas.add("cue", 1.0, "cue")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Give back the brightest symbol of each item."""
        return self.respond(
            batch, *(1 + self.mean_input(batch, "symbol", f"item {k}").argmax(axis=1) for k in self._numbers)
        )

    @cached_property
    def ceiling(self) -> float:
        """Probability that the symbol is the brightest: integral of phi(z - sqrt(n) / s) Phi(z)^(symbols - 1)."""
        if self.noise == 0:
            return 1.0
        d = sqrt(self.item_ms / self.dt) / self.noise_std
        z = np.linspace(-9, d + 9, 20_001)
        density = np.exp(-((z - d) ** 2) / 2) / sqrt(2 * np.pi)
        return float((density * _normal_cdf(z) ** (self.n_symbols - 1)).sum() * (z[1] - z[0]))

    @property
    def _numbers(self) -> range:
        return range(1, self.n_items + 1)
