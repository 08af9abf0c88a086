"""Node perturbation: units try something else at random, and what earned more is kept."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Generator, Tensor

from ...envs.trial import TrialBatch
from ..credit import RateRNN, Rule, Synapses, TensorBatch, learning_rule, tensors, trainable
from ..credit.bins import senders_of
from ..credit.descent import Descent, LearningRate, Optimizer
from ..credit.driven_step import driven_step, noise_currents, noise_deviation
from ..credit.output_error import OutputError
from ..credit.pulses import Pulses
from ..credit.reward import ExpectedReward, rewards


@learning_rule
class NodePerturbation(Rule):
    r"""A trace at each synapse of what it got while its unit was perturbed, weighted by the reward of the trial.

    .. math:: e_{ij} = \sum_t \Delta_i(t)\, p_j(t), \qquad
        \Delta W_{ij} = \eta\, \frac{R - \bar R}{\mathrm{Var}\,\Delta_i}\, e_{ij}, \qquad p(t) = [r(t-1), u(t), 1]

    averaged over the trials of a batch. The perturbation :math:`\Delta` is added to the currents: pulses at random
    bins, or the network's own noise, where the mean of the change is exactly the gradient of the mean reward
    (REINFORCE). With pulses it is that up to terms of the order of their variance. The reward R of a trial is minus
    its error, and :math:`\bar R` a running mean for each kind of trial. What comes after the last bin that counts is
    no part of the trace. The initial state is not learned.

    Synapses see their own input, the perturbation of their own unit, and one number for all. Only the readout may
    receive more: its errors, each at its own output.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        optimizer: ``"adam"`` or ``"sgd"``.
        exploration: ``"pulses"``, or ``"noise"``: the network's own, which must not be 0.
        amplitude: Largest height of a pulse.
        rate_hz: Mean number of pulses of a unit in a second.
        readout: ``"delta"``: the readout follows its exact gradient, as with other rules. ``"fixed"``: it stays.
        baseline_decay: What :math:`\bar R` keeps of itself with each trial of the kind, in [0, 1).
        trial_types: Names of the conditions that make a kind of trial; all that are no fractions when None.

    Raises:
        ValueError: If an argument is unknown or out of its range; on a batch, if it lacks a condition; on a network,
            if it has no noise to explore with, or its bins are too long for the pulses.

    Source: Fiete & Seung 2006, doi:10.1103/PhysRevLett.97.048104; Williams 1992, doi:10.1007/BF00992696.
    """

    reads = ("presynaptic rate", "own perturbation", "reward")
    rate_rnn_only = True

    lr: LearningRate = 1e-3
    clip: float | None = 1.0
    optimizer: Optimizer = "sgd"
    exploration: Literal["pulses", "noise"] = "pulses"
    amplitude: float = 0.5
    rate_hz: float = 3.0
    readout: Literal["delta", "fixed"] = "delta"
    baseline_decay: float = 0.99
    trial_types: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Check the arguments; no reward is expected yet."""
        self.descent = Descent(self.lr, self.clip, self.optimizer)
        self.lr, self.clip = self.descent.lr, self.descent.clip
        self.pulses = Pulses(self.amplitude, self.rate_hz)
        self.expected = ExpectedReward(self.baseline_decay, self.trial_types)

    def gradient(self, network: RateRNN, batch: TrialBatch, generator: Generator | None = None) -> dict[str, Tensor]:
        """The estimate of the gradient from one try of each trial, by name; network and rule are left as they were."""
        found = self.knowing(network)._try(network, batch, generator)[0]
        return {name: found.get(name, torch.zeros_like(parameter)) for name, parameter in trainable(network)}

    def update(self, network: RateRNN, batch: TrialBatch, generator: Generator | None = None) -> dict[str, Any]:
        """Change the parameters in place; returns the loss of the trials as they were tried, and the gradient's norm.

        Of an ensemble each network follows its own reward.

        Raises:
            ValueError: If the rule is not defined for the network or the trials.
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self.meet(network)
        gradients, reward = self._try(network, batch, generator)
        metrics = self.descent.follow(network, gradients, -reward.mean(-1))
        self.expected.receive(batch, reward)
        return metrics

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, and the expected rewards, as named tensors."""
        rule = self.knowing(network)
        return rule.descent.state(network) | rule.expected.state()

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, {name: v for name, v in state.items() if not name.startswith("expected.")})
        self.expected.restore(state, network.recurrent)

    def knows(self, network: RateRNN) -> bool:
        """Whether what is remembered is of this network."""
        return self.descent.knows(network)

    @torch.no_grad()
    def _try(
        self, network: RateRNN, batch: TrialBatch, generator: Generator | None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Gradients by name, and the reward R of each trial, (B,) or (S, B)."""
        data = tensors(batch, network.recurrent)
        Delta, currents, variance = self._explored(network, data, generator)
        states = [network.initial_state(batch.batch_size)]
        for u, q in zip(data.inputs, currents, strict=True):
            states.append(driven_step(network, states[-1], u, q))
        r, z = network.rates(torch.stack(states)), network.outputs(torch.stack(states[1:]))
        p, R = senders_of(r[:-1], data.inputs), rewards(z, data)
        counts = data.mask.flip(0).cumsum(0).flip(0) > 0  # until the last bin that does
        tried = Delta * counts[..., None] / (variance * batch.batch_size)
        R_bar = self.expected.of(batch, R)
        rewarded = (tried if r.ndim == 3 else tried[:, None]) * (R - R_bar)[..., None]
        gradients = Synapses(network).gradients(-torch.einsum("t...bi,t...bj->...ij", rewarded, p))
        if self.readout == "delta":
            errors = OutputError(data, network.n_outputs, network.readout_activation)
            gradients |= errors.to_readout(network, z, r[1:])
        return gradients, R

    def _explored(
        self, network: RateRNN, data: TensorBatch, generator: Generator | None
    ) -> tuple[Tensor, Tensor, Tensor | float]:
        """The perturbation that is traced (T, B, N), all currents that come with it, and its variance, (N,) or one."""
        n_bins, batch_size, _ = data.inputs.shape
        noise = noise_currents(network, n_bins, batch_size, generator)
        if self.exploration == "pulses":
            pulses = self.pulses.draw(network, n_bins, batch_size, generator)
            return pulses, noise + pulses, self.pulses.variance(network.dt)
        if network.noise == 0:
            raise ValueError("the network has no noise to explore with: set its noise, or choose exploration='pulses'.")
        return noise, noise, noise_deviation(network) ** 2
