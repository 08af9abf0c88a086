"""The environments replay what tasks paint, and score as tasks score."""

import copy
import importlib
import json
import logging
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import cogdyn.envs
from cogdyn.envs import Levels, PaintedTask, Rewards, TrialEnv, TrialVectorEnv, Uniform, make_task, task_names
from cogdyn.envs.contract.environments import actions_of
from cogdyn.envs.durations import Duration
from cogdyn.envs.replay import Pool
from cogdyn.envs.responses import respond
from cogdyn.envs.trial import join_segments

OPEN = (
    "PerceptualDecisionMaking",
    "DelayMatchSample",
    "GoNogo",
    "NBack",
    "ReadySetGo",
    "DelayedReach",
    "yang19.dms",
    "Add",
)
"""One task of each kind; the contract holds all of them to what matters most."""
ONE_RESPONSE = tuple(name for name in OPEN if name != "NBack")
CLOSED = ("ReversalBandit", "DawTwoStep", "TMaze")
NAMES = (*OPEN, *CLOSED)
DECISION = {"task": "PerceptualDecisionMaking", "noise": 0.0, "coherences": (0.5,)}
"""200 ms fixation, 1,000 ms stimulus, 300 ms decision: bins 0 to 9, 10 to 59, 60 to 74."""


def play(env, actions):
    """Step through actions until the episode is over; all that came after the reset, and the sum of rewards."""
    steps = []
    for action in actions:
        steps.append(env.step(action))
        if steps[-1][2]:
            break
    return steps, sum(step[1] for step in steps)


def idle(task, n=None):
    """The action of one who does nothing, for one environment or n."""
    shape = () if task.kind == "choice" else (task.n_outputs,)
    return np.zeros(shape if n is None else (n, *shape), np.int64 if task.kind == "choice" else np.float32)


# Gymnasium's rules.


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
        importlib.reload(importlib.import_module("cogdyn.envs.registration")).register_environments()
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
assert "matplotlib" not in sys.modules
env.render()
assert "matplotlib" in sys.modules and "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


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


# What is replayed.


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
        np.testing.assert_array_equal(ours[f"_{name}"], mask)
        if isinstance(theirs[name], dict):
            same_under_masks(ours[name], theirs[name])
        else:
            for i in np.flatnonzero(mask):
                np.testing.assert_array_equal(ours[name][i], theirs[name][i])


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


def test_the_vector_environment_is_worth_having():
    """In fact it is some 80 times faster at 1,024 environments; this is what no noise of a machine can hide."""
    n, seconds = 256, {}
    envs = {"native": TrialVectorEnv(num_envs=n, **DECISION), "sync": SyncVectorEnv([lambda: TrialEnv(**DECISION)] * n)}
    for name, env in envs.items():
        env.reset(seed=0)
        begin = time.process_time()
        for _ in range(20):
            env.step(np.zeros(n, int))
        seconds[name] = time.process_time() - begin
    assert seconds["native"] < seconds["sync"] / 5


# What actions earn.


def decide(actions, **arguments):
    """Play trials of an easy decision; actions maps a bin to what is done there, as a class or "right"/"wrong"."""
    env = TrialEnv(**(DECISION | arguments))
    _, info = env.reset(seed=0)
    side, steps = info["condition"]["side"], []
    for t in range(75 * env.trials_per_episode):
        action = actions.get(t, 0)
        action = {"right": side, "wrong": 3 - side}.get(action, action)
        steps.append(env.step(action))
        if steps[-1][2]:
            break
    return steps


@pytest.mark.parametrize(
    ("actions", "last", "reward", "correct"),
    [
        ({60: "right"}, 60, 1.0, True),
        ({74: "right"}, 74, 1.0, True),
        ({70: "wrong"}, 70, 0.25, False),
        ({}, 74, -0.5, False),
        ({0: "right"}, 0, -2.0, False),
        ({59: "right"}, 59, -2.0, False),
    ],
    ids=["right at once", "right at last", "wrong", "no response", "break at once", "break just before"],
)
def test_how_a_trial_ends(actions, last, reward, correct):
    steps = decide(actions, rewards=Rewards(correct=1.0, error=0.25, abort=-2.0, miss=-0.5))
    assert len(steps) == last + 1
    observation, earned, terminated, truncated, info = steps[-1]
    assert (earned, terminated, truncated, info["correct"]) == (reward, True, False, correct)
    assert [step[1] for step in steps[:-1]] == [0.0] * last
    assert (observation == 0).all()
    assert info["choice"] == (0 if last < 60 or not actions else info["choice"])


