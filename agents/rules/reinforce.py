"""REINFORCE: what was done before a reward becomes more probable."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from ...envs.errors import ArgumentError
from ...envs.gym_task import GymTask
from ..credit import ActingRule, Policy, Rollout, learning_rule
from ..credit.returns import returns
from ..credit.reward import ExpectedReward
from ..credit.rollout import PaintedRollout
from ..network.protocol import Network, first_parameter


@learning_rule
class REINFORCE(ActingRule[Network]):
    r"""Policy gradient of whole trials: the return after each action, less what such trials earn on average.

    .. math:: \nabla = -\frac{1}{TB} \sum_{t,b} \frac{\partial}{\partial\theta}
        \left[(G_t - \bar R) \log \pi_t(a_t) + c_e H(\pi_t)\right], \qquad G_t = \sum_{s \ge t} \gamma^{s-t} R_s

    summed over the bins until the end of each trial, and divided by all T B of the batch, which no action changes: with
    :math:`\gamma = 1` and :math:`c_e = 0` the mean of it is 1/T of the gradient of the mean reward of a trial. The
    baseline :math:`\bar R` is a running mean of the rewards of trials before. Credit goes back through time, exactly.

    Args:
        baseline_decay: What :math:`\bar R` keeps of itself with each trial, in [0, 1).
        trial_types: Names of the conditions that make a kind of trial with a baseline of its own; one kind by default,
            and all conditions that are no fractions when None.

    Source: Williams 1992, doi:10.1007/BF00992696
    """

    baseline_decay: float = 0.99
    trial_types: Sequence[str] | None = ()

    def __post_init__(self) -> None:
        """Check the arguments; no reward is expected yet."""
        super().__post_init__()
        self.expected = ExpectedReward(self.baseline_decay, self.trial_types)

    def check_rollouts(self, task: GymTask) -> None:
        """Refuse what has no trials."""
        raise ArgumentError(
            f"REINFORCE learns from whole trials, and {task.name} is an environment without trials; ActorCritic and "
            "RewardEProp learn there."
        )

    def surrogate(self, network: Network, rollout: Rollout, policy: Policy, own: Mapping[str, Tensor]) -> Tensor:
        """What has this gradient."""
        z, a, alive = rollout.outputs, rollout.actions, rollout.alive
        assert isinstance(rollout, PaintedRollout)
        G, R_bar = returns(rollout.rewards, self.gamma), self.expected.of(rollout.trials, rollout.total)
        gained = (G - R_bar) * policy.log_probability(z, a) + self.entropy * policy.entropy(z)
        return -(gained * alive).mean((0, -1))

    def receive(self, rollout: Rollout) -> None:
        """Learn what trials earn."""
        assert isinstance(rollout, PaintedRollout)
        self.expected.receive(rollout.trials, rollout.total)

    def state(self, network: Network) -> dict[str, Tensor]:
        """What the optimiser remembers of a network, the expected rewards and a learned deviation, as named tensors."""
        return super().state(network) | self.knowing(network).expected.state()

    def restore(self, network: Network, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        super().restore(network, state)
        self.expected.restore(state, first_parameter(network))
