"""Backpropagation through time."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ..data import tensors
from ..losses import penalties, task_loss
from ..rate_rnn import RateRNN


class Diverged(FloatingPointError):
    """Raised by a rule instead of an update with a loss or a gradient that is not finite."""


@final
class BPTT:
    r"""Exact gradient of the whole trial, followed by Adam.

    .. math:: \theta \leftarrow \mathrm{Adam}(\theta, \partial L / \partial \theta), \quad
        L = L_{task} + \lambda_r \langle r^2 \rangle + \lambda_w \sum_W \langle W^2 \rangle

    Args:
        lr: Learning rate.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        rate_penalty: :math:`\lambda_r`, cost of activity.
        weight_penalty: :math:`\lambda_w`, cost of synapses.

    Raises:
        ValueError: If lr or clip is not positive, or a penalty is negative.

    Source: Werbos 1990, doi:10.1109/5.58337; Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(
        self, lr: float = 1e-3, clip: float | None = 1.0, rate_penalty: float = 0.0, weight_penalty: float = 0.0
    ):
        if not lr > 0 or (clip is not None and not clip > 0) or not rate_penalty >= 0 or not weight_penalty >= 0:
            raise ValueError(
                f"lr is {lr!r}, clip {clip!r}, rate_penalty {rate_penalty!r}, weight_penalty {weight_penalty!r}; "
                "lr and clip must be positive, penalties not negative."
            )
        self.lr, self.clip, self.rate_penalty, self.weight_penalty = lr, clip, rate_penalty, weight_penalty
        self._network: RateRNN | None = None
        self._adam: torch.optim.Adam | None = None

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        return {name: getattr(self, name) for name in ("lr", "clip", "rate_penalty", "weight_penalty")}

    def loss(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, a scalar; the generator draws the network's noise."""
        data = tensors(batch, network.recurrent)
        trajectory = network(data.inputs, generator=generator)
        task = task_loss(trajectory.outputs, data.targets, data.mask, data.probabilities)
        return task + penalties(network, trajectory, self.rate_penalty, self.weight_penalty)

    def gradient(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Gradient of the loss for each trainable parameter, by name; the network is left as it was."""
        names, parameters = zip(*_trainable(network), strict=True)
        gradients = torch.autograd.grad(self.loss(network, batch, generator), parameters)
        return dict(zip(names, gradients, strict=True))

    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, float]:
        """Change the parameters in place; returns the loss before the change and the gradient's norm.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        adam = self._optimizer(network)
        adam.zero_grad()
        loss = self.loss(network, batch, generator)
        loss.backward()
        parameters = [parameter for _, parameter in _trainable(network)]
        limit = float("inf") if self.clip is None else self.clip
        norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
        metrics = {"loss": loss.item(), "gradient_norm": norm.item()}
        if not all(map(torch.isfinite, (loss, norm))):
            raise Diverged(f"loss {metrics['loss']}, gradient norm {metrics['gradient_norm']}")
        adam.step()
        return metrics

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, as named tensors."""
        memory = self._optimizer(network).state
        return {
            f"{name}.{key}": value
            for name, parameter in _trainable(network)
            for key, value in memory.get(parameter, {}).items()
        }

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned."""
        memory = self._optimizer(network).state
        for name, parameter in _trainable(network):
            found = {key.removeprefix(f"{name}."): v for key, v in state.items() if key.rpartition(".")[0] == name}
            # Adam counts its steps on the CPU, whatever the device of the parameters.
            memory[parameter] = {k: v.clone() if k == "step" else v.to(parameter) for k, v in found.items()}

    def _optimizer(self, network: RateRNN) -> torch.optim.Adam:
        if self._adam is None or self._network is not network:
            self._network = network
            self._adam = torch.optim.Adam([p for _, p in _trainable(network)], lr=self.lr)
        return self._adam


def _trainable(network: RateRNN) -> list[tuple[str, torch.nn.Parameter]]:
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
