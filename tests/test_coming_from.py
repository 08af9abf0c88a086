"""What the page for those who come from other packages says is so."""

import re
from itertools import pairwise
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import cogdyn.agents
import cogdyn.envs
from cogdyn.agents import RateRNN, evaluate
from cogdyn.envs import Choice, Ring, TrialEnv, Uniform, make_task, task_names
from cogdyn.lessons.figures.trial import draw_trial

PAGE = (Path(__file__).parents[1] / "book/coming-from.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ROWS = dict(re.findall(r"^\| (.*?) \| (.*) \|$", PAGE.partition("## Which tasks are where")[0], re.MULTILINE))


def ours(theirs):
    """What a row says in its second column; the first one begins so."""
    (row,) = [value for key, value in ROWS.items() if key.startswith(theirs)]
    return re.findall(r"`([^`]+)`", row)


def test_every_expression_in_the_table_is_one():
    """Names and calls exist, and arguments are taken by an environment."""
    task = make_task("PerceptualDecisionMaking")
    network = RateRNN(task.n_inputs, 4, task.n_outputs, dt=task.dt)
    known = {**vars(cogdyn.agents), **vars(cogdyn.envs), **vars(cogdyn.agents.rules)}
    batch, env = task.sample(1, 0), gym.make("cogdyn/PerceptualDecisionMaking-v0")
    known |= {"cogdyn": cogdyn, "gym": gym, "draw_trial": draw_trial, "task": task, "network": network, "batch": batch}
    known |= {"env": env, "id": "cogdyn/GoNogo-v0", "info": {"condition": {}, "correct": True}}
    known |= {"rng": np.random.default_rng(0), "conditions": batch.conditions, "outputs": task.ideal(batch)}
    known |= {"task1": task, "task2": make_task("PerceptualDecisionMaking", coherences=(0.1,))}
    seen = 0
    for span in [span for row in ROWS.values() for span in re.findall(r"`([^`]+)`", row)]:
        if (
            "..." in span
            or not re.search(r"[\[(=.]", span)
            or re.match(r"(paint|factors|complete|canvas|trial_)", span)
        ):
            continue
        if re.match(r"[a-z_]+=", span):
            arguments = eval(f"dict({span})", dict(known))
            names = ("DelayMatchSample", "PerceptualDecisionMaking", "yang19.go")
            assert any(takes(name, arguments) for name in names), span
        else:
            exec(span, dict(known))
        seen += 1
    assert seen > 20


def test_the_tasks_that_are_elsewhere_too_exist():
    table = PAGE.partition("## Which tasks are where")[2]
    named = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for name in row.split(",")}
    assert len(named) > 30
    assert named - {"cogdyn", "---", "yang19", "20 tasks"} <= set(task_names())


def takes(name, arguments):
    try:
        TrialEnv(name, **arguments)
    except ValueError:
        return False
    return True


def test_noise_is_a_tenth_of_sigma_whatever_dt_is():
    assert ours("`sigma=1.0`") == ["noise=0.1"]
    for dt, sigma in ((20, 1.0), (100, 1.0), (50, 0.5)):
        assert make_task("PerceptualDecisionMaking", dt=dt, grace_ms=0, noise=sigma / 10).noise_std == pytest.approx(
            sigma / np.sqrt(dt)
        )


def test_evidence_is_as_strong_as_there():
    """There: 0.5 + coh / 200 in the channel of the answer, and 0.5 - coh / 200 in the other."""
    task = make_task("PerceptualDecisionMaking", coherences=(0.512,), noise=0.0)
    batch = task.sample(8, 0)
    strength = task.mean_input(batch, "evidence", "stimulus")
    answer = batch.conditions["side"] - 1
    np.testing.assert_allclose(strength[np.arange(8), answer], 0.5 + 51.2 / 200, atol=1e-6)
    np.testing.assert_allclose(strength[np.arange(8), 1 - answer], 0.5 - 51.2 / 200, atol=1e-6)


