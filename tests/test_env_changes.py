"""Environments in use: conditions that are asked for, tasks that change, and ids that stand for one task."""

import re

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeAwareObservation
from playing import CLOSED, NAMES, idle

from cogdyn.envs import Choice, Mixture, Noisy, TrialEnv, TrialVectorEnv, make_task
from cogdyn.envs.errors import ArgumentError

DMS = make_task("DelayMatchSample", noise=0.0, delay_ms=500)


def refuses(message):
    return pytest.raises(ArgumentError, match=re.escape(message))


def length(env, **options):
    """Number of steps of an episode of one who waits."""
    env.reset(options=options or None)
    return next(n for n in range(1, 10_000) if env.step(0)[2])


# Conditions


@pytest.mark.parametrize("name", NAMES)
def test_every_factor_can_be_chosen_and_the_rest_is_drawn(name):
    task = make_task(name)
    drawn = task.draw(np.random.default_rng(1), 5)
    for factor in task.factors():
        wanted = drawn[factor]
        vector = TrialVectorEnv(name, 5)
        infos = vector.reset(seed=0, options={factor: wanted})[1]
        np.testing.assert_array_equal(infos["condition"][factor], wanted)
        again = TrialVectorEnv(name, 5).reset(seed=0, options={factor: wanted})[1]
        for condition, values in infos["condition"].items():
            np.testing.assert_array_equal(values, again["condition"][condition])
        env = TrialEnv(name)
        observation, info = env.reset(seed=0, options={factor: wanted[0].item()})
        assert info["condition"][factor] == wanted[0]
        assert observation in env.observation_space


def test_a_chosen_condition_holds_for_one_trial_and_the_next_ones_are_those_of_the_seed():
    env = TrialEnv("PerceptualDecisionMaking", trials_per_episode=20)
    env.reset(seed=3)
    conditions = [env.reset(options={"coherence": 0.064, "side": 1})[1]["condition"]]
    while len(conditions) < 20:
        info = env.step(1)[4]
        conditions += [info["condition"]] if info["ended"] else []
    assert conditions[0] == {"coherence": 0.064, "side": 1}
    stock = env.task.sample(64, seed=3).conditions
    assert [condition["coherence"] for condition in conditions[1:]] == stock["coherence"][1:20].tolist()


def test_conditions_that_follow_from_a_chosen_one_follow():
    pays = {"pay of arm 1": 0.1, "pay of arm 2": 0.9}
    for _ in range(5):
        condition = TrialEnv("Bandit").reset(options=pays)[1]["condition"]
        assert condition["better"] == 2
        assert {name: condition[name] for name in pays} == pays


def test_conditions_of_tasks_made_of_others():
    loud = make_task("PerceptualDecisionMaking", noise=0.5)
    mixture = Mixture(tasks=(make_task("PerceptualDecisionMaking"), loud, make_task("DelayMatchSample")))
    assert list(mixture.factors()) == ["task"]
    settings = Noisy(task=Mixture(tasks=mixture.tasks[:2], cue=False))
    assert list(settings.factors()) == ["task", "side", "coherence"]
    wanted = {"task": [1, 0, 1], "coherence": 0.128}
    condition = TrialVectorEnv(settings, 3).reset(seed=0, options=wanted)[1]["condition"]
    np.testing.assert_array_equal(condition["task"], [1, 0, 1])
    np.testing.assert_array_equal(condition["coherence"], [0.128] * 3)


@pytest.mark.parametrize("make", [TrialEnv, lambda task: TrialVectorEnv(task, 2)])
@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        ("PerceptualDecisionMaking", {"coherence": 0.065}, "coherence is 0.065; PerceptualDecisionMaking draws one of"),
        ("PerceptualDecisionMaking", {"coherence": "high"}, "coherence is high; PerceptualDecisionMaking draws one of"),
        ("PerceptualDecisionMaking", {"coherence": float("nan")}, "coherence is nan"),
        ("PerceptualDecisionMaking", {"coherence": [0.064] * 3}, "coherence has shape (3,); allowed: one value"),
        ("Bandit", {"pay of arm 1": 1.5}, "pay of arm 1 is 1.5; Bandit draws numbers from 0 to 1"),
        ("Bandit", {"better": 1}, "the condition 'better' of Bandit follows from others; choose among: pay of arm 1"),
        ("Bandit", ["better"], "options is ['better']; it must be a mapping"),
        ("DelayMatchSample", {"n_stimuli": 3, "ring": make_task("yang19.go").ring}, "in its observation space"),
        ("TMaze", {"length": 3.5}, "length is 3.5"),
    ],
    ids=str,
)
def test_options_that_mean_nothing_are_refused_and_change_nothing(make, task, options, message):
    env = make(task)
    env.reset(seed=0)
    before = env.task
    with pytest.raises(ValueError, match=re.escape(message)):
        env.reset(seed=1, options=options)
    assert env.task is before
    twin = make(task)
    twin.reset(seed=0)
    still = np.zeros_like(env.action_space.sample())
    np.testing.assert_array_equal(env.step(still)[0], twin.step(still)[0])


