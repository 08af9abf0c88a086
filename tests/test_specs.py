"""What programs that make environments need: specifications in JSON, types of errors, spaces with no false bounds."""

import dataclasses
import json

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode
from playing import NAMES

from cogdyn.envs import (
    Choice,
    Mixture,
    PerBatch,
    Rewards,
    Ring,
    TrialEnv,
    TruncatedExponential,
    Uniform,
    make_task,
    task_names,
)
from cogdyn.envs.registry import to_json

ARGUMENTS = [
    ("DelayMatchSample", {"delay_ms": Uniform(200, 400), "rewards": Rewards(error=-1.0), "abort": False}),
    ("DelayMatchSample", {"delay_ms": PerBatch(Uniform(200, 400, 40)), "ring": Ring(8, "gaussian", sigma=0.5)}),
    ("DelayMatchSample", {"delay_ms": Choice(np.array([200, 400]), p=np.array([0.25, 0.75])), "dt": np.float32(10)}),
    ("DelayMatchSample", {"delay_ms": TruncatedExponential(np.float64(200), 100, 600), "trials_per_episode": 2}),
    ("PerceptualDecisionMaking", {"coherences": np.array([0.1, 0.5]), "noise": np.float64(0.2)}),
    ("PerceptualDecisionMaking", {"coherences": (0.1, 0.5), "stimulus_ms": 400, "rewards": {"miss": -0.5}}),
    ("RuleReversal", {"preset": "soo2023"}),
]


def as_written(spec):
    return EnvSpec.from_json(spec.to_json())


def alike(one, other):
    return all(
        getattr(one, name) == getattr(other, name) for name in ("task", "rewards", "abort", "trials_per_episode")
    )


@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS, ids=range(len(ARGUMENTS)))
def test_a_specification_in_json_makes_the_same_environment(name, arguments):
    made = gym.make(f"cogdyn/{name}-v0", **arguments)
    for spec in (made.spec, as_written(made.spec)):
        assert alike(gym.make(spec).unwrapped, made.unwrapped)
    vector = gym.make_vec(f"cogdyn/{name}-v0", 3, autoreset_mode=AutoresetMode.SAME_STEP, **arguments)
    again = gym.make_vec(as_written(vector.spec))
    assert alike(again, vector)
    assert (again.num_envs, again.autoreset_mode) == (3, AutoresetMode.SAME_STEP)


def test_every_argument_of_every_task_goes_through_json():
    for name in task_names():
        task = make_task(name)
        values = {field.name: to_json(getattr(task, field.name)) for field in dataclasses.fields(task)}
        assert make_task(name, **json.loads(json.dumps(values))) == task, name


def test_a_specification_that_gymnasium_wrote_without_types_is_read_too():
    """That of copies in a SyncVectorEnv, which keeps the arguments as they were given."""
    arguments = {"delay_ms": PerBatch(Uniform(200, 400)), "ring": Ring(8), "rewards": Rewards(miss=-1.0)}
    vector = gym.make_vec("cogdyn/DelayMatchSample-v0", 2, vectorization_mode="sync", **arguments)
    again = gym.make_vec(as_written(vector.spec))
    assert alike(again.envs[0].unwrapped, vector.envs[0].unwrapped)


def test_an_environment_of_a_task_that_is_made_has_a_specification_too():
    task = make_task("DelayMatchSample", delay_ms=Choice((200, 400)))
    made = gym.make("cogdyn/DelayMatchSample-v0", task=task)
    assert gym.make(as_written(made.spec)).unwrapped.task == task
    mixture = Mixture(tasks=(make_task("DelayMatchSample"), task))
    assert TrialEnv(to_json(mixture)).task == mixture
    assert TrialEnv("GoNogo").spec is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"type": "uniform", "low": 100, "high": 200}, "unknown kind of value 'uniform'. Did you mean 'Uniform'"),
        ({"low": 100}, "unknown kind of value 'None'"),
        ({"type": "Uniform", "low": 100, "hihg": 200}, "unknown argument of Uniform 'hihg'. Did you mean 'high'"),
    ],
)
def test_values_in_json_that_are_none_are_refused(value, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        make_task("DelayMatchSample", delay_ms=value)


# The type of an exception is part of an interface.


@pytest.mark.parametrize(
    "make", [lambda **k: gym.make("cogdyn/GoNogo-v0", **k), lambda **k: TrialEnv(make_task("GoNogo"), **k)]
)
def test_a_client_that_tries_a_keyword_goes_on(make):
    """As torchrl's GymEnv does with frameskip: it reads the message of a TypeError."""
    for kind in (TypeError, ValueError):
        with pytest.raises(kind, match="unexpected keyword argument 'frameskip'"):
            make(frameskip=4)
    assert make().unwrapped.task.name == "GoNogo"


# Spaces.


def test_where_observations_have_no_bounds_the_space_has_none():
    """Wrappers that need bounds then refuse; those of before made nothing of every observation."""
    for name in NAMES:
        env = TrialEnv(name)
        space = env.observation_space
        assert not space.is_bounded("below")
        assert not space.is_bounded("above")
        assert np.abs(space.sample()).max() < 100
        with pytest.raises(ValueError, match="unbounded"):
            gym.wrappers.RescaleObservation(env, np.float32(-1), np.float32(1))
        with pytest.raises(ValueError, match="finite"):
            gym.wrappers.DiscretizeObservation(env, 3)
