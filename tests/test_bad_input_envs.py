"""Every mistake gets a ValueError that says what is wrong, what is allowed, and what is near."""

import json

import numpy as np
import pytest
from every_task import every_task

from cogdyn.envs import Ring, TrialEnv, TrialVectorEnv, make_task, task_names
from cogdyn.envs.registry import task_config, task_from_config


def refuses(message):
    return pytest.raises(ValueError, match=message)


@pytest.mark.parametrize("make", [make_task, TrialEnv, TrialVectorEnv])
def test_unknown_task(make):
    with refuses(rf"unknown task 'DelayMatchSampel'. Did you mean 'DelayMatchSample'\? There are {len(task_names())}"):
        make("DelayMatchSampel")
    with refuses("unknown task 'delaymatchsample'. Did you mean 'DelayMatchSample'"):
        make("delaymatchsample")


@pytest.mark.parametrize("name", every_task())
def test_unknown_argument(name):
    for make in (make_task, TrialEnv, TrialVectorEnv):
        with refuses(f"unknown argument of {name} 'nose'. Did you mean 'noise'.*'dt'"):
            make(name, nose=0.1)


@pytest.mark.parametrize("make", [TrialEnv, TrialVectorEnv])
def test_misspelt_argument_of_an_environment(make):
    with refuses("unknown argument of ReadySetGo 'trial_per_episode'. Did you mean 'trials_per_episode'.*'rewards'"):
        make("ReadySetGo", trial_per_episode=3)


def test_unknown_period_and_channel():
    task = make_task("PerceptualDecisionMaking")
    batch = task.sample(2, seed=0)
    with refuses("unknown period 'stimulos'. Did you mean 'stimulus'.*'decision', 'fixation', 'stimulus'"):
        batch.windows("stimulos")
    with refuses("unknown period 'x'. Allowed"):
        batch.during("x")
    with refuses("unknown channel 'Evidence'. Did you mean 'evidence'.*'evidence', 'fixation'"):
        task.mean_input(batch, "Evidence", "stimulus")


def test_unknown_split():
    with refuses("unknown split 'tests'. Did you mean 'test'.*'test', 'train'"):
        make_task("ReadySetGo").stream(4, 0, "tests")


def test_unknown_target_input():
    with refuses("unknown target_input 'extinguished'. Did you mean 'extinguished_at_go'"):
        make_task("DelayedReach", target_input="extinguished")


@pytest.mark.parametrize("value", [-20, 30, float("nan"), float("inf"), "200", None, True, [200]])
@pytest.mark.parametrize(
    ("name", "argument"), [("DelayMatchSample", "delay_ms"), ("PerceptualDecisionMaking", "decision_ms")]
)
def test_impossible_durations(name, argument, value):
    with refuses(argument):
        make_task(name, **{argument: value})


@pytest.mark.parametrize("name", every_task())
def test_impossible_numbers(name):
    for argument, values in {"noise": (float("nan"), -0.1, float("inf")), "dt": (0, -20, float("nan"))}.items():
        for value in values:
            with refuses(f"{argument} is "):
                make_task(name, **{argument: value})


TIMED = [name for name in task_names() if any(getattr(make_task(name), f"{p}_ms", 0) for p in make_task(name).periods)]
"""Those of Add and Mimic are counted in steps, whatever a step is."""


@pytest.mark.parametrize("name", TIMED)
def test_dt_that_does_not_divide_the_durations(name):
    with refuses("not a multiple of dt = 17 ms; the nearest are"):
        make_task(name, dt=17)


