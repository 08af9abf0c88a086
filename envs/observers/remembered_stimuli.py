"""Remembered stimuli: their names, and how likely each of them is, given what the channels show."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase
from typing import ClassVar

import numpy as np

from ..durations import Duration, PerBatch, draw_bins
from ..painted_task import PaintedTask
from ..responses import mean_during
from ..trial import TrialBatch

N_DRAWS = 100_000
"""Responses on which a ceiling is simulated, always from the same seed: its standard error is at most 0.16 %."""


def letters(n: int) -> tuple[str, ...]:
    """The first n letters of the alphabet.

    Raises:
        ValueError: If n is less than 2 or more than 26.
    """
    if not 2 <= n <= len(ascii_uppercase):
        raise ValueError(f"n_letters is {n!r}; allowed: 2 to {len(ascii_uppercase)}.")
    return tuple(ascii_uppercase[:n])


def log_likelihoods(
    task: PaintedTask, batch: TrialBatch, group: str, templates: np.ndarray, *periods: str
) -> list[np.ndarray]:
    """Logarithm of the likelihood of each stimulus in each of the periods, (B, k) up to a constant.

    A stimulus shows its template t in noise of s per bin; over n bins with mean x, log L = n (x . t - |t|^2 / 2) / s^2.

    Args:
        task: The task that was painted.
        batch: B trials.
        group: Channels that show the stimuli.
        templates: What they show of each stimulus, (k, channels).
        *periods: Periods with one stimulus each; where one is empty, all stimuli are as likely.
    """
    logs = []
    for period in periods:
        start, stop = batch.periods[period]
        first, last = int(start.min()), int(stop.max())
        shown = batch.inputs[first:last, :, task.input_groups[group]]
        mean = mean_during(shown, (start - first, stop - first))
        logs.append(_log(task, mean @ templates.T, templates, stop - start))
    return logs


def simulated_logs(
    task: PaintedTask, templates: np.ndarray, stimulus: np.ndarray, duration: Duration, rng: np.random.Generator
) -> np.ndarray:
    """Logarithms (n, k) that :func:`log_likelihoods` finds where these stimuli (n,) are shown for the duration."""
    n = len(stimulus)
    each = duration.duration if isinstance(duration, PerBatch) else duration
    bins = draw_bins(each, task.dt, "duration", rng, n)
    rotation, size, _ = np.linalg.svd(templates, full_matrices=False)
    # Only the projection of the noise on the templates counts; this one has its covariance.
    noise = rng.standard_normal((n, len(size))) @ (rotation * size).T
    seen = (templates @ templates.T)[stimulus] + noise * task.noise_std / np.sqrt(bins)[:, None]
    return _log(task, seen, templates, bins)


def likelihood(log: np.ndarray) -> np.ndarray:
    """Likelihood of each stimulus, (..., k), that of the likeliest being 1."""
    return np.exp(log - log.max(axis=-1, keepdims=True))


def posterior(log: np.ndarray) -> np.ndarray:
    """Probability of each of k stimuli, all equally probable before, (..., k)."""
    p = likelihood(log)
    return p / p.sum(axis=-1, keepdims=True)


def another(stimulus: np.ndarray, n_stimuli: int, rng: np.random.Generator) -> np.ndarray:
    """Draw any other stimulus, for each of the given ones."""
    return (stimulus + rng.integers(1, n_stimuli, len(stimulus))) % n_stimuli


def likelihood_of_another(p: np.ndarray) -> np.ndarray:
    """Likelihood that it is any other stimulus than each of k, all others being equally probable, (..., k)."""
    return (p.sum(axis=-1, keepdims=True) - p) / (p.shape[-1] - 1)


def lists_without(p: np.ndarray) -> np.ndarray:
    """Total likelihood of all lists of different letters that leave one out, for each letter, and of all lists.

    The sum over lists without repetition of the product of the likelihoods of their letters, built up letter by
    letter: for each subset of places, the likelihood that these are filled.

    Args:
        p: Likelihood of each of n letters in each of m places, (m, B, n).

    Returns:
        (B, n + 1), the last column for all lists.
    """
    places, size, n = p.shape
    filled = np.zeros((2**places, size, n + 1))
    filled[0] = 1
    for letter, kept in enumerate(1 - np.eye(n, n + 1)):
        here = p[:, :, letter, None] * kept
        for subset in range(2**places - 1, 0, -1):
            for place in range(places):
                if subset >> place & 1:
                    filled[subset] += filled[subset ^ 1 << place] * here[place]
    return filled[-1]


@dataclass(frozen=True, kw_only=True)
class PairTask(PaintedTask):
    """Two stimuli are shown one after the other, and what is right depends on both."""

    stimuli: ClassVar[tuple[str, str, str]]
    """The channels that show the stimuli, the period of the first and that of the second."""
    classes: ClassVar[tuple[int, int]]
    """The right answer to pairs of positive weight, and to those of negative weight."""

    @abstractmethod
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """What the channels show of each stimulus, (k, channels), and the weight of each pair of them, (k, k).

        The weight is the probability of the pair, negative where the other answer is right.
        """

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all pairs of stimuli by their likelihood, answer with the likelier class."""
        group, *periods = self.stimuli
        logs = log_likelihoods(self, batch, group, self._templates, *periods)
        return self.respond(batch, np.where(self._favours(*logs), *self.classes))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy pairs."""
        _, *periods = self.stimuli
        durations = [getattr(self, f"{period}_ms") for period in periods]
        p = np.abs(self._weights).ravel()

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            pair = np.unravel_index(rng.choice(p.size, n, p=p), self._weights.shape)
            stimuli = zip(pair, durations, strict=True)
            logs = (simulated_logs(self, self._templates, stimulus, ms, rng) for stimulus, ms in stimuli)
            return self._favours(*logs) == (self._weights[pair] > 0)

        return ceiling_in_parts(1, simulate)

    def _favours(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Whether log likelihoods (B, k) of the two stimuli speak for the answer of positive weight, (B,) bool."""
        return ((likelihood(first) @ self._weights) * likelihood(second)).sum(axis=1) > 0

    @property
    def _templates(self) -> np.ndarray:
        return self._pairs[0]

    @property
    def _weights(self) -> np.ndarray:
        return self._pairs[1]

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return self.pairs()


def ceiling_in_parts(n_responses: int, simulate: Callable[[int, np.random.Generator], np.ndarray]) -> float:
    """Proportion of right responses over parts of 2,000 trials, n_responses each, that ``simulate(n, rng)`` plays."""
    rng = np.random.default_rng(0)
    return float(np.mean([simulate(2000, rng).mean() for _ in range(-(-N_DRAWS // (2000 * n_responses)))]))


def _log(task: PaintedTask, seen: np.ndarray, templates: np.ndarray, bins: np.ndarray) -> np.ndarray:
    variance = max(task.noise_std, 1e-3) ** 2
    return bins[:, None] * (seen - (templates**2).sum(axis=1) / 2) / variance
