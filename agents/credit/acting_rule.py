"""What rules share that let the network act, and learn from what its actions earn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

import torch
from torch import Generator, Tensor

from ...envs.gym.episodes import Episodes
from ...envs.gym.rewards import Rewards
from ...envs.gym_task import GymTask
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.protocol import SomeNetwork
from ..network.trajectory import Trajectory
from .arguments import number
from .descent import Descent, LearningRate, Optimizer, trainable
from .own_parameters import OwnParameters
from .policies import Policy, fixed_log_sigma, policy_for
from .reads import JACOBIAN
from .reward import plain_rewards
from .rollout import Rollout, play, to_act_in
from .rule import Rule
from .stepped_rollout import play_on


@dataclass(eq=False, repr=False, kw_only=True)
class ActingRule(Rule, Generic[SomeNetwork]):
    r"""A rule under which the network acts, as in the environment of the task, and learns from what that earns.

    In a task of choices the policy is :math:`\pi_t = \mathrm{softmax}(z_t)`, with the readout z of the network; in a
    continuous one actions are normal around z, of a task of probabilities around softmax(z). Trials are painted whole,
    actions drawn for all bins at once: rewards, aborts and ends are those of
    :class:`~cogdyn.envs.TrialEnv` that is stepped with the same actions, and what comes after the end of a trial
    counts for nothing. A session of a closed loop is played segment by segment; the state of the network continues.

    The loss that is reported is minus the mean reward of a trial. With it come ``reward``; and of choices
    ``sampled_score``, how often they were correct, ``greedy_score``, how often the most probable ones would have been
    (not in a closed loop, where other trials would follow), ``abort_rate`` and ``miss_rate``. The ``score`` of an
    evaluation is that of all rules: of the mean outputs in the response period.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        optimizer: ``"adam"`` or ``"sgd"``.
        gamma: :math:`\gamma`, the discount of a bin of dt: at 0.99 a reward 100 bins away counts 37 %. In bins half
            as long its square root discounts alike.
        entropy: :math:`c_e`, what the entropy of the policy earns in a bin.
        rate_penalty: :math:`\lambda_r`, cost of activity, :math:`\lambda_r \langle r^2 \rangle` over all bins: without
            it rectified units may grow without bound in bins that are not reached yet.
        rewards: What responses earn, ``{"correct": 1, "error": 0, "abort": -0.1, "miss": 0}`` where they are not named.
        abort: Whether breaking fixation ends a trial.
        action_noise: :math:`\sigma`, standard deviation of continuous actions; 0.2 when None, as with choices it must
            be.
        learn_action_noise: Whether :math:`\sigma` of continuous actions is learned, of each output its own.

    Raises:
        ValueError: If an argument is unknown or out of its range; on trials that know no task, or have choices where
            an action_noise is given or learned; on sessions of an ensemble.
    """

    reads = (*JACOBIAN, "reward")

    lr: LearningRate = 1e-3
    clip: float | None = 1.0
    optimizer: Optimizer = "adam"
    gamma: float = number(0.99, minimum=0, maximum=1)
    entropy: float = number(1e-3, minimum=0)
    rate_penalty: float = number(0.01, minimum=0)
    rewards: Mapping[str, float] | None = None
    abort: bool = True
    action_noise: float | None = number(None, above=0)
    learn_action_noise: bool = False

    def __post_init__(self) -> None:
        """Check the arguments; nothing is learned yet."""
        self.rewards = plain_rewards(self.rewards)
        self.payoff = Rewards.of(self.rewards)
        self.descent = Descent(self.lr, self.clip, self.optimizer)
        self.lr, self.clip = self.descent.lr, self.descent.clip
        self.own = OwnParameters({})

    @property
    def acts(self) -> bool:
        """It does."""
        return True

    @abstractmethod
    def surrogate(self, network: SomeNetwork, rollout: Rollout, policy: Policy, own: Mapping[str, Tensor]) -> Tensor:
        """What has the gradient that the rule follows, a scalar, or of an ensemble (S,).

        Args:
            network: The network.
            rollout: What it did.
            policy: By which it acted.
            own: What the rule learns for itself, by name.
        """

    def check_rollouts(self, task: GymTask) -> None:
        """Refuse an environment that is stepped, where arguments do not fit it."""

    def run(
        self, network: SomeNetwork, inputs: Tensor, state: Tensor | None, generator: Generator | None
    ) -> Trajectory:
        """What the network does in the bins of a segment, from a state on."""
        return network(inputs, state, generator=generator)

    def begin_own(self, network: SomeNetwork) -> dict[str, Tensor]:
        """What the rule learns for itself, before it has learned anything, by name."""
        return {"log_sigma": fixed_log_sigma(network, self.action_noise)} if self.learn_action_noise else {}

    @property
    def own_rate(self) -> float | None:
        """Learning rate of what the rule learns for itself; that of the network when None."""
        return None

    @typechecked
    def loss(self, network: SomeNetwork, batch: TrialBatch, generator: Generator | None = None) -> Tensor:
        """What has the gradient that the rule follows, a scalar, or of an ensemble (S,); the generator draws actions.

        It is no measure of success: that is the reward.
        """
        rule = self.knowing(network)
        rule.meet(network)
        return rule._try(network, batch, generator)[0]

    @typechecked
    def gradient(
        self, network: SomeNetwork, batch: TrialBatch, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        """The gradient of one try of each trial, by name; network and rule are left as they were."""
        rule = self.knowing(network)
        rule.meet(network)
        found = rule._gradients(network, rule._try(network, batch, generator)[0], {})
        return {name: found.get(name, torch.zeros_like(parameter)) for name, parameter in trainable(network)}

    @typechecked
    def update(
        self, network: SomeNetwork, batch: TrialBatch | Episodes, generator: Generator | None = None
    ) -> dict[str, Any]:
        """Act, and change the parameters in place; returns what was earned, and the gradient's norm.

        Of an ensemble each network follows its own reward. Episodes of a :class:`~cogdyn.envs.GymTask` are played on
        for the bins of a rollout, from where they are.

        Raises:
            ValueError: If the rule is not defined for the network or the trials.
            Diverged: If the gradient is not finite; the parameters are then left as they were.
        """
        self.meet(network)
        surrogate, own, rollout = self._try(network, batch, generator)
        gradients = self._gradients(network, surrogate, own)
        rate = self.own_rate or self.descent.rate(network)
        metrics = self.descent.follow(network, gradients, -rollout.metrics["reward"])
        self.own.follow({name: gradients[f"own {name}"] for name in own}, rate)
        self.receive(rollout)
        return metrics | rollout.reported

    def receive(self, rollout: Rollout) -> None:
        """Learn what is to be expected of trials."""

    @typechecked
    def state(self, network: SomeNetwork) -> dict[str, Tensor]:
        """What the optimiser and the rule itself remember of a network, as named tensors; of an ensemble (S, ...)."""
        rule = self.knowing(network)
        return rule.descent.state(network) | rule.own.state(network)

    @typechecked
    def restore(self, network: SomeNetwork, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""
        self.descent.restore(network, state)
        self.own = OwnParameters(self.begin_own(network))
        self.own.restore(network, state)

    def knows(self, network: SomeNetwork) -> bool:
        """Whether what is remembered is of this network."""
        return self.descent.knows(network)

    def _try(
        self, network: SomeNetwork, batch: TrialBatch | Episodes, generator: Generator | None
    ) -> tuple[Tensor, dict[str, Tensor], Rollout]:
        """The surrogate loss of one try of each trial, what the rule learns for itself, and what the network did."""
        own = self.own.leaves()
        task, trials = to_act_in(batch, type(self).__name__) if isinstance(batch, TrialBatch) else (batch.task, None)
        policy = policy_for(task, network, self.action_noise, own.get("log_sigma"))

        def run(inputs: Tensor, state: Tensor | None) -> Trajectory:
            return self.run(network, inputs, state, generator)

        def choose(z: Tensor) -> Tensor:
            return policy.sample(z, generator)

        rollout: Rollout
        if isinstance(batch, Episodes):
            self.check_rollouts(batch.task)
            rollout = play_on(network, batch, run, choose)
        else:
            assert trials is not None
            rollout = play(network, task, trials, run, choose, self.payoff, self.abort, generator)
        surrogate = self.surrogate(network, rollout, policy, own)
        if self.rate_penalty:
            surrogate = surrogate + self.rate_penalty * rollout.rates.square().mean((0, -2, -1))
        return surrogate, own, rollout

    def _gradients(self, network: SomeNetwork, surrogate: Tensor, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Gradients for the parameters of the network, and for the rule's own as ``"own NAME"``."""
        leaves = dict(trainable(network)) | {f"own {name}": leaf for name, leaf in own.items()}
        if not leaves or not surrogate.requires_grad:
            return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
        found = torch.autograd.grad(surrogate.sum(), [*leaves.values()], materialize_grads=True)
        return dict(zip(leaves, found, strict=True))
