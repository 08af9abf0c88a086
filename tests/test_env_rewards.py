"""What actions earn, in trials and in sessions."""

from itertools import product

import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from playing import CLOSED, DECISION, TwoAnswers, play

from cogdyn.envs import Rewards, TrialEnv, TrialVectorEnv, make_task, task_names
from cogdyn.envs.responses import respond
from cogdyn.envs.trial import join_segments

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
    ends = [t for t, step in enumerate(steps) if step[4]["ended"]]
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


@pytest.mark.parametrize("name", ["DelayedReach", "yang19.go"])
def test_actions_out_of_range_count_as_the_nearest_within(name):
    """As Gymnasium's own environments clip: float32 or float64, for one environment and for many."""
    envs = [TrialEnv(name, rewards={"error": -1.0}) for _ in range(2)]
    many = [TrialVectorEnv(name, 3, rewards={"error": -1.0}) for _ in range(2)]
    space, rng = envs[0].action_space, np.random.default_rng(0)
    for env in (*envs, *many):
        env.reset(seed=0)
    over = False
    while not over:
        wild = 10.0 ** rng.integers(-2, 40) * rng.standard_normal((3, *space.shape))
        wild[0, 0] = rng.choice([np.inf, -np.inf])
        tame = np.clip(wild, space.low, space.high).astype(np.float32)
        results = [env.step(action)[:3] for env, action in zip(envs, (wild[0], tame[0]), strict=True)]
        over = results[0][2]
        for ours, theirs in (results, [env.step(a)[:3] for env, a in zip(many, (wild, tame), strict=True)]):
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(envs[0]._actions, envs[1]._actions)


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
    env = TrialEnv(task, rewards={"error": -1.0, "miss": -0.5})
    observation, info = env.reset(seed=9)
    seen, ends, over = [observation], [], False
    while not over:
        action = choose(len(ends), 0) if info["period"] == task.response_period else 0
        observation, reward, over, _, info = env.step(action)
        seen.append(observation)
        if info["ended"]:
            ends.append((reward, info))
    np.testing.assert_array_equal(seen[:-1], single.inputs[:, 0])
    assert [info["segment"] for _, info in ends] == list(range(n_segments))
    assert [info["choice"] for _, info in ends] == [choose(k, 0) for k in range(n_segments)]
    np.testing.assert_array_equal(
        [info["outcome"] for _, info in ends[:-1]],
        [single.conditions[f"outcome {k}"][0] for k in range(2, n_segments + 1)],
    )
    targets = [single.targets[stop[0] - 1, 0] for _, stop in single.windows(task.response_period)]
    for (reward, info), target in zip(ends, targets, strict=True):
        assert info["correct"] == (info["choice"] == target)
        lost = 0 if info["correct"] else -1 if info["choice"] else -0.5
        assert reward == (1 if info["outcome"] else lost)

    batch = task.sample(4, seed=9, policy=session_policy(task, choose))
    vector = TrialVectorEnv(task, 4)
    observation, info = vector.reset(seed=9)
    k = 0
    for inputs in batch.inputs:
        np.testing.assert_array_equal(observation, inputs)
        action = np.array([choose(k, i) for i in range(4)]) * (info["period"] == task.response_period)
        observation, _, over, _, info = vector.step(action)
        k += info["ended"].all()
    assert over.all()


# Where the moment counts, the target says only in time what would have been wrong.
@pytest.mark.parametrize("name", [n for n in task_names() if make_task(n).n_segments > 1 and not make_task(n).timed])
def test_rewards_mean_in_sessions_what_they_mean_in_trials(name):
    """Who follows the target loses nothing, who never responds misses, who always errs pays for errors."""
    earned = {}
    for kind in ("follows", "waits", "errs"):
        vector = TrialVectorEnv(name, 8, rewards={"correct": 2.0, "error": -1.0, "miss": -0.5})
        _, infos = vector.reset(seed=0)
        earned[kind] = []
        for _ in range(len(vector.slots.batch(np.arange(8)).inputs) * vector.task.n_segments):
            asked = infos["target"]
            other = np.where(infos["period"] == vector.task.response_period, 1 + (asked == 1), 0)
            actions = {"follows": asked, "waits": asked * 0, "errs": other}[kind]
            _, rewards, _, _, infos = vector.step(actions)
            assert infos["ended"].all() or not rewards.any()
            if infos["ended"].all():
                earned[kind] += zip(rewards, infos["correct"], infos["outcome"], strict=True)
    assert {(reward, correct) for reward, correct, _ in earned["follows"]} <= {(2.0, True), (0.0, True)}
    assert all(reward == (2 if outcome else 0) for reward, _, outcome in earned["follows"])
    assert all(reward == (2 if outcome else -0.5 * (not right)) for reward, right, outcome in earned["waits"])
    assert -0.5 in [reward for reward, _, _ in earned["waits"]]
    assert {right for _, right, _ in earned["errs"]} == {False}
    assert all(reward == (2 if outcome else -1) for reward, _, outcome in earned["errs"])


@pytest.mark.parametrize("name", CLOSED)
def test_the_default_reward_of_a_session_is_its_pay(name):
    vector = TrialVectorEnv(name, 8)
    vector.action_space.seed(0)
    _, infos = vector.reset(seed=0)
    for _ in range(200):
        inside = infos["period"] == vector.task.response_period
        _, rewards, _, _, infos = vector.step(vector.action_space.sample() * inside)
        np.testing.assert_array_equal(rewards, infos["outcome"])


@pytest.mark.parametrize("name", CLOSED)
def test_breaking_fixation_ends_no_session_and_the_first_choice_counts(name):
    env = TrialEnv(name)
    _, info = env.reset(seed=0)
    assert env.step(1)[1:3] == (-0.1, False)
    while info["period"] != env.task.response_period:
        info = env.step(0)[4]
    env.step(2)
    while not info["ended"]:
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
