"""Environments keep Gymnasium's rules."""

import copy
import importlib
import logging
import subprocess
import sys
import warnings
from collections.abc import Mapping

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from playing import NAMES, idle

import cogdyn.envs
from cogdyn.envs import Rewards, TrialEnv, TrialVectorEnv, make_task, task_names


@pytest.mark.filterwarnings(
    "ignore:.*A Box observation space m.* value is -?infinity:UserWarning"
)  # noise has no bounds
@pytest.mark.parametrize("name", NAMES)
def test_every_task_is_registered_and_passes_the_checker(name, caplog):
    with caplog.at_level(logging.ERROR):
        check_env(gym.make(f"cogdyn/{name}-v0", render_mode="rgb_array").unwrapped)
    for mode in AutoresetMode:
        env = gym.make_vec(
            f"cogdyn/{name}-v0", num_envs=3, vectorization_mode="vector_entry_point", autoreset_mode=mode
        )
        assert env.metadata["autoreset_mode"] is mode
        assert isinstance(env, TrialVectorEnv)
        env.close()


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_can_wrap_and_copy_them(name):
    made = gym.make(f"cogdyn/{name}-v0", dt=10)
    assert gym.make(made.spec).unwrapped.task == made.unwrapped.task
    made.reset(seed=0)
    twin = copy.deepcopy(made)
    for action in [idle(made.unwrapped.task)] * 5:
        assert flat(twin.step(action)) == flat(made.step(action))
    env = gym.wrappers.vector.RecordEpisodeStatistics(TrialVectorEnv(name, 2))
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(400):
        *_, infos = env.step(idle(env.unwrapped.task, 2))
        if "episode" in infos:
            break
    assert "episode" in infos or make_task(name).n_segments > 1


def test_arguments_reach_task_and_environment():
    env = gym.make("cogdyn/DelayMatchSample-v0", delay_ms=500, dt=10, trials_per_episode=3, rewards={"miss": -1})
    assert env.unwrapped.task == make_task("DelayMatchSample", delay_ms=500, dt=10)
    assert env.unwrapped.trials_per_episode == 3
    assert env.unwrapped.rewards == Rewards(miss=-1)
    vector = gym.make_vec("cogdyn/DelayMatchSample-v0", num_envs=1024, vectorization_mode="vector_entry_point")
    assert vector.reset(seed=0)[0].shape == (1024, 5)
    assert TrialEnv(make_task("DelayMatchSample", dt=10)).task.dt == 10


def test_registering_again_is_silent():
    before = dict(gym.registry)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cogdyn.envs.register_environments()
        importlib.reload(importlib.import_module("cogdyn.envs.gym.registration")).register_environments()
    assert dict(gym.registry) == before
    assert [id for id in gym.registry if id.startswith("cogdyn/")] == [f"cogdyn/{name}-v0" for name in task_names()]


def test_a_fresh_process_needs_no_import_and_loads_nothing_heavy():
    code = """
import sys, gymnasium as gym
env = gym.make("cogdyn:cogdyn/DelayMatchSample-v0")
env.reset(seed=0)
env.step(0)
heavy = {"torch", "matplotlib", "scipy"} & set(sys.modules)
assert not heavy, heavy
env = gym.make("cogdyn/DelayMatchSample-v0", render_mode="rgb_array")
env.reset(seed=0)
assert not {"matplotlib", "PIL"} & set(sys.modules)
env.render()
assert "PIL" in sys.modules and "matplotlib.pyplot" not in sys.modules
"""
    # but for what NumPy says where NPY_DISABLE_CPU_FEATURES is set, as when the suite is run for a plain processor
    strict = ["-W", "error", "-W", "ignore:During parsing environment variable"]
    subprocess.run([sys.executable, *strict, "-c", code], check=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [lambda name: TrialEnv(name), lambda name: TrialVectorEnv(name, 4)])
def test_spaces_contain_everything_and_a_seed_fixes_the_stream(name, make):
    env = make(name)
    env.action_space.seed(0)
    fixed = [env.action_space.sample() if t % 5 else np.zeros_like(env.action_space.sample()) for t in range(400)]

    def run(seed):
        seen = [env.reset(seed=seed)]
        for action in fixed:
            step = env.step(action)
            seen.append(step)
            if np.all(step[2]) and isinstance(env, TrialEnv):
                seen.append(env.reset())
        return seen

    first, again, other = run(7), run(7), run(8)
    assert all(step[0] in env.observation_space for step in first)
    assert [flat(a) for a in first] == [flat(b) for b in again]
    assert [flat(a) for a in first] != [flat(b) for b in other]


def flat(value):
    """Anything that an environment returns, as bytes and plain values that compare."""
    if isinstance(value, Mapping):
        return {name: flat(v) for name, v in value.items()}
    if isinstance(value, tuple):
        return [flat(v) for v in value]
    return value.tobytes() if isinstance(value, np.ndarray) and value.dtype != object else str(value)
