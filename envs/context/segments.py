"""Segments of a session: cut from it, merged from trials of several settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..errors import ArgumentError
from ..trial import TrialBatch


def segments_of(batch: TrialBatch, periods: Sequence[str]) -> Iterator[TrialBatch]:
    """The segments of a session one by one, without conditions, as the task paints them.

    Args:
        batch: A session, or a single segment.
        periods: The periods of a segment, in order.
    """
    if periods[0] in batch.periods:
        yield replace(batch, conditions={})
        return
    for number in range(1, len(batch.periods) // len(periods) + 1):
        spans = {name: batch.periods[f"{name} {number}"] for name in periods}
        begin, end = spans[periods[0]][0][0], spans[periods[-1]][1][0]
        yield replace(
            batch,
            inputs=batch.inputs[begin:end],
            targets=batch.targets[begin:end],
            mask=batch.mask[begin:end],
            conditions={},
            periods={name: (start - begin, stop - begin) for name, (start, stop) in spans.items()},
        )


def first_channels(batch: TrialBatch, n: int) -> TrialBatch:
    """The batch with its first n input channels alone."""
    return replace(batch, inputs=batch.inputs[..., :n])


def merge(parts: Sequence[tuple[np.ndarray, TrialBatch]]) -> TrialBatch:
    """Trials of several settings as one batch.

    Args:
        parts: Of each setting, which trials are its own, and these.

    Raises:
        ArgumentError: If their periods differ in time.
    """
    first = parts[0][1]
    spans = {name: (start[0], stop[0]) for name, (start, stop) in first.periods.items()}
    for _, part in parts:
        if any((part.periods[name][i] != span[i]).any() for name, span in spans.items() for i in (0, 1)):
            raise ArgumentError("settings of one session need periods of the same durations; use numbers (ms).")
    order = np.argsort(np.concatenate([mine for mine, _ in parts]))
    arrays = {
        name: np.concatenate([getattr(part, name) for _, part in parts], axis=1)[:, order]
        for name in ("inputs", "targets", "mask")
    }
    periods = {name: (np.full(len(order), start), np.full(len(order), stop)) for name, (start, stop) in spans.items()}
    return replace(first, periods=periods, **arrays)