def test_grace_that_leaves_no_bin_to_answer_in():
    for grace in (300, 400):
        with refuses(f"decision_ms is 300 ms; .* no bin is left to answer in, grace_ms is {grace} ms"):
            make_task("DelayMatchSample", grace_ms=grace)
    with refuses("choice_ms is 140 ms; it must be at least 160 ms"):
        make_task("ReversalBandit", grace_ms=140)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("PerceptualDecisionMaking", {"coherences": ()}),
        ("PerceptualDecisionMaking", {"coherences": (0.5, 1.5)}),
        ("ContextDecisionMaking", {"coherences": (float("nan"),)}),
        ("DelayMatchSample", {"n_stimuli": 1}),
        ("ReadySetGo", {"gain": 0}),
        ("ReadySetGo", {"gain": float("nan")}),
        ("ReadySetGo", {"tolerance": 1.0}),
        ("ReadySetGo", {"interval_ms": 100}),
        ("DelayedReach", {"n_targets": 1}),
        ("DelayedReach", {"catch": 1.0}),
        ("DelayedReach", {"tolerance": 0}),
        ("ReversalBandit", {"n_choices": 0}),
        ("ReversalBandit", {"p_reward": 0.4}),
        ("ReversalBandit", {"p_reversal": float("nan")}),
    ],
    ids=str,
)
def test_arguments_outside_their_range(name, arguments):
    (argument,) = arguments
    with refuses(argument):
        make_task(name, **arguments)


@pytest.mark.parametrize("size", [0, -1, 2.0, "4", None, True])
def test_batch_sizes(size):
    message = f"batch_size is {size!r}; it must be {'at least 1' if type(size) is int else 'a whole number'}"
    with refuses(message):
        make_task("ReadySetGo").sample(size, seed=0)
    with refuses(message):
        make_task("ReadySetGo").stream(size, seed=0)


@pytest.mark.parametrize("seed", [-1, "a", 1.5])
def test_seeds(seed):
    message = f"seed is {seed!r}; it must be {'at least 0' if type(seed) is int else 'a whole number'}"
    with refuses(message):
        make_task("ReadySetGo").sample(2, seed=seed)
    with refuses(message):
        make_task("ReadySetGo").stream(2, seed=seed)


def test_configurations():
    config = task_config(make_task("DelayMatchSample"))
    with refuses("unknown task ''"):
        task_from_config({"dt": 20})
    with refuses("unknown argument of DelayMatchSample 'delay'. Did you mean 'delay_ms'"):
        task_from_config(config | {"delay": 3})
    with refuses("unknown kind of value 'uniform'. Did you mean 'Uniform'.*'Choice'"):
        task_from_config(config | {"delay_ms": {"type": "uniform", "low": 100, "high": 200}})


@pytest.mark.parametrize("make", [TrialEnv, TrialVectorEnv])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trials_per_episode": 0}, "trials_per_episode is 0; it must be at least 1"),
        ({"trials_per_episode": 1.5}, "trials_per_episode is 1.5; it must be a whole number"),
        ({"render_mode": "ansi"}, "render_mode.*'ansi'.*(llowed|must be None)"),
        ({"rewards": {"aborts": -1}}, "unknown reward 'aborts'. Did you mean 'abort'.*'correct', 'error', 'miss'"),
        (
            {"rewards": {"abort": float("nan")}},
            "rewards is {'abort': nan}; it must be a Rewards, a mapping from names to finite",
        ),
        ({"rewards": {"abort": "-1"}}, "rewards is {'abort': '-1'}; it must be"),
    ],
    ids=str,
)
def test_arguments_of_environments(make, arguments, message):
    with refuses(message):
        make("DelayMatchSample", **arguments)


@pytest.mark.parametrize("make", [TrialEnv, TrialVectorEnv])
def test_a_task_that_is_made_takes_no_arguments(make):
    with refuses("DelayMatchSample is made already; give dt to make_task"):
        make(make_task("DelayMatchSample"), dt=10)


def test_arguments_of_vector_environments():
    for n in (0, -1, 2.0, True):
        with refuses(f"num_envs is {n!r}; it must be (at least 1|a whole number)"):
            TrialVectorEnv("DelayMatchSample", n)
    with refuses("unknown autoreset_mode 'Nextstep'. Did you mean 'NextStep'.*'Disabled', 'NextStep', 'SameStep'"):
        TrialVectorEnv("DelayMatchSample", autoreset_mode="Nextstep")


