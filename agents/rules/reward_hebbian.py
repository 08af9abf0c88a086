"""Reward-modulated Hebbian learning."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from ...envs.trial import TrialBatch, first_segment
from ..credit import Diverged, RateRNN, Trajectory, learning_rule, number, tensors, trainable, whole
from ..credit.driven_step import driven_step, noise_currents
from ..credit.policies import policy_for
from ..credit.pulses import Pulses
from ..credit.reward import ExpectedReward, rewards
from ..credit.rewarded_rule import RewardedRule
from ..credit.rollout import play, to_act_in
from ..credit.shared_counts import for_each, shared


@learning_rule
class RewardHebbian(RewardedRule):
    r"""Recurrent synapses remember when their unit jumped as they were active, and change with the trial's reward.

    .. math:: e_{ij} = \sum_t S\left(r_j(t-1)\, [x_i(t) - \bar x_i(t-1)]\right), \qquad
        \Delta W_{ij} = \eta\, e_{ij}\, (R - \bar R)\, |\bar R|

    :math:`\bar x \leftarrow \kappa \bar x + (1-\kappa) x` follows the voltage closely, so that what is left is sudden:
    pulses :math:`\Delta` on the voltage at random bins above all. Synapses do not know which jumps were pulses. The
    supralinear :math:`S(x) = x^3` separates them: slow and small fluctuations hardly count, and what brings the voltage
    back after a pulse does not undo its trace, as it would with S(x) = x. Bins must be much shorter than tau, in the
    source a thirtieth: in longer ones the network's own steps are as sudden as pulses. R is minus the error of the
    trial, :math:`\bar R` a running mean for each kind of trial. The change of one trial is limited; those of a batch
    add up.

    S of a product is here the product of S, so the traces of a trial are one matrix product. Only recurrent weights
    learn. In the source the output is the rate of one of the units; here it is the readout with the weights it
    happens to have, which stay: ``output_units`` of the network can name a single unit. Noise in the initial state,
    which the source has, is left out.

    With ``reward="environment"`` the network acts, as under :class:`REINFORCE`, but greedily, since pulses are what it
    explores by. R is then what the trial or session earned, less the most that could be earned: as minus an error it is
    0 at best. Jumps after the end of a trial leave no trace.

    Args:
        lr: :math:`\eta`.
        max_change: Largest change of a weight by one trial.
        exponent: k of :math:`S(x) = \mathrm{sign}(x)\, |x|^k`; 1 for none of the supralinear, with which it fails.
        amplitude: Largest height of a pulse.
        rate_hz: Mean number of pulses of a unit in a second.
        average: :math:`\kappa`, what :math:`\bar x` keeps of itself in a bin, in [0, 1).
        baseline_decay: What :math:`\bar R` keeps of itself with each trial of the kind, in [0, 1).
        warm_up: Number of trials at the beginning in which only :math:`\bar R` learns.
        trial_types: Names of the conditions that make a kind of trial; all that are no fractions when None.

    Raises:
        ValueError: If an argument is out of its range; on a batch, if it lacks a condition; on a network, if it is
            not one of tanh units whose voltage leaks, or its bins are too long for the pulses; on trials in which the
            network is to act, and that know no task; on sessions of an ensemble.

    Source: Miconi 2017, doi:10.7554/eLife.20899; numbers and the factor :math:`|\bar R|` are those of the code to it.
    """

    reads = ("presynaptic rate", "own voltage", "reward")
    rate_rnn_only = True

    lr: float = number(0.1, above=0)
    max_change: float = number(3e-4, above=0)
    exponent: float = number(3.0, above=0)
    amplitude: float = 0.5
    rate_hz: float = 3.0
    average: float = number(0.05, minimum=0, below=1)
    baseline_decay: float = 0.75
    warm_up: int = whole(100)
    trial_types: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Check the arguments; no reward is expected yet."""
        super().__post_init__()
        self.pulses = Pulses(self.amplitude, self.rate_hz)
        self.expected = ExpectedReward(self.baseline_decay, self.trial_types)
        self._n_trials = 0
        self._network: RateRNN | None = None

    def gradient(self, network: RateRNN, batch: TrialBatch, generator: Generator | None = None) -> dict[str, Tensor]:
        """What lr times is taken from the weights except for the limit, by name; it is the gradient of no loss.

        Network and rule are left as they were.
        """
        change = self._directed(network, self.knowing(network).tried(network, batch, generator)[0].sum(-3))
        zeros = {name: torch.zeros_like(parameter) for name, parameter in trainable(network)}
        return zeros | {"recurrent": -change}

    def update(self, network: RateRNN, batch: TrialBatch, generator: Generator | None = None) -> dict[str, Any]:
        """Change the recurrent weights in place; returns the loss of the trials as tried, and the norm of the change.

        The norm, in units of lr, is that before the limit. Of an ensemble each network follows its own reward; one
        whose loss or change is not finite is left as it was.

        Raises:
            ValueError: If the rule is not defined for the network or the trials.
            Diverged: If loss or change is not finite; the weights are then left as they were.
        """
        self.meet(network)
        earned, reward, reported = self.tried(network, batch, generator)
        norm = torch.linalg.vector_norm(earned.sum(-3), dim=(-2, -1))
        sound = torch.isfinite(norm) & torch.isfinite(reward).all(-1)
        if self._n_trials >= self.warm_up:
            limited = (self.lr * earned).clamp_(-self.max_change, self.max_change).sum(-3)
            with torch.no_grad():
                network.recurrent.add_(self._directed(network, limited).where(sound[..., None, None], 0.0))
        self._n_trials += batch.batch_size
        self.expected.receive(first_segment(batch) if self.acts else batch, reward)
        metrics = {"loss": -reward.mean(-1), "gradient_norm": norm}
        if norm.ndim:
            return metrics | reported
        metrics = {name: value.item() for name, value in metrics.items()}
        if not all(map(math.isfinite, metrics.values())):
            raise Diverged(f"RewardHebbian: loss {metrics['loss']}, norm of the change {metrics['gradient_norm']}")
        return metrics | reported

    def knows(self, network: RateRNN) -> bool:
        """Whether what is remembered is of this network."""
        return network is self._network

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """The number of trials and the expected rewards, as named tensors."""
        rule = self.knowing(network)
        return {"trials": for_each(network, rule._n_trials)} | rule.expected.state()

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self._network = network
        self._n_trials = int(shared("number of trials", state["trials"])) if state else 0
        self.expected.restore(state, network.recurrent)

    @torch.no_grad()
    def tried(
        self, network: RateRNN, batch: TrialBatch, generator: Generator | None
    ) -> tuple[Tensor, Tensor, dict[str, Any]]:
        """What each trial earned its synapses, ``e (R - R_bar) |R_bar|``, (B, N, N), its R, (B,), and reports."""
        if network.leak != "voltage" or network.activation != "tanh":
            raise ValueError(
                f"RewardHebbian is defined for leak='voltage' and activation='tanh', whose rates have both signs; "
                f"the network has {network.leak!r} and {network.activation!r}."
            )
        if not network.recurrent.requires_grad:
            raise ValueError("RewardHebbian changes recurrent weights alone, and those of this network are frozen.")
        kappa, x_bar = self.average, network.initial_state(batch.batch_size)
        r_before: list[Tensor] = []
        jumps: list[Tensor] = []

        def run(inputs: Tensor, x: Tensor | None) -> Trajectory:
            nonlocal x_bar
            n_bins, batch_size, _ = inputs.shape
            pulses = self.pulses.draw(network, n_bins, batch_size, generator)
            noise = noise_currents(network, n_bins, batch_size, generator)
            states, x = [], x_bar if x is None else x
            for u, Delta, q in zip(inputs, pulses, noise, strict=True):
                r_before.append(network.rates(x))
                x = driven_step(network, x, u, q) + Delta
                jumps.append(x - x_bar)
                x_bar = kappa * x_bar + (1 - kappa) * x
                states.append(x)
            all_states = torch.stack(states)
            return Trajectory([network.rates(all_states)], network.outputs(all_states), states[-1])

        if self.acts:
            task, batch = to_act_in(batch, "RewardHebbian")
            choose = policy_for(task, network, None).greedy
            rollout = play(network, task, batch, run, choose, self.payoff, self.abort, generator)
            n_paid = max(task.n_segments, len(batch.windows(task.response_period)) if task.kind == "choice" else 1)
            R, reported = rollout.total - n_paid * self.payoff.correct, rollout.reported
            S = self._S(torch.stack(jumps)) * rollout.alive[..., None]
        else:
            data = tensors(batch, network.recurrent)
            R, reported = rewards(run(data.inputs, None).outputs, data), {}
            S = self._S(torch.stack(jumps))
        e = torch.einsum("t...bi,t...bj->...bij", S, self._S(torch.stack(r_before)))
        R_bar = self.expected.of(batch, R)
        return e * ((R - R_bar) * R_bar.abs())[..., None, None], R, reported

    def _S(self, x: Tensor) -> Tensor:
        return x.sign() * x.abs() ** self.exponent

    def _directed(self, network: RateRNN, change: Tensor) -> Tensor:
        """A change of the effective weights as one of the parameters, within Dale's law and mask."""
        if network.signs is not None:
            change = change * network.signs * network.recurrent.detach().sign()
        return change * network.recurrent_mask
