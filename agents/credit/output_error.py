"""The error at the outputs of a network, bin by bin, in closed form."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from ..network.data import TensorBatch
from ..network.rate_rnn import RateRNN
from .losses import task_loss


def readout_gradients(network: RateRNN, errors: Tensor, rates: Tensor) -> dict[str, Tensor]:
    r"""Gradients for the readout, :math:`e^T r`, and its bias, of errors (T, B, n_out) or (T, S, B, n_out), by name."""
    weights = torch.einsum("t...bo,t...bn->...on", errors, rates) * network.output_mask
    return {"readout": weights, "readout_bias": errors.sum((0, -2))}


class OutputError:
    r"""Gradient of the task's loss for what the readout weighs up, before its activation g.

    Classes and probabilities: :math:`e = m\,(\mathrm{softmax}(z) - y) / M`. Vectors:
    :math:`e = 2 m\,(z - y)\, g' / (n_{out} M)`. M is the sum of the mask m.

    Args:
        data: Targets and mask of the trials.
        n_outputs: Number of outputs.
        readout_activation: g, ``"linear"`` or ``"sigmoid"``.
        times: What errors are multiplied by.

    Attributes:
        labels: y as vectors, classes as one-hot ones, (T, B, n_out).
        weight: What differences of outputs and labels are multiplied by, (T, B, 1).
        softmax: Whether the targets are classes or their probabilities.
    """

    def __init__(self, data: TensorBatch, n_outputs: int, readout_activation: str = "linear", times: float = 1.0):
        classes = data.targets.ndim == 2
        labels = functional.one_hot(data.targets, n_outputs) if classes else data.targets
        self.labels = labels.to(data.mask.dtype)
        self._data = data
        self.softmax, self._sigmoid = classes or data.probabilities, readout_activation == "sigmoid"
        self.weight = (times * data.mask / data.mask.sum())[..., None]
        if not self.softmax:
            self.weight = self.weight * (2 / n_outputs)

    def loss(self, outputs: Tensor) -> Tensor:
        """The loss whose gradient the error is, a scalar, or of an ensemble one for each network, (S,)."""
        return task_loss(outputs, self._data.targets, self._data.mask, self._data.probabilities)

    def at(self, t: int, outputs: Tensor) -> Tensor:
        """The error e in bin t, for the outputs z (..., B, n_out) of that bin."""
        return self._error(outputs, *self._of_bin[t])

    @cached_property
    def _of_bin(self) -> list[tuple[Tensor, Tensor]]:
        return list(zip(self.labels.unbind(0), self.weight.unbind(0), strict=True))

    def of(self, outputs: Tensor) -> Tensor:
        """The error e for the outputs of whole trials, (T, B, n_out), or of an ensemble (T, S, B, n_out)."""
        if outputs.ndim == 4:
            return self._error(outputs, self.labels[:, None], self.weight[:, None])
        return self._error(outputs, self.labels, self.weight)

    def to_readout(self, network: RateRNN, outputs: Tensor, rates: Tensor) -> dict[str, Tensor]:
        r"""The exact gradient for the readout, :math:`e^T r`, and for its bias, by the names of the parameters."""
        return readout_gradients(network, self.of(outputs), rates)

    def _error(self, z: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
        if self.softmax:
            return (torch.softmax(z, dim=-1) - labels).mul_(weight)
        error = (z - labels).mul_(weight)
        return error.mul_(z * (1 - z)) if self._sigmoid else error
