"""The real client of a Gymnasium environment: Stable-Baselines3 trains on the tasks as they are."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from sb3_contrib import RecurrentPPO
from scipy import stats
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

import cogdyn  # noqa: F401  # registers the environments

pytestmark = pytest.mark.slow

N_TRIALS = 300


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def score(model, env, seed):
    """Fraction of trials that the most probable actions answer correctly, from a seed on."""
    right = 0
    for trial in range(N_TRIALS):
        observation, info = env.reset(seed=seed if trial == 0 else None)
        state, first, over = None, True, False
        while not over:
            action, state = model.predict(observation, state, np.array([first]), deterministic=True)
            observation, _, over, _, info = env.step(int(action))
            first = False
        right += info["correct"]
    return right / N_TRIALS


def learns(model, env, rounds, goal=0.9):
    """Train in rounds until the goal is reached; the score on other trials must be more than chance can explain."""
    for _ in range(rounds):
        model.learn(8192, reset_num_timesteps=False)
        if score(model, env, seed=1) >= goal:
            break
    assert score(model, env, seed=2) > stats.binom.isf(1e-6, N_TRIALS, 0.5) / N_TRIALS


def last_bins(env):
    """Show the last 12 bins at once, with Gymnasium's own wrappers: a policy without memory needs them."""
    return gym.wrappers.FlattenObservation(gym.wrappers.FrameStackObservation(env, 12, padding_type="zero"))


def test_ppo_learns_a_decision():
    timing = {"fixation_ms": 100, "stimulus_ms": 300, "decision_ms": 200, "grace_ms": 0, "dt": 50}
    made = {"id": "cogdyn/PerceptualDecisionMaking-v0", "coherences": (0.512,), **timing}
    kwargs = {name: value for name, value in made.items() if name != "id"}
    envs = make_vec_env(made["id"], 8, seed=0, env_kwargs=kwargs, wrapper_class=last_bins)
    model = PPO("MlpPolicy", envs, n_steps=128, batch_size=256, gamma=0.9, learning_rate=1e-3, seed=0, device="cpu")
    learns(model, last_bins(gym.make(**made)), rounds=4)


def test_recurrent_ppo_learns_to_remember():
    timing = dict.fromkeys(("sample_ms", "delay_ms", "test_ms", "decision_ms"), 200)
    kwargs = {"fixation_ms": 100, "grace_ms": 0, "dt": 100, **timing}
    envs = make_vec_env("cogdyn/DelayMatchSample-v0", 16, seed=0, env_kwargs=kwargs)
    settings = {"n_steps": 64, "batch_size": 256, "gamma": 0.9, "learning_rate": 1e-3, "seed": 0, "device": "cpu"}
    model = RecurrentPPO("MlpLstmPolicy", envs, policy_kwargs={"lstm_hidden_size": 32}, **settings)
    learns(model, gym.make("cogdyn/DelayMatchSample-v0", **kwargs), rounds=8)
