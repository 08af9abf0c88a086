"""The Bayesian observer of a few hypotheses: what may be shown, in Gaussian noise, and which answer is likeliest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..durations import Duration, PerBatch, draw_bins, pmf
from ..painted_task import PaintedTask
from ..trial import TrialBatch

N_DRAWS = 100_000
"""Number of simulated trials behind a ceiling, whose standard error is 0.16 % at most."""
Evidence = Sequence[tuple[str, str]]
"""Groups of channels and the periods over which an observer averages them."""


@dataclass(frozen=True)
class Hypotheses:
    """What may be shown in a trial, each with its probability and the right answer to it.

    Attributes:
        means: What would be seen without noise, (K, k).
        prior: Probability of each hypothesis, (K,).
        answers: Right class under each hypothesis, (K,).
    """

    means: np.ndarray
    prior: np.ndarray
    answers: np.ndarray

    def posterior(self, observation: np.ndarray, precision: np.ndarray, prior: np.ndarray | None = None) -> np.ndarray:
        """Probability of each hypothesis, (B, K), by Bayes' rule.

        Args:
            observation: What was seen, (B, k).
            precision: One over the variance of its noise, (B, k) or (k,).
            prior: Probabilities before the trial, (B, K), where they are not those of all trials.
        """
        p = self._log_weights(observation, precision, self.prior if prior is None else prior)
        p -= p.max(axis=1, keepdims=True)
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        return p

    def log_joint(self, observation: np.ndarray, precision: np.ndarray, n_classes: int) -> np.ndarray:
        """Logarithm of the density of what was seen together with each class being right, (B, n_classes).

        Up to a term in the observation and its precision alone; -inf for a class that is never right. Arguments as of
        :meth:`posterior`.
        """
        p = self._log_weights(observation, precision, self.prior)
        log = np.full((len(p), n_classes), -np.inf)
        for k, answer in enumerate(self.answers):
            log[:, answer] = np.logaddexp(log[:, answer], p[:, k])
        return log

    def _log_weights(self, observation: np.ndarray, precision: np.ndarray, prior: np.ndarray) -> np.ndarray:
        means = self.means.T.copy()  # contiguous, else the product takes far longer
        p = (observation * precision) @ means
        p -= 0.5 * (precision @ means**2)
        with np.errstate(divide="ignore"):
            p += np.log(prior)
        return p

    def likeliest(self, posterior: np.ndarray) -> np.ndarray:
        """The answer with the highest probability, (B,)."""
        one_hot = np.eye(int(self.answers.max()) + 1)[self.answers]
        return (posterior @ one_hot).argmax(axis=1)

    def reduced(self) -> Hypotheses:
        """The same hypotheses, seen only along the directions in which they differ; white noise stays white."""
        return Hypotheses(np.linalg.qr(self.means.T)[1].T, self.prior, self.answers)

    def simulate(self, rng: np.random.Generator, n: int, precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw n trials: which hypothesis holds, (n,), and what is seen of it, (n, k)."""
        truth = rng.choice(len(self.prior), n, p=self.prior)
        return truth, noisy(self.means[truth], precision, rng)


