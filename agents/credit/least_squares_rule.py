"""What rules share that solve for weights by recursive least squares while the network runs."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.data import TensorBatch, tensors
from ..network.rate_rnn import RateRNN
from .arguments import number, whole
from .descent import Diverged
from .driven_step import noise_currents
from .losses import task_loss
from .memory import Memory
from .output_error import OutputError
from .recursive_least_squares import RecursiveLeastSquares
from .rule import Rule

State = TypeVar("State")
Step = tuple[State, Tensor, Tensor, dict[str, Tensor]]


class Moment(NamedTuple):
    """A bin: inputs u, (B, n_in), label y, (B, n_out), weight of each trial, (B,), and currents of noise, (B, N)."""

    inputs: Tensor
    label: Tensor
    weight: Tensor
    noise: Tensor


@dataclass(eq=False, repr=False, kw_only=True)
class LeastSquaresRule(Rule, Generic[State]):
    r"""A rule that keeps the squared error of the outputs small in every bin, by large and exact changes of weights.

    Targets that are classes are taken as vectors of 0 and 1. Bins count by their mask. What was learned, P, stays
    from trial to trial.

    Args:
        regularisation: a, how strongly weights are held where they began; the smaller, the larger the first changes.
        feedback_gain: Largest of the weights that carry outputs into the network, uniform in [-gain, gain].
        feedback_seed: Seed of these.

    Attributes:
        reads_all: Whether the rule is defined only where all units are read.

    Raises:
        ValueError: If an argument is out of its range.
    """

    reads_all: ClassVar[bool] = False
    paces = ("bin",)
    reads = ("presynaptic rate", "error broadcast", "senders of others")
    rate_rnn_only = True

    regularisation: float = number(1.0, above=0)
    feedback_gain: float = number(1.0, above=0)
    feedback_seed: int = whole(0)

    def __post_init__(self) -> None:
        """Nothing is learned yet."""
        self._network: RateRNN | None = None
        self.memory: Memory = {}

    @abstractmethod
    def begin(self, network: RateRNN, batch_size: int) -> State:
        """The state before the first bin of B trials; the memory, in which P stays, may hold more."""

    @abstractmethod
    def step(self, network: RateRNN, squares: RecursiveLeastSquares, state: State, bin: Moment, /) -> Step[State]:
        """The rule: the state after a bin, its rates and outputs, and what is taken from weights, by their names."""

    def feedback(self, network: RateRNN) -> Tensor:
        """The weights u from outputs to units, (N, n_out), the same for all networks of an ensemble."""
        generator = torch.Generator().manual_seed(self.feedback_seed)
        drawn = torch.rand(network.n_units, network.n_outputs, generator=generator, dtype=torch.float32)
        return ((2 * drawn - 1) * self.feedback_gain).to(network.recurrent)

    @typechecked
    def loss(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """Mean squared error of a batch, a scalar; the generator draws the network's noise."""
        data = tensors(batch, network.recurrent)
        outputs = network(data.inputs, generator=generator).outputs
        return task_loss(outputs, OutputError(data, network.n_outputs).labels, data.mask)

    @typechecked
    def gradient(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """There is none.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            f"{type(self).__name__} has no gradient: it solves for the weights in every bin, "
            "and what it would do in the next depends on that. Compare weights before and after update()."
        )

    @typechecked
    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, Any]:
        """Change the weights in place, bin by bin; returns the loss of the trials in which they changed all along.

        As norm of the gradient it returns that of the loss for the readout, with the errors as they were made. Of an
        ensemble each network has a P of its own; one whose weights leave the finite numbers is left as it was.

        Raises:
            ValueError: If the rule is not defined for the network.
            Diverged: If weights leave the finite numbers; the parameters are then left as they were.
        """
        metrics, sound = self._learned(network, batch, generator)
        if sound.ndim:
            return metrics
        if not sound:
            raise Diverged(
                f"{type(self).__name__}: its P or the weights left the finite numbers at regularisation "
                f"{self.regularisation:g}; try {100 * self.regularisation:g}"
            )
        return {name: value.item() for name, value in metrics.items()}

    def knows(self, network: RateRNN) -> bool:
        """Whether what is remembered is of this network."""
        return network is self._network

    @typechecked
    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """P, and what else the rule remembers of a network, as named tensors."""
        return dict(self.memory) if self.knows(network) else {}

    @typechecked
    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self._network = network
        self.memory = {name: value.to(network.recurrent.device) for name, value in state.items()}

    def _through(
        self,
        network: RateRNN,
        data: TensorBatch,
        labels: Tensor,
        squares: RecursiveLeastSquares,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Tensor]:
        """Rates (T, B, N) and outputs (T, B, n_out) of trials in which weights change, each before the change."""
        n_bins, batch_size, _ = data.inputs.shape
        state, rates, outputs = self.begin(network, batch_size), [], []
        noise = noise_currents(network, n_bins, batch_size, generator)
        for moment in map(Moment, data.inputs, labels, data.mask, noise):
            state, r, z, changes = self.step(network, squares, state, moment)
            rates.append(r)
            outputs.append(z)
            for name, change in changes.items():
                getattr(network, name).sub_(change)
        return torch.stack(rates), torch.stack(outputs)

    def _check(self, network: RateRNN) -> None:
        problems = {
            "has Dale's law: use dale=None": network.signs is not None,
            "lacks synapses: use density=1, no mask and self_connections=True": (network.recurrent_mask == 0).any(),
            "has outputs that are not linear: use readout_activation='linear'": network.readout_activation != "linear",
            "has units that are not read: use output_units=None": self.reads_all and (network.output_mask == 0).any(),
            "has frozen weights: it changes recurrent and readout weights at once": not (
                network.recurrent.requires_grad and network.readout.requires_grad
            ),
        }
        found = [problem for problem, is_there in problems.items() if is_there]
        if found:
            raise ValueError(
                f"{type(self).__name__} solves for all synapses at once, and is not defined for this network, "
                f"which {'; '.join(found)}."
            )

    @torch.no_grad()
    def _learned(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None
    ) -> tuple[dict[str, Tensor], Tensor]:
        self._check(network)
        self.meet(network)
        data = tensors(batch, network.recurrent)
        labels = OutputError(data, network.n_outputs).labels
        squares = RecursiveLeastSquares(network, self.regularisation)
        squares.P = self.memory.get("P", squares.P)
        changing = {"P": squares.P} | {name: getattr(network, name).detach() for name in ("recurrent", "readout")}
        before = {name: values.clone() for name, values in changing.items()}
        rates, outputs = self._through(network, data, labels, squares, generator)
        changing["P"] = squares.P
        sound = torch.stack([torch.isfinite(values).all(-1).all(-1) for values in changing.values()]).all(0)
        for name, values in changing.items():
            values.copy_(torch.where(sound[..., None, None], values, before[name]))
        self.memory["P"] = squares.P
        error = outputs - labels.view(*labels.shape[:1], *[1] * (outputs.ndim - 3), *labels.shape[1:])
        weight = (data.mask / data.mask.sum()).view(*data.mask.shape[:1], *[1] * (outputs.ndim - 3), -1, 1)
        gradient = torch.einsum("t...bo,t...bn->...on", 2 / network.n_outputs * weight * error, rates)
        norm = torch.linalg.vector_norm(gradient, dim=(-2, -1))
        return {"loss": task_loss(outputs, labels, data.mask), "gradient_norm": norm}, sound
