"""Many environments at once in Stable-Baselines3, which has to do the same with them as with single ones."""

import re
from pathlib import Path

import numpy as np
import pytest
from playing import NAMES
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from cogdyn.agents.training.stable_baselines import TrialVecEnv
from cogdyn.envs import Rewards, TrialEnv, make_task
from cogdyn.envs.contract.environments import SharedPool


def plain(value):
    """Infos as plain values that compare."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else np.asarray(value).tolist()


@pytest.mark.parametrize("name", [name for name in NAMES if make_task(name).n_segments == 1])
def test_it_does_what_single_environments_in_a_dummy_vec_env_do(name):
    task, n, rewards = make_task(name), 3, {"miss": -0.5}
    ours = TrialVecEnv(task, n, rewards=rewards)
    theirs = DummyVecEnv([lambda: TrialEnv(task, rewards=rewards)] * n)
    shared = SharedPool(task, n, seed=4)
    for env in theirs.envs:
        env.replay_from(shared)
    ours.seed(4)
    np.testing.assert_array_equal(ours.reset(), theirs.reset())
    assert plain(ours.reset_infos) == plain(theirs.reset_infos)
    ours.action_space.seed(0)
    for t in range(120):
        actions = np.stack([ours.action_space.sample() for _ in range(n)]) * (t % 30 == 29)
        *results, infos = ours.step(actions)
        *expected, their_infos = theirs.step(actions)
        for a, b in zip(results, expected, strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
        assert plain(infos) == plain(their_infos)


def test_ppo_takes_it_and_a_curriculum_changes_its_task():
    envs = VecMonitor(TrialVecEnv("DelayMatchSample", 8, delay_ms=200, noise=0.0))
    model = PPO("MlpPolicy", envs, n_steps=32, batch_size=64, n_epochs=1, seed=3, device="cpu")
    model.learn(512)
    assert len(model.ep_info_buffer) > 0
    envs.set_attr("task", make_task("DelayMatchSample", delay_ms=1000, noise=0.0))
    model.learn(512, reset_num_timesteps=False)
    assert {task.delay_ms for task in envs.get_attr("task")} == {1000}
    fixating = TrialVecEnv("DelayMatchSample", 2, delay_ms=200, noise=0.0)
    fixating.set_options({"delay_ms": 1000})
    fixating.reset()
    assert next(t for t in range(1, 300) if fixating.step(np.zeros(2, int))[2].all()) == 105


def test_its_own_vector_environments_pass_the_task_on_by_a_method():
    single = make_vec_env("cogdyn/DelayMatchSample-v0", 1)
    single.env_method("set_wrapper_attr", "task", make_task("DelayMatchSample", delay_ms=1000))
    assert single.envs[0].unwrapped.task.delay_ms == 1000
    with pytest.raises(ValueError, match="delay_ms is an argument of the task"):
        single.env_method("set_wrapper_attr", "delay_ms", 1000)


def test_what_would_make_its_environments_differ_is_refused():
    env = TrialVecEnv("DelayMatchSample", 2)
    with pytest.raises(ValueError, match="indices are 0; allowed: None"):
        env.set_attr("task", make_task("DelayMatchSample"), indices=0)
    with pytest.raises(ValueError, match="delay_ms is an argument of the task"):
        env.set_attr("delay_ms", 500)
    env.set_options([{"dt": 10}, {}])
    with pytest.raises(ValueError, match="options differ"):
        env.reset()
    assert env.env_is_wrapped(VecMonitor) == [False, False]
    env.set_options()
    env.reset()
    first, second = env.env_method("current_info")
    assert first is second
    assert first["period"].tolist() == ["fixation", "fixation"]


def test_the_page_on_environments_runs_as_it_stands():
    page = (Path(__file__).parents[1] / "book/environments.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 7
    names = {}
    exec(compile("\n".join(blocks), "environments.md", "exec"), names)
    assert names["env"].unwrapped.task == names["harder"] == names["envs"].task
    default = Rewards()
    stated = {reward: float(value) for reward, value in re.findall(r"^\| `(\w+)` \| ([-\d.]+) \|", page, re.MULTILINE)}
    assert stated == {reward: getattr(default, reward) for reward in ("correct", "error", "miss", "abort")}