def test_fixation_breaks_that_end_nothing():
    steps = decide({3: 1, 4: 2, 62: "right"}, abort=False)
    assert [t for t, step in enumerate(steps) if step[1]] == [3, 4, 62]
    assert [steps[t][1] for t in (3, 4, 62)] == [-0.1, -0.1, 1.0]


def test_episodes_of_several_trials():
    steps = decide({60: "right", 61: 1}, trials_per_episode=3)
    ends = [t for t, step in enumerate(steps) if "correct" in step[4]]
    assert ends == [60, 61, 61 + 75]
    assert [steps[t][4]["correct"] for t in ends] == [True, False, False]
    assert [steps[t][4]["trial"] for t in ends] == [0, 1, 2]
    assert [step[2] for step in steps] == [False] * 136 + [True]
    second = TrialEnv(**DECISION).task.sample(64, seed=0)
    np.testing.assert_array_equal(steps[60][0], second.inputs[0, 1])
    assert steps[60][4]["period"] == "fixation"
    assert steps[60][4]["condition"]["side"] == second.conditions["side"][1]
    assert steps[60][4]["trial_condition"]["side"] == second.conditions["side"][0]


def test_an_episode_that_is_over_needs_a_reset():
    env = TrialEnv(**DECISION)
    with pytest.raises(ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    env.step(1)
    with pytest.raises(ResetNeeded):
        env.step(0)
    vector = TrialVectorEnv(num_envs=2, autoreset_mode="Disabled", **DECISION)
    with pytest.raises(ResetNeeded):
        vector.step(np.zeros(2, int))
    with pytest.raises(ResetNeeded):
        vector.reset(options={"reset_mask": np.array([True, False])})
    vector.reset(seed=0)
    vector.step(np.array([0, 1]))
    with pytest.raises(ResetNeeded, match=r"\[1\]"):
        vector.step(np.zeros(2, int))
    vector.reset(options={"reset_mask": np.array([False, True])})
    vector.step(np.zeros(2, int))


def test_the_moment_counts_where_the_task_says_so():
    task = make_task("ReadySetGo", noise=0.0, interval_ms=400)
    rewards = {}
    for moment in range(50):
        env = TrialEnv(task)
        env.reset(seed=0)
        go = round((200 + 400) / task.dt) + moment
        steps, rewards[moment * task.dt] = play(env, [0] * go + [1] + [0] * 100)
        if len(steps) <= go:
            break
    assert [ms for ms, reward in rewards.items() if reward == 1] == [*range(340, 480, 20)]


def test_a_reach_is_judged_by_all_its_actions():
    env = TrialEnv("DelayedReach")
    batch = env.task.sample(64, seed=0)
    ideal = env.task.ideal(batch)[: batch.lengths[0], 0]
    for gain, reward in ((1.0, 1.0), (0.9, 1.0), (0.5, 0.0), (-1.0, 0.0)):
        env.reset(seed=0)
        steps, total = play(env, np.float32(gain) * ideal)
        assert total == reward
        assert len(steps) == batch.lengths[0]
        assert "choice" not in steps[-1][4]


@dataclass(frozen=True, kw_only=True)
class TwoAnswers(PaintedTask):
    """Respond in the first of two response periods, or in the second, or in none, as two lights say."""

    grace_ms: float = 0.0
    noise: float = 0.0
    delay_ms: Duration = Uniform(40, 100)

    family = "test"
    source = "doi:10."
    contrasts = ("first", "second")
    response_period = "answer"
    informative = "cue"

    def channels(self):
        return {"first": 1, "second": 1}

    def responses(self):
        return ("fixate", "press")

    def durations(self):
        return {"cue": 60, "answer 1": 60, "delay": self.delay_ms, "answer 2": 60}

    @property
    def answers(self):
        return np.array([0.5, 0.5])

    def factors(self):
        return {"first": Levels((0, 1)), "second": Levels((0, 1))}

    def paint(self, canvas, conditions):
        for number, name in enumerate(("first", "second"), start=1):
            canvas.add(name, conditions[name][:, None], "cue")
            canvas.target(conditions[name], f"answer {number}")

    def ideal(self, batch):
        outputs = self.hold(batch)
        for column, span in enumerate(batch.windows("answer")):
            respond(outputs, (batch.inputs[0, :, column] > 0.5).astype(int), span)
        return outputs


def test_withholding_can_be_right_and_every_response_period_counts():
    env = TrialEnv(TwoAnswers(delay_ms=40), rewards={"error": -1.0, "miss": -3.0})
    for first, second, press_first, press_second in product((0, 1), repeat=4):
        env.reset(seed=0)
        while (env._condition["first"], env._condition["second"]) != (first, second):
            env.reset()
        actions = np.zeros(11, int)
        actions[4], actions[9] = press_first, press_second
        steps, total = play(env, actions)
        assert len(steps) == (10 if press_second else 11)
        expected = 0.0
        for asked, pressed, when in ((first, press_first, 4), (second, press_second, 9)):
            earned = 1.0 if asked == pressed else -1.0 if pressed else -3.0
            # A response is paid at once, its absence at the end of the period, in bin 5 or 10.
            assert steps[when if pressed else when + 1][1] == earned
            expected += earned
        assert total == expected
        assert steps[-1][4]["correct"] == (first == press_first and second == press_second)
        np.testing.assert_array_equal(steps[-1][4]["choice"], [press_first, press_second])


# Closed loops.


def session_policy(task, choose):
    """A policy for ``task.sample`` that answers segment k of environment i with choose(k, i), held all the time."""
    count = iter(range(1000))

    def policy(segment):
        k = next(count)
        choice = np.array([choose(k, i) for i in range(segment.batch_size)])
        return respond(task.hold(segment), choice, segment.windows(task.response_period)[0])

    return policy


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("least", [0, 1], ids=["some choices missed", "all choices made"])
def test_sessions_are_those_of_the_task(name, least):
    task = make_task(name)
    n_segments = task.n_segments

    def choose(k, i):
        return least + (k + i) % (task.n_outputs - least)

    single = task.sample(1, seed=9, policy=session_policy(task, choose))
    env = TrialEnv(task, rewards={"error": -1.0})
    observation, info = env.reset(seed=9)
    seen, ends, over = [observation], [], False
    while not over:
        action = choose(len(ends), 0) if info["period"] == task.response_period else 0
        observation, reward, over, _, info = env.step(action)
        seen.append(observation)
        if "correct" in info:
            ends.append((reward, info))
    np.testing.assert_array_equal(seen[:-1], single.inputs[:, 0])
    assert [info["segment"] for _, info in ends] == list(range(n_segments))
    assert [info["choice"] for _, info in ends] == [choose(k, 0) for k in range(n_segments)]
    assert all(reward == 2 * info["outcome"] - 1 for reward, info in ends)
    np.testing.assert_array_equal(
        [info["outcome"] for _, info in ends[:-1]],
        [single.conditions[f"outcome {k}"][0] for k in range(2, n_segments + 1)],
    )
    targets = [single.targets[stop[0] - 1, 0] for _, stop in single.windows(task.response_period)]
    if task.scored_by_class:
        for (_, info), target in zip(ends, targets, strict=True):
            assert info["correct"] == (info["choice"] == target)

    batch = task.sample(4, seed=9, policy=session_policy(task, choose))
    vector = TrialVectorEnv(task, 4)
    observation, info = vector.reset(seed=9)
    k = 0
    for inputs in batch.inputs:
        np.testing.assert_array_equal(observation, inputs)
        action = np.array([choose(k, i) for i in range(4)]) * (info["period"] == task.response_period)
        observation, _, over, _, info = vector.step(action)
        k += "correct" in info
    assert over.all()


@pytest.mark.parametrize("name", CLOSED)
def test_breaking_fixation_ends_no_session_and_the_first_choice_counts(name):
    env = TrialEnv(name)
    _, info = env.reset(seed=0)
    assert env.step(1)[1:3] == (-0.1, False)
    while info["period"] != env.task.response_period:
        info = env.step(0)[4]
    env.step(2)
    while "correct" not in info:
        info = env.step(1)[4]
    assert info["choice"] == 2


@pytest.mark.parametrize("name", CLOSED)
def test_the_ideal_policy_of_sessions_earns_more_than_a_guesser(name):
    task = make_task(name)
    past = []

    def ideal(segment):
        past.append(segment)
        return task.ideal(join_segments(past))[-len(segment.inputs) :]

    earned = {}
    for kind, policy in (("ideal", ideal), ("guess", lambda segment: task.guess(segment, len(segment.inputs)))):
        vector = TrialVectorEnv(task, 64)
        vector.reset(seed=1)
        total = np.zeros(64)
        for _ in range(task.n_segments):
            actions = policy(vector.slots.batch(np.arange(64))).argmax(axis=-1)
            for action in actions:
                total += vector.step(action)[1]
        earned[kind] = total.mean() / task.n_segments
    assert earned["ideal"] > earned["guess"] + 0.1


# Pictures.


@pytest.mark.parametrize("name", ["PerceptualDecisionMaking", "DelayedReach", "ReversalBandit"])
def test_pictures_show_the_trial_so_far(name):
    env = TrialEnv(name, render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    for _ in range(20):
        env.step(idle(env.task))
    later = env.render()
    assert first.shape == later.shape == (360, 640, 3)
    assert first.dtype == later.dtype == np.uint8
    assert (first != later).any()
    # The inputs of the first bin stay where they were; the picture grows to the right.
    np.testing.assert_array_equal(first[80:110, 123:127], later[80:110, 123:127])


def test_pictures_show_values_in_colour():
    env = TrialEnv("DelayedReach", noise=0.0, render_mode="rgb_array", hold_ms=0, delay_ms=200, n_targets=2)
    _, info = env.reset(seed=0)
    while info["condition"]["target"] != 1:
        _, info = env.reset()
    env.step(np.float32([-1.0, 1.0]))
    # The first bin, from top to bottom: target x = -1, target y = 0, hold = 1, velocity x = -1, velocity y = 1.
    left = env.render()[:, 125].astype(int)
    blueness = np.sign(np.round((left[:, 2] - left[:, 0]) / 60)).astype(int)
    rows = blueness[[90, 135, 185, 243, 290]]
    assert rows.tolist() == [1, 0, -1, 1, -1]


def test_pictures_need_a_mode_and_a_trial():
    env = TrialEnv("ReadySetGo")
    with pytest.warns(UserWarning, match='render_mode="rgb_array"'):
        assert env.render() is None
    with pytest.raises(ResetNeeded):
        TrialEnv("ReadySetGo", render_mode="rgb_array").render()


def test_a_window_that_cannot_be_had_is_said_once(caplog):
    env = TrialEnv("ReadySetGo", render_mode="human")
    env.reset(seed=0)
    for _ in range(3):
        env.step(0)
    assert env.render() is None
    env.close()
    env.close()
    (record,) = caplog.records
    assert "'agg' has none" in record.getMessage()


def test_a_window_shows_every_step(monkeypatch):
    from matplotlib.backends import registry

    monkeypatch.setattr(registry.backend_registry, "list_builtin", lambda _: ["agg"])
    monkeypatch.setattr("matplotlib.figure.Figure.show", lambda figure: None)
    drawn = []
    monkeypatch.setattr("cogdyn.envs.render.draw_on", lambda figure, *picture: drawn.append(picture[2]))
    env = TrialEnv("ReadySetGo", render_mode="human")
    env.reset(seed=0)
    for _ in range(3):
        env.step(0)
    env.close()
    assert drawn == [1, 2, 3, 4]


def test_specs_can_be_written_down():
    spec = gym.make("cogdyn/DelayMatchSample-v0", delay_ms=500, rewards={"abort": -1.0}).spec
    assert json.loads(spec.to_json())["kwargs"] == {
        "task": "DelayMatchSample",
        "delay_ms": 500,
        "rewards": {"abort": -1.0},
    }
