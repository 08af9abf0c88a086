"""Promises about what is drawn: factors, durations and answers as declared, and no answer revealed too early."""

from __future__ import annotations

from math import sqrt

import numpy as np

from ..durations import PerBatch, is_random, pmf
from ..factors import Factor, Levels
from ..painted_task import PaintedTask
from ..task import Task
from ..trial import TrialBatch, occurring
from .requirement import Z, require
from .trials import first_segment

N_TRIALS = 2000


def check_factors(task: Task) -> None:
    """Factors are drawn from the distributions they declare (chi-square, Kolmogorov-Smirnov)."""
    if not isinstance(task, PaintedTask):
        return
    drawn = task.draw(np.random.default_rng(14), N_TRIALS)
    for name, factor in task.factors().items():
        require(plausible(drawn[name], factor), f"the factor {name!r} is not distributed as declared, {factor}.")


def check_durations(task: Task) -> None:
    """Drawn durations are distributed as declared."""
    if not isinstance(task, PaintedTask):
        return
    batch = first_segment(task, N_TRIALS, seed=15)
    for period, duration in task.durations().items():
        if callable(duration):
            continue
        bins, p = pmf(duration, task.dt, period)
        if isinstance(duration, PerBatch):
            taken = np.array([np.ptp(np.concatenate(span(first_segment(task, 3, k), period))) for k in range(100)])
        else:
            taken = np.subtract(*batch.periods[period][::-1])
        kept = plausible(taken, Levels(bins, p)) if is_random(duration) else (taken == bins[0]).all()
        require(kept, f"{period}_ms is not distributed as declared, {duration}.")


def span(batch: TrialBatch, period: str) -> tuple[np.ndarray, np.ndarray]:
    """First bin of a period and the bin after its last, where all trials have the same length."""
    start, stop = batch.periods[period]
    require((stop - start == stop[0] - start[0]).all(), f"{period!r} differs within a batch, though drawn per batch.")
    return start[:1], stop[:1]


def plausible(values: np.ndarray, factor: Factor) -> bool:
    """Whether values (n,) may come from a distribution, at the level of 0.1 %."""
    n = len(values)
    if isinstance(factor, Levels):
        levels, inverse = np.unique(np.asarray(factor.values), return_inverse=True)
        p = np.bincount(inverse, weights=factor.probabilities)
        counts = np.array([(values == level).sum() for level in levels])
        if counts.sum() != n or (counts[p == 0] > 0).any():
            return False
        levels, counts, p = levels[p > 0], counts[p > 0], p[p > 0]
        freedom = len(p) - 1
        # Wilson & Hilferty's approximation of the chi-square quantile.
        limit = 0.0 if freedom == 0 else freedom * (1 - 2 / (9 * freedom) + 3.09 * sqrt(2 / (9 * freedom))) ** 3
        return float(((counts - n * p) ** 2 / (n * p)).sum()) <= limit + 1e-9
    width = factor.high - factor.low
    if width == 0:
        return bool((values == factor.low).all())
    uniform = np.sort((values - factor.low) / width)
    steps = np.arange(n + 1) / n
    distance = max(np.abs(uniform - steps[1:]).max(), np.abs(uniform - steps[:-1]).max())
    return uniform[0] >= 0 and uniform[-1] <= 1 and distance <= 1.95 / sqrt(n)


def check_answers(task: Task) -> None:
    """The right answers are as balanced as ``answers`` declares."""
    if task.kind != "choice" or task.n_segments > 1:
        return
    batch = task.sample(N_TRIALS, seed=16)
    right = right_classes(task, batch)
    for answer, p in enumerate(task.answers):
        share = (right == answer).mean(axis=0)
        spread = max(float(share.std()), sqrt(p * (1 - p) / len(right)))
        allowed = Z * spread / sqrt(N_TRIALS) + 1 / (N_TRIALS * len(right))
        require(
            abs(share.mean() - p) <= allowed,
            f"{task.output_names[answer]!r} is right in {share.mean():.3f} of the responses; declared: {p:.3f}. "
            "Balance the trials, or override answers.",
        )


def right_classes(task: Task, batch: TrialBatch) -> np.ndarray:
    """The right class of each response, (W, B)."""
    trials = np.arange(batch.batch_size)
    return np.array([batch.targets[stop - 1, trials] for _, stop in batch.windows(task.response_period)])


def check_leak(task: Task) -> None:
    """No linear decoder tells the answer from what is seen before the informative period."""
    if not isinstance(task, PaintedTask):
        return
    batch = first_segment(task, 2 * N_TRIALS, seed=17)
    windows = batch.windows(task.response_period)
    onsets = [start for start, _ in windows]
    if task.informative is not None:
        onsets = [batch.periods[name][0] for name in occurring(batch.periods, task.informative)]
    if len(onsets) != len(windows):
        onsets = [onsets[0]] * len(windows)
    trials, seen, last = np.arange(batch.batch_size), np.zeros((len(batch.lengths), 0)), None
    for onset, (_, stop) in zip(onsets, windows, strict=True):
        if last is None or not np.array_equal(onset, last):
            seen, last = period_means(batch, onset), onset
        right = batch.targets[stop - 1, trials]
        right = np.eye(task.n_outputs)[right] if task.kind == "choice" else right
        right = right - right[:N_TRIALS].mean(axis=0)
        if seen.shape[1] == 0 or np.abs(right).max() < 1e-6:
            continue
        correlation = decoded(seen, right)
        require(
            correlation <= 4 / sqrt(N_TRIALS),
            f"the answer shows (r = {correlation:.2f}) before {task.informative or 'the response'!r}: "
            "a target leaks into the inputs, or informative names too late a period.",
        )


def period_means(batch: TrialBatch, until: np.ndarray) -> np.ndarray:
    """Mean inputs over each period that ends before a bin (B,), side by side, (B, k); constant ones are left out."""
    time = np.arange(len(batch.inputs))[:, None]
    columns = []
    for start, stop in batch.periods.values():
        if (start >= until).all():
            continue
        inside = ((time >= start) & (time < np.minimum(stop, until))).astype(np.float32)
        n = np.maximum(inside.sum(axis=0), 1)
        columns.append(np.einsum("tb,tbk->bk", inside, batch.inputs) / n[:, None])
    seen = np.concatenate([np.zeros((batch.batch_size, 0)), *columns], axis=1)
    return seen[:, seen.std(axis=0) > 1e-9]


def decoded(inputs: np.ndarray, values: np.ndarray) -> float:
    """Correlation of wanted values with what ridge regression, fitted on half of the trials, says of the others."""
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    half = len(inputs) // 2
    gram = inputs[:half].T @ inputs[:half] + 0.01 * half * np.eye(inputs.shape[1])
    predictions = inputs[half:] @ np.linalg.solve(gram, inputs[:half].T @ values[:half])
    scale = np.linalg.norm(predictions) * np.linalg.norm(values[half:])
    return float((predictions * values[half:]).sum() / scale) if scale > 0 else 0.0
