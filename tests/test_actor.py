"""A network that acts bin by bin: greedily, or by actions that are drawn as under rules that learn from reward."""

import gymnasium as gym
import numpy as np
import pytest
import torch

from cogdyn.agents import Actor, RateRNN, network_for, train
from cogdyn.agents.rules import REINFORCE
from cogdyn.envs import Rewards, TrialVectorEnv, make_task
from cogdyn.envs.gym.painted_rollout import play_painted

TASK = make_task("PerceptualDecisionMaking")
REACH = make_task("yang19.go")


def network_of(task, **arguments):
    arguments = {"activation": "tanh", "noise": 0.05, "readout_gain": 3} | arguments
    return RateRNN(task.n_inputs, 8, task.n_outputs, dt=task.dt, **arguments)


def env_range(task):
    return (0, task.n_outputs - 1) if task.kind == "choice" else (-1, 1)


def space_of(task):
    return TrialVectorEnv(task, 2).single_action_space


def test_choices_are_drawn_by_the_softmax_of_the_outputs():
    network, n = network_of(TASK, noise=0.0), 50_000
    observation = np.tile(TASK.sample(1, seed=0).inputs[0], (n, 1))
    drawn = Actor(network, space_of(TASK), sample=True).act(observation)
    often = np.bincount(drawn, minlength=3) / n
    p = network(torch.from_numpy(observation[None, :1])).outputs[0, 0].softmax(-1).detach().numpy()
    assert (abs(often - p) < 4 * np.sqrt(p * (1 - p) / n)).all()
    greedy = Actor(network, space_of(TASK)).act(observation)
    assert (greedy == p.argmax()).all()


def test_continuous_actions_are_drawn_around_the_outputs_and_stay_in_range():
    network, n = network_of(REACH, noise=0.0, readout_gain=0.1), 20_000
    observation = np.tile(REACH.sample(1, seed=0).inputs[0], (n, 1))
    mean = network(torch.from_numpy(observation[None, :1])).outputs[0, 0].detach().numpy()
    for action_noise, sigma in ((None, 0.2), (0.05, 0.05)):
        drawn = Actor(network, space_of(REACH), sample=True, action_noise=action_noise).act(observation)
        assert abs(drawn.std(0) / sigma - 1).max() < 0.05
        assert (abs(drawn.mean(0) - mean) < 5 * sigma / n**0.5).all()
    far = Actor(network, space_of(REACH), sample=True, action_noise=9.0).act(observation)
    assert space_of(REACH).contains(far[0])
    assert abs(far).max() == 1


def test_a_seed_fixes_what_is_drawn():
    network, observations = network_of(TASK), TASK.sample(6, seed=0).inputs

    def actions(seed):
        actor = Actor(network, space_of(TASK), seed, sample=True)
        return np.array([actor.act(observation) for observation in observations])

    np.testing.assert_array_equal(actions(1), actions(1))
    assert (actions(1) != actions(2)).any()


def test_what_does_not_fit_is_one_clear_error():
    for task, arguments in (
        (TASK, {"sample": True, "action_noise": 0.1}),
        (REACH, {"action_noise": 0.1}),
        (REACH, {"sample": True, "action_noise": -1.0}),
    ):
        with pytest.raises(ValueError, match=r"action_noise is .*; allowed: a positive number with sample=True"):
            Actor(network_of(task), space_of(task), **arguments)
    with pytest.raises(ValueError, match="the network has 3 outputs, the action space is Discrete"):
        Actor(network_of(TASK), gym.spaces.Discrete(2))


@pytest.mark.parametrize("name", ["DelayMatchSample", "ReversalBandit", "DawTwoStep", "yang19.go"])
def test_what_a_network_does_in_painted_trials_it_does_when_stepped(name):
    """The same actions in all bins, and the same rewards: of sessions too, in which what it sees follows from them."""
    task, n, rng = make_task(name), 6, np.random.default_rng(4)
    network = network_of(task, noise=0.0).double()
    states, painted = [None], []

    def act(trials):
        trajectory = network(torch.from_numpy(trials.inputs).double(), states[-1])
        states.append(trajectory.state)
        outputs = trajectory.outputs.detach().numpy()
        painted.append(outputs.argmax(-1) if task.kind == "choice" else outputs)
        return painted[-1]

    trials = task.lay_out(task.draw(rng, n), rng)
    outcome = play_painted(task, trials, act, rng, Rewards())
    env, actor, alive = TrialVectorEnv(task, n), Actor(network, space_of(task)), np.ones(n, bool)
    observations, _ = env.reset(seed=4)
    for t, planned in enumerate(np.concatenate(painted)):
        actions = actor.act(observations)
        np.testing.assert_allclose(actions[alive], np.clip(planned, *env_range(task))[alive], atol=1e-6)
        observations, rewards, over, _, _ = env.step(actions)
        np.testing.assert_allclose(rewards[alive], outcome.rewards[t, alive], atol=1e-6)
        alive &= ~over
    assert not alive.any()


@pytest.mark.slow
def test_what_is_learned_in_painted_trials_is_done_when_stepped():
    """Sampled and greedy, the steps of an environment earn what the painted trials of the last updates did."""
    network = network_for(TASK, 50, activation="tanh")
    run = train(TASK, network, REINFORCE(), 600, device="cpu", evaluate_every=100)
    for sample, column in ((True, "sampled_score"), (False, "greedy_score")):
        env, n = TrialVectorEnv(TASK, 500), 0
        actor = Actor(network, env.single_action_space, seed=1, sample=sample)
        observations, _ = env.reset(seed=9)
        alive, correct = np.ones(500, bool), np.zeros(500, bool)
        while alive.any():
            observations, _, over, _, infos = env.step(actor.act(observations))
            correct |= infos["correct"] & alive
            alive &= ~over
            n += 1
        painted = np.mean([row[column] for row in run.metrics[-2:]])
        assert correct.mean() == pytest.approx(painted, abs=0.12)
        assert correct.mean() > 0.75
