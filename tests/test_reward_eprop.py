"""Reward-based e-prop: its steps by hand, what they add up to, and what it learns."""

import pytest
import torch

from cogdyn.agents import RateRNN, alignment, check_rule, evaluate, load_run, train
from cogdyn.agents.credit.bins import bins_of
from cogdyn.agents.credit.returns import surprises
from cogdyn.agents.credit.synapses import Synapses
from cogdyn.agents.rules import ActorCritic, RewardEProp
from cogdyn.envs import make_task

QUICK = {"fixation_ms": 100, "stimulus_ms": 300, "decision_ms": 200, "grace_ms": 0, "dt": 50, "coherences": (0.512,)}
TASK = make_task("PerceptualDecisionMaking", **QUICK)
SESSIONS = make_task("ReversalBandit", n_choices=3)
SYNAPSES = ("recurrent", "input", "bias")


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def network_of(task=TASK, n=7, **arguments):
    arguments = {"activation": "tanh", "noise": 0.05, "self_connections": True, "readout_gain": 2} | arguments
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, **arguments).double()


class Errors:
    """The errors that reach units: those of actions, and as one more output that of the value."""

    def __init__(self, errors):
        self.labels = torch.zeros_like(errors)
        self._errors = errors

    def of(self, outputs):
        return self._errors


def added_up(rule, network, rollout, value):
    """What the steps of the rule add up to, bin by bin."""
    onehot = torch.nn.functional.one_hot(rollout.actions, network.n_outputs)
    of_actions = rollout.outputs.detach().softmax(-1) - onehot
    of_value = torch.full_like(of_actions[..., :1], -rule.value_cost)
    errors = Errors(torch.cat([of_actions, of_value], -1))
    feedback = torch.cat([rule.feedback_weights.of(network), value[None]])
    inputs = torch.cat(rollout.inputs)
    trajectory = network(inputs, noise=0.0, keep_activations=True)
    delta = surprises(rollout.rewards, trajectory.rates.detach() @ value, rollout.alive, rule.gamma) * rollout.alive
    state, total = rule.begin(network, inputs.shape[1]), 0.0
    for t, bin in enumerate(bins_of(network, inputs, trajectory, errors, feedback)):
        state, gradient = rule.step(state, bin, delta[t])
        total = total + gradient
    return Synapses(network).gradients(total.detach() / rollout.alive.sum())


@pytest.mark.parametrize("leak", ["voltage", "rate"])
@pytest.mark.parametrize("feedback", ["symmetric", "random"])
@pytest.mark.parametrize("task", [TASK, SESSIONS], ids=["trials", "sessions"])
def test_its_steps_add_up_to_its_gradient(task, feedback, leak):
    network = network_of(task, noise=0.0, leak=leak, dale=0.6)
    rule = RewardEProp(gamma=0.9, feedback=feedback, entropy=0.0, rate_penalty=0.0, abort=False)
    rule.meet(network)
    value = rule.own.values["value"] = torch.linspace(-1, 1, 7, dtype=torch.float64)
    batch = task.sample(5, seed=0)
    found = rule.gradient(network, batch, drawn(0))
    assert (found["h0"] == 0).all()
    expected = added_up(rule, network, rule._try(network, batch, drawn(0))[2], value)
    for name in SYNAPSES:
        assert expected[name].abs().max() > 0
        torch.testing.assert_close(found[name], expected[name], atol=1e-12, rtol=1e-9)


def test_without_recurrent_weights_it_is_the_exact_policy_gradient():
    """Then the leak is all that errors can go back by, but by the value readout, which the critic's does not."""
    network = network_of(noise=0.0, mask=torch.zeros(7, 7))
    batch, same = TASK.sample(6, seed=0), {"abort": False, "entropy": 0.2, "gamma": 0.9}
    local = RewardEProp(feedback="symmetric", value_cost=0.6, **same)
    critic = ActorCritic(gae_lambda=1.0, value_cost=0.3, normalise=False, value_gradient="to rates", **same)
    for rule in (local, critic):
        rule.meet(network)
        rule.own.values["value"] = torch.linspace(-1, 1, 7, dtype=torch.float64)
    found, exact = (rule.gradient(network, batch, drawn(0)) for rule in (local, critic))
    for name in ("input", "bias", "readout", "readout_bias"):
        torch.testing.assert_close(found[name], exact[name], atol=1e-13, rtol=0)


