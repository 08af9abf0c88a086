"""What rules share that assign credit by themselves, without backpropagation: the way from there to an update."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic

import numpy as np
import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.data import tensors
from ..network.rate_rnn import RateRNN
from .bins import Bin
from .descent import Descent, Diverged, LearningRate, Optimizer, trainable
from .every_bin import Steps, learn_in_every_bin
from .feedback import Feedback, Pathway
from .loops.arrays import Arrays, LoopBin
from .loops.assigning import assign_in_bins, assigns_on_loops
from .loops.learning import learn_in_compiled_bins, why_not_compiled
from .memory import Memory, restored, saved
from .output_error import OutputError
from .rule import Pace, Rule
from .stepwise import State, Stepwise
from .synapses import Synapses
from .trials import Assignment, Trials

LARGEST = 1e6
"""What a rule learned for itself and is larger in size than this has grown without bound."""


@dataclass(eq=False, repr=False, kw_only=True)
class CreditRule(Rule, Generic[State]):
    r"""A rule that computes itself how much each synapse contributed to the error of each bin.

    The rule is its :meth:`step`: from its state after one bin, such as the traces of all synapses, it makes the state
    after the next, and what that bin adds to the gradient. These are added up over a trial, or taken at once:

    .. math:: S(t), G(t) = \mathrm{step}(S(t-1), t), \qquad
        \Delta W = -\eta \sum_t G(t) \quad \text{or, in every bin,} \quad \Delta W(t) = -\eta\, T\, G(t)

    The readout follows its exact gradient, the delta rule :math:`\Delta W_{out} = -\eta\, e^T r`. The initial state is
    not learned.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update_every: ``"trial"``: what the bins of a trial add up to at fixed weights is followed after the trial;
            ``"bin"``: weights change in every bin, by lr times T times what the bin adds to the gradient of the mean
            over T bins.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.

    Attributes:
        own_rates: The learning rate of what the rule learns for itself, by its name in the memory.
        largest_loop: Number of units times trials up to which its loop is faster after trials than its other form.

    Raises:
        ValueError: If an argument is unknown or out of its range.
    """

    paces = ("trial", "bin")
    rate_rnn_only = True
    own_rates: ClassVar[Mapping[str, str]] = {}
    largest_loop: ClassVar[int] = 64 * 64

    lr: LearningRate = 1e-3
    clip: float | None = 1.0
    update_every: Pace = "trial"
    optimizer: Optimizer | None = None
    weight_decay: float = 0.0
    feedback: Pathway = "symmetric"
    feedback_seed: int = 0

    def __post_init__(self) -> None:
        """Check the arguments; nothing is learned yet."""
        self.in_every_bin = self.update_every == "bin"
        if self.in_every_bin and self.optimizer == "adam":
            raise ValueError(
                "update_every='bin' takes lr times the gradient in every bin: it goes with optimizer='sgd'."
            )
        self.optimizer = self.optimizer or ("sgd" if self.in_every_bin else "adam")
        self.descent = Descent(self.lr, self.clip, self.optimizer, self.weight_decay)
        self.lr, self.clip, self.weight_decay = self.descent.lr, self.descent.clip, self.descent.weight_decay
        self.feedback_weights = Feedback(self.feedback, self.feedback_seed)
        self.memory: Memory = {}

    @abstractmethod
    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> State:
        """The state before the first bin of B trials, with what the rule has learned for itself, the memory."""

    @abstractmethod
    def step(self, state: State, bin: Bin, generator: torch.Generator | None, /) -> tuple[State, Tensor]:
        """The rule: the state after a bin, and what the bin adds to the gradient for [W, W_in, b], (N, N + n_in + 1).

        The errors of the bin are those of its own loss, T times those of the mean over T bins.
        """

    def finish(self, state: State) -> tuple[State, Tensor | None]:
        """The state after the last bin, and what is left of the gradient where later bins complete earlier ones."""
        return state, None

    def remembered(self, state: State) -> Memory:
        """What the rule has learned for itself, to be kept from trial to trial."""
        return {}

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None:
        """The step in place, in the part of Python that numba compiles, for a rule that has it.

        Args:
            state: The arrays of :meth:`to_loop` with three axes each, and empty ones.
            bin: What a synapse may see of the bin.
            draw: What the rule drew for the bin, (n, k).
            constants: Those of :meth:`constants`.
            G: What the bin adds to the gradient, (N, m), 0 before.
        """
        raise NotImplementedError("the rule has no loop")

    @classmethod
    def has_loop(cls) -> bool:
        """Whether the rule can learn in every bin on a compiled loop."""
        return cls.loop is not CreditRule.loop

    def to_loop(self, state: State, network: RateRNN, batch_size: int) -> Sequence[Tensor]:
        """The arrays of a state that has just begun; the compiled loop changes them in place."""
        return [state] if isinstance(state, Tensor) else list(state)  # type: ignore[call-overload]

    def from_loop(self, state: State, tensors: Sequence[Tensor]) -> State:
        """The state after the compiled loop: the one before it, with these arrays instead of those of ``to_loop``."""
        return tensors[0] if isinstance(state, Tensor) else type(state)(*tensors)  # type: ignore[return-value]

    def constants(self, network: RateRNN) -> Sequence[float]:
        """The numbers that the compiled loop goes by."""
        return ()

    def draws(self, network: RateRNN, n_bins: int, batch_size: int, generator: torch.Generator | None) -> Tensor | None:
        """What the rule draws in each bin, (T, n, k), in the order of its steps; None where it draws nothing."""
        return None

    def steps(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Steps:
        """The steps of the rule through B trials; a rule that has a faster form of the same returns that."""
        return Stepwise(self, self.begin(network, batch_size, memory, generator))

    @torch.no_grad()
    def assign(self, trials: Trials) -> Assignment:
        """What the steps add up to over trials at fixed weights; a rule that has a faster form returns that."""
        return assign_in_bins(self, trials) if assigns_on_loops(self, trials) else self.added_up(trials)

    @torch.no_grad()
    def added_up(self, trials: Trials) -> Assignment:
        """What the steps add up to over trials at fixed weights, one after the other."""
        network, n_bins, batch_size = trials.network, *trials.inputs.shape[:2]
        trajectory, bins = trials.run()
        steps = Stepwise(self, self.begin(network, batch_size, trials.memory, trials.generator))
        synapses = Synapses(network)
        total = torch.zeros_like(synapses.weights)
        for bin in bins:
            total += steps.step(bin.of_own_loss(n_bins), trials.generator)
        if (left := steps.finish()) is not None:
            total += left
        gradients = synapses.gradients(total / n_bins)
        return Assignment(gradients, trajectory.rates, trajectory.outputs, steps.memory)

    def knows(self, network: RateRNN) -> bool:
        """Whether what is remembered is of this network."""
        return self.descent.knows(network)

    @typechecked
    def gradient(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """What the rule adds up over trials for each trainable parameter; network and rule are left as they were.

        Of a network that it does not know: what it would add up in its first update.
        """
        found = self.knowing(network)._gradients(network, batch, generator)[0]
        return {name: found.get(name, torch.zeros_like(parameter)) for name, parameter in trainable(network)}

    @typechecked
    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, Any]:
        """Change the parameters in place; returns the loss before the change and the gradient's norm.

        On a network that it does not know the rule starts again. With ``update_every="bin"`` it is the loss of the
        trials in which weights changed all along. Of an ensemble each network is treated as it would be alone.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self.meet(network)
        try:
            if self.in_every_bin:
                return self._learn_in_every_bin(network, batch, generator)
            gradients, losses, self.memory = self._gradients(network, batch, generator)
            before, decay = network.readout.detach().clone(), self.descent.rate(network) * self.weight_decay
            metrics = self.descent.follow(network, gradients, losses)
        except Diverged as error:
            raise Diverged(f"{error}{self._grown()}") from error
        if network.readout.requires_grad:
            self.feedback_weights.adapt(before, network.readout.detach(), decay)
        return metrics

    @typechecked
    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser and the rule itself remember of a network, as named tensors; of an ensemble (S, ...)."""
        rule = self.knowing(network)
        feedback = {} if rule.feedback_weights.weights is None else {"feedback": rule.feedback_weights.weights}
        return rule.descent.state(network) | feedback | saved(rule.memory, network)

    @typechecked
    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, state)
        self.feedback_weights.weights = state["feedback"].to(network.recurrent) if "feedback" in state else None
        self.memory = restored(state, network)

    def _gradients(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None
    ) -> tuple[dict[str, Tensor], Tensor, Memory]:
        data = tensors(batch, network.recurrent)
        errors = OutputError(data, network.n_outputs, network.readout_activation)
        feedback = self.feedback_weights.of(network)
        trials = Trials(network, data.inputs, errors, feedback, self.memory, generator)
        gradients, rates, outputs, memory = self.assign(trials)
        rates, outputs = rates.detach(), outputs.detach()
        if "readout" not in gradients:
            gradients |= errors.to_readout(network, outputs, rates)
        return gradients, errors.loss(outputs), memory

    def _learn_in_every_bin(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None
    ) -> dict[str, Any]:
        if why_not_compiled(self, network) is None:
            found = learn_in_compiled_bins(self, network, batch, generator)
        else:
            losses, norms = self.learn_by_steps(network, batch, generator)
            found = list(zip(losses.reshape(-1).tolist(), norms.reshape(-1).tolist(), strict=True))
        self.descent.count()
        if network.recurrent.ndim == 3:
            losses, norms = network.recurrent.new_tensor(found).unbind(-1)
            return {"loss": losses, "gradient_norm": norms}
        ((loss, norm),) = found
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise Diverged(f"loss {loss}, gradient norm {norm}")
        return {"loss": loss, "gradient_norm": norm}

    def learn_by_steps(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """Learn in every bin by the rule's steps; returns losses and norms. What diverges is left as it was."""
        data = tensors(batch, network.recurrent)
        errors = OutputError(data, network.n_outputs, network.readout_activation, len(data.inputs))
        steps = self.steps(network, batch.batch_size, self.memory, generator)
        before = [(parameter, parameter.detach().clone()) for _, parameter in trainable(network)]
        outputs, norms, _ = learn_in_every_bin(
            network, data.inputs, errors, steps, self.feedback_weights, self.descent, generator
        )
        self.memory = steps.memory
        losses = errors.loss(outputs)
        sound = torch.isfinite(norms) & torch.isfinite(losses)
        if not sound.all():
            with torch.no_grad():
                for parameter, old in before:
                    parameter.copy_(torch.where(sound.view(-1, *[1] * (parameter.ndim - 1)), parameter, old))
        return losses, norms

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
