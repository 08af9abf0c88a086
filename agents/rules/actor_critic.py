"""An actor, a critic, and credit through time."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Generator, Tensor

from ...envs.durations import in_bins
from ...envs.errors import ArgumentError
from ...envs.gym_task import GymTask
from ..credit import ActingRule, Policy, RateRNN, Rollout, Trajectory, learning_rule, number
from ..credit.returns import advantages, mean_of_alive, normalised, returns
from ..credit.value_readout import begin_value, values
from ..network.protocol import Network


@learning_rule
class ActorCritic(ActingRule[Network]):
    r"""What did better than a value readout expected becomes more probable; credit goes back through time.

    .. math:: V_t = v \cdot r_t + c, \qquad \delta_t = R_t + \gamma V_{t+1} - V_t, \qquad
        A_t = \sum_k (\gamma\lambda)^k\, \delta_{t+k}

    .. math:: L = \left\langle -A_t \log \pi_t(a_t) + c_v\, (G_t - V_t)^2 - c_e\, H(\pi_t) \right\rangle,
        \qquad G_t = \sum_{s \ge t} \gamma^{s-t} R_s

    averaged over the bins until the end of each trial, where V is 0. The value readout v, c is the rule's own: it is
    saved with a run, and no part of the network. The gradient of its error stops at the rates, unless asked to go on.

    Args:
        gae_lambda: :math:`\lambda`, from 0, where V is trusted most, to 1, where A = G - V.
        value_cost: :math:`c_v`.
        value_lr: Learning rate of v and c, and of a learned deviation of actions, by Adam.
        value_gradient: ``"stopped"``, or ``"to rates"``: units learn to predict reward, too.
        normalise: Whether advantages of a batch are taken less their mean, in units of their deviation.
        smallest_deviation: Deviation of advantages that counts at least: of a batch that earned nothing it is noise.
        credit: ``"full"``: through time, exactly; ``"diag"`` or ``"none"``: errors go back by the leak of each unit and
            its own synapse, or by its leak alone, as with SnAp-1 and RFLO.
        window_ms: Duration (ms) through which errors go back, as with TruncatedBPTT; in sessions windows begin again
            with each segment. None for all of a trial or session.

    Raises:
        ValueError: If an argument is unknown or out of its range; on a network that is no RateRNN, if credit is not
            full; on one whose bins are no fraction of window_ms.

    Source: Song, Yang & Wang 2017, doi:10.7554/eLife.21492; Schulman, Moritz, Levine, Jordan & Abbeel 2016,
    arXiv:1506.02438
    """

    gae_lambda: float = number(0.95, minimum=0, maximum=1)
    value_cost: float = number(0.5, minimum=0)
    value_lr: float = number(1e-2, above=0)
    value_gradient: Literal["stopped", "to rates"] = "stopped"
    normalise: bool = True
    smallest_deviation: float = number(0.1, above=0)
    credit: Literal["full", "diag", "none"] = "full"
    window_ms: float | None = number(None, above=0)

    @property
    def own_rate(self) -> float:
        """Learning rate of the value readout."""
        return self.value_lr

    def begin_own(self, network: Network) -> dict[str, Tensor]:
        """A value readout that expects nothing."""
        return super().begin_own(network) | begin_value(network)

    def check_rollouts(self, task: GymTask) -> None:
        """Refuse windows where the rollout is one."""
        if self.window_ms is not None:
            raise ArgumentError(
                f"window_ms is {self.window_ms:g}; errors go back through the n_bins of a rollout, {task.n_bins} of "
                f"{task.name}: leave window_ms out."
            )

    def run(self, network: Network, inputs: Tensor, state: Tensor | None, generator: Generator | None) -> Trajectory:
        """What the network does in the bins of a segment, with the credit that errors will get.

        Raises:
            ArgumentError: If credit is not full, and the network no RateRNN.
        """
        if self.credit != "full" and not isinstance(network, RateRNN):
            raise ArgumentError(f"credit is {self.credit!r}, and the network no RateRNN; allowed: 'full'.")
        how = {} if self.credit == "full" else {"credit": self.credit}
        n_bins = len(inputs) if self.window_ms is None else in_bins(self.window_ms, network.dt, "window_ms")
        windows: list[Trajectory] = []
        for part in inputs.split(n_bins):
            state = state if self.window_ms is None or state is None else state.detach()
            windows.append(network(part, state, generator=generator, **how))
            state = windows[-1].state
        outputs = torch.cat([window.outputs for window in windows])
        return Trajectory([window.rates for window in windows], outputs, windows[-1].state)

    def surrogate(self, network: Network, rollout: Rollout, policy: Policy, own: Mapping[str, Tensor]) -> Tensor:
        """The loss L."""
        z, a, alive, going_on = rollout.outputs, rollout.actions, rollout.alive, rollout.going_on
        R = rollout.rewards_and_more(own, self.gamma)
        r = rollout.rates if self.value_gradient == "to rates" else rollout.rates.detach()
        V = values(r, own)
        A = advantages(R, V.detach(), alive, self.gamma, self.gae_lambda, going_on)
        if self.normalise:
            A = normalised(A, alive, self.smallest_deviation)
        G = returns(R, self.gamma, going_on)
        policy_loss = -A * policy.log_probability(z, a) - self.entropy * policy.entropy(z)
        return mean_of_alive(policy_loss + self.value_cost * (G - V).square(), alive)
