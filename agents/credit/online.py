"""Learning from a stream of bins without trials: a network whose state, and a rule whose traces, are carried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from ..network.data import TensorBatch, check_inputs
from ..network.rate_rnn import RateRNN
from .credit_rule import CreditRule
from .descent import Diverged
from .driven_step import noise_deviation
from .every_bin import learn_in_every_bin
from .loops.arrays import Course
from .loops.learning import learning_path, through_bins
from .memory import Memory
from .output_error import OutputError
from .stepwise import Stepwise


@final
class OnlineLearner:
    """A network and a rule on their way through a stream, in stretches of bins of any length, with the same result.

    Args:
        network: The network, changed in place.
        rule: The rule, with ``update_every="bin"``.
        seed: Seed of the network's noise, and of what the rule draws.

    Attributes:
        state: State of the network after the last bin, (1, N).
        path: ``"loop"`` or ``"steps"``.
    """

    def __init__(self, network: RateRNN, rule: CreditRule[Any], seed: int):
        self.network, self.rule = network, rule
        rule.meet(network)
        device = network.recurrent.device
        self._noise = torch.Generator(device).manual_seed((seed + 1) % 2**63)
        self._draws = torch.Generator(device).manual_seed(seed)
        self.state = network.initial_state(1).detach().clone()
        self.path = learning_path(rule, network)
        self._begun = rule.begin(network, 1, rule.memory, self._draws)
        self._set([tensor.clone().contiguous() for tensor in rule.to_loop(self._begun, network, 1)])

    @torch.no_grad()
    def learn(self, inputs: Tensor, labels: Tensor, weight: Tensor, classes: bool) -> float:
        """Go through bins, each of which changes the weights; returns the sum of their losses.

        Args:
            inputs: u, (T, n_in).
            labels: y as vectors, (T, n_out).
            weight: How much each bin counts, (T,).
            classes: Whether y are classes, as one-hot vectors.

        Raises:
            Diverged: If a loss or a weight is no longer finite; the weights are those before these bins.
        """
        u, y, m = inputs[:, None], labels[:, None], weight[:, None]
        check_inputs(u, self.network.n_inputs, self.network.recurrent)
        noise = self._noise_of(u) if self.network.noise else None
        loss, norm = (self._on_loop if self.path == "loop" else self._by_steps)(u, y, m, noise, classes)
        if not (np.isfinite(loss) and np.isfinite(norm)):
            raise Diverged(f"loss {loss}, gradient norm {norm}")
        self.rule.memory = self._memory()
        return loss

    def tensors(self) -> dict[str, Tensor]:
        """All that is carried on besides the weights and what the rule remembers, by name."""
        of_rule = self._arrays if self.path == "loop" else self.rule.to_loop(self._steps.state, self.network, 1)
        numbered = {f"rule.{k}": tensor for k, tensor in enumerate(of_rule)}
        generators = {"noise": self._noise.get_state(), "draws": self._draws.get_state()}
        return {name: value.clone() for name, value in ({"state": self.state} | numbered | generators).items()}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Carry on from what :meth:`tensors` returned."""
        self.state = tensors["state"].to(self.network.recurrent, copy=True)
        n_arrays = sum(name.startswith("rule.") for name in tensors)
        self._set([tensors[f"rule.{k}"].to(self.network.recurrent, copy=True) for k in range(n_arrays)])
        self._noise.set_state(tensors["noise"].cpu())
        self._draws.set_state(tensors["draws"].cpu())

    def _noise_of(self, u: Tensor) -> Tensor:
        """Currents of noise, (T, 1, N), drawn bin by bin, so that it makes no difference how a stream is cut."""
        like = {"dtype": u.dtype, "device": u.device}
        xi = [torch.randn(1, self.network.n_units, generator=self._noise, **like) for _ in range(len(u))]
        return torch.stack(xi) * noise_deviation(self.network)

    def _set(self, arrays: Sequence[Tensor]) -> None:
        self._arrays = arrays
        self._steps = Onward(self.rule, self.rule.from_loop(self._begun, arrays))

    def _memory(self) -> Memory:
        if self.path == "loop":
            copies = [array.clone() for array in self._arrays]
            return self.rule.remembered(self.rule.from_loop(self._begun, copies))
        return self._steps.memory

    def _on_loop(self, u: Tensor, y: Tensor, m: Tensor, noise: Tensor | None, classes: bool) -> tuple[float, float]:
        nothing = np.empty((len(u), 0, 0), self.state.numpy().dtype)
        draws = self.rule.draws(self.network, len(u), 1, self._draws)
        course = Course(
            inputs=u.contiguous().numpy(),
            labels=y.contiguous().numpy(),
            weight=(m if classes else m * (2 / self.network.n_outputs)).contiguous().numpy(),
            noise=nothing if noise is None else noise.numpy(),
            draws=nothing if draws is None else draws.numpy(),
        )
        ((loss, norm),) = through_bins(self.rule, self.network, self._arrays, course, classes, self.state.numpy())
        return loss * len(u), norm

    def _by_steps(self, u: Tensor, y: Tensor, m: Tensor, noise: Tensor | None, classes: bool) -> tuple[float, float]:
        net, rule = self.network, self.rule
        data = TensorBatch(u, y, torch.ones_like(m), classes)
        errors = OutputError(data, net.n_outputs, net.readout_activation, m.numel())
        errors.weight = errors.weight * m[..., None]
        before = [(parameter, parameter.detach().clone()) for parameter in net.parameters()]
        through = net, u, errors, self._steps, rule.feedback_weights, rule.descent, self._draws
        z, norm, self.state = learn_in_every_bin(*through, start=self.state, noise=noise)
        each = -(y * z.log_softmax(-1)).sum(-1) if classes else (z - y).square().mean(-1)
        loss = (m * each).sum()
        if not (loss.isfinite() and norm.isfinite()):
            for parameter, old in before:
                parameter.copy_(old)
        return loss.item(), norm.item()


class Onward(Stepwise[Any]):
    """Steps that have no end."""

    def finish(self) -> None:
        """Nothing ends between two stretches."""
