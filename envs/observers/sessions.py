"""Sessions, in which what comes next depends on what was chosen: how an observer reads them in noise."""

from __future__ import annotations

import numpy as np

from ..durations import PerBatch, is_random, pmf
from ..painted_task import PaintedTask
from ..responses import Span
from ..trial import TrialBatch

SLIP = 1e-4
"""Probability, to an ideal observer, that a choice was another than its own; so it can also watch another's session."""


def check_session(task: PaintedTask) -> None:
    """Refuse durations that differ between the trials of a batch, since the segments of a session follow in time."""
    for name, duration in task.durations().items():
        if is_random(duration) and not isinstance(duration, PerBatch):
            raise ValueError(f"{name}_ms is {duration!r}; a session needs a number (ms), or PerBatch({duration!r}).")


def log_odds(task: PaintedTask, batch: TrialBatch, group: str, span: Span) -> np.ndarray:
    """Logarithm of the odds that each channel of a group was on, at 1, rather than off, at 0, over a span, (B, k).

    The span is at the same time in all trials, as it is in a session.
    """
    start, stop = span[0][0], span[1][0]
    seen = batch.inputs[start:stop, :, task.input_groups[group]].sum(axis=0, dtype=np.float64)
    return (seen - (stop - start) / 2) / max(task.noise_std, 1e-3) ** 2


def probability(odds: np.ndarray) -> np.ndarray:
    """Probability of what has the given log odds."""
    return np.exp(-np.logaddexp(0, -odds))


def last_choice(own: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """The class that was chosen last, (B,): one's own, unless the channels that show it clearly say another.

    Args:
        own: What the observer chose itself, (B,).
        odds: Log odds that each of the classes after the first is shown as chosen, (B, n - 1); class 0 shows nothing.
    """
    odds = np.insert(odds, 0, 0.0, axis=1)
    odds[np.arange(len(own)), own] -= np.log(SLIP)
    return odds.argmax(axis=1)


def choose(outputs: np.ndarray, choice: np.ndarray, span: Span) -> None:
    """Write a choice (B,) as one-hot outputs (T, B, n_out) into a span that is at the same time in all trials."""
    outputs[span[0][0] : span[1][0]] = np.eye(outputs.shape[-1], dtype=outputs.dtype)[choice]


def readings(task: PaintedTask, period: str) -> tuple[np.ndarray, np.ndarray]:
    """How a channel that is on during a period may be read: probability of being on, and how often it is read so.

    A sum over the noise in 101 steps; a channel that is off has the same probabilities of being off.
    """
    z = np.linspace(-6, 6, 101)
    weights = np.exp(-(z**2) / 2)
    bins, p = pmf(getattr(task, f"{period}_ms"), task.dt, f"{period}_ms")
    precision = bins[:, None] / max(task.noise_std, 1e-3) ** 2
    values = probability(precision / 2 + np.sqrt(precision) * z).ravel()
    weights = np.outer(p, weights / weights.sum()).ravel()
    values, of = np.unique(values, return_inverse=True)
    return values, np.bincount(of, weights)
