"""Environments replay painted trials, one or many of them."""

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from playing import CLOSED, ONE_RESPONSE, OPEN, TwoAnswers, idle, play

from cogdyn.envs import Rewards, TrialEnv, TrialVectorEnv, make_task
from cogdyn.envs.contract.environments import actions_of
from cogdyn.envs.gym.replay import Pool


@pytest.mark.parametrize("name", OPEN)
def test_one_environment_replays_a_batch(name):
    env, task = TrialEnv(name), make_task(name)
    batch = task.sample(64, seed=5)
    for trial in range(3):
        length = batch.lengths[trial]
        observation, info = env.reset(seed=5 if trial == 0 else None)
        steps, _ = play(env, [idle(task)] * 1000)
        seen = np.array([observation, *(step[0] for step in steps)])
        np.testing.assert_array_equal(seen[:-1], batch.inputs[:length, trial])
        assert (seen[-1] == 0).all()
        infos = [info, *(step[4] for step in steps)]
        np.testing.assert_array_equal([i["target"] for i in infos[:-1]], batch.targets[:length, trial])
        assert infos[0]["condition"] == {key: values[trial] for key, values in batch.conditions.items()}
        for period, (start, stop) in batch.periods.items():
            assert [i["period"] for i in infos[start[trial] : stop[trial]]] == [period] * (stop - start)[trial]
        assert infos[-1]["period"] == ""
        assert infos[-1]["trial"] == trial
        assert infos[-1]["trial_condition"] == infos[0]["condition"]


@pytest.mark.parametrize("name", OPEN)
def test_the_next_block_follows_the_first(name):
    env, task, rng = TrialEnv(name), make_task(name), np.random.default_rng(5)
    task.sample(64, rng)
    env.reset(seed=5)
    for _ in range(63):
        env.reset()
    np.testing.assert_array_equal(env.reset()[0], task.sample(64, rng).inputs[0, 0])


@pytest.mark.parametrize("name", OPEN)
def test_many_environments_replay_a_batch(name):
    env, task = TrialVectorEnv(name, 16), make_task(name)
    rng = np.random.default_rng(5)
    batch = task.sample(16, rng)
    observation, info = env.reset(seed=5)
    going = np.ones(16, bool)
    for t in range(len(batch.inputs)):
        going = t < batch.lengths
        np.testing.assert_array_equal(observation[going], batch.inputs[t, going])
        np.testing.assert_array_equal(info["target"][going], batch.targets[t, going])
        for condition, values in batch.conditions.items():
            np.testing.assert_array_equal(info["condition"][condition][going], values[going])
        for period in batch.periods:
            np.testing.assert_array_equal((info["period"] == period)[going], batch.during(period)[t, going])
        if not going.all():
            break
        observation, _, over, _, info = env.step(idle(task, 16))
        np.testing.assert_array_equal(over, t + 1 == batch.lengths)
    # The shortest trials were the first to end, and got the next trials in order.
    ended, following = np.flatnonzero(over), task.sample(16, rng)
    observation, *_ = env.step(idle(task, 16))
    np.testing.assert_array_equal(observation[ended], following.inputs[0, : len(ended)])


@pytest.mark.parametrize("name", ONE_RESPONSE)
def test_the_ideal_policy_earns_what_the_task_scores(name):
    task = make_task(name)
    batch = task.sample(64, seed=2)
    outputs = task.ideal(batch)
    actions, scores = actions_of(task, outputs), task.score(outputs, batch)
    env = TrialEnv(task, rewards=Rewards(correct=3.0, error=-2.0))
    for trial in range(8):
        env.reset(seed=2 if trial == 0 else None)
        steps, total = play(env, actions[:, trial])
        assert total == (3.0 if scores[trial] == 1 else -2.0)
        assert steps[-1][4]["correct"] == (scores[trial] == 1)
        if task.kind == "choice":
            assert steps[-1][4]["choice"] == actions[batch.lengths[trial] - 1, trial]
    vector = TrialVectorEnv(task, 64, autoreset_mode=AutoresetMode.DISABLED)
    vector.reset(seed=2)
    earned = np.full(64, np.nan)
    for action in actions:
        _, reward, over, _, info = vector.step(action)
        for i in np.flatnonzero(over & np.isnan(earned)):
            earned[i] = reward[i]
            assert info["_correct"][i]
            assert info["correct"][i] == (scores[i] == 1)
        if over.any():
            vector.reset(options={"reset_mask": over})
        if not np.isnan(earned).any():
            break
    np.testing.assert_array_equal(earned, scores)


