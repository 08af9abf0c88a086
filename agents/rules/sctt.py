"""Skip connections through time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from ...envs.numbers import finite_number, truth_value
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..credit.bridges import Start, blocks_of, run_bridged, trials_of
from ..data import tensors
from ..rate_rnn import RateRNN
from ..representation import rule_repr
from ..credit.annealed import AnnealedRule
from ..credit.descent import LearningRate


@typechecked
@final
class SCTT(AnnealedRule):
    r"""BPTT through a network whose state skips time, at the end of each block of :math:`\theta` bins.

    .. math:: h \leftarrow (1 - \beta)\, h_0 + \beta\, E^\theta(h_0)

    :math:`h_0` is the state at its start and :math:`E^\theta` are its own dynamics. An error finds a path of gain
    :math:`1 - \beta` through each block, however the dynamics forget. :math:`\beta` is annealed to 1, where the
    network is plain; it is evaluated plain at all times.

    Args:
        lag_ms: Duration of a block (ms); blocks are counted from the start of each period, a shorter rest has none.
        schedule: :math:`\beta` in each phase, in [0, 1]; the last must be 1.
        anneal_steps: Number of updates that all phases but the last take together.
        goal: Score of the plain network at which a phase ends early; None for never.
        across_trials: Whether, in sessions, the state at the end of a trial is also joined with that at its start.
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        rate_penalty: Cost of activity.
        weight_penalty: Cost of synapses.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if the lag is longer than every period.

    Source: Soo, Goudar & Wang 2023, NeurIPS 36, https://openreview.net/forum?id=O453PHSthc; the default schedule is
    theirs for rule reversal.
    """

    def __init__(
        self,
        lag_ms: float = 200.0,
        schedule: Sequence[float] = (0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0),
        anneal_steps: int = 2000,
        goal: float | None = 0.95,
        across_trials: bool = False,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        rate_penalty: float = 0.0,
        weight_penalty: float = 0.0,
    ):
        super().__init__(schedule, anneal_steps, goal, lr, clip, rate_penalty, weight_penalty)
        self.lag_ms = finite_number("lag_ms", lag_ms)
        self.across_trials = truth_value("across_trials", across_trials)

    __repr__ = rule_repr

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        return super().config | {"lag_ms": self.lag_ms, "across_trials": self.across_trials}

    @typechecked
    def loss_at(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of a batch with the skips of a phase, a scalar; the generator draws the noise.

        Raises:
            ValueError: If the lag is longer than every period.
        """
        data, beta = tensors(batch, network.recurrent), value
        if beta == 1:
            return self.objective(network, network(data.inputs, generator=generator), data)

        def skip(start: Start, end: Tensor) -> Tensor:
            return (1 - beta) * start[0] + beta * end

        bridges = [(blocks_of(batch, self.lag_ms), skip)]
        if self.across_trials:
            bridges.append((trials_of(batch), skip))
        return self.objective(network, run_bridged(network, data.inputs, bridges, generator), data)
