"""Coarsened discretization."""

from collections.abc import Sequence

import numpy as np
from torch import Generator, Tensor
from torch.func import functional_call

from ...envs.trial import TrialBatch
from ..credit import AnnealedRule, RateRNN, learning_rule, tensors


@learning_rule
class CD(AnnealedRule):
    r"""BPTT through the same differential equation, discretised coarsely first and finely later.

    .. math:: \alpha = \theta\, dt / \tau, \qquad \theta \to 1

    An error crosses :math:`\theta` times fewer bins, and a trial takes as many times fewer steps to compute. Inputs
    are averaged over the fine bins of a coarse one, whose target and weight are those of its last. The network is
    evaluated at its own dt at all times.

    Args:
        schedule: :math:`\theta` in each phase, a whole number; the last must be 1. In bins of 20 ms the default comes
            nearest to the 50 ms of the source, half a time constant.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if a coarse bin is longer than a time constant.

    Source: Soo, Goudar & Wang 2023, NeurIPS 36, https://openreview.net/forum?id=O453PHSthc. Their code begins each
    phase with a new optimiser; here it continues.
    """

    whole = True

    schedule: Sequence[float] = (2, 1)

    def helped_loss(self, value: float, network: RateRNN, batch: TrialBatch, generator: Generator | None) -> Tensor:
        """The loss of a batch in bins ``value`` times as long."""
        theta = int(value)
        alpha = theta * network.alpha
        if alpha.max() > 1 + 1e-6:
            raise ValueError(
                f"theta is {theta}: a bin of {theta * network.dt:g} ms is longer than the shortest time constant, "
                f"{network.tau.min():g} ms; lower the schedule."
            )
        data = tensors(coarsened(batch, theta), network.recurrent)
        trajectory = functional_call(network, {"alpha": alpha}, (data.inputs,), {"generator": generator})
        return self.objective(network, trajectory, data)


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
