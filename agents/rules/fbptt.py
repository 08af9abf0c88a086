"""Future-facing backpropagation through time."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ...envs.durations import in_bins
from ...envs.numbers import finite_number
from ..credit.bins import Bin, no_traces
from ..credit.credit_rule import CreditRule
from ..credit.memory import Memory
from ..credit.rule import learning_rule
from ..network.rate_rnn import RateRNN


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

    reads = (
        "presynaptic rate",
        "own voltage",
        "self-connection",
        "error broadcast",
        "voltages of others",
        "errors of others",
        "weights of others",
    )

    horizon_ms: float = 200.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        self.horizon_ms = finite_number("horizon_ms", self.horizon_ms)
        if self.horizon_ms <= 0:
            raise ValueError(f"horizon_ms is {self.horizon_ms!r}; it must be positive.")

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Horizon:
        """No bins before the first."""
        nothing = no_traces(network, 1)[..., 0, :, :]
        return Horizon((), (), in_bins(self.horizon_ms, network.dt, "horizon_ms"), nothing)

    def step(self, state: Horizon, bin: Bin, generator: torch.Generator | None, /) -> tuple[Horizon, Tensor]:
        """The error of a bin goes back to all within the horizon; the oldest, whose credit is then known, leaves it."""
        bins, credits = [*state.bins, bin], [*state.credits, bin.learning_signal]
        credit = bin.learning_signal
        for s in range(len(bins) - 1, 0, -1):
            # Where weights change in every bin, errors go back through those of now; no others are kept.
            credit = bins[s]._replace(recurrent=bin.recurrent).backward(credit)
            credits[s - 1] = credits[s - 1] + credit
        if len(bins) < state.n_bins:
            return state._replace(bins=(*bins,), credits=(*credits,)), state.nothing
        return state._replace(bins=(*bins[1:],), credits=(*credits[1:],)), _contribution(bins[0], credits[0])

    def finish(self, state: Horizon) -> tuple[Horizon, Tensor]:
        """No error will come any more: what all bins within the horizon add to the gradient."""
        left = state.nothing
        for bin, credit in zip(state.bins, state.credits, strict=True):
            left = left + _contribution(bin, credit)
        return state._replace(bins=(), credits=()), left


def _contribution(bin: Bin, credit: Tensor) -> Tensor:
    """What a bin adds to the gradient by the credit (B, N) of its states, (N, N + n_in + 1)."""
    return (credit * bin.gate).mT @ bin.senders