@pytest.mark.parametrize("action", [-1, 3, 0.5, "left", None, [1], np.array([1, 2])])
def test_choices_outside_the_action_space(action):
    env = TrialEnv("DelayMatchSample")
    env.reset(seed=0)
    with refuses("action is .*; allowed: 0 fixate, 1 match, 2 non-match"):
        env.step(action)


@pytest.mark.parametrize("action", [0.0, [0.0], "left", None, [float("nan"), 0.0], [[0.0, 0.0]]])
def test_movements_outside_the_action_space(action):
    env = TrialEnv("DelayedReach")
    env.reset(seed=0)
    with refuses(r"action is .*; allowed: 2 numbers in \[-1, 1\]"):
        env.step(action)
    vector = TrialVectorEnv("DelayedReach", 3)
    vector.reset(seed=0)
    with refuses(r"allowed: \(3, 2\) numbers in \[-1, 1\]"):
        vector.step(np.array([action] * 3))


def test_choices_outside_the_vector_action_space():
    env = TrialVectorEnv("DelayMatchSample", 3)
    env.reset(seed=0)
    with refuses("action is 3; allowed: 0 fixate, 1 match, 2 non-match"):
        env.step(np.array([0, 1, 3]))
    with refuses("action is -1; allowed"):
        env.step(np.array([0, 0, -1]))
    for wrong in (np.zeros(2, int), np.zeros((3, 1), int), np.zeros(3), np.zeros(3, bool), 0):
        with refuses(r"allowed: \(3,\) integers"):
            env.step(wrong)


@pytest.mark.parametrize("mask", [np.zeros(3, bool), np.ones(2, bool), np.ones(3), [True]])
def test_reset_masks(mask):
    env = TrialVectorEnv("DelayMatchSample", 3)
    env.reset(seed=0)
    with refuses(r"reset_mask is .*; allowed: \(3,\) bool with a True"):
        env.reset(options={"reset_mask": mask})


def test_rings():
    with refuses("unknown shape 'gauss'. Did you mean 'gaussian'.*'von_mises'"):
        Ring(4, shape="gauss")
    for arguments, message in (
        ({"n": 2.5}, "n is 2.5; it must be a whole"),
        ({"n": 4, "sigma": float("nan")}, "sigma"),
    ):
        with refuses(message):
            Ring(**arguments)
    for arguments in ({"n": 0}, {"n": 4, "kappa": 0}):
        with refuses("needs n of at least 1, kappa and sigma above 0"):
            Ring(**arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("PerceptualDecisionMaking", {"noise": None}, "noise is None; it must be a finite number"),
        ("PerceptualDecisionMaking", {"dt": "20"}, "dt is '20'; it must be a finite number"),
        ("PerceptualDecisionMaking", {"coherences": 0.5}, "coherences is 0.5; it must be a list of numbers"),
        ("PerceptualDecisionMaking", {"stimulus_ms": 0}, "stimulus_ms is 0 ms; it must be at least 20 ms"),
        ("DelayMatchSample", {"n_stimuli": 2.5}, "n_stimuli is 2.5; it must be a whole number"),
        ("DelayMatchSample", {"ring": 4}, r"ring is 4; it must be a Ring, as in Ring\(8\)"),
        ("DelayedReach", {"n_targets": 8.5}, "n_targets is 8.5; it must be a whole number"),
        ("DelayedReach", {"reaction_ms": 0}, "reaction_ms is 0"),
        ("ReversalBandit", {"n_choices": True}, "n_choices is True; it must be a whole number"),
        ("ReversalBandit", {"feedback_ms": 0}, "feedback_ms is 0"),
    ],
)
def test_arguments_of_the_wrong_kind(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_task(name, **arguments)


def test_numpy_values_become_plain_ones():
    given = make_task(
        "PerceptualDecisionMaking", dt=np.float32(10), coherences=np.array([0.1, 0.5]), stimulus_ms=np.int64(500)
    )
    assert given == make_task("PerceptualDecisionMaking", dt=10, coherences=[0.1, 0.5], stimulus_ms=500)
    assert task_from_config(json.loads(json.dumps(task_config(given)))) == given
