"""Coarsened discretization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor
from torch.func import functional_call

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..credit.coarse import coarsened
from ..data import tensors
from ..rate_rnn import RateRNN
from ..credit.annealed import AnnealedRule
from ..credit.descent import LearningRate


@typechecked
@final
class CD(AnnealedRule):
    r"""BPTT through the same differential equation, discretised coarsely first and finely later.

    .. math:: \alpha = \theta\, dt / \tau, \qquad \theta \to 1

    An error crosses :math:`\theta` times fewer bins, and a trial takes as many times fewer steps to compute. Inputs
    are averaged over the fine bins of a coarse one, whose target and weight are those of its last. The network is
    evaluated at its own dt at all times.

    Args:
        schedule: :math:`\theta` in each phase, a whole number; the last must be 1. In bins of 20 ms the default comes
            nearest to the 50 ms of the source, half a time constant.
        anneal_steps: Number of updates that all phases but the last take together.
        goal: Score of the plain network at which a phase ends early; None for never.
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        rate_penalty: Cost of activity.
        weight_penalty: Cost of synapses.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if a coarse bin is longer than a time constant.

    Source: Soo, Goudar & Wang 2023, NeurIPS 36, https://openreview.net/forum?id=O453PHSthc. Their code begins each
    phase with a new optimiser; here it goes on.
    """

    def __init__(
        self,
        schedule: Sequence[int] = (2, 1),
        anneal_steps: int = 2000,
        goal: float | None = 0.95,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        rate_penalty: float = 0.0,
        weight_penalty: float = 0.0,
    ):
        super().__init__(schedule, anneal_steps, goal, lr, clip, rate_penalty, weight_penalty, whole=True)

    @typechecked
    def loss_at(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of a batch in bins ``value`` times as long, a scalar; the generator draws the noise.

        Raises:
            ValueError: If a bin is longer than a time constant of the network.
        """
        theta = int(value)
        if theta == 1:
            data = tensors(batch, network.recurrent)
            return self.objective(network, network(data.inputs, generator=generator), data)
        alpha = theta * network.alpha
        if alpha.max() > 1 + 1e-6:
            raise ValueError(
                f"theta is {theta}: a bin of {theta * network.dt:g} ms is longer than the shortest time constant, "
                f"{network.tau.min():g} ms; lower the schedule."
            )
        data = tensors(coarsened(batch, theta), network.recurrent)
        trajectory = functional_call(network, {"alpha": alpha}, (data.inputs,), {"generator": generator})
        return self.objective(network, trajectory, data)
