"""Trials in fewer, longer bins."""

import numpy as np

from ...envs.trial import TrialBatch


def coarsened(batch: TrialBatch, theta: int) -> TrialBatch:
    """The same trials in bins ``theta`` times as long.

    Inputs are averaged over the fine bins of a coarse one; its target and its weight are those of the last of them.
    Periods begin and end with the coarse bins in which they do.
    """
    n_bins, n = len(batch.inputs), -len(batch.inputs) % theta

    def padded(values: np.ndarray) -> np.ndarray:
        full = np.concatenate([values, np.zeros((n, *values.shape[1:]), values.dtype)])
        return full.reshape(-1, theta, *values.shape[1:])

    inputs = padded(batch.inputs).mean(axis=1, dtype=np.float32)
    if n:
        inputs[-1] *= theta / (theta - n)
    last = np.minimum(np.arange(theta - 1, n_bins + theta - 1, theta), n_bins - 1)
    spans = {name: (start // theta, -(-stop // theta)) for name, (start, stop) in batch.periods.items()}
    return TrialBatch(
        inputs, batch.targets[last], batch.mask[last], batch.conditions, spans, batch.dt * theta, batch.kind
    )
