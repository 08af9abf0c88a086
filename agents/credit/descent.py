"""What is done with a gradient: it is shortened to a largest norm, and Adam or plain descent follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any, Literal, final

import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.numbers import finite_number, single_number
from ..network.protocol import Network
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
        ValueError: If lr or clip is not positive, a schedule does not begin at 0 and increase, the optimizer is
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
        self.clip = None if clip is None else single_number("clip", clip)
        if (self.clip is not None and self.clip <= 0) or not all(rate > 0 for _, rate in self.schedule):
            raise ValueError(f"lr is {lr!r}, clip {clip!r}; both must be positive.")
        self.lr: LearningRate = self.schedule[0][1] if isinstance(lr, Real) else self.schedule
        self.optimizer = check_name("optimizer", optimizer, OPTIMIZERS)
        self.weight_decay = single_number("weight_decay", weight_decay)
        if self.weight_decay < 0:
            raise ValueError(f"weight_decay is {weight_decay!r}; it must not be negative.")
        self._network: Network | None = None
        self._torch: torch.optim.Optimizer | None = None
        self._taken = 0

    def knows(self, network: Network) -> bool:
        """Whether what is remembered is of this network."""
        return self._network is network

    def follow(self, network: Network, gradients: Mapping[str, Tensor], loss: Tensor) -> dict[str, Any]:
        """Take one step along gradients, which are shortened to the largest norm; parameters change in place.

        Of an ensemble each network is treated as it would be alone, and one whose loss or gradient is not finite is
        left as it was.

        Args:
            network: The network, or an ensemble.
            gradients: By the name of their parameter; a parameter without one stays as it is.
            loss: The loss, (), or of each network of an ensemble, (S,).

        Returns:
            Loss and norm of the gradient before it was shortened: numbers, or of an ensemble (S,).

        Raises:
            Diverged: If loss or gradient of a single network is not finite; it is then left as it was.
            ValueError: If no parameter of the network learns.
        """
        learned, loss = trainable(network), loss.detach()
        if not learned:
            raise ValueError("the network cannot learn: requires_grad is False for all of its parameters.")
        found = {name: gradients[name] for name, _ in learned if name in gradients}
        lengths = [torch.linalg.vector_norm(each.flatten(loss.ndim), dim=-1) for each in found.values()]
        norm = torch.linalg.vector_norm(torch.stack(lengths), dim=0) if lengths else torch.zeros_like(loss)
        sound = torch.isfinite(norm) & torch.isfinite(loss)
        metrics = {"loss": loss, "gradient_norm": norm}
        if loss.ndim == 0:
            metrics = {name: value.item() for name, value in metrics.items()}
            if not sound:
                raise Diverged(f"loss {metrics['loss']}, gradient norm {metrics['gradient_norm']}")
        optimizer = self._optimizer(network)
        scale = torch.ones_like(norm) if self.clip is None else (self.clip / (norm + 1e-6)).clamp(max=1.0)
        for name, parameter in learned:
            if (gradient := found.get(name)) is not None:
                gradient = gradient * _beside(scale, gradient)
                gradient = gradient if loss.ndim == 0 else gradient.where(_beside(sound, gradient), 0.0)
            parameter.grad = gradient
        # Adam, by what it remembers, and weight decay change a parameter without a gradient too.
        kept = [] if loss.ndim == 0 else [(parameter, parameter.detach()[~sound].clone()) for _, parameter in learned]
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            for parameter, values in kept:
                parameter[~sound] = values
        self._taken += 1
        return metrics

    def state(self, network: Network) -> dict[str, Tensor]:
        """The number of updates, and what Adam remembers of a network, as named tensors; nothing of one not known."""
        if not self.knows(network):
            return {"updates": for_each(network, 0)}
        memory = {} if self._torch is None else self._torch.state
        return {"updates": for_each(network, self._taken)} | {
            f"{name}.{key}": value.clone() if value.ndim else for_each(network, value)
            for name, parameter in network.named_parameters()
            for key, value in memory.get(parameter, {}).items()
        }

    def restore(self, network: Network, state: Mapping[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again.

        Raises:
            ValueError: If the networks of an ensemble took different numbers of updates.
        """
        self._network, self._torch = network, None
        counts = [value for name, value in state.items() if name == "updates" or name.endswith(".step")]
        # Runs of old have the steps of Adam alone.
        self._taken = max((int(shared("number of updates", count)) for count in counts), default=0)
        for name, parameter in network.named_parameters():
            found = {key.removeprefix(f"{name}."): v for key, v in state.items() if key.rpartition(".")[0] == name}
            # Adam counts its steps on the CPU, whatever the device of the parameters.
            if found:
                self._made(network).state[parameter] = {
                    k: shared("number of updates", v) if k == "step" else v.to(parameter, copy=True)
                    for k, v in found.items()
                }

    def rate(self, network: Network) -> float:
        """The learning rate of the next update."""
        taken = self._taken if self.knows(network) else 0
        return max(row for row in self.schedule if row[0] <= taken)[1]

    def count(self) -> None:
        """Count an update that was made by other means, at the rate of :meth:`rate`."""
        self._taken += 1

    def _optimizer(self, network: Network) -> torch.optim.Optimizer:
        if not self.knows(network):
            self.restore(network, {})
        optimizer = self._made(network)
        optimizer.param_groups[0]["lr"] = self.rate(network)
        return optimizer

    def _made(self, network: Network) -> torch.optim.Optimizer:
        """PyTorch's optimiser, made when it is first needed: with it PyTorch loads its compiler, for a second."""
        if self._torch is None:
            # All parameters: one that is frozen has no gradient, and stays as it is for as long as it is frozen.
            self._torch = OPTIMIZERS[self.optimizer](network.parameters(), weight_decay=self.weight_decay)
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
    return [(int(start), single_number("lr", rate)) for start, (_, rate) in zip(starts, rows, strict=True)]


def _beside(value: Tensor, tensor: Tensor) -> Tensor:
    """A value of each network, (S,), with the axes of a tensor (S, ...)."""
    return value.view(*value.shape, *[1] * (tensor.ndim - value.ndim))


def trainable(network: Network) -> list[tuple[str, torch.nn.Parameter]]:
    """Parameters that learn, with their names."""
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
