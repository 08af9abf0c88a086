"""What a network is asked to minimise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.data import tensors
from ..network.protocol import Network, first_parameter
from ..network.rate_rnn import RateRNN
from ..network.trajectory import Trajectory


def task_loss(outputs: Tensor, targets: Tensor, mask: Tensor, probabilities: bool = False) -> Tensor:
    """Masked mean error of the outputs, the kind chosen by the targets.

    Classes: -sum m log softmax(z)[y] / sum m. Vectors: sum m |z - y|^2 / (n_out sum m). Probabilities:
    -sum m y . log softmax(z) / sum m.

    Args:
        outputs: (T, B, n_out); of an ensemble (T, S, B, n_out), which has a loss for each network, (S,).
        targets: Classes (T, B) int64, or vectors or probabilities (T, B, n_out).
        mask: Weight of each bin, (T, B).
        probabilities: Whether targets (T, B, n_out) are probabilities of classes.

    Raises:
        ValueError: If the shapes do not fit, a class has no output, or the mask is 0 everywhere.
    """
    if outputs.ndim == 4:
        return torch.stack([task_loss(one, targets, mask, probabilities) for one in outputs.unbind(1)])
    vectors = targets.is_floating_point()
    expected = outputs.shape if vectors else outputs.shape[:2]
    if targets.shape != expected or mask.shape != outputs.shape[:2]:
        raise ValueError(
            f"outputs {tuple(outputs.shape)}, targets {tuple(targets.shape)} and mask {tuple(mask.shape)} do not fit."
        )
    if not vectors and int(targets.max()) >= outputs.shape[2]:
        raise ValueError(f"targets name class {int(targets.max())}, but there are only {outputs.shape[2]} outputs.")
    total = mask.sum()
    if total == 0:
        raise ValueError("the mask is 0 everywhere: there is nothing to learn.")
    if probabilities:
        error = -(targets * functional.log_softmax(outputs, dim=-1)).sum(-1)
    elif vectors:
        error = (outputs - targets).square().mean(-1)
    else:
        error = functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none").view_as(mask)
    return (error * mask).sum() / total


Penalty = Literal["squared", "absolute"]
PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {"squared": torch.square, "absolute": torch.abs}
"""What a rate or a weight costs."""


def penalties(
    network: Network, trajectory: Trajectory, rate: float, weight: float, penalty: Penalty = "squared"
) -> Tensor:
    """Cost of activity and of synapses: rate * mean(r^2) + weight * sum of mean(W^2) over the matrices.

    Those are recurrent, input and readout weights; of a network of another kind, all its parameters with two axes.
    With ``penalty="absolute"`` sizes count instead of squares. A scalar; of an ensemble one for each network, (S,).
    """
    cost, of = trajectory.outputs.new_zeros(()), PENALTIES[penalty]
    if rate:
        cost = cost + rate * of(trajectory.rates).mean((0, -2, -1))
    if weight:
        for matrix in _matrices(network):
            cost = cost + weight * of(matrix).mean((-2, -1))
    return cost


@typechecked
def loss_of_network(network: Network, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
    """The task's loss of a network on a batch, a scalar, or of an ensemble (S,); the generator draws its noise."""
    data = tensors(batch, first_parameter(network))
    outputs = network(data.inputs, generator=generator).outputs
    return task_loss(outputs, data.targets, data.mask, data.probabilities)


def _matrices(network: Network) -> list[Tensor]:
    if isinstance(network, RateRNN):
        return [network.recurrent_weights, network.input_weights, network.readout_weights]
    return [parameter for parameter in network.parameters() if parameter.ndim == 2]
