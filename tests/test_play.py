"""Tasks done by a person: what keys do, and what they score."""

import re

import numpy as np
import pytest
from every_task import every_task

from cogdyn.envs import Mixture, TrialEnv, make_task
from cogdyn.lessons.figures.conditions import wilson_interval
from cogdyn.lessons.player.controls import EXAMPLES, controls_of
from cogdyn.lessons.player.frame import frame, room_for_inputs, rows_of
from cogdyn.lessons.player.session import PlaySession, slowed
from cogdyn.lessons.player.terminal import parse_keys

DMS = make_task("DelayMatchSample")


def finish(session, key_of=lambda session: None):
    """Play all trials, pressing in each bin what ``key_of`` says."""
    while not session.finished:
        session.begin()
        while session.running:
            key = key_of(session)
            if key is not None:
                session.press(key)
            session.step()
    return session


# Scores


@pytest.mark.parametrize("name", ["PerceptualDecisionMaking", "DelayMatchSample", "ReadySetGo"])
def test_the_keys_of_the_ideal_observer_score_the_ceiling(name):
    task = make_task(name)
    batch = task.sample(64, seed=3)
    classes = task.ideal(batch).argmax(axis=-1)
    keys = iter([classes[:n, trial].tolist() for trial, n in enumerate(batch.lengths)])
    session = PlaySession(task, n_trials=64, seed=3)
    while not session.finished:
        session.begin()
        bins = iter(next(keys))
        while session.running:
            session.press(str(next(bins)))
            session.step()
    expected = task.score(task.ideal(batch), batch)
    assert session.score == expected.sum()
    assert session.score / 64 == pytest.approx(task.ceiling, abs=0.08)
    low, high = wilson_interval(session.score, 64)
    assert [line.split()[:2] for line in session.summary()] == [
        ["your", "score"],
        ["chance", f"{task.chance:.1%}"],
        ["ideal", "observer"],
    ]
    assert f"{session.score / 64:.1%}  of 64 trials (95 % interval {low:.1%} to {high:.1%})" in session.summary()[0]
    assert session.summary()[2].endswith(f"{task.ceiling:.1%}")


@pytest.mark.parametrize("name", ["PerceptualDecisionMaking", "DelayMatchSample", "ReadySetGo", "ReversalBandit"])
def test_fixating_scores_what_the_environment_says(name):
    task = make_task(name)
    env, right, done = TrialEnv(task, abort=False), [], False
    env.reset(seed=1)
    while not done:
        *_, done, _, info = env.step(0)
        right += [info["correct"]] if info["ended"] else []
    session = finish(PlaySession(task, n_trials=1, seed=1))
    assert (session.score, session.n_scored) == (sum(right), len(right))
    assert "no answer" in session.verdict or "session over" in session.verdict


def test_a_session_keeps_to_itself_which_choices_were_right():
    def win_stay_lose_shift(session):
        if session.period == "feedback":
            seen.append(session.inputs)
        if session.period != "choice" or not seen:
            return None
        (_, left, right, reward), chosen = np.mean(seen, axis=0), ["1", "2"]
        seen.clear()
        return chosen[int((left > right) != (reward > 0.5))]

    seen = []
    session = finish(PlaySession(make_task("ReversalBandit"), n_trials=10, seed=0), win_stay_lose_shift)
    assert session.n_scored == 200
    assert session.score / 200 > 0.65
    assert session.tally() == f"earned {session.reward:g} in 200"
    assert "of 200 choices" in session.summary()[0]


def test_a_hand_is_pushed_to_its_target_by_arrows():
    def reach(session):
        x, y, hold = session.inputs
        if hold > 0.5:
            diagonal = min(abs(x), abs(y)) > 0.5
            pushes[:] = [(3 if diagonal else 4) * (abs(v) > 0.5) for v in (x, y)]
            target[:] = np.sign([x, y])
            return None
        for i, names in enumerate((("left", "right"), ("down", "up"))):
            if pushes[i]:
                pushes[i] -= 1
                return names[int(target[i] > 0)]
        return None

    pushes, target = [0, 0], [0, 0]
    session = finish(PlaySession(make_task("DelayedReach"), n_trials=40, seed=0), reach)
    assert session.score == 40
    assert session.controls.gauges == ("you: moved x", "you: moved y")