@pytest.mark.parametrize("name", ONE_RESPONSE)
def test_the_ideal_policy_earns_the_ceiling(name):
    task, n = make_task(name), 1000
    batch = task.sample(n, seed=3)
    actions = actions_of(task, task.ideal(batch))
    env = TrialVectorEnv(task, n)
    env.reset(seed=3)
    earned, done = np.zeros(n), np.zeros(n, bool)
    for action in actions:
        _, reward, over, _, _ = env.step(action)
        earned[~done] += reward[~done]
        done |= over
    assert done.all()
    assert abs(earned.mean() - task.ceiling) <= 4 * np.sqrt(task.ceiling * (1 - task.ceiling) / n) + 1e-9


class SharedPool(Pool):
    """Trials for several environments from one generator, in the order in which they ask."""

    def __init__(self, task, size, seed):
        super().__init__(task, size)
        self._rng = np.random.default_rng(seed)

    def take(self, n, rng):
        return super().take(n, self._rng)


def same_under_masks(ours, theirs):
    """Whether infos agree wherever Gymnasium's own vector environment has an entry."""
    assert ours.keys() == theirs.keys()
    for name in (name for name in theirs if not name.startswith("_")):
        mask = theirs[f"_{name}"]
        assert np.array_equal(ours[f"_{name}"], mask), name
        if isinstance(theirs[name], dict):
            same_under_masks(ours[name], theirs[name])
        else:
            for i in np.flatnonzero(mask):
                assert np.array_equal(ours[name][i], theirs[name][i]), name


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("name", [*OPEN, "two answers"])
def test_vector_environment_does_what_single_ones_do(name, mode):
    task, n, rng = TwoAnswers() if name == "two answers" else make_task(name), 4, np.random.default_rng(0)
    for trials, abort, careless in ((1, True, 0.2), (1, False, 0.01), (2, True, 0.01), (2, False, 0.2)):
        arguments = {"task": task, "trials_per_episode": trials, "abort": abort, "rewards": {"miss": -0.5}}
        native = TrialVectorEnv(num_envs=n, autoreset_mode=mode, **arguments)
        sync = SyncVectorEnv([lambda a=arguments: TrialEnv(**a)] * n, autoreset_mode=mode)
        shared = SharedPool(task, n, seed=4)
        for env in sync.envs:
            env.replay_from(shared)
        (ours, infos), (theirs, expected) = native.reset(seed=4), sync.reset()
        for _ in range(160):
            np.testing.assert_array_equal(ours, theirs)
            same_under_masks(infos, expected)
            actions = infos["target"].copy()
            stray = rng.random(n) < careless
            actions[stray] = native.action_space.sample()[stray]
            (ours, *result, infos), (theirs, *results, expected) = native.step(actions), sync.step(actions)
            np.testing.assert_array_equal(result, results)
            over = result[1]
            if mode is AutoresetMode.DISABLED and over.any():
                same_under_masks(infos, expected)
                ours, infos = native.reset(options={"reset_mask": over})
                theirs, expected = sync.reset(options={"reset_mask": over})
                same_under_masks(infos, expected)
                infos = native.current_info()
                expected = infos


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("name", CLOSED)
def test_vector_environment_of_one_session_does_what_a_single_one_does(name, mode):
    task, rng = make_task(name), np.random.default_rng(0)
    native = TrialVectorEnv(task, 1, autoreset_mode=mode, trials_per_episode=2)
    sync = SyncVectorEnv([lambda: TrialEnv(task, trials_per_episode=2)], autoreset_mode=mode)
    (ours, infos), (theirs, expected) = native.reset(seed=4), sync.reset(seed=4)
    for _ in range(400):
        np.testing.assert_array_equal(ours, theirs)
        same_under_masks(infos, expected)
        actions = rng.integers(0, task.n_outputs, 1) if rng.random() < 0.2 else infos["target"]
        (ours, *result, infos), (theirs, *results, expected) = native.step(actions), sync.step(actions)
        np.testing.assert_array_equal(result, results)
