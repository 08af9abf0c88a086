"""Node perturbation: units try something else at random, and what earned more is kept."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Generator, Tensor

from ...envs.trial import TrialBatch, first_segment
from ..credit import RateRNN, Synapses, Trajectory, learning_rule, number, tensors, trainable
from ..credit.bins import senders_of
from ..credit.descent import Descent, LearningRate, Optimizer
from ..credit.driven_step import driven_step, noise_currents, noise_deviation
from ..credit.output_error import OutputError, readout_gradients
from ..credit.policies import action_errors, policy_for
from ..credit.pulses import Pulses
from ..credit.reward import ExpectedReward, rewards
from ..credit.rewarded_rule import RewardedRule
from ..credit.rollout import play, to_act_in


class Try(NamedTuple):
    """What a network did in a segment, the perturbation (T, B, N) that is traced, and the senders (T, B, m)."""

    trajectory: Trajectory
    Delta: Tensor
    senders: Tensor


@learning_rule
class NodePerturbation(RewardedRule):
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

    With ``reward="environment"`` the network acts instead, as under :class:`REINFORCE`, with actions drawn by its
    outputs: R is what the trial or session earned, and what comes after its end is no part of the trace. The readout
    then learns by R too, from what it perturbs itself, its actions: :math:`e = (R - \bar R)\,(\pi - 1_a)`.

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
        action_noise: Standard deviation of continuous actions; 0.2 when None, as with choices it must be.

    Raises:
        ValueError: If an argument is unknown or out of its range; on a batch, if it lacks a condition; on a network,
            if it has no noise to explore with, or its bins are too long for the pulses; on trials in which the network
            is to act, and that know no task; on sessions of an ensemble.

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
    action_noise: float | None = number(None, above=0)

    def __post_init__(self) -> None:
        """Check the arguments; no reward is expected yet."""
        super().__post_init__()
        self.descent = Descent(self.lr, self.clip, self.optimizer)
        self.lr, self.clip = self.descent.lr, self.descent.clip
        self.pulses = Pulses(self.amplitude, self.rate_hz)
        self.expected = ExpectedReward(self.baseline_decay, self.trial_types)

    def for_acting(self) -> tuple[str, ...]:
        """Names of arguments that only a network that acts takes."""
        return ("rewards", "action_noise")

    def gradient(self, network: RateRNN, batch: TrialBatch, generator: Generator | None = None) -> dict[str, Tensor]:
        """The estimate of the gradient from one try of each trial, by name; network and rule are left as they were."""
        gradients = self.knowing(network).tried(network, batch, generator)[0]
        return {name: gradients.get(name, torch.zeros_like(parameter)) for name, parameter in trainable(network)}

    def update(self, network: RateRNN, batch: TrialBatch, generator: Generator | None = None) -> dict[str, Any]:
        """Change the parameters in place; returns the loss of the trials as they were tried, and the gradient's norm.

        Of an ensemble each network follows its own reward.

        Raises:
            ValueError: If the rule is not defined for the network or the trials.
            Diverged: If loss or gradient is not finite; the parameters are then left as they were.
        """
        self.meet(network)
        gradients, reward, report = self.tried(network, batch, generator)
        metrics = self.descent.follow(network, gradients, -reward.mean(-1))
        self.expected.receive(first_segment(batch) if self.acts else batch, reward)
        return metrics | report

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
    def tried(
        self, network: RateRNN, batch: TrialBatch, generator: Generator | None
    ) -> tuple[dict[str, Tensor], Tensor, dict[str, Any]]:
        """Gradients by name, the reward R of each trial, (B,) or (S, B), and what else is reported of its actions."""
        tries: list[Try] = []

        def run(inputs: Tensor, state: Tensor | None) -> Trajectory:
            tries.append(self._explored(network, inputs, state, generator))
            return tries[-1].trajectory

        if self.acts:
            task, trials = to_act_in(batch, "NodePerturbation")
            policy = policy_for(task, network, self.action_noise)
            arguments = (self.payoff, self.abort, generator)
            rollout = play(network, task, trials, run, lambda z: policy.sample(z, generator), *arguments)
            R, R_bar, reported = rollout.total, self.expected.of(trials, rollout.total), rollout.reported
            counts, z = rollout.alive, rollout.outputs
            weight = (R - R_bar) * counts / batch.batch_size
            errors = action_errors(policy, z, rollout.actions, weight)
            if network.readout_activation == "sigmoid":
                errors = errors * z * (1 - z)
        else:
            data = tensors(batch, network.recurrent)
            z = run(data.inputs, None).outputs
            R, reported = rewards(z, data), {}
            R_bar = self.expected.of(batch, R)
            counts = data.mask.flip(0).cumsum(0).flip(0) > 0  # until the last bin that does
            counts = counts if z.ndim == 3 else counts[:, None]
            errors = OutputError(data, network.n_outputs, network.readout_activation).of(z)
        Delta, p = torch.cat([one.Delta for one in tries]), torch.cat([one.senders for one in tries])
        Delta = Delta if z.ndim == 3 else Delta[:, None]
        tried = Delta * counts[..., None] / (self._variance(network) * batch.batch_size)
        rewarded = tried * (R - R_bar)[..., None]
        gradients = Synapses(network).gradients(-torch.einsum("t...bi,t...bj->...ij", rewarded, p))
        if self.readout == "delta":
            r = torch.cat([one.trajectory.rates for one in tries])
            gradients |= readout_gradients(network, errors, r)
        return gradients, R, reported

    def _explored(self, network: RateRNN, inputs: Tensor, state: Tensor | None, generator: Generator | None) -> Try:
        """What a network does in a segment from a state on, or from its initial one, with its perturbations."""
        n_bins, batch_size, _ = inputs.shape
        noise = noise_currents(network, n_bins, batch_size, generator)
        if self.exploration == "pulses":
            Delta = self.pulses.draw(network, n_bins, batch_size, generator)
            currents = noise + Delta
        elif network.noise == 0:
            raise ValueError("the network has no noise to explore with: set its noise, or choose exploration='pulses'.")
        else:
            Delta = currents = noise
        states = [network.initial_state(batch_size) if state is None else state]
        for u, q in zip(inputs, currents, strict=True):
            states.append(driven_step(network, states[-1], u, q))
        r, z = network.rates(torch.stack(states)), network.outputs(torch.stack(states[1:]))
        return Try(Trajectory([r[1:]], z, states[-1]), Delta, senders_of(r[:-1], inputs))

    def _variance(self, network: RateRNN) -> Tensor | float:
        """Variance of the perturbation of each unit, (N,) or one for all."""
        if self.exploration == "pulses":
            return self.pulses.variance(network.dt)
        return noise_deviation(network) ** 2