def noisy(means: np.ndarray, precision: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Means (n, k) in Gaussian noise; what has no precision is not seen at all, whatever its value."""
    std = 1 / np.sqrt(np.where(precision > 0, precision, np.inf))
    return means + std * rng.standard_normal(means.shape)


def precision_of_a_bin(task: PaintedTask) -> float:
    """One over the variance of the observation noise of a bin, finite without noise too."""
    return 1 / max(task.noise_std, 1e-3) ** 2


def averages(task: PaintedTask, batch: TrialBatch, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Averages of groups over periods, side by side, and their precision, (B, k) each."""
    seen = [task.mean_input(batch, group, period) for group, period in evidence]
    bins = {period: np.subtract(*batch.periods[period][::-1]) for _, period in evidence}
    return np.concatenate(seen, axis=1), _precision(task, bins, evidence)


def drawn_precision(task: PaintedTask, evidence: Evidence, rng: np.random.Generator, n: int) -> np.ndarray:
    """Precision of the averages in n trials whose periods are drawn as the task draws them, (n, k)."""
    durations = task.durations()
    bins: dict[str, np.ndarray] = {}
    for _, period in evidence:
        duration = durations[period]
        if period not in bins and not callable(duration):
            bins[period] = drawn_bins(duration, task.dt, rng, n)
    return _precision(task, bins, evidence)


def drawn_bins(duration: Duration, dt: float, rng: np.random.Generator, n: int) -> np.ndarray:
    """A duration of each of n trials (bins), each drawn by itself even where a batch shares one."""
    return draw_bins(duration.duration if isinstance(duration, PerBatch) else duration, dt, "duration", rng, n)


def prior_of_cue(prior: np.ndarray, lengths: np.ndarray, cue: np.ndarray, delay: Duration, dt: float) -> np.ndarray:
    """Probability of each hypothesis (B, K), given when the cue came that follows it by a random delay.

    Args:
        prior: Probability of each hypothesis before, (K,).
        lengths: How long it takes (bins), (K,).
        cue: When the cue came (bins), (B,).
        delay: The delay between both.
        dt: Bin width (ms).
    """
    bins, p = pmf(delay, dt, "delay")
    p_delay = np.bincount(bins, weights=p)
    left = cue[:, None] - lengths
    return prior * np.where(left < 0, 0.0, np.append(p_delay, 0.0)[np.clip(left, 0, len(p_delay))])


def proportion_correct(task: PaintedTask, hypotheses: Hypotheses, evidence: Evidence) -> float:
    """How often the likeliest answer is right, in 100,000 simulated trials of a fixed seed."""
    rng = np.random.default_rng(0)
    precision = drawn_precision(task, evidence, rng, N_DRAWS)
    truth, seen = hypotheses.simulate(rng, N_DRAWS, precision)
    answers = hypotheses.likeliest(hypotheses.posterior(seen, precision))
    return float(np.mean(answers == hypotheses.answers[truth]))


@dataclass(frozen=True, kw_only=True)
class HypothesesTask(PaintedTask):
    """A task in which one of a few things is shown: the ideal observer averages it, and answers by Bayes' rule."""

    evidence: ClassVar[Evidence]
    """What is averaged: groups of channels and the periods in which they are informative."""

    @abstractmethod
    def hypotheses(self) -> Hypotheses:
        """All that may be shown: the averages, how often they occur, and the right answers."""

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all that may have been shown by likelihood and frequency, answer with the likeliest class."""
        posterior = self._hypotheses.posterior(*averages(self, batch, self.evidence))
        return self.respond(batch, self._hypotheses.likeliest(posterior))

    def log_joint(self, batch: TrialBatch) -> np.ndarray:
        """Log density of what is shown together with each class being right, (B, n_out), but a constant."""
        return self._hypotheses.log_joint(*averages(self, batch, self.evidence), self.n_outputs)

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the ideal observer: its decision rule on 100,000 simulated trials, fixed seed."""
        return proportion_correct(self, self._hypotheses, self.evidence)

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        return self.hypotheses()


def course(
    task: PaintedTask, batch: TrialBatch, group: str, start: np.ndarray, n_bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """What a group showed in the n bins from a bin (B,) on, (B, n * k), and its precision; 0 after the trial's end."""
    bins = start[:, None] + np.arange(n_bins)
    trials = np.arange(batch.batch_size)[:, None]
    inputs = batch.inputs[..., task.input_groups[group]]
    seen = inputs[np.minimum(bins, len(inputs) - 1), trials]
    precision = (bins < batch.lengths[:, None])[..., None] * np.full(seen.shape[2], precision_of_a_bin(task))
    return seen.reshape(len(trials), -1), precision.reshape(len(trials), -1)


def _precision(task: PaintedTask, bins: dict[str, np.ndarray], evidence: Evidence) -> np.ndarray:
    widths = [np.arange(task.n_inputs)[task.input_groups[group]].size for group, _ in evidence]
    columns = [np.tile(bins[period], (width, 1)) for (_, period), width in zip(evidence, widths, strict=True)]
    return np.concatenate(columns).T * precision_of_a_bin(task)
