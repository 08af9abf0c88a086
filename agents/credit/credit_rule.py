"""What rules share that assign credit by themselves, without backpropagation: the way from there to an update."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor

from ...envs.names import check_name
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from .annealing import Scores
from ..data import tensors
from .feedback import Feedback, Pathway
from .losses import task_loss
from .output_error import OutputError
from ..rate_rnn import RateRNN
from ..representation import rule_repr
from .shared_counts import for_each, shared
from ..trajectory import Trajectory
from .descent import Descent, Diverged, LearningRate, Optimizer, trainable
from .every_bin import Pace, learn_in_every_bin
from .traces import Memory, Traces

Update = Literal["trial", "bin"]
UPDATES = ("trial", "bin")
LARGEST = 1e6
"""What a rule learned for itself and is larger in size than this has grown without bound."""


class CreditRule(ABC):
    r"""A rule that says itself how much each synapse contributed to the error, trial by trial or bin by bin.

    The readout follows its exact gradient, the delta rule :math:`\Delta W_{out} = -\eta\, e^T r`. The initial state is
    not learned.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: contributions of all bins are added up at fixed weights, then descended; ``"bin"``: weights
            change in every bin, by lr times T times what the bin adds to the gradient of the mean over T bins.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.

    Raises:
        ValueError: If an argument is unknown or out of its range.
    """

    learns_readout_alone: ClassVar[bool] = False
    own_rates: ClassVar[Mapping[str, str]] = {}
    """The learning rate of what the rule learns for itself, by its name in the memory."""

    def __init__(
        self,
        lr: LearningRate,
        clip: float | None,
        update: Update,
        optimizer: Optimizer | None,
        weight_decay: float,
        feedback: Pathway,
        feedback_seed: int,
    ):
        self.every_bin = check_name("update", update, UPDATES) == "bin"
        if self.every_bin and optimizer == "adam":
            raise ValueError("update='bin' takes lr times the gradient in every bin: it goes with optimizer='sgd'.")
        self.descent = Descent(lr, clip, optimizer or ("sgd" if self.every_bin else "adam"), weight_decay)
        self.feedback = Feedback(feedback, feedback_seed)
        self.memory: Memory = {}

    @property
    @abstractmethod
    def own_config(self) -> dict[str, Any]:
        """The arguments that other rules do not have."""

    @abstractmethod
    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Traces:
        """Traces before the first bin of B trials; what the rule learns for itself it writes into the memory."""

    @abstractmethod
    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory]:
        """Gradients for recurrent, input and bias, summed over trials (T, B, n_in) at fixed weights; what was done."""

    __repr__ = rule_repr

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        shared = {"update": "bin" if self.every_bin else "trial", "optimizer": self.descent.optimizer}
        if not self.learns_readout_alone:
            shared |= {"weight_decay": self.descent.weight_decay} | self.feedback.config
        return self.descent.config | shared | self.own_config

    def knowing(self, network: RateRNN) -> Self:
        """This rule if it knows the network, else one with its arguments that knows none."""
        return self if self.descent.knows(network) else type(self)(**self.config)

    @typechecked
    def loss(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss whose descent the rule approximates, a scalar; the generator draws the network's noise."""
        data = tensors(batch, network.recurrent)
        outputs = network(data.inputs, generator=generator).outputs
        return task_loss(outputs, data.targets, data.mask, data.probabilities)

    @typechecked
    def gradient(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """What the rule adds up over trials for each trainable parameter; network and rule are left as they were.

        Of a network that it does not know: what it would add up in its first update.
        """
        rule = self.knowing(network)
        memory = {name: value.clone() for name, value in rule.memory.items()}
        found = rule._gradients(network, batch, memory, generator)[0]
        return {name: found.get(name, torch.zeros_like(parameter)) for name, parameter in trainable(network)}

    @typechecked
    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, float]:
        """Change the parameters in place; returns the loss before the change and the gradient's norm.

        On a network that it does not know the rule starts again. With ``update="bin"`` it is the loss of the trials in
        which weights changed all along.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self._meet(network)
        if self.every_bin:
            return {name: value.item() for name, value in self._live(network, batch, generator).items()}
        gradients, losses = self._gradients(network, batch, self.memory, generator)
        before, decay = network.readout.detach().clone(), self._decay(network)
        try:
            metrics = self.descent.follow(network, gradients, losses)
        except Diverged as error:
            raise Diverged(f"{error}{self._grown()}") from error
        if network.readout.requires_grad:
            self.feedback.adapt(before, network.readout.detach(), decay)
        return metrics

    def update_each(
        self, ensemble: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """:meth:`update` for all networks of an ensemble, each by its own loss; returns one of each metric for each."""
        self._meet(ensemble)
        if self.every_bin:
            return self._live(ensemble, batch, generator)
        gradients, losses = self._gradients(ensemble, batch, self.memory, generator)
        before, decay = ensemble.readout.detach().clone(), self._decay(ensemble)
        metrics = self.descent.follow_each(ensemble, gradients, losses)
        if ensemble.readout.requires_grad:
            self.feedback.adapt(before, ensemble.readout.detach(), decay)
        return metrics

    def report(self, score: Scores) -> None:  # noqa: B027  no rule has to listen
        """Hear how the network scored; nothing changes."""

    @typechecked
    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser and the rule itself remember of a network, as named tensors; of an ensemble (S, ...)."""
        rule = self.knowing(network)
        feedback = {} if rule.feedback.weights is None else {"feedback": rule.feedback.weights}
        own = {f"own.{name}": v if v.ndim else for_each(network, v) for name, v in rule.memory.items()}
        return rule.descent.state(network) | feedback | own

    @typechecked
    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, state)
        like = network.recurrent
        self.feedback.weights = state["feedback"].to(like) if "feedback" in state else None
        own = {name.removeprefix("own."): v.to(like) for name, v in state.items() if name.startswith("own.")}
        # All but counts has axes of its own.
        self.memory = {name: shared(name, v) if v.ndim == like.ndim - 2 else v for name, v in own.items()}

    def _meet(self, network: RateRNN) -> None:
        if not self.descent.knows(network):
            self.restore(network, {})

    def _gradients(
        self, network: RateRNN, batch: TrialBatch, memory: Memory, generator: torch.Generator | None
    ) -> tuple[dict[str, Tensor], Tensor]:
        data = tensors(batch, network.recurrent)
        errors = OutputError(data, network.n_outputs, network.readout_activation)
        found, trajectory = self.assign(network, data.inputs, errors, memory, generator)
        rates, outputs = trajectory.rates.detach(), trajectory.outputs.detach()
        if "readout" not in found:
            error = errors.of(outputs)
            found["readout"] = torch.einsum("t...bo,t...bn->...on", error, rates) * network.output_mask
            found["readout_bias"] = error.sum((0, -2))
        return found, errors.loss(outputs)

    def _live(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None) -> dict[str, Tensor]:
        data = tensors(batch, network.recurrent)
        errors = OutputError(data, network.n_outputs, network.readout_activation, len(data.inputs))
        traces = self.begin(network, batch.batch_size, self.memory, generator)
        pace = Pace(self.descent.rate(network), self.descent.clip, self.descent.weight_decay)
        before = {name: parameter.detach().clone() for name, parameter in trainable(network)}
        outputs, norms = learn_in_every_bin(network, data.inputs, errors, traces, self.feedback, pace, generator)
        self.descent.count()
        losses = errors.loss(outputs)
        sound = torch.isfinite(norms) & torch.isfinite(losses)
        if not sound.all():
            with torch.no_grad():
                for name, parameter in trainable(network):
                    parameter.copy_(torch.where(sound.view(-1, *[1] * (parameter.ndim - 1)), parameter, before[name]))
            if norms.ndim == 0:
                raise Diverged(f"loss {losses.item()}, gradient norm {norms.item()}{self._grown()}")
        return {"loss": losses, "gradient_norm": norms}

    def _decay(self, network: RateRNN) -> float:
        return self.descent.rate(network) * self.descent.weight_decay

    def _grown(self) -> str:
        """What of the rule's own grew without bound, and what to try."""
        grown = [name for name in self.own_rates if name in self.memory and not self._bounded(self.memory[name])]
        if not grown:
            return ""
        given = {rate: getattr(self, rate) for rate in dict.fromkeys(self.own_rates[name] for name in grown)}
        smaller = (f"a tenth of {name}" if value is None else f"{name}={value / 10:g}" for name, value in given.items())
        return f"; its {', '.join(grown)} grew beyond {LARGEST:g}: try {', '.join(smaller)}"

    @staticmethod
    def _bounded(values: Tensor) -> bool:
        return bool((values.abs() <= LARGEST).all())
