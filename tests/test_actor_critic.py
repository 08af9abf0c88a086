"""Rules that act: what they share, and the actor with a critic."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from test_own_networks import TASK as OTHER_TASK
from test_own_networks import Unregistered

from cogdyn.agents import RateRNN, check_rule, evaluate, load_run, network_for, train
from cogdyn.agents.credit.policies import ChoicePolicy
from cogdyn.agents.network.ensemble import member, stacked
from cogdyn.agents.rules import REINFORCE, ActorCritic, NodePerturbation, RewardHebbian
from cogdyn.envs import Mixture, TrialEnv, make_task

QUICK = {"fixation_ms": 100, "stimulus_ms": 300, "decision_ms": 200, "grace_ms": 0, "dt": 50, "coherences": (0.512,)}
TASK = make_task("PerceptualDecisionMaking", **QUICK)
SESSIONS = make_task("ReversalBandit", n_choices=4)
BOTH = pytest.mark.parametrize("rule", [REINFORCE, ActorCritic])


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def network_of(task=TASK, n=8, **arguments):
    arguments = {"activation": "tanh", "leak": "rate", "noise": 0.05, "self_connections": True} | arguments
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, **arguments)


def values(network):
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_loss_is_as_written(dtype):
    """By a loop over single bins, from the actions that the rule drew."""
    network, batch = network_of(readout_gain=3).to(dtype), TASK.sample(6, seed=0)
    rule = ActorCritic(abort=False, gamma=0.9, gae_lambda=0.7, entropy=0.3, normalise=False, rate_penalty=0.2)
    value = torch.linspace(-1, 1, 8, dtype=dtype)
    rule.meet(network)
    rule.own.values["value"] = value
    source = drawn(1)
    trajectory = network(torch.from_numpy(batch.inputs).to(dtype), generator=source)
    pi, r = trajectory.outputs.softmax(-1).detach().double(), trajectory.rates.detach().double()
    actions = ChoicePolicy().sample(trajectory.outputs.detach(), source)
    env, terms = TrialEnv(TASK, abort=False), []
    for b in range(6):
        env.reset(seed=0)
        env._begin(batch.trial(b))
        paid, over = [], False
        while not over:
            _, reward, over, _, _ = env.step(int(actions[len(paid), b]))
            paid.append(reward)
        V = [float(r[t, b] @ value.double()) for t in range(len(paid))] + [0.0]
        deltas = [paid[t] + 0.9 * V[t + 1] - V[t] for t in range(len(paid))]
        for t in range(len(paid)):
            A = sum((0.9 * 0.7) ** k * delta for k, delta in enumerate(deltas[t:]))
            G = sum(0.9**k * reward for k, reward in enumerate(paid[t:]))
            H = -(pi[t, b] * pi[t, b].log()).sum()
            terms.append(-A * pi[t, b, actions[t, b]].log() + 0.5 * (G - V[t]) ** 2 - 0.3 * H)
    expected = torch.stack(terms).mean() + 0.2 * r.square().mean()
    found = rule.loss(network, batch, drawn(1))
    assert found.dtype == dtype
    assert found.item() == pytest.approx(expected.item(), rel=1e-5 if dtype == torch.float32 else 1e-10)


def test_value_gradients_stop_at_the_rates_unless_asked_to_go_on():
    network, batch = network_of().double(), TASK.sample(6, seed=0)

    def gradient(**arguments):
        rule = ActorCritic(abort=False, normalise=False, **arguments)
        rule.meet(network)
        rule.own.values["value"] = torch.linspace(-1, 1, 8, dtype=torch.float64)
        return rule.gradient(network, batch, drawn(0))

    assert same(gradient(), gradient(value_cost=7.0))
    assert not same(gradient(), gradient(value_gradient="to rates"))


def test_windows_as_long_as_the_trial_change_nothing_and_shorter_ones_do():
    network, batch = network_of(noise=0.0).double(), TASK.sample(6, seed=0)

    def gradient(**arguments):
        return ActorCritic(abort=False, **arguments).gradient(network, batch, drawn(0))["recurrent"]

    torch.testing.assert_close(gradient(window_ms=600.0), gradient(), atol=1e-14, rtol=0)
    assert not torch.allclose(gradient(window_ms=100.0), gradient(), atol=1e-6)
    with pytest.raises(ValueError, match="window_ms"):
        gradient(window_ms=70.0)


def test_of_a_mixture_noise_probabilities_and_continuous_actions_a_network_learns():
    mixture = Mixture(tasks=[make_task("GoNogo"), make_task("GoNogo", delay_ms=200)])
    for task in (mixture, make_task("SineWave", stream_ms=200), make_task("Add"), make_task("NBack"), SESSIONS):
        learned = task.kind != "choice"
        for rule in (ActorCritic(learn_action_noise=learned), REINFORCE(learn_action_noise=learned, trial_types=None)):
            network = network_of(task)
            before = values(network)
            for k in range(2):
                metrics = rule.update(network, task.sample(4, seed=k), drawn(k))
            assert not same(before, values(network))
            assert metrics["loss"] == -metrics["reward"]
            assert ("abort_rate" in metrics) == (task.kind == "choice")
            assert ("greedy_score" in metrics) == (task.kind == "choice" and task.n_segments == 1)
            if learned:
                assert not torch.equal(rule.own.values["log_sigma"], torch.full((task.n_outputs,), 0.2).log())


def test_continuous_actions_are_learned_from_reward():
    task = make_task("SineWave", stream_ms=200)
    network = network_of(task, n=20, noise=0.0)
    before = evaluate(task, network, 100).score
    train(task, network, REINFORCE(lr=3e-3, gamma=1.0), 300, 64, device="cpu", n_test=4)
    assert evaluate(task, network, 100).score > before + 0.2


def test_scores_and_rates_are_those_of_an_environment():
    """Of a network that always fixates, one that never does, and one that answers left as the decision begins."""
    batch = make_task("PerceptualDecisionMaking", noise=0.0, **QUICK).sample(40, seed=0)
    network = network_of(noise=0.0, lesioned=range(1, 8))
    left = np.mean([batch.targets[-1] == 1])

    def metrics(weights, bias):
        with torch.no_grad():
            network.readout.copy_(torch.tensor(weights)[:, None].expand(-1, 8))
            network.readout_bias.copy_(torch.tensor(bias))
        return ActorCritic(lr=1e-12).update(network, batch, drawn(0))

    def held(found, **expected):
        assert {name: found[name] for name in expected} == pytest.approx(expected)

    nothing = [0.0, 0.0, 0.0]
    held(metrics(nothing, [50.0, 0, 0]), reward=0, sampled_score=0, greedy_score=0, abort_rate=0, miss_rate=1)
    held(metrics(nothing, [0, 50.0, 0]), reward=-0.1, sampled_score=0, greedy_score=0, abort_rate=1, miss_rate=0)
    with torch.no_grad():  # one unit that follows the light of fixation, which goes out as the decision begins
        network.input.zero_()[0, 0] = 50.0
        network.recurrent.zero_()
        network.bias.zero_()
        network.alpha.fill_(1.0)
    found = metrics([50.0, 0.0, 0.0], [0.0, 25.0, -25.0])
    held(found, reward=left, sampled_score=left, greedy_score=left, abort_rate=0, miss_rate=0)


@BOTH
def test_dale_s_law_and_masks_hold(rule):
    network = network_of(n=10, dale=0.8, density=0.5, output_units=range(5))
    absent = network.recurrent_weights == 0
    train(TASK, network, rule(lr=0.05), 5, 8, n_test=4, device="cpu")
    W = network.recurrent_weights
    assert (W[absent] == 0).all()
    assert (W[:, :8] >= 0).all()
    assert (W[:, 8:] <= 0).all()
    assert (network.readout_weights[:, 5:] == 0).all()


@BOTH
@pytest.mark.parametrize("task", [TASK, SESSIONS], ids=["trials", "sessions"])
def test_a_resumed_run_equals_an_uninterrupted_one(rule, task, tmp_path):
    def run(steps, out, resume=False):
        settings = {"evaluate_every": 2, "n_test": 4, "seed": 3, "device": "cpu"}
        return train(task, network_of(task), rule(lr=0.01), steps, 4, out=tmp_path / out, resume=resume, **settings)

    whole = run(6, "whole")
    run(4, "cut")
    resumed = run(6, "cut", resume=True)
    assert same(values(whole.network), values(resumed.network))
    assert same(whole.memory, resumed.memory)
    assert whole.metrics == resumed.metrics
    loaded = load_run(tmp_path / "cut")
    assert same(loaded.memory, whole.memory)
    assert ("own.value" in loaded.memory) == (rule is ActorCritic)
    assert {"reward", "sampled_score", "abort_rate", "miss_rate"} <= loaded.metrics[-1].keys()
    assert ("greedy_score" in loaded.metrics[-1]) == (task is TASK)


@BOTH
def test_networks_of_an_ensemble_learn_as_each_alone(rule):
    settings = {"evaluate_every": 2, "n_test": 4, "seed": 3, "device": "cpu"}
    together = train(TASK, network_of(), rule(lr=0.01), 4, 4, ensemble=3, **settings)
    for s, run in enumerate(together):
        alone = train(TASK, network_of(seed=s), rule(lr=0.01), 4, 4, **settings)
        for name, value in values(alone.network).items():
            torch.testing.assert_close(value, run.network.get_parameter(name).detach(), atol=1e-6, rtol=1e-5)
        for one, other in zip(alone.metrics, run.metrics, strict=True):
            assert one == pytest.approx(other, abs=1e-5)


def test_continuous_actions_of_an_ensemble_are_drawn_alike():
    task = make_task("SineWave", stream_ms=200)
    networks = [network_of(task, seed=s).double() for s in (0, 1)]
    ensemble, batch = stacked(networks), task.sample(4, seed=0)
    rule = ActorCritic(learn_action_noise=True)
    rule.update(ensemble, batch, drawn(0))
    for s, network in enumerate(networks):
        alone = ActorCritic(learn_action_noise=True)
        alone.update(network, batch, drawn(0))
        for name, value in values(network).items():
            torch.testing.assert_close(value, member(ensemble, s).get_parameter(name).detach(), atol=1e-9, rtol=0)
        torch.testing.assert_close(rule.own.values["log_sigma"][s], alone.own.values["log_sigma"])


@pytest.mark.parametrize(
    "arguments",
    [{}, {"credit": "none", "window_ms": 50.0, "value_gradient": "to rates", "normalise": False}, {"abort": False}],
)
def test_it_keeps_the_contract_of_rules(arguments):
    check_rule(ActorCritic(**arguments))


def test_a_network_of_another_kind_learns_too():
    network = Unregistered()
    task = OTHER_TASK
    for rule in (ActorCritic(), REINFORCE()):
        rule.update(network, task.sample(4, seed=0), drawn(0))
    with pytest.raises(ValueError, match="credit is 'none', and the network no RateRNN; allowed: 'full'"):
        ActorCritic(credit="none").update(network, task.sample(4, seed=0), drawn(0))


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gamma": 1.5}, "gamma is 1.5; allowed: from 0 to 1"),
        ({"gamma": -0.1}, "gamma is -0.1; allowed: from 0 to 1"),
        (
            {"rewards": {"correct": float("inf")}},
            r"rewards is {'correct': inf}; it must be a mapping from names to finite numbers",
        ),
        ({"rewards": {"corect": 1.0}}, "Did you mean 'correct'"),
        ({"action_noise": 0.0}, "action_noise is 0.0; it must be positive"),
        ({"entropy": -1.0}, "entropy is -1.0"),
    ],
)
def test_arguments_that_make_no_sense_are_one_clear_error(rule, arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        rule(**arguments)
    assert "\n" not in str(error.value)


def test_trials_in_which_it_cannot_act_are_one_clear_error():
    batch = TASK.sample(4, seed=0)
    for rule in (ActorCritic, REINFORCE):
        with pytest.raises(ValueError, match=f"batch is of no task that is known, and {rule.__name__} acts in one"):
            rule().update(network_of(), replace(batch, task=None), drawn(0))
        with pytest.raises(ValueError, match=r"action_noise is 0.3, and PerceptualDecisionMaking has choices"):
            rule(action_noise=0.3).update(network_of(), batch, drawn(0))
        with pytest.raises(ValueError, match="learn_action_noise is True, and PerceptualDecisionMaking has choices"):
            rule(learn_action_noise=True).update(network_of(), batch, drawn(0))
        ensemble = stacked([network_of(SESSIONS, seed=s) for s in range(2)])
        with pytest.raises(ValueError, match="ReversalBandit is a closed loop: each network would see its own trials"):
            rule().update(ensemble, SESSIONS.sample(2, seed=0), drawn(0))


def test_rewards_are_kept_as_plain_numbers():
    given = {"abort": np.float32(-0.5)}
    rule = ActorCritic(rewards=given)
    given["abort"] = np.float32(3)
    assert json.dumps(rule.config["rewards"]) == '{"abort": -0.5}'
    for other in (NodePerturbation, RewardHebbian):
        with pytest.raises(ValueError, match="reward='environment', and reward is 'error'"):
            other(rewards={"abort": -0.5})


def test_what_comes_after_the_end_of_a_trial_counts_for_nothing():
    """Other inputs after the end change neither what is earned nor what it teaches; rates are not to cost anything."""
    network, batch = network_of(noise=0.0).double(), TASK.sample(6, seed=0)
    rule = ActorCritic(rate_penalty=0.0, normalise=False)
    before = rule.gradient(network, batch, drawn(0))
    rollout = rule.knowing(network)
    rollout.meet(network)
    alive = rollout._try(network, batch, drawn(0))[2].outcome.alive
    assert not alive.all()
    other = np.where(alive[..., None], batch.inputs, 9.0).astype(np.float32)
    after = rule.gradient(network, replace(batch, inputs=other), drawn(0))
    for name, value in before.items():
        torch.testing.assert_close(value, after[name], atol=1e-14, rtol=0)


@pytest.mark.slow
def test_a_memory_is_learned_from_reward_alone():
    task = make_task("DelayMatchSample")
    for seed in range(2):
        run = train(task, network_for(task, seed=seed), ActorCritic(), 2000, seed=seed, device="cpu", stop_at=0.95)
        assert evaluate(task, run.network, 2000, seed=seed).score >= 0.9
        assert run.metrics[-1]["sampled_score"] > 0.85


@pytest.mark.slow
def test_a_decision_is_learned_from_reward_alone():
    """Seconds, not minutes: from chance to nine tenths of what an ideal observer scores."""
    task = make_task("PerceptualDecisionMaking")
    for seed in range(3):
        run = train(task, network_for(task, 50, seed=seed), ActorCritic(), 1500, seed=seed, device="cpu", stop_at=0.9)
        assert evaluate(task, run.network, 2000, seed=seed).score >= 0.9 * task.ceiling
        assert run.metrics[-1]["sampled_score"] > 0.75
        assert run.metrics[-1]["abort_rate"] < 0.15
