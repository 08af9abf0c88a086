"""Streams for online learning: do what another network does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...canvas import Canvas
from ...channels import Channels
from ...durations import Duration
from ...factors import Conditions, Factor, Levels
from ...observers.ceilings import played
from ...task import Seed
from ...trial import TrialBatch
from .tasks import Stream, check_steps, step_means, total

N_FOR_CEILING = 200
N_COPIES = 50
"""Draws of uncertain inputs over which the ideal observer averages."""


@dataclass(frozen=True, kw_only=True)
class Mimic(Stream):
    """A stream of random bits in many channels; do what a fixed random network makes of it.

    The target is its state in every bin, r(t) = (1 - alpha) r(t - 1) + alpha tanh(W r(t - 1) + V x(t) + b), r = 0 at
    first, W orthogonal, V ~ N(0, 1/n), b ~ N(0, 0.01). The score is the part of the variance about the mean that the
    outputs explain, not below 0.

    :channels: bit (32)
    :responses: unit 0, unit 1, ..., unit 31 (32)
    :timing: stream 600 ms
    :scoring: the outputs in stream; chance 0 %, ceiling 100 %

    Attributes:
        n_units: Number of inputs, of units of the target network, and of outputs.
        alpha: Leak of the target network, dt / tau.
        tau_task: Number of bins for which each input is held; the target network runs on in every bin.
        n_steps: Number of steps.
        network_seed: Seed of the target network.
    """

    n_units: int = 32
    alpha: float = 1.0
    tau_task: int = 1
    n_steps: int = 60
    network_seed: int = 0

    kind = "continuous"
    contrasts = ("last",)
    informative = "stream"
    periods = ("stream",)

    def check(self) -> None:
        check_steps(self.n_steps, self.tau_task)
        if self.n_units < 1 or not 0 < self.alpha <= 1 or self.network_seed < 0:
            raise ValueError(
                f"n_units is {self.n_units!r}, alpha {self.alpha!r}, network_seed {self.network_seed!r}; "
                "allowed: at least 1, in (0, 1], at least 0."
            )

    def durations(self) -> Mapping[str, Duration]:
        return {"stream": self.n_steps * self.tau_task * self.dt}

    def channels(self) -> Channels:
        return {"bit": self.n_units}

    def responses(self) -> tuple[str, ...]:
        return tuple(f"unit {i}" for i in range(self.n_units))

    def factors(self) -> Mapping[str, Factor]:
        """The bit of the first channel in the last step; all others are drawn while painting."""
        return {"last": Levels((0, 1))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        bits = canvas.rng.integers(0, 2, (self.n_steps, len(conditions["last"]), self.n_units), dtype=np.int8)
        bits[-1, :, 0] = conditions["last"]
        canvas.add_course("bit", np.repeat(bits, self.tau_task, axis=0))
        self._run(bits, out=canvas.targets)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Run the network on the bits; where noise leaves them uncertain, on many draws from their posterior.

        The mean over the draws is Bayes' rule except for a fiftieth of the variance that nobody can know.
        """
        seen = step_means(batch.inputs, self.tau_task).astype(np.float64)
        if self.noise == 0:
            return self._run(np.round(seen))
        p = 1 / (1 + np.exp(-np.clip((seen - 0.5) * self.tau_task / self.noise_std**2, -50, 50)))
        rng = np.random.default_rng(0)
        return np.mean([self._run(rng.random(p.shape) < p) for _ in range(N_COPIES)], axis=0)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Answer the mean state at all times."""
        return np.broadcast_to(self._mean, batch.targets.shape).copy()

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Part of the variance about the mean state that the outputs explain, (B,) in [0, 1]."""
        outputs = self.checked(outputs, batch)
        inside = batch.during("stream")[..., None]
        error, spread = (
            total((((values - batch.targets) * inside) ** 2).sum(axis=2)) for values in (outputs, self._mean)
        )
        return np.clip(1 - error / spread, 0, 1)

    @property
    def chance(self) -> float:
        """Nothing: the guesser knows the mean, and no more."""
        return 0.0

    @cached_property
    def ceiling(self) -> float:
        """1 without noise; else the measured score of the ideal observer, who sees every bit through noise."""
        return played(self, N_FOR_CEILING) if self.noise > 0 else 1.0

    @cached_property
    def _weights(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng, n = np.random.default_rng(self.network_seed), self.n_units
        # Gram and Schmidt's columns: np.linalg.qr has the same, but the last bits of them depend on the processor.
        columns = rng.standard_normal((n, n)).T.copy()
        for k, column in enumerate(columns):
            column /= np.sqrt((column**2).sum())
            columns[k + 1 :] -= (columns[k + 1 :] * column).sum(axis=1, keepdims=True) * column
        return columns.T, rng.standard_normal((n, n)) / np.sqrt(n), rng.normal(0, 0.1, n)

    @cached_property
    def _mean(self) -> np.ndarray:
        rng = np.random.default_rng(0)
        states = self._run(rng.integers(0, 2, (self.n_steps, N_FOR_CEILING, self.n_units)))
        return states.mean(axis=(0, 1), dtype=np.float64)

    def _run(self, bits: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """States (T, B, n) of the target network that sees these bits, (steps, B, n), each as long as it is held."""
        recurrent, weights, bias = self._weights
        state = np.zeros((bits.shape[1], self.n_units))
        states = np.empty((len(bits) * self.tau_task, *state.shape), np.float32) if out is None else out
        for step, seen in enumerate(bits):
            # einsum: a trial alone and in a batch gives the same bits, and no threads are woken for so little.
            drive = np.einsum("bn,mn->bm", seen.astype(np.float64), weights) + bias
            for t in range(step * self.tau_task, (step + 1) * self.tau_task):
                recent = np.tanh(np.einsum("bn,mn->bm", state, recurrent) + drive)
                states[t] = (1 - self.alpha) * state + self.alpha * recent
                state = states[t].astype(np.float64)  # rounded: last bits that depend on the processor do not add up
        return states
