"""Skip connections through time for errors alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..credit.bridges import Start, blocks_of, run_bridged
from ..data import tensors
from ..rate_rnn import RateRNN
from ..representation import rule_repr
from ..credit.annealed import AnnealedRule
from ..credit.descent import LearningRate


class _Skip(torch.autograd.Function):
    """The state at the end of a block, whose error goes to its start as well."""

    @staticmethod
    def forward(ctx: Any, start: Tensor, end: Tensor, beta: float) -> Tensor:
        ctx.beta = beta
        return end.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, None]:
        (error,) = grad_outputs
        return (1 - ctx.beta) * error, ctx.beta * error, None


@typechecked
@final
class GradientSkip(AnnealedRule):
    r"""BPTT through a plain network whose errors skip time: the Jacobian of a block is changed in the backward pass.

    .. math:: \partial h / \partial h_0 \leftarrow (1 - \beta)\, I + \beta\, \partial E^\theta(h_0) / \partial h_0

    :math:`E^\theta` are the network's dynamics over the block. What the network does is not changed, so nothing has
    to be taken from it later; the gradient is not that of any loss unless :math:`\beta = 1`, to which it is annealed.

    Args:
        lag_ms: Duration of a block (ms); blocks are counted from the start of each period, a shorter rest has none.
        schedule: :math:`\beta` in each phase, in [0, 1]; the last must be 1.
        anneal_steps: Number of updates that all phases but the last take together.
        goal: Score at which a phase ends early; None for never.
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        rate_penalty: Cost of activity.
        weight_penalty: Cost of synapses.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if the lag is longer than every period.

    Source: ours, after Soo, Goudar & Wang 2023, https://openreview.net/forum?id=O453PHSthc.
    """

    def __init__(
        self,
        lag_ms: float = 200.0,
        schedule: Sequence[float] = (0.5, 1.0),
        anneal_steps: int = 2000,
        goal: float | None = 0.95,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        rate_penalty: float = 0.0,
        weight_penalty: float = 0.0,
    ):
        super().__init__(schedule, anneal_steps, goal, lr, clip, rate_penalty, weight_penalty)
        self.lag_ms = finite_number("lag_ms", lag_ms)

    __repr__ = rule_repr

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        return super().config | {"lag_ms": self.lag_ms}

    @typechecked
    def loss_at(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of a batch, a scalar, whose gradient skips; the generator draws the noise.

        Raises:
            ValueError: If the lag is longer than every period.
        """
        data, beta = tensors(batch, network.recurrent), value
        if beta == 1:
            return self.objective(network, network(data.inputs, generator=generator), data)

        def skip(start: Start, end: Tensor) -> Tensor:
            return _Skip.apply(start[0], end, beta)  # type: ignore[no-any-return]

        bridges = [(blocks_of(batch, self.lag_ms), skip)]
        return self.objective(network, run_bridged(network, data.inputs, bridges, generator), data)
