"""Future-facing backpropagation through time."""

from typing import NamedTuple

from torch import Generator, Tensor

from ...envs.durations import in_bins
from ..credit import JACOBIAN, Bin, CreditRule, Memory, RateRNN, contribution, learning_rule, no_traces, number


class Horizon(NamedTuple):
    """The last bins, at most T, with the credit (B, N) that they have received so far; T; and a gradient of 0."""

    bins: tuple[Bin, ...]
    credits: tuple[Tensor, ...]
    n_bins: int
    nothing: Tensor


@learning_rule
class FBPTT(CreditRule[Horizon]):
    r"""Backpropagation of every error, as it arises, through the bins that lie within a horizon behind it.

    .. math:: c(s) = \sum_{t=s}^{s+T-1} L(t)\, J(t)\, J(t-1) \cdots J(s+1), \qquad
        \Delta W \propto -\sum_s (c(s) \circ d(s))^T p(s)

    with J, d and p as in :class:`~cogdyn.agents.credit.bins.Bin`, the learning signal L, and the horizon of T bins.
    What a bin contributed is known T - 1 bins later, and with ``update_every="bin"`` the weights change then; at the
    end of a trial what is left is taken at once. With a horizon as long as the trial it is the exact gradient. Unlike
    windows that follow each other, every error goes equally far. Memory grows with N T, time with N^2 T for every bin.

    Args:
        horizon_ms: Duration (ms) of the horizon, the bin of the error included.

    Raises:
        ValueError: If horizon_ms is not positive or no whole number of the network's bins, or an argument is unknown or
            out of its range.

    Source: Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490; the name is that of Marschall, Cho & Savin 2020,
    arXiv:1907.02649.
    """

    reads = JACOBIAN

    horizon_ms: float = number(200.0, above=0)

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Horizon:
        """No bins before the first."""
        return Horizon((), (), in_bins(self.horizon_ms, network.dt, "horizon_ms"), no_traces(network, 1)[..., 0, :, :])

    def step(self, state: Horizon, bin: Bin, generator: Generator | None, /) -> tuple[Horizon, Tensor]:
        """The error of a bin goes back to all within the horizon; the oldest, whose credit is then known, leaves it."""
        LJ = bin.learning_signal
        bins, c = [*state.bins, bin], [*state.credits, LJ]
        for s in range(len(bins) - 1, 0, -1):
            # Where weights change in every bin, errors go back through those of now; no others are kept.
            LJ = bins[s]._replace(recurrent=bin.recurrent).backward(LJ)
            c[s - 1] = c[s - 1] + LJ
        if len(bins) < state.n_bins:
            return state._replace(bins=(*bins,), credits=(*c,)), state.nothing
        return state._replace(bins=(*bins[1:],), credits=(*c[1:],)), contribution(c[0], bins[0])

    def finish(self, state: Horizon) -> tuple[Horizon, Tensor]:
        """No error will come any more: what all bins within the horizon add to the gradient."""
        left = state.nothing
        for bin, c in zip(state.bins, state.credits, strict=True):
            left = left + contribution(c, bin)
        return state._replace(bins=(), credits=()), left
