"""REINFORCE: the mean of its gradients is the policy gradient, computed by enumeration."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from playing import TwoAnswers

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.own_parameters import OwnParameters
from cogdyn.agents.credit.policies import ChoicePolicy, GaussianPolicy
from cogdyn.agents.credit.returns import advantages, normalised, returns
from cogdyn.agents.rules import REINFORCE
from cogdyn.envs import Levels, PaintedTask, Rewards
from cogdyn.envs.gym.painted_rollout import play_painted

FIRST = np.array([0.0, 0.3, 0.6])
SECOND = np.array([[0.0, 0.5, 0.1], [0.0, 0.9, 0.2], [0.0, 0.1, 0.4]])


@dataclass(frozen=True, kw_only=True)
class TwoPulls(PaintedTask):
    """A bandit of two pulls: what the second arm pays depends on the first, which is shown."""

    grace_ms: float = 0.0
    noise: float = 0.0
    pull_ms: float = 20.0

    family = "test"
    source = "doi:10."
    contrasts = ("light",)
    periods = ("pull",)
    response_period = "pull"

    @property
    def n_segments(self):
        return 2

    def channels(self):
        return {"light": 1, "chosen": ("none", "left", "right"), "second": 1}

    def responses(self):
        return ("wait", "left", "right")

    def factors(self):
        return {"light": Levels((0, 1))}

    def complete(self, levels, rng):
        zero = np.zeros(len(levels["light"]), np.int64)
        return levels | {"chosen": zero, "number": zero}

    def paint(self, canvas, conditions):
        canvas.add("light", conditions["light"][:, None], "pull")
        canvas.add("second", conditions["number"][:, None], "pull")
        canvas.add("chosen", conditions["number"][:, None] * np.eye(3)[conditions["chosen"]], "pull")
        canvas.target(1 + conditions["light"], "pull")

    def advance(self, conditions, choices, rng):
        first, light = conditions["number"] == 0, conditions["light"]
        paid = np.where(first, FIRST[choices] * (1 - light / 2), SECOND[conditions["chosen"], choices])
        return conditions | {"chosen": choices, "number": conditions["number"] + 1, "outcome": paid}

    def ideal(self, batch):
        return self.hold(batch)


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def expected_reward(network, n=1, generator=None):
    """The mean reward of a session, by all its nine courses, each with n draws of the noise."""
    total = 0.0
    for light in (0.0, 1.0):
        inputs = torch.tensor([[light, 0, 0, 0, 0]], dtype=torch.float64).expand(3, -1)
        later = torch.cat([inputs[:, :1], torch.eye(3, dtype=torch.float64), torch.ones(3, 1)], 1)
        both = torch.stack([inputs, later]).repeat(1, n, 1)
        pi = network(both, generator=generator).outputs.softmax(-1)
        first = torch.from_numpy(FIRST) * (1 - light / 2)
        for a_1 in range(3):
            # Both choices go by the same noise.
            second = pi[1, a_1::3] @ torch.from_numpy(SECOND[a_1])
            total = total + (pi[0, a_1::3, a_1] * (first[a_1] + second)).mean() / 2
    return total


@pytest.mark.parametrize("baseline", [0.0, 0.7])
def test_the_mean_of_ten_thousand_gradients_is_the_policy_gradient(baseline):
    task = TwoPulls()
    network = RateRNN(5, 4, 3, dt=20, tau=40, activation="tanh", readout_gain=3, seed=3).double()
    rule = REINFORCE(gamma=1.0, entropy=0.0, rate_penalty=0.0, lr=1e-12)
    rule.restore(network, {"expected.all": torch.tensor(baseline)})
    exact = torch.autograd.grad(expected_reward(network), list(network.parameters()))
    exact = -torch.cat([each.flatten() for each in exact]) / 2
    draws = []
    for k in range(400):
        found = rule.gradient(network, task.sample(25, seed=k), drawn(k))
        draws.append(torch.cat([found[name].flatten() for name, _ in network.named_parameters()]))
    draws = torch.stack(draws)
    error = draws.std(0) / len(draws) ** 0.5
    assert (exact.abs() > 6 * error).sum() > 20
    assert ((draws.mean(0) - exact).abs() <= 4 * error + 1e-12).all()


@pytest.mark.parametrize("abort", [True, False])
def test_so_it_is_in_trials_that_end_early(abort):
    """Trials of four bins, two of which are answered: by all sixteen courses, with aborts, misses, right and wrong."""
    task, paid = TwoAnswers(dt=60.0, delay_ms=60.0), {"error": -0.4, "abort": -0.7, "miss": -0.2}
    conditions = {name: np.tile(values, 20) for name, values in {"first": [0, 0, 1, 1], "second": [0, 1, 0, 1]}.items()}
    batch = replace(task.lay_out(conditions, np.random.default_rng(0)), task=task)
    network = RateRNN(2, 4, 2, dt=60, tau=120, activation="tanh", readout_gain=3, seed=3).double()
    logs, four = network(torch.from_numpy(batch.inputs[:, :4]).double()).outputs.log_softmax(-1), batch_of_four(batch)
    J = 0.0
    for course in itertools.product((0, 1), repeat=4):
        actions = np.tile(np.array(course)[:, None], 4)
        outcome = play_painted(task, four, lambda _, a=actions: a, np.random.default_rng(0), Rewards.of(paid), abort)
        probability = logs.gather(-1, torch.from_numpy(actions)[..., None]).sum(0)[:, 0].exp()
        J = J + (probability * torch.from_numpy(outcome.rewards.sum(0))).mean()
    exact = -torch.cat([each.flatten() for each in torch.autograd.grad(J, list(network.parameters()))]) / 4
    rule = REINFORCE(gamma=1.0, entropy=0.0, rate_penalty=0.0, lr=1e-12, rewards=paid, abort=abort)
    rule.restore(network, {"expected.all": torch.tensor(0.2)})
    found = [rule.gradient(network, batch, drawn(k)) for k in range(300)]
    draws = torch.stack([torch.cat([one[name].flatten() for name, _ in network.named_parameters()]) for one in found])
    error = draws.std(0) / len(draws) ** 0.5
    assert (exact.abs() > 6 * error).sum() > 15
    assert ((draws.mean(0) - exact).abs() <= 4 * error + 1e-12).all()


def batch_of_four(batch):
    """The first four trials."""
    some = {name: getattr(batch, name)[:, :4] for name in ("inputs", "targets", "mask")}
    periods = {name: (start[:4], stop[:4]) for name, (start, stop) in batch.periods.items()}
    return replace(batch, **some, conditions={n: v[:4] for n, v in batch.conditions.items()}, periods=periods)


def test_a_running_mean_of_rewards_is_what_is_expected():
    task, rule = TwoPulls(), REINFORCE(baseline_decay=0.9, lr=1e-12)
    network = RateRNN(5, 4, 3, dt=20, tau=40, seed=3).double()
    mean = None
    for k in range(3):
        earned = rule.update(network, task.sample(4, seed=k), drawn(k))["reward"]
        mean = earned if mean is None else 0.9**4 * mean + (1 - 0.9**4) * earned
        assert rule.state(network)["expected.all"].item() == pytest.approx(mean)


def test_of_a_chain_of_rewards_returns_and_advantages_are_those_by_hand():
    R = torch.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 0.0]], dtype=torch.float64)
    alive = torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    V = torch.tensor([[0.5, 0.25], [1.0, 9.0], [0.0, 9.0]], dtype=torch.float64)
    torch.testing.assert_close(returns(R, 0.5), torch.tensor([[1.0, 1.0], [2.0, 0.0], [2.0, 0.0]]).double())
    # Of the first trial the surprises are 0, 0 and 2, of the second 0.75, where nothing is expected after its end.
    expected = torch.tensor([[0.125, 0.75], [0.5, 0.0], [2.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(advantages(R, V, alive, 0.5, 0.5), expected)


def test_with_lambda_1_advantages_are_returns_less_values():
    generator = drawn(0)
    R, V = (torch.randn(60, 3, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    last = torch.randint(0, 60, (3, 5), generator=generator)
    alive = (torch.arange(60)[:, None, None] <= last).double()
    for gamma in (0.0, 0.9, 1.0):
        A = advantages(R * alive, V, alive, gamma, 1.0)
        assert (A - (returns(R * alive, gamma) - V) * alive).abs().max() < 1e-10


def test_where_nothing_was_earned_noise_stays_small():
    generator = drawn(0)
    alive = torch.ones(20, 2, 4, dtype=torch.float64)
    A = torch.randn(20, 2, 4, generator=generator, dtype=torch.float64) * torch.tensor([1e-6, 3.0])[:, None]
    found = normalised(A, alive, floor=0.1)
    assert found[:, 0].abs().max() < 1e-4
    assert found[:, 1].std(correction=0) == pytest.approx(1)
    assert found.mean((0, -1)).abs().max() < 1e-12


def test_choices_are_drawn_as_often_as_they_are_probable():
    z = torch.tensor([[0.0, 1.0, -2.0, 0.5]], dtype=torch.float64).expand(1, 200_000, 4)
    drawn_often = torch.bincount(ChoicePolicy().sample(z, drawn(0))[0], minlength=4) / 200_000
    p = z[0, 0].softmax(-1)
    assert ((drawn_often - p).abs() < 4 * (p * (1 - p) / 200_000).sqrt()).all()
    action = torch.tensor([[1, 3]])
    torch.testing.assert_close(ChoicePolicy().log_probability(z[:, :2], action), p[[1, 3]].log()[None])
    torch.testing.assert_close(ChoicePolicy().entropy(z[:, 0]), -(p * p.log()).sum()[None])


def test_continuous_actions_have_the_density_and_the_entropy_of_normal_ones():
    log_sigma = torch.tensor([-1.0, 0.3], dtype=torch.float64)
    z = torch.randn(7, 5, 2, generator=drawn(0), dtype=torch.float64)
    policy, normal = GaussianPolicy(log_sigma), torch.distributions.Normal(z, log_sigma.exp())
    a = policy.sample(z, drawn(1))
    torch.testing.assert_close(policy.log_probability(z, a), normal.log_prob(a).sum(-1))
    torch.testing.assert_close(policy.entropy(z), normal.entropy().sum(-1))
    many = policy.sample(torch.zeros(1, 100_000, 2, dtype=torch.float64), drawn(2))[0]
    assert (many.std(0) / log_sigma.exp() - 1).abs().max() < 0.01
    probabilities = GaussianPolicy(log_sigma, probabilities=True)
    torch.testing.assert_close(probabilities.greedy(z), z.softmax(-1))


def test_what_a_rule_learns_for_itself_follows_adam():
    start = torch.randn(4, 3, generator=drawn(0), dtype=torch.float64)
    own, twin = OwnParameters({"v": start}), torch.nn.Parameter(start.clone())
    adam = torch.optim.Adam([twin], lr=0.01)
    for k in range(5):
        gradient = torch.randn(4, 3, generator=drawn(k), dtype=torch.float64)
        twin.grad = gradient.clone()
        adam.step()
        own.follow({"v": gradient}, 0.01)
    torch.testing.assert_close(own.values["v"], twin.detach(), atol=1e-12, rtol=0)