def test_names_of_options_are_checked():
    for env, name in ((TrialEnv(DMS), "delay"), (TrialVectorEnv(DMS, 2), "reset_masks")):
        with pytest.raises(ValueError, match=f"unknown option of DelayMatchSample '{name}'. Did you mean '{name[:5]}"):
            env.reset(seed=0, options={name: 1})


# Another task


def test_arguments_in_options_change_the_task_from_then_on():
    env = TrialEnv(DMS)
    assert [length(env), length(env, delay_ms=1500), length(env)] == [80, 130, 130]
    assert env.task == make_task("DelayMatchSample", noise=0.0, delay_ms=1500)
    np.testing.assert_array_equal(env.reset(seed=4)[0], env.task.sample(64, seed=4).inputs[0, 0])
    vector = TrialVectorEnv(DMS, 3)
    vector.reset(seed=0, options={"delay_ms": 1500})
    assert vector.slots.length.tolist() == [130] * 3
    np.testing.assert_array_equal(vector.reset(seed=4)[0], env.task.sample(3, seed=4).inputs[0])


def test_arguments_and_conditions_may_be_asked_for_at_once():
    env = gym.make("cogdyn/PerceptualDecisionMaking-v0")
    _, info = env.reset(options={"coherences": (0.03, 0.2), "coherence": 0.03, "dt": 10})
    assert info["condition"]["coherence"] == 0.03
    assert env.unwrapped.metadata["render_fps"] == 100


def change_itself(env, task):
    env.unwrapped.task = task


@pytest.mark.parametrize(
    "change", [change_itself, lambda env, task: env.set_wrapper_attr("task", task)], ids=["assigned", "by wrappers"]
)
def test_another_task_begins_with_the_next_trial(change):
    env = gym.make("cogdyn/DelayMatchSample-v0", noise=0.0, delay_ms=500, trials_per_episode=2)
    env.reset(seed=0)
    for _ in range(10):
        env.step(0)
    change(env, make_task("DelayMatchSample", noise=0.0, delay_ms=1500))
    ends = [n for n in range(11, 1000) if not over(env) and env.step(0)[4]["ended"]]
    assert ends == [80, 80 + 130]


def over(env):
    return not env.unwrapped._playing


@pytest.mark.parametrize("mode", AutoresetMode)
def test_many_environments_finish_their_trials_by_the_rules_of_the_task_before(mode):
    """While trials of two tasks and three lengths are in play, and some answers wrong."""
    before = make_task("DelayMatchSample", noise=0.0, delay_ms=Choice((200, 600)))
    after = make_task("DelayMatchSample", noise=0.0, delay_ms=400)
    n, rng, lengths = 4, np.random.default_rng(0), []
    native = TrialVectorEnv(before, n, autoreset_mode=mode, rewards={"error": -1.0, "miss": -0.5})
    native.reset(seed=0)
    for t in range(500):
        if t == 200:
            native.task = after
        slots, resting, target = native.slots, native._over.copy(), native.slots.targets
        names, bins, length = slots.period, slots.bin.copy(), slots.length.copy()
        for i, trial in enumerate([slots.batch(np.array([i])) for i in range(n)]):
            inside = [name for name, (start, stop) in trial.periods.items() if start[0] <= bins[i] < stop[0]]
            assert [names[i]] == (inside or [""])
        actions = np.where(rng.random(n) < 0.3, rng.integers(0, 3, n), target)
        actions *= (names == "decision") & (bins == length - 1)
        _, rewards, terminated, _, infos = native.step(actions)
        same_step = mode is AutoresetMode.SAME_STEP and terminated.any()
        correct = (infos["final_info"] if same_step else infos)["correct"]
        for i in np.flatnonzero(terminated & ~resting):
            lengths.append((t, length[i]))
            assert correct[i] == (actions[i] == target[i])
            assert rewards[i] == (1 if correct[i] else -1 if actions[i] else -0.5)
        if mode is AutoresetMode.DISABLED and terminated.any():
            native.reset(options={"reset_mask": terminated})
    assert {n for t, n in lengths if t < 200} == {65, 85}
    assert {n for t, n in lengths if t > 300} == {75}


