"""Reward-based eligibility propagation, for rates."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Generator, Tensor

from ...envs.gym.episodes import Episodes
from ...envs.trial import TrialBatch
from ..credit import (
    THREE_FACTORS,
    ActingRule,
    Bin,
    Pathway,
    Policy,
    RateRNN,
    Rollout,
    Trajectory,
    learning_rule,
    no_traces,
    number,
    outer,
)
from ..credit.feedback import Feedback
from ..credit.returns import advantages, mean_of_alive, returns
from ..credit.value_readout import begin_value, values


class FilteredTraces(NamedTuple):
    """The traces P of synapses, and what they would have changed, filtered, both (B, N, N + n_in + 1)."""

    P: Tensor
    F: Tensor


@learning_rule
class RewardEProp(ActingRule[RateRNN]):
    r"""Synapses remember how they moved what was done; one surprise for all says what that was worth.

    .. math:: \delta_t = R_t + \gamma V_{t+1} - V_t, \qquad
        \Delta W_{ij} \propto -\sum_t \delta_t\, F_\gamma\left[L_i(t)\, P_{ij}(t)\right], \qquad
        F_\gamma[x](t) = \gamma F_\gamma[x](t-1) + x(t)

    .. math:: P_{ij}(t) = (1-\alpha_i)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad
        L_i = f'_i \left( \sum_k B_{ki}\, (\pi_k - 1_{a=k}) - c_v v_i \right), \qquad V_t = v \cdot r_t + c

    with p, d and f' as in :class:`~cogdyn.agents.credit.bins.Bin`, averaged over the bins until the end of each trial,
    where V is 0. All is local but two signals: the errors of the actions, which reach units by random synapses B, and
    :math:`\delta`, one number for all. For the entropy of the policy, errors :math:`-c_e\, \partial H / \partial z_k`
    go the same way, without :math:`\delta`. Readout and value readout learn by the same surprises, each from its own
    error. Of continuous actions :math:`(z_k - a_k) / \sigma^2` stands for :math:`\pi_k - 1_{a=k}`.

    Until the end of a trial it adds up to what the gradient of :math:`\langle -A_t \log \pi_t(a_t) + \tfrac{c_v}{2}
    (G_t - V_t)^2 - c_e H \rangle` is, with :math:`A = G - V`, if errors go back by the leak alone and by B.
    The initial state is not learned.

    Args:
        value_cost: :math:`c_v`.
        value_lr: Learning rate of v and c, and of a learned deviation of actions, by Adam.
        feedback: How errors reach the units, B: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.

    Source: Bellec et al. 2020, doi:10.1038/s41467-020-17236-y
    """

    reads = (*THREE_FACTORS, "reward")
    rate_rnn_only = True

    value_cost: float = number(0.5, minimum=0)
    value_lr: float = number(1e-2, above=0)
    feedback: Pathway = "random"
    feedback_seed: int = 0

    def __post_init__(self) -> None:
        """Check the arguments; nothing is learned yet."""
        super().__post_init__()
        self.feedback_weights = Feedback(self.feedback, self.feedback_seed)

    def begin(self, network: RateRNN, batch_size: int) -> FilteredTraces:
        """No traces before the first bin."""
        return FilteredTraces(no_traces(network, batch_size), no_traces(network, batch_size))

    def step(self, state: FilteredTraces, bin: Bin, delta: Tensor) -> tuple[FilteredTraces, Tensor]:
        """The traces after a bin, and what its surprises (B,) add to the gradient, (N, N + n_in + 1).

        :meth:`surrogate` has the gradient to which bins add up, and is faster.
        """
        (P, F), alpha, d, p, L = state, bin.alpha, bin.gate, bin.senders, bin.learning_signal
        P = (1 - alpha)[:, None] * P + outer(d, p)
        F = self.gamma * F + L[..., None] * P
        return FilteredTraces(P, F), (delta[..., None, None] * F).sum(-3)

    @property
    def own_rate(self) -> float:
        """Learning rate of the value readout."""
        return self.value_lr

    def begin_own(self, network: RateRNN) -> dict[str, Tensor]:
        """A value readout that expects nothing."""
        return super().begin_own(network) | begin_value(network)

    def run(self, network: RateRNN, inputs: Tensor, state: Tensor | None, generator: Generator | None) -> Trajectory:
        """What the network does in the bins of a segment; errors go back by its leak, and by B."""
        B = self.feedback_weights.of(network)
        return network(inputs, state, generator=generator, credit="none", feedback=B)

    def surrogate(self, network: RateRNN, rollout: Rollout, policy: Policy, own: Mapping[str, Tensor]) -> Tensor:
        """What has the gradient to which bins add up, as errors go back through what :meth:`run` did."""
        z, a, alive, going_on = rollout.outputs, rollout.actions, rollout.alive, rollout.going_on
        R = rollout.rewards_and_more(own, self.gamma)
        V = values(rollout.rates, own)
        A = advantages(R, V.detach(), alive, self.gamma, 1.0, going_on)
        G = returns(R, self.gamma, going_on)
        policy_loss = -A * policy.log_probability(z, a) - self.entropy * policy.entropy(z)
        return mean_of_alive(policy_loss + self.value_cost / 2 * (G - V).square(), alive)

    def update(
        self, network: RateRNN, batch: TrialBatch | Episodes, generator: Generator | None = None
    ) -> dict[str, Any]:
        """Act, and change the parameters in place; returns what was earned, and the gradient's norm.

        Of an ensemble each network follows its own reward.

        Raises:
            ValueError: If the rule is not defined for the network or the trials.
            Diverged: If the gradient is not finite; the parameters are then left as they were.
        """
        before = network.readout.detach().clone()
        metrics = super().update(network, batch, generator)
        if network.readout.requires_grad:
            self.feedback_weights.adapt(before, network.readout.detach(), 0.0)
        return metrics

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the optimiser and the rule itself remember of a network, as named tensors; of an ensemble (S, ...)."""
        weights = self.knowing(network).feedback_weights.weights
        return super().state(network) | ({} if weights is None else {"feedback": weights})

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        super().restore(network, state)
        self.feedback_weights.weights = state["feedback"].to(network.recurrent) if "feedback" in state else None

    def _gradients(self, network: RateRNN, surrogate: Tensor, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Gradients of all but the initial state."""
        found = super()._gradients(network, surrogate, own)
        return {name: gradient for name, gradient in found.items() if name != "h0"}