def test_with_symmetric_feedback_it_points_along_the_policy_gradient():
    network, batch = network_of(n=20), TASK.sample(200, seed=0)
    same = {"abort": False, "entropy": 0.0, "rate_penalty": 0.0}
    exact = ActorCritic(gae_lambda=1.0, normalise=False, **same).gradient(network, batch, drawn(0))
    found = RewardEProp(feedback="symmetric", **same).gradient(network, batch, drawn(0))
    cosines = alignment(found, exact)
    assert cosines["readout"] == pytest.approx(1)
    assert 0.5 < cosines["all synapses"] < 1


@pytest.mark.parametrize("feedback", ["symmetric", "random", "adaptive"])
def test_it_keeps_the_contract_of_rules(feedback):
    check_rule(RewardEProp(feedback=feedback))


@pytest.mark.parametrize("feedback", ["random", "adaptive"])
def test_a_resumed_run_equals_an_uninterrupted_one(feedback, tmp_path):
    def run(steps, out, resume=False):
        settings = {"evaluate_every": 2, "n_test": 4, "seed": 3, "device": "cpu"}
        rule = RewardEProp(lr=0.01, feedback=feedback)
        return train(TASK, network_of(), rule, steps, 4, out=tmp_path / out, resume=resume, **settings)

    whole = run(6, "whole")
    run(4, "cut")
    resumed = run(6, "cut", resume=True)
    for name, value in whole.network.named_parameters():
        assert torch.equal(value, resumed.network.get_parameter(name)), name
    memory = load_run(tmp_path / "cut").memory
    assert memory.keys() == whole.memory.keys()
    assert all(torch.equal(memory[name], whole.memory[name]) for name in memory)


@pytest.mark.slow
def test_a_decision_is_learned_by_local_signals_and_one_reward_for_all():
    for seed in range(3):
        network = RateRNN(TASK.n_inputs, 50, TASK.n_outputs, dt=TASK.dt, activation="tanh", noise=0.05, seed=seed)
        run = train(TASK, network, RewardEProp(), 1500, seed=seed, device="cpu", stop_at=0.95)
        assert evaluate(TASK, run.network, 1000, seed=seed).score > 0.9


def of_the_full_gradient(network, feedback):
    """Cosines of what the rule follows with the policy gradient through time, of the same actions."""
    shared = {"gamma": 0.99, "entropy": 0.0, "rate_penalty": 0.0}
    batch = TASK.sample(500, seed=1)
    full = ActorCritic(gae_lambda=1.0, normalise=False, value_cost=0.0, **shared)
    found, exact = (
        rule.gradient(network, batch, drawn(0)) for rule in (RewardEProp(feedback=feedback, **shared), full)
    )
    return alignment(found, exact)


@pytest.mark.slow
def test_it_goes_the_way_of_the_full_gradient_and_random_feedback_comes_to_do_so():
    """Of networks at the start, and after 200 updates by the rule: measured 0.06 and 0.22 with random feedback."""
    before, after = [], []
    for seed in range(3):
        network = RateRNN(TASK.n_inputs, 50, TASK.n_outputs, dt=TASK.dt, activation="tanh", noise=0.05, seed=seed)
        symmetric = of_the_full_gradient(network, "symmetric")
        assert symmetric["all synapses"] > 0.85
        assert symmetric["readout"] == pytest.approx(1, abs=1e-4)
        before.append(of_the_full_gradient(network, "random")["all synapses"])
        train(TASK, network, RewardEProp(), 200, device="cpu", n_test=4, evaluate_every=200)
        after.append(of_the_full_gradient(network, "random")["all synapses"])
        assert of_the_full_gradient(network, "symmetric")["all synapses"] > 0.3
    assert sum(after) / 3 > sum(before) / 3 + 0.08
