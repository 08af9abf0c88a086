"""Backpropagation through a limited time."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor

from ...envs.durations import in_bins
from ...envs.numbers import finite_number
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..credit.annealing import Scores
from ..data import tensors
from ..credit.losses import task_loss
from ..rate_rnn import RateRNN
from ..representation import rule_repr
from ..credit.descent import Descent, LearningRate, Optimizer


@typechecked
@final
class TruncatedBPTT:
    r"""Backpropagation within windows of a trial, none of which hears what its end did to the next.

    .. math:: \nabla = \sum_k \frac{\partial}{\partial \theta} \sum_{t \in \text{window}\ k} \ell(t)
        \quad \text{with the state at the start of each window held fixed}

    The windows follow each other without overlap, from the first bin on; this is efficient backpropagation through time
    in the words of the source. With windows as long as the trial it is the exact gradient.

    Args:
        window_ms: Duration of a window (ms).
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        optimizer: ``"adam"`` or ``"sgd"``.

    Raises:
        ValueError: If window_ms is not positive, or no whole number of bins, or an argument is out of its range.

    Source: Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490; Marschall, Cho & Savin 2020, arXiv:1907.02649.
    """

    def __init__(
        self,
        window_ms: float = 200.0,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        optimizer: Optimizer = "adam",
    ):
        self.window_ms = finite_number("window_ms", window_ms)
        if self.window_ms <= 0:
            raise ValueError(f"window_ms is {window_ms!r}; it must be positive.")
        self.descent = Descent(lr, clip, optimizer)

    __repr__ = rule_repr

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        return {"window_ms": self.window_ms} | self.descent.config | {"optimizer": self.descent.optimizer}

    @typechecked
    def loss(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, a scalar, whose errors end at the start of each window; the generator draws the noise.

        Raises:
            ValueError: If a window is no whole number of bins.
        """
        data = tensors(batch, network.recurrent)
        window, outputs, state = in_bins(self.window_ms, network.dt, "window_ms"), [], None
        for inputs in data.inputs.split(window):
            trajectory = network(inputs, state, generator=generator)
            outputs.append(trajectory.outputs)
            state = trajectory.state.detach()
        return task_loss(torch.cat(outputs), data.targets, data.mask, data.probabilities)

    @typechecked
    def gradient(
        self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """What all windows add up for each trainable parameter, by name; the network is left as it was."""
        return self.descent.gradient(network, self.loss(network, batch, generator))

    @typechecked
    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, float]:
        """Change the parameters in place; returns the loss before the change and the gradient's norm.

        Raises:
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        return self.descent.step(network, self.loss(network, batch, generator))

    def update_each(
        self, ensemble: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """:meth:`update` for all networks of an ensemble, each by its own loss; returns one of each metric for each."""
        return self.descent.step_each(ensemble, self.loss(ensemble, batch, generator))

    def report(self, score: Scores) -> None:
        """Hear how the network scored; nothing changes."""

    @typechecked
    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, as named tensors."""
        return self.descent.state(network)

    @typechecked
    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, state)
