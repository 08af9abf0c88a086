"""What is done with a gradient: it is shortened to a largest norm, and Adam or plain descent follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any, Literal, final

import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.numbers import finite_number
from ..rate_rnn import RateRNN
from .shared_counts import for_each, shared

LearningRate = float | Sequence[tuple[float, float]]
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

    It knows one network; with another it starts again, without what it remembers of the first. What does not learn
    counts neither in the norm of the gradient nor in the decay of weights.

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
        self.schedule = _schedule(lr)
        self.clip = None if clip is None else finite_number("clip", clip)
        if (self.clip is not None and self.clip <= 0) or not all(rate > 0 for _, rate in self.schedule):
            raise ValueError(f"lr is {lr!r}, clip {clip!r}; both must be positive.")
        rows = [list(pair) for pair in self.schedule]
        self.config: dict[str, Any] = {"lr": rows[0][1] if isinstance(lr, Real) else rows, "clip": self.clip}
        self.optimizer = check_name("optimizer", optimizer, OPTIMIZERS)
        self.weight_decay = finite_number("weight_decay", weight_decay)
        if self.weight_decay < 0:
            raise ValueError(f"weight_decay is {weight_decay!r}; it must not be negative.")
        self._network: RateRNN | None = None
        self._torch: torch.optim.Optimizer | None = None
        self._taken = 0

    def knows(self, network: RateRNN) -> bool:
        """Whether what is remembered is of this network."""
        return self._network is network

    def gradient(self, network: RateRNN, loss: Tensor) -> dict[str, Tensor]:
        """Gradient of a loss for each trainable parameter, by name; the network is left as it was."""
        learned = dict(trainable(network))
        if not learned:
            return {}
        gradients = torch.autograd.grad(loss.sum(), list(learned.values()), materialize_grads=True)
        return dict(zip(learned, gradients, strict=True))

    def step(self, network: RateRNN, loss: Tensor) -> dict[str, float]:
        """Follow the gradient of a loss; the parameters change in place.

        Returns:
            The loss and the norm of its gradient.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self._ready(network)
        loss.backward()
        return self._descend(network, loss.detach())

    def follow(self, network: RateRNN, gradients: Mapping[str, Tensor], loss: Tensor) -> dict[str, float]:
        """As :meth:`step`, with gradients by the name of their parameter; one that has none stays as it is."""
        self._ready(network)
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
        self._ready(ensemble)
        losses.sum().backward()
        return self._descend_each(ensemble, losses.detach())

    def follow_each(self, ensemble: RateRNN, gradients: Mapping[str, Tensor], losses: Tensor) -> dict[str, Tensor]:
        """As :meth:`step_each`, with gradients (S, ...) by the name of their parameter."""
        self._ready(ensemble)
        for name, parameter in trainable(ensemble):
            parameter.grad = gradients.get(name)
        return self._descend_each(ensemble, losses.detach())

    def _descend_each(self, ensemble: RateRNN, losses: Tensor) -> dict[str, Tensor]:
        gradients = [p.grad for _, p in trainable(ensemble) if p.grad is not None]
        lengths = [torch.linalg.vector_norm(gradient.flatten(1), dim=1) for gradient in gradients]
        norms = torch.linalg.vector_norm(torch.stack(lengths), dim=0) if lengths else torch.zeros_like(losses)
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
        """The number of updates, and what Adam remembers of a network, as named tensors; nothing of one not known."""
        if self._torch is None or not self.knows(network):
            return {"updates": for_each(network, 0)}
        return {"updates": for_each(network, self._taken)} | {
            f"{name}.{key}": value.clone() if value.ndim else for_each(network, value)
            for name, parameter in network.named_parameters()
            for key, value in self._torch.state.get(parameter, {}).items()
        }

    def restore(self, network: RateRNN, state: Mapping[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again.

        Raises:
            ValueError: If the networks of an ensemble took different numbers of updates.
        """
        memory = self._start(network).state
        counts = [value for name, value in state.items() if name == "updates" or name.endswith(".step")]
        # Runs of old have the steps of Adam alone.
        self._taken = max((int(shared("number of updates", count)) for count in counts), default=0)
        for name, parameter in network.named_parameters():
            found = {key.removeprefix(f"{name}."): v for key, v in state.items() if key.rpartition(".")[0] == name}
            # Adam counts its steps on the CPU, whatever the device of the parameters.
            if found:
                memory[parameter] = {
                    k: shared("number of updates", v) if k == "step" else v.to(parameter, copy=True)
                    for k, v in found.items()
                }

    def rate(self, network: RateRNN) -> float:
        """The learning rate of the next update."""
        taken = self._taken if self.knows(network) else 0
        return max(row for row in self.schedule if row[0] <= taken)[1]

    def count(self) -> None:
        """Count an update that was made by other means, at the rate of :meth:`rate`."""
        self._taken += 1

    def _ready(self, network: RateRNN) -> None:
        """Get to know the network, and forget gradients of before.

        Raises:
            ValueError: If nothing of it learns.
        """
        if not trainable(network):
            raise ValueError("the network cannot learn: requires_grad is False for all of its parameters.")
        self._optimizer(network).zero_grad()

    def _optimizer(self, network: RateRNN) -> torch.optim.Optimizer:
        optimizer = self._torch if self._torch is not None and self.knows(network) else self._start(network)
        optimizer.param_groups[0]["lr"] = self.rate(network)
        return optimizer

    def _start(self, network: RateRNN) -> torch.optim.Optimizer:
        # All parameters: one that is frozen has no gradient, and stays as it is for as long as it is frozen.
        self._torch = OPTIMIZERS[self.optimizer](network.parameters(), weight_decay=self.weight_decay)
        self._network, self._taken = network, 0
        return self._torch


def _schedule(lr: LearningRate) -> list[tuple[int, float]]:
    """Rows of (update, rate)."""
    try:
        rows = [(0, lr)] if isinstance(lr, int | float | Real) else [(start, rate) for start, rate in lr]
    except (TypeError, ValueError) as error:
        raise ValueError(f"lr is {lr!r}; allowed: a number, or rows of (update, rate).") from error
    starts = [finite_number("an update of lr", start) for start, _ in rows]
    whole = all(start == int(start) for start in starts)
    if not starts or starts[0] != 0 or not whole or any(later <= start for start, later in pairwise(starts)):
        raise ValueError(f"lr is {lr!r}; a schedule is rows of (update, rate), from update 0 on in rising order.")
    return [(int(start), finite_number("lr", rate)) for start, (_, rate) in zip(starts, rows, strict=True)]


def trainable(network: RateRNN) -> list[tuple[str, torch.nn.Parameter]]:
    """Parameters that learn, with their names."""
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
