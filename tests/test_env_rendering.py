"""Pictures of what an environment shows."""

import json

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from playing import idle

from cogdyn.envs import TrialEnv
from cogdyn.envs.gym import render


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
    draw = render.draw_trial_so_far
    monkeypatch.setattr(render, "draw_trial_so_far", lambda *picture: drawn.append(picture[2]) or draw(*picture))
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
