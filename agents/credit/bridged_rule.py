"""What rules share whose networks, or whose errors, skip time."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Generator, Tensor

from ...envs.numbers import finite_number
from ...envs.trial import TrialBatch
from ..network.data import tensors
from ..network.rate_rnn import RateRNN
from .annealed import AnnealedRule
from .bridges import Join, Start, blocks_of, lag_in_bins, run_bridged, trials_of


@dataclass(eq=False, repr=False, kw_only=True)
class BridgedRule(AnnealedRule):
    r"""A rule that bridges each block of a trial: it joins the state after the block with that before it.

    Args:
        lag_ms: Duration of a block (ms); blocks are counted from the start of each period, a shorter rest has none.
        schedule: :math:`\beta` in each phase, in [0, 1]; the last must be 1.
        across_trials: Whether, in sessions, the state at the end of a trial is also joined with that at its start.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if the lag is longer than every period.
    """

    lag_ms: float = 200.0
    schedule: Sequence[float] = (0.5, 1.0)
    across_trials: bool = False

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        self.lag_ms, self.across_trials = finite_number("lag_ms", self.lag_ms), bool(self.across_trials)

    @abstractmethod
    def bridge(self, beta: float, theta: int, network: RateRNN) -> Join:
        """What the state is after a block of theta bins, of its start and of what the dynamics made of it."""

    def helped_loss(self, value: float, network: RateRNN, batch: TrialBatch, generator: Generator | None) -> Tensor:
        """The loss of a batch with the bridges of a phase."""
        beta, data = value, tensors(batch, network.recurrent)

        def skip(start: Start, end: Tensor) -> Tensor:
            return (1 - beta) * start.state + beta * end

        theta = lag_in_bins(self.lag_ms, batch)
        bridges = [(blocks_of(batch, self.lag_ms), self.bridge(beta, theta, network))]
        if self.across_trials:
            bridges.append((trials_of(batch), skip))
        return self.objective(network, run_bridged(network, data.inputs, bridges, generator), data)
