"""Skip connections through time that are aligned with the dynamics."""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ...envs.trial import TrialBatch
from ..credit.annealed import AnnealedRule
from ..credit.bridges import Start, blocks_of, lag_in_bins, run_bridged, trials_of
from ..credit.driven_step import driven_step
from ..credit.rule import learning_rule
from ..network.data import tensors
from ..network.rate_rnn import RateRNN


@learning_rule
class DASC(AnnealedRule):
    r"""BPTT through a network that skips time by a coarse step of its own dynamics, at the end of each block.

    .. math:: h \leftarrow (1 - \beta) \left[ h_0 + \theta\, dt\, \dot h(h_0, u_0) \right] + \beta\, E^\theta(h_0)

    :math:`h_0` and :math:`u_0` are the state before its first bin and the input in it, :math:`E^\theta` its own
    dynamics over :math:`\theta` bins. :math:`\beta` is annealed to 1, where the network is plain; it is evaluated
    plain at all times. An eigenvalue :math:`1 - \theta\, dt / \tau` of the coarse step is what an error keeps where
    weights are small: with lags beyond :math:`2 \tau` it grows and changes its sign.

    Args:
        lag_ms: Duration of a block (ms); blocks are counted from the start of each period, a shorter rest has none.
        schedule: :math:`\beta` in each phase, in [0, 1]; the last must be 1.
        across_trials: Whether, in sessions, the state at the end of a trial is also joined with that at its start.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if the lag is longer than every period.

    Source: Soo, Goudar & Wang 2023, NeurIPS 36, https://openreview.net/forum?id=O453PHSthc; the default schedule is
    theirs for rule reversal. In their code later blocks of a period reuse an older derivative; here it is fresh.
    """

    lag_ms: float = 200.0
    across_trials: bool = False

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        self.lag_ms, self.across_trials = finite_number("lag_ms", self.lag_ms), bool(self.across_trials)

    def helped_loss(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of a batch with the skips of a phase."""
        beta, data = value, tensors(batch, network.recurrent)
        theta, weights = lag_in_bins(self.lag_ms, batch), network.recurrent_weights

        def coarse_step(start: Start, end: Tensor) -> Tensor:
            step = driven_step(network, start.state, start.inputs, 0.0, weights) - start.state
            return (1 - beta) * (start.state + theta * step) + beta * end

        def skip(start: Start, end: Tensor) -> Tensor:
            return (1 - beta) * start.state + beta * end

        bridges = [(blocks_of(batch, self.lag_ms), coarse_step)]
        if self.across_trials:
            bridges.append((trials_of(batch), skip))
        return self.objective(network, run_bridged(network, data.inputs, bridges, generator), data)