def test_durations_are_refused_where_they_are_cut_there():
    with pytest.raises(
        ValueError, match="delay_ms is 750 ms, not a multiple of dt = 100 ms; the nearest are 700 and 800"
    ):
        make_task("DelayMatchSample", dt=100, delay_ms=750)
    with pytest.raises(ValueError, match="no bin is left to answer in, grace_ms is 100 ms"):
        make_task("PerceptualDecisionMaking", dt=100, decision_ms=100)
    with pytest.raises(ValueError, match="delay_ms is the function"):
        make_task("DelayMatchSample", delay_ms=lambda: 300)
    assert make_task("DelayMatchSample", delay_ms=Choice((200, 400))).delay_ms == Choice((200, 400))
    assert make_task("DelayMatchSample").dt == 20


def test_other_names_of_the_same():
    with pytest.raises(ValueError, match=r"unknown reward 'fail'. Allowed: 'abort', 'correct', 'error', 'miss'"):
        TrialEnv("GoNogo", rewards={"abort": -0.1, "correct": 1.0, "fail": 0.0})
    assert {make_task(name).response_period for name in task_names() if name.startswith("yang19.")} == {"response"}
    with pytest.raises(ValueError, match="at least 12"):
        make_task("yang19.go", ring=Ring(11, "gaussian"))
    with pytest.raises(ValueError, match="unknown argument of PerceptualDecisionMaking 'ring'"):
        make_task("PerceptualDecisionMaking", ring=Ring(16))
    (collection,) = ours("`get_collection")
    assert len([name for name in eval(collection, {"task_names": task_names}) if name != "yang19.multitask"]) == 20


def test_lengths_and_scores():
    task = make_task("DelayMatchSample", delay_ms=Uniform(400, 800))
    (lengths, *_) = ours("`env.trial_length_stats()`")
    measured = eval(lengths.replace("10_000", "500"), {"task": task})
    fixed = sum(getattr(task, f"{name}_ms") for name in task.periods if name != "delay")
    assert (measured.min(), measured.max()) == ((fixed + 400) / task.dt, (fixed + 800) / task.dt)
    network = RateRNN(task.n_inputs, 4, task.n_outputs, dt=task.dt)
    assert evaluate(task, network, 10).score == evaluate(task, network, 10).scores.mean()
    env = gym.wrappers.RecordEpisodeStatistics(gym.make("cogdyn/GoNogo-v0"))
    env.reset(seed=0)
    over = False
    while not over:
        _, _, over, _, info = env.step(0)
    assert {"episode", "correct"} <= info.keys()


def test_the_settings_of_neurogym_make_the_same_trials():
    space = {}
    exec(CODE[0], space)
    batch = space["env"].unwrapped.task.sample(4, 0)
    stops = [int(stop[0]) for _, stop in batch.periods.values()]
    assert [b - a for a, b in pairwise([0, *stops])] == [1, 20, 1]
    assert (batch.mask[-1] > 0).all()


@pytest.mark.parametrize("name", ["PerceptualDecisionMaking", "DelayedReach"])
def test_the_wrapper_on_the_page_adds_the_last_action_and_reward(name):
    space = {}
    exec(CODE[1], space)
    wrap, plain = space["PassActionAndReward"], gym.make(f"cogdyn/{name}-v0", rewards={"abort": -3.0})
    env = wrap(gym.make(f"cogdyn/{name}-v0", rewards={"abort": -3.0}))
    (first, _), (expected, _) = env.reset(seed=0), plain.reset(seed=0)
    n_more = len(first) - len(expected)
    np.testing.assert_array_equal(first, [*expected, *[0] * n_more])
    env.action_space.seed(0)
    for action in (env.action_space.sample() * 0, env.action_space.sample()):
        (seen, reward, *_), (expected, *_) = env.step(action), plain.step(action)
        np.testing.assert_array_equal(seen, np.float32([*expected, *np.ravel(action), reward]))
        assert seen in env.observation_space
