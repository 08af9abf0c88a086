"""A RateRNN inside Stable-Baselines3, beside the network by itself; its recurrent model on our vector environment."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from sb3_contrib import RecurrentPPO

from cogdyn.agents import Actor, behaviour
from cogdyn.agents.training.rate_policy import RatePolicy
from cogdyn.agents.training.stable_baselines import TrialVecEnv
from cogdyn.envs import make_task

QUICK = {"fixation_ms": 100, "stimulus_ms": 300, "decision_ms": 200, "grace_ms": 0, "dt": 50, "coherences": (0.512,)}
TASK = make_task("PerceptualDecisionMaking", **QUICK)
SIZE = {"n_units": 12, "dt": TASK.dt, "rate_rnn": {"activation": "tanh", "tau": 100.0}}


def model_of(task=TASK, policy=RatePolicy, kwargs=SIZE, **arguments):
    settings = {"n_steps": 16, "batch_size": 64, "n_epochs": 2, "seed": 0, "device": "cpu", "gamma": 0.95}
    return RecurrentPPO(policy, TrialVecEnv(task, 16), policy_kwargs=kwargs, **settings | arguments)


def test_recurrent_ppo_takes_our_vector_environment():
    model = model_of(policy="MlpLstmPolicy", kwargs={"lstm_hidden_size": 8}).learn(512)
    table = behaviour(model, TASK, 40)
    assert len(table["choice"]) == 40


def test_the_policy_acts_as_its_network_does_over_ends_of_episodes():
    model = model_of().learn(512)
    network, env = model.policy.network(), TrialVecEnv(TASK, 5)
    actor = Actor(network, env.action_space)
    env.seed(3)
    seen, state, start = env.reset(), None, np.ones(5, bool)
    for _ in range(40):
        actions, state = model.predict(seen, state, start, deterministic=True)
        np.testing.assert_array_equal(actions, actor.act(seen))
        seen, _, start, _ = env.step(actions)
        actor.reset(start)


def test_all_but_the_readout_of_its_network_learns_and_a_saved_model_is_the_same(tmp_path):
    model = model_of()
    before = {name: value.clone() for name, value in model.policy.state_dict().items()}
    model.learn(512)
    after = model.policy.state_dict()
    for name in ("recurrent", "input", "bias"):
        assert not torch.equal(before[f"lstm_actor.network.{name}"], after[f"lstm_actor.network.{name}"])
    assert not torch.equal(before["action_net.weight"], after["action_net.weight"])
    model.save(tmp_path / "model")
    loaded = RecurrentPPO.load(tmp_path / "model", device="cpu")
    seen = TASK.sample(7, seed=0).inputs[0]
    np.testing.assert_array_equal(*(each.predict(seen, deterministic=True)[0] for each in (model, loaded)))
    model.policy.save(tmp_path / "policy")
    alone = RatePolicy.load(tmp_path / "policy", device="cpu")
    assert all(torch.equal(value, alone.state_dict()[name]) for name, value in after.items())


def test_vectors_are_actions_too_and_other_spaces_are_refused():
    reach = make_task("yang19.go")
    model = model_of(reach, kwargs={"n_units": 8, "dt": reach.dt}).learn(256)
    assert model.policy.network().n_outputs == reach.n_outputs
    box = gym.spaces.Box(0, 1, (2, 2))
    with pytest.raises(ValueError, match=r"act in Discrete\(2\) on Box\(.*\(2, 2\).*; allowed: Discrete or a Box"):
        RatePolicy(box, gym.spaces.Discrete(2), lambda _: 1e-3)
    with pytest.raises(ValueError, match="the agent acts in Box"):
        behaviour(model, TASK, 4)


@pytest.mark.slow
def test_it_learns_a_decision_by_ppo():
    torch.set_num_threads(1)
    model = model_of(n_steps=64, batch_size=256, learning_rate=3e-3, n_epochs=5)
    model.learn(60_000)
    assert behaviour(model, TASK, 500, seed=1)["correct"].mean() > 0.8
