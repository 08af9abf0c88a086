"""What is done with a gradient: it is shortened to a largest norm, and Adam or plain descent follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, final

import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.numbers import finite_number
from ..rate_rnn import RateRNN

LearningRate = float | Sequence[tuple[int, float]]
Optimizer = Literal["adam", "sgd"]
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
}


class Diverged(FloatingPointError):
    """Raised by a rule instead of an update with a loss or a gradient that is not finite."""


@final
class Descent:
    """Adam, or plain descent, on the trainable parameters of one network, with clipping of the gradient.

    Args:
        lr: Learning rate; or a schedule of it, ``((0, 1e-3), (2000, 2e-4))``: the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        optimizer: ``"adam"``, or ``"sgd"``, which takes lr times the gradient.
        weight_decay: How much of each weight is added to its gradient.

    Raises:
        ValueError: If lr or clip is not positive, a schedule does not begin at 0 and go on from there, the optimizer is
            unknown, or weight_decay negative.

    Source: Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(
        self,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        optimizer: Optimizer = "adam",
        weight_decay: float = 0.0,
    ):
        schedule = [(0, lr)] if isinstance(lr, int | float) else [tuple(pair) for pair in lr]
        if (clip is not None and not clip > 0) or not all(rate > 0 for _, rate in schedule):
            raise ValueError(f"lr is {lr!r}, clip {clip!r}; both must be positive.")
        starts = [start for start, _ in schedule]
        if not starts or starts[0] != 0 or any(later <= start for start, later in pairwise(starts)):
            raise ValueError(f"lr is {lr!r}; a schedule is rows of (update, rate), from update 0 on in rising order.")
        self.schedule, self.clip = schedule, clip
        self.config: dict[str, Any] = {
            "lr": lr if isinstance(lr, int | float) else [list(pair) for pair in schedule],
            "clip": clip,
        }
        self.optimizer = check_name("optimizer", optimizer, OPTIMIZERS)
        self.weight_decay = finite_number("weight_decay", weight_decay)
        if self.weight_decay < 0:
            raise ValueError(f"weight_decay is {weight_decay!r}; it must not be negative.")
        self._network: RateRNN | None = None
        self._torch: torch.optim.Optimizer | None = None
        self._taken = 0

    def gradient(self, network: RateRNN, loss: Tensor) -> dict[str, Tensor]:
        """Gradient of a loss for each trainable parameter, by name; the network is left as it was."""
        names, parameters = zip(*trainable(network), strict=True)
        gradients = torch.autograd.grad(loss.sum(), parameters, materialize_grads=True)
        return dict(zip(names, gradients, strict=True))

    def step(self, network: RateRNN, loss: Tensor) -> dict[str, float]:
        """Follow the gradient of a loss; the parameters change in place.

        Returns:
            The loss and the norm of its gradient.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self._optimizer(network).zero_grad()
        loss.backward()
        return self._descend(network, loss.detach())

    def follow(self, network: RateRNN, gradients: Mapping[str, Tensor], loss: Tensor) -> dict[str, float]:
        """As :meth:`step`, with gradients by the name of their parameter; one that has none stays as it is."""
        self._optimizer(network)
        for name, parameter in trainable(network):
            parameter.grad = gradients.get(name)
        return self._descend(network, loss.detach())

    def _descend(self, network: RateRNN, loss: Tensor) -> dict[str, float]:
        limit = float("inf") if self.clip is None else self.clip
        norm = torch.nn.utils.clip_grad_norm_([parameter for _, parameter in trainable(network)], limit)
        metrics = {"loss": loss.item(), "gradient_norm": norm.item()}
        if not all(map(torch.isfinite, (loss, norm))):
            raise Diverged(f"loss {metrics['loss']}, gradient norm {metrics['gradient_norm']}")
        self._optimizer(network).step()
        self._taken += 1
        return metrics

    def step_each(self, ensemble: RateRNN, losses: Tensor) -> dict[str, Tensor]:
        """Follow for each network of an ensemble the gradient of its own loss, (S,), shortened by its own norm.

        A network whose loss or gradient is not finite is left as it was.

        Returns:
            Loss and norm of the gradient of each network, (S,).
        """
        self._optimizer(ensemble).zero_grad()
        losses.sum().backward()
        return self._descend_each(ensemble, losses.detach())

    def follow_each(self, ensemble: RateRNN, gradients: Mapping[str, Tensor], losses: Tensor) -> dict[str, Tensor]:
        """As :meth:`step_each`, with gradients (S, ...) by the name of their parameter."""
        self._optimizer(ensemble)
        for name, parameter in trainable(ensemble):
            parameter.grad = gradients.get(name)
        return self._descend_each(ensemble, losses.detach())

    def _descend_each(self, ensemble: RateRNN, losses: Tensor) -> dict[str, Tensor]:
        gradients = [p.grad for _, p in trainable(ensemble) if p.grad is not None]
        lengths = [torch.linalg.vector_norm(gradient.flatten(1), dim=1) for gradient in gradients]
        norms = torch.linalg.vector_norm(torch.stack(lengths), dim=0)
        sound = torch.isfinite(norms) & torch.isfinite(losses)
        scale = torch.ones_like(norms) if self.clip is None else (self.clip / (norms + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(scale.view(-1, *[1] * (gradient.ndim - 1)))
            gradient[~sound] = 0.0
        kept = [p.detach()[~sound].clone() for _, p in trainable(ensemble)]
        self._optimizer(ensemble).step()
        self._taken += 1
        with torch.no_grad():
            for (_, parameter), values in zip(trainable(ensemble), kept, strict=True):
                parameter[~sound] = values
        return {"loss": losses, "gradient_norm": norms}

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """The number of updates, and what Adam remembers of a network, as named tensors."""
        memory = self._optimizer(network).state
        return {"updates": torch.tensor(self._taken)} | {
            f"{name}.{key}": value
            for name, parameter in trainable(network)
            for key, value in memory.get(parameter, {}).items()
        }

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned."""
        memory = self._optimizer(network).state
        counts = [value for name, value in state.items() if name == "updates" or name.endswith(".step")]
        self._taken = max((int(count) for count in counts), default=0)  # runs of old have the steps of Adam alone
        for name, parameter in trainable(network):
            found = {key.removeprefix(f"{name}."): v for key, v in state.items() if key.rpartition(".")[0] == name}
            # Adam counts its steps on the CPU, whatever the device of the parameters.
            if found:
                memory[parameter] = {k: v.clone() if k == "step" else v.to(parameter) for k, v in found.items()}

    def rate(self, network: RateRNN) -> float:
        """The learning rate of the next update."""
        return self._optimizer(network).param_groups[0]["lr"]

    def count(self) -> None:
        """Count an update that was made by other means, at the rate of :meth:`rate`."""
        self._taken += 1

    def _optimizer(self, network: RateRNN) -> torch.optim.Optimizer:
        if self._torch is None or self._network is not network:
            self._network, self._taken = network, 0
            parameters = [p for _, p in trainable(network)]
            self._torch = OPTIMIZERS[self.optimizer](parameters, weight_decay=self.weight_decay)
        self._torch.param_groups[0]["lr"] = max(row for row in self.schedule if row[0] <= self._taken)[1]
        return self._torch


def trainable(network: RateRNN) -> list[tuple[str, torch.nn.Parameter]]:
    """Parameters that learn, with their names."""
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
