"""Skip connections through time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ...envs.trial import TrialBatch
from ..credit.annealed import AnnealedRule
from ..credit.bridges import Start, blocks_of, run_bridged, trials_of
from ..credit.rule import learning_rule
from ..network.data import tensors
from ..network.rate_rnn import RateRNN


@learning_rule
class SCTT(AnnealedRule):
    r"""BPTT through a network whose state skips time, at the end of each block of :math:`\theta` bins.

    .. math:: h \leftarrow (1 - \beta)\, h_0 + \beta\, E^\theta(h_0)

    :math:`h_0` is the state at its start and :math:`E^\theta` are its own dynamics. An error finds a path of gain
    :math:`1 - \beta` through each block, however the dynamics forget. :math:`\beta` is annealed to 1, where the
    network is plain; it is evaluated plain at all times.

    Args:
        lag_ms: Duration of a block (ms); blocks are counted from the start of each period, a shorter rest has none.
        schedule: :math:`\beta` in each phase, in [0, 1]; the last must be 1.
        across_trials: Whether, in sessions, the state at the end of a trial is also joined with that at its start.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if the lag is longer than every period.

    Source: Soo, Goudar & Wang 2023, NeurIPS 36, https://openreview.net/forum?id=O453PHSthc; the default schedule is
    theirs for rule reversal.
    """

    lag_ms: float = 200.0
    schedule: Sequence[float] = (0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0)
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

        def skip(start: Start, end: Tensor) -> Tensor:
            return (1 - beta) * start.state + beta * end

        bridges = [(blocks_of(batch, self.lag_ms), skip)]
        if self.across_trials:
            bridges.append((trials_of(batch), skip))
        return self.objective(network, run_bridged(network, data.inputs, bridges, generator), data)
