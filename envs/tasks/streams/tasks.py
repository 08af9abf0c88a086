"""Streams for online learning: something to answer in every bin, and inputs that count again much later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ...canvas import Canvas
from ...channels import Channels
from ...durations import Duration
from ...factors import Between, Conditions, Factor
from ...names import check_name
from ...observers.ceilings import played
from ...painted_task import PaintedTask
from ...task import Seed
from ...trial import TrialBatch

FRAMEWORK = "Marschall, Cho & Savin 2020, JMLR, arXiv:1907.02649"
LABELS = ("probabilities", "samples")


def step_means(values: np.ndarray, length: int) -> np.ndarray:
    """Mean of every ``length`` bins, (T, B, k) to (T / length, B, k)."""
    return values.reshape(-1, length, *values.shape[1:]).mean(axis=1)


def total(values: np.ndarray) -> np.ndarray:
    """Sum over the bins, (T, B) to (B,), to the same bit however many trials there are and whatever follows them."""
    return np.cumsum(values, axis=0)[-1]


def check_steps(n_steps: int, tau_task: int) -> None:
    """Refuse a stream without steps, or steps without bins."""
    if n_steps < 1 or tau_task < 1:
        raise ValueError(f"n_steps is {n_steps!r} and tau_task {tau_task!r}; both must be at least 1.")


@dataclass(frozen=True, kw_only=True)
class Stream(PaintedTask):
    """A task that is answered in every bin of a stream, all of which weigh the same."""

    dt: float = 10.0
    noise: float = 0.0
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "streams for online learning"
    source = FRAMEWORK
    response_period = "stream"


@dataclass(frozen=True, kw_only=True)
class Add(Stream):
    """A stream of random bits x; say in every step how likely a label is that depends on two past ones.

    The label is 1 with probability y = 0.5 + 0.5 x(t - t1) - 0.25 x(t - t2). The score is
    1 - KL(y, answer) / KL(y, mean of y) over the stream, not below 0: knowing nothing but the mean earns nothing,
    not even with luck. In nats, the loss is 0.6616 for the mean, 0.5192 for the first lag alone, 0.4545 for both.

    :channels: bit (one, zero)
    :responses: one, zero
    :timing: burn-in 100, stream 1000 ms
    :scoring: the probabilities in stream; chance 0 %, ceiling 100 %

    Attributes:
        lags: t1 and t2, in steps.
        tau_task: Number of bins for which each bit and its label are held.
        n_steps: Number of steps that count; as many as the longer lag go before them.
        labels: Whether targets are the ``"probabilities"`` or ``"samples"``, labels drawn from them.
    """

    lags: Sequence[float] = (6, 10)
    tau_task: int = 1
    n_steps: int = 100
    labels: Literal["probabilities", "samples"] = "probabilities"

    kind = "probability"
    contrasts = ("recent", "distant")
    informative = "burn-in"
    periods = ("burn-in", "stream")

    def check(self) -> None:
        check_name("labels", self.labels, LABELS)
        check_steps(self.n_steps, self.tau_task)
        if len(self.lags) != 2 or min(self.lags) < 0 or any(lag != int(lag) for lag in self.lags):
            raise ValueError(f"lags are {self.lags!r}; allowed: two whole numbers of steps, 0 or more.")

    def durations(self) -> Mapping[str, Duration]:
        """As many steps as the longer lag without weight, then those that count."""
        step = self.tau_task * self.dt
        return {"burn-in": max(self.lags) * step, "stream": self.n_steps * step}

    def channels(self) -> Channels:
        return {"bit": ("one", "zero")}

    def responses(self) -> tuple[str, ...]:
        return ("one", "zero")

    def factors(self) -> Mapping[str, Factor]:
        """The number of the stream, from which its bits follow."""
        return {"stream": Between(0, 2**53)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The two bits on which the last label depends."""
        bits = self._bits(levels["stream"])
        recent, distant = (bits[len(bits) - 1 - int(lag)] for lag in self.lags)
        return levels | {"recent": recent.astype(np.int64), "distant": distant.astype(np.int64)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        bits = self._bits(conditions["stream"])
        canvas.add_course("bit", np.repeat(np.stack([bits, 1 - bits], axis=-1), self.tau_task, axis=0))
        p = self._label(bits)
        if self.labels == "samples":
            p = canvas.rng.random(p.shape, dtype=np.float32) < p
        canvas.targets[..., 0] = np.repeat(p, self.tau_task, axis=0)
        np.subtract(1, canvas.targets[..., 0], out=canvas.targets[..., 1])
        canvas.weigh(0.0, "burn-in")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Estimate every bit, then answer the mean of y given both."""
        seen = step_means(batch.inputs, self.tau_task)
        difference = seen[..., 0] - seen[..., 1]
        if self.noise == 0:
            bits = (difference > 0).astype(float)
        else:
            bits = 1 / (1 + np.exp(-np.clip(difference * self.tau_task / self.noise_std**2, -50, 50)))
        return self._logits(self._label(bits))

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Answer the mean of y at all times."""
        return self._logits(np.full((len(batch.inputs) // self.tau_task, batch.batch_size), self._mean))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Part of what can be known beyond the mean that the answers contain, (B,) in [0, 1]."""
        outputs = self.checked(outputs, batch).astype(np.float64)
        y = np.repeat(self._label(self._bits(batch.conditions["stream"])), self.tau_task, axis=0)
        log_p = outputs - np.logaddexp(outputs[..., :1], outputs[..., 1:])
        inside = batch.during("stream")
        missed = total(_divergence(y, log_p[..., 0], log_p[..., 1]) * inside)
        unknown = total(_divergence(y, np.log(self._mean), np.log(1 - self._mean)) * inside)
        # Below a millionth lies what logarithms of single precision cannot say.
        part = missed / unknown
        return np.where(part < 1e-6, 1.0, np.clip(1 - part, 0, 1))

    @property
    def chance(self) -> float:
        """Nothing: the guesser knows the mean, and no more."""
        return 0.0

    @cached_property
    def ceiling(self) -> float:
        """1 without noise; else the measured score of Bayes' rule, which sees every bit through noise."""
        return played(self, 10_000) if self.noise > 0 else 1.0

    @property
    def _mean(self) -> float:
        return 0.625

    def _bits(self, stream: np.ndarray) -> np.ndarray:
        """Bits of a stream by its number (B,), (steps, B): those of Steele, Lea & Flood's SplitMix64."""
        n = int(max(self.lags)) + self.n_steps
        words = np.arange(1, n // 64 + 2, dtype=np.uint64)[:, None]
        z = stream.astype(np.uint64) + words * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        octets = z.astype("<u8").view(np.uint8).reshape(len(z), -1, 8)
        bits = np.unpackbits(octets, axis=2, bitorder="little")
        return bits.swapaxes(1, 2).reshape(-1, len(stream))[:n]

    def _label(self, bits: np.ndarray) -> np.ndarray:
        """Probability of label 1 in every step, (steps, B); bits before the first are 0."""
        recent, distant = (int(lag) for lag in self.lags)
        # y = 0.5 - 0.25 (-2 x(t - t1) + x(t - t2)), in place: many streams take little memory beside their arrays.
        label = np.zeros(bits.shape, np.result_type(bits, np.float32))
        label[recent:] += bits[: len(bits) - recent]
        label *= -2
        label[distant:] += bits[: len(bits) - distant]
        label *= -0.25
        label += 0.5
        return label

    def _logits(self, p: np.ndarray) -> np.ndarray:
        # No farther than the action space of probabilities reaches.
        p = np.repeat(p, self.tau_task, axis=0)
        return np.log(np.maximum(np.stack([p, 1 - p], axis=-1), np.exp(-20)))


def _divergence(y: np.ndarray, log_p: np.ndarray | float, log_q: np.ndarray | float) -> np.ndarray:
    """KL((y, 1 - y), (p, q)) in nats."""
    entropy = sum(v * np.log(np.where(v > 0, v, 1)) for v in (y, 1 - y))
    return entropy - y * log_p - (1 - y) * log_q
