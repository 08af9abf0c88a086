"""Future-facing backpropagation through time."""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ...envs.durations import in_bins
from ...envs.numbers import finite_number
from ...envs.typechecked import typechecked
from ..credit.bins import Bin
from ..credit.feedback import Pathway
from ..rate_rnn import RateRNN
from ..credit.credit_rule import Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.trace_rule import TraceRule
from ..credit.traces import Memory, Read, no_contribution


class _Horizon:
    """The last bins, with the credit (B, N) that they have got so far."""

    def __init__(self, network: RateRNN, horizon: int):
        self.horizon = horizon
        self.nothing = no_contribution(network)
        self.bins: deque[Bin] = deque()
        self.credits: deque[Tensor] = deque()

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Tell all bins within the horizon the error of the new one; the oldest has then heard all it will."""
        self.bins.append(bin)
        self.credits.append(bin.signal)
        told = bin.signal
        for s in range(len(self.bins) - 1, 0, -1):
            # Where weights change in every bin, errors go back through those of now; no others are kept.
            told = self.bins[s]._replace(recurrent=bin.recurrent).backward(told)
            self.credits[s - 1] = self.credits[s - 1] + told
        return self._release() if len(self.bins) == self.horizon else self.nothing

    def finish(self) -> Tensor:
        """No error will come any more: let go of all bins."""
        left = self.nothing
        while self.bins:
            left = left + self._release()
        return left

    def _release(self) -> Tensor:
        oldest, credit = self.bins.popleft(), self.credits.popleft()
        return (credit * oldest.gate).mT @ oldest.senders


@typechecked
@final
class FBPTT(TraceRule):
    r"""Backpropagation of every error, as it arises, through the bins that lie within a horizon behind it.

    .. math:: c(s) = \sum_{t=s}^{s+T-1} L(t)\, J(t)\, J(t-1) \cdots J(s+1), \qquad
        \Delta W \propto -\sum_s (c(s) \circ d(s))^T p(s)

    with J, d and p as in :class:`~cogdyn.agents.credit.bins.Bin`, the learning signal L, and the horizon of T bins. What a bin
    contributed is known T - 1 bins later, and with ``update="bin"`` the weights change then; at the end of a trial what
    is left is taken at once. With a horizon as long as the trial it is the exact gradient. Unlike windows that follow
    each other, every error goes equally far. Memory grows with N T, time with N^2 T for every bin.

    Args:
        horizon_ms: Duration (ms) of the horizon, the bin of the error included.
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.

    Raises:
        ValueError: If horizon_ms is not positive or no whole number of the network's bins, or an argument is unknown or
            out of its range.

    Source: Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490; the name is that of Marschall, Cho & Savin 2020,
    arXiv:1907.02649.
    """

    reads: ClassVar[tuple[Read, ...]] = (
        "presynaptic rate",
        "own voltage",
        "self-connection",
        "error broadcast",
        "voltages of others",
        "errors of others",
        "weights of others",
    )

    def __init__(
        self,
        horizon_ms: float = 200.0,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        update: Update = "trial",
        optimizer: Optimizer | None = None,
        weight_decay: float = 0.0,
        feedback: Pathway = "symmetric",
        feedback_seed: int = 0,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)
        self.horizon_ms = finite_number("horizon_ms", horizon_ms)
        if self.horizon_ms <= 0:
            raise ValueError(f"horizon_ms is {horizon_ms!r}; it must be positive.")

    @property
    def own_config(self) -> dict[str, Any]:
        """The horizon."""
        return {"horizon_ms": self.horizon_ms}

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> _Horizon:
        """No bins before the first."""
        return _Horizon(network, in_bins(self.horizon_ms, network.dt, "horizon_ms"))
