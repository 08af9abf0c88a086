"""Skip connections through time for errors alone."""

from dataclasses import field
from typing import Any

import torch
from torch import Tensor

from ..credit import BridgedRule, Join, RateRNN, Start, learning_rule


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
class GradientSkip(BridgedRule):
    r"""BPTT through a plain network whose errors skip time: the Jacobian of a block is changed in the backward pass.

    .. math:: \partial h / \partial h_0 \leftarrow (1 - \beta)\, I + \beta\, \partial E^\theta(h_0) / \partial h_0

    :math:`E^\theta` are the network's dynamics over the block. What the network does is not changed, so nothing has
    to be taken from it later; the gradient is not that of any loss unless :math:`\beta = 1`, to which it is annealed.

    Source: ours, after Soo, Goudar & Wang 2023, https://openreview.net/forum?id=O453PHSthc.
    """

    across_trials: bool = field(default=False, init=False)

    def bridge(self, beta: float, theta: int, network: RateRNN) -> Join:
        """The state at the end of a block, whose error skips."""

        def skip(start: Start, end: Tensor) -> Tensor:
            return _Skip.apply(start.state, end, beta)  # type: ignore[no-any-return]

        return skip