def test_positions_move_in_steps_and_stay_in_bounds():
    controls = controls_of(make_task("ReachingDelayResponse"))
    for _ in range(9):
        controls.press("right")
    controls.press("down")
    np.testing.assert_allclose(controls.take(), [1.0, -0.2], rtol=1e-6)
    controls.begin()
    assert not controls.take().any()


def test_several_responses_in_a_trial_all_count():
    task = make_task("CopyMemory")
    session = PlaySession(task, n_trials=3, seed=0)
    batch = task.sample(64, seed=0)
    classes = batch.targets[:, :3]
    for trial in range(3):
        session.begin()
        for bin_ in range(batch.lengths[trial]):
            answer = int(classes[bin_, trial])
            if answer and session.running:
                session.press(str(answer))
            if session.running:
                session.step()
    windows = len(batch.windows(task.response_period))
    assert windows > 1
    assert (session.score, session.n_scored) == (3 * windows, 3 * windows)
    assert "responses" in session.summary()[0]


def test_early_keys_are_told_of_and_cost_nothing():
    def late_and_early(session):
        if session.period == "fixation" and not session.echo:
            return "1"
        return str(session._info["target"]) if session.period == "decision" else None

    session = finish(PlaySession(DMS, n_trials=1, seed=0), late_and_early)
    assert session.score == 1
    assert re.fullmatch(r"correct; \d keys? too early", session.verdict)


def test_a_wrong_answer_is_told_with_the_right_one():
    def other(session):
        return str(3 - session._info["target"]) if session.period == "decision" else None

    wrong = finish(PlaySession(DMS, n_trials=1, seed=0), other)
    assert re.fullmatch("wrong: you answered (non-)?match; it was (non-)?match", wrong.verdict)


def test_a_mixture_can_be_played():
    mixture = Mixture(tasks=[DMS, make_task("DelayMatchSample", delay_ms=1000)])
    assert finish(PlaySession(mixture, n_trials=2, seed=0)).n_scored == 2


# Keys


def test_keys_are_the_classes_by_name_and_last_a_bin():
    controls = controls_of(DMS)
    assert controls.keys == {"space": "fixate", "1": "match", "2": "non-match"}
    assert controls.press("1")
    assert controls.press("2")
    assert (controls.take(), controls.take()) == (2, 0)
    assert controls.press("2")
    assert controls.press(" ")
    assert controls.take() == 0
    assert not controls.press("3")
    assert not controls.press("q")


def test_keys_of_a_terminal():
    assert parse_keys("1 \x1b[A\x1bOD\x1b[1;5Cx\x1b\x1b[3~\x1b[B") == ["1", " ", "up", "left", "right", "x", "down"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (lambda: make_task("DelayedReach", output="emg"), "DelayedReach asks for 6 numbers in each bin"),
        (lambda: make_task("CopyMemory", n_symbols=40), "CopyMemory asks for 41 classes"),
    ],
)
def test_what_keys_cannot_answer_is_refused_with_tasks_that_they_can(task, message):
    with pytest.raises(ValueError, match=message) as error:
        PlaySession(task())
    assert f"tasks to play: {', '.join(EXAMPLES)}." in str(error.value)
    assert all(controls_of(make_task(name)) for name in EXAMPLES)


@pytest.mark.parametrize(("name", "value"), [("n_trials", 0), ("seed", -1), ("speed", 0), ("speed", float("nan"))])
def test_bad_arguments_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        PlaySession(DMS, **{name: value})


def test_time_is_slowed_so_that_a_person_can_answer():
    assert slowed(DMS) == 0.3
    assert slowed(make_task("ReadySetGo")) == 0.5
    assert slowed(make_task("ReversalBandit")) == 0.14
    session = PlaySession(DMS, speed=0.5)
    assert session.seconds_per_bin == pytest.approx(0.04)
    assert (session.n_trials, PlaySession(make_task("ReversalBandit")).n_trials) == (20, 1)


@pytest.mark.parametrize("name", every_task())
def test_every_task_can_be_played_or_is_refused(name):
    try:
        session = PlaySession(make_task(name), seed=0, n_trials=1)
    except ValueError as error:
        message = str(error)
    else:
        rows = rows_of(session.task, room_for_inputs(session))
        session.begin()
        assert frame(session, rows).plain.count("\n") < 24
        message = ""
    assert message == "" or "more than a person can give" in message