def test_sessions_of_different_lengths_are_in_play_at_once():
    vector = TrialVectorEnv("Bandit", 3, n_choices=4, autoreset_mode="Disabled")
    vector.reset(seed=0)
    for _ in range(5):
        vector.step(np.zeros(3, int))
    vector.reset(options={"reset_mask": np.array([True, False, False]), "n_choices": 2})
    ends = {}
    for t in range(6, 62):
        over = vector.step(np.zeros(3, int))[2]
        ends |= {int(i): t for i in np.flatnonzero(over)}
        if over.any():
            vector.reset(options={"reset_mask": over})
    assert ends == {0: 5 + 30, 1: 60, 2: 60}


def test_vector_environments_of_gymnasium_pass_the_task_on():
    """As in a curriculum: SyncVectorEnv of single ones, and the native one, take it by the same call."""
    longer = make_task("DelayMatchSample", noise=0.0, delay_ms=1500)
    for vector in (
        SyncVectorEnv([lambda: gym.wrappers.RecordEpisodeStatistics(TrialEnv(DMS))] * 2),
        TrialVectorEnv(DMS, 2),
    ):
        vector.reset(seed=0)
        vector.set_attr("task", longer)
        assert vector.get_attr("trials_per_episode") == (1, 1)
        ends = [t for t in range(1, 220) if vector.step(np.zeros(2, int))[2].all()]
        assert ends == [80, 80 + 1 + 130]
        for value in (longer, [longer, longer]):
            vector.set_attr("task", value)
        with refuses("delay_ms is an argument of the task, not of Trial"):
            vector.set_attr("delay_ms", 500)
    with refuses("task has 2 values; allowed: one, or 2 equal ones"):
        vector.set_attr("task", [longer, DMS])


@pytest.mark.parametrize("make", [TrialEnv, lambda task: TrialVectorEnv(task, 2)])
def test_tasks_that_an_environment_cannot_continue_with_are_refused(make):
    env = make(DMS)
    env.reset(seed=0)
    with refuses("the new NBack differs from the DelayMatchSample of this environment in its observation space and"):
        env.task = make_task("NBack")
    with refuses("task is 'DelayMatchSample'; allowed: a task that is made"):
        env.task = "DelayMatchSample"
    with refuses("the new DelayMatchCategory differs from"):
        env.task = make_task("DelayMatchCategory", noise=0.0)
    with refuses("delay_ms is an argument of the task"):
        env.delay_ms = 500
    assert env.task is DMS


@pytest.mark.parametrize("name", CLOSED)
def test_sessions_take_another_task(name):
    other = make_task(name, noise=0.0, grace_ms=0)
    env = TrialEnv(name, trials_per_episode=2)
    env.reset(seed=0)
    env.step(idle(env.task))
    env.task = other
    while env._number == 0:
        env.step(idle(other))
    assert env._played is other


# Ids


def test_an_id_is_that_of_one_task():
    for make in (gym.make, lambda *a, **k: gym.make_vec(*a, num_envs=2, vectorization_mode="vector_entry_point", **k)):
        with refuses("cogdyn/DelayMatchSample-v0 is the environment of DelayMatchSample; for NBack use"):
            make("cogdyn/DelayMatchSample-v0", task="NBack")


def test_a_largest_number_of_steps_can_be_given():
    env = TimeAwareObservation(gym.make("cogdyn/DelayMatchSample-v0", delay_ms=500, max_episode_steps=100))
    assert env.reset(seed=0)[0].shape == (6,)
    ends = [env.step(0)[2:4] for _ in range(80)]
    assert ends == [(False, False)] * 79 + [(True, False)]
