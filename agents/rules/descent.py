"""What is done with a gradient: it is shortened to a largest norm, and Adam follows it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
from torch import Tensor

from ..rate_rnn import RateRNN

LearningRate = float | Sequence[tuple[int, float]]


class Diverged(FloatingPointError):
    """Raised by a rule instead of an update with a loss or a gradient that is not finite."""


@final
class Descent:
    """Adam on the trainable parameters of one network, with clipping of the gradient.

    Args:
        lr: Learning rate; or a schedule of it, ``((0, 1e-3), (2000, 2e-4))``: the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.

    Raises:
        ValueError: If lr or clip is not positive, or a schedule does not begin at 0 and go on from there.

    Source: Kingma & Ba 2015, arXiv:1412.6980.
    """

    def __init__(self, lr: LearningRate = 1e-3, clip: float | None = 1.0):
        schedule = [(0, lr)] if isinstance(lr, int | float) else [tuple(pair) for pair in lr]
        if (clip is not None and not clip > 0) or not all(rate > 0 for _, rate in schedule):
            raise ValueError(f"lr is {lr!r}, clip {clip!r}; both must be positive.")
        starts = [start for start, _ in schedule]
        if not starts or starts[0] != 0 or any(later <= start for start, later in pairwise(starts)):
            raise ValueError(f"lr is {lr!r}; a schedule is rows of (update, rate), from update 0 on in rising order.")
        self.schedule, self.clip = schedule, clip
        self.config = {"lr": lr if isinstance(lr, int | float) else [list(pair) for pair in schedule], "clip": clip}
        self._network: RateRNN | None = None
        self._adam: torch.optim.Adam | None = None

    def gradient(self, network: RateRNN, loss: Tensor) -> dict[str, Tensor]:
        """Gradient of a loss for each trainable parameter, by name; the network is left as it was."""
        names, parameters = zip(*trainable(network), strict=True)
        gradients = torch.autograd.grad(loss, parameters, materialize_grads=True)
        return dict(zip(names, gradients, strict=True))

    def step(self, network: RateRNN, loss: Tensor) -> dict[str, float]:
        """Change the parameters in place; returns the loss and the norm of its gradient.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        adam = self._optimizer(network)
        adam.zero_grad()
        loss.backward()
        limit = float("inf") if self.clip is None else self.clip
        norm = torch.nn.utils.clip_grad_norm_([parameter for _, parameter in trainable(network)], limit)
        metrics = {"loss": loss.item(), "gradient_norm": norm.item()}
        if not all(map(torch.isfinite, (loss, norm))):
            raise Diverged(f"loss {metrics['loss']}, gradient norm {metrics['gradient_norm']}")
        adam.step()
        return metrics

    def step_each(self, ensemble: RateRNN, losses: Tensor) -> dict[str, Tensor]:
        """Change the parameters of all networks of an ensemble, each by its own loss, (S,), and its own norm.

        A network whose loss or gradient is not finite is left as it was.

        Returns:
            Loss and norm of the gradient of each network, (S,).
        """
        adam = self._optimizer(ensemble)
        adam.zero_grad()
        losses.sum().backward()
        gradients = [p.grad.flatten(1) for _, p in trainable(ensemble) if p.grad is not None]
        norms = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g, dim=1) for g in gradients]), dim=0)
        sound = torch.isfinite(norms) & torch.isfinite(losses)
        scale = torch.ones_like(norms) if self.clip is None else (self.clip / (norms + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(scale[:, None])
            gradient[~sound] = 0.0
        kept = [p.detach()[~sound].clone() for _, p in trainable(ensemble)]
        adam.step()
        with torch.no_grad():
            for (_, parameter), values in zip(trainable(ensemble), kept, strict=True):
                parameter[~sound] = values
        return {"loss": losses.detach(), "gradient_norm": norms}

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What Adam remembers of a network, as named tensors."""
        memory = self._optimizer(network).state
        return {
            f"{name}.{key}": value
            for name, parameter in trainable(network)
            for key, value in memory.get(parameter, {}).items()
        }

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned."""
        memory = self._optimizer(network).state
        for name, parameter in trainable(network):
            found = {key.removeprefix(f"{name}."): v for key, v in state.items() if key.rpartition(".")[0] == name}
            # Adam counts its steps on the CPU, whatever the device of the parameters.
            memory[parameter] = {k: v.clone() if k == "step" else v.to(parameter) for k, v in found.items()}

    def _optimizer(self, network: RateRNN) -> torch.optim.Adam:
        if self._adam is None or self._network is not network:
            self._network = network
            self._adam = torch.optim.Adam([p for _, p in trainable(network)])
        memory = next(iter(self._adam.state.values()), {})
        taken = int(memory.get("step", 0))
        self._adam.param_groups[0]["lr"] = max(pair for pair in self.schedule if pair[0] <= taken)[1]
        return self._adam


def trainable(network: RateRNN) -> list[tuple[str, torch.nn.Parameter]]:
    """Parameters that learn, with their names."""
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
