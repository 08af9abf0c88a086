"""Skip connections through time for errors alone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ...envs.trial import TrialBatch
from ..credit.annealed import AnnealedRule
from ..credit.bridges import Start, blocks_of, run_bridged
from ..credit.rule import learning_rule
from ..network.data import tensors
from ..network.rate_rnn import RateRNN


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


@learning_rule
class GradientSkip(AnnealedRule):
    r"""BPTT through a plain network whose errors skip time: the Jacobian of a block is changed in the backward pass.

    .. math:: \partial h / \partial h_0 \leftarrow (1 - \beta)\, I + \beta\, \partial E^\theta(h_0) / \partial h_0

    :math:`E^\theta` are the network's dynamics over the block. What the network does is not changed, so nothing has
    to be taken from it later; the gradient is not that of any loss unless :math:`\beta = 1`, to which it is annealed.

    Args:
        lag_ms: Duration of a block (ms); blocks are counted from the start of each period, a shorter rest has none.
        schedule: :math:`\beta` in each phase, in [0, 1]; the last must be 1.

    Raises:
        ValueError: If an argument makes no sense; on a batch, if the lag is longer than every period.

    Source: ours, after Soo, Goudar & Wang 2023, https://openreview.net/forum?id=O453PHSthc.
    """

    lag_ms: float = 200.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        self.lag_ms = finite_number("lag_ms", self.lag_ms)

    def helped_loss(
        self, value: float, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of a batch, whose gradient skips."""
        data = tensors(batch, network.recurrent)

        def skip(start: Start, end: Tensor) -> Tensor:
            return _Skip.apply(start.state, end, value)  # type: ignore[no-any-return]

        bridges = [(blocks_of(batch, self.lag_ms), skip)]
        return self.objective(network, run_bridged(network, data.inputs, bridges, generator), data)
