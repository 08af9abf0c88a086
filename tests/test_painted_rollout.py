"""Trials that are played at once: the rewards, ends and verdicts of an environment that is stepped."""

import numpy as np
import pytest
from every_task import every_task
from playing import TwoAnswers

from cogdyn.envs import Mixture, Noisy, Rewards, TrialVectorEnv, make_task
from cogdyn.envs.contract.environments import DISTINCT
from cogdyn.envs.gym.painted_rollout import play_painted
from cogdyn.envs.trial import first_segment

N = 24


def careless(task, rng, early):
    """Actions for painted trials: every other time right; else right, wrong, none, and outside the response period."""

    def act(trials):
        shape = trials.mask.shape
        if task.kind != "choice":
            noise = rng.standard_normal((*shape, task.n_outputs)) * np.linspace(0, 0.5, shape[1])[:, None]
            return (trials.targets + noise).astype(np.float32)
        inside = np.zeros(shape, bool)
        for span in trials.windows(task.response_period):
            inside |= (np.arange(shape[0])[:, None] >= span[0]) & (np.arange(shape[0])[:, None] < span[1])
        acts = np.where(inside, rng.random(shape) < 0.3, rng.random(shape) < early)
        right = np.where(inside & (trials.targets > 0), trials.targets, rng.integers(1, task.n_outputs, shape))
        choices = np.where(rng.random(shape) < 0.6, right, rng.integers(1, task.n_outputs, shape))
        actions = np.where(acts, choices, 0)
        actions[:, ::2] = trials.targets[:, ::2]
        return actions

    return act


def recorded(act, actions):
    """The same, which also notes what it did."""

    def noting(trials):
        actions.append(act(trials))
        return actions[-1]

    return noting


def first_of(task, seed):
    """The trials, or first segments, with which an environment begins that is reset with this seed, and the rest."""
    rng = np.random.default_rng(seed)
    return task.lay_out(task.draw(rng, N), rng), rng


def agree(task, seed, early, abort):
    """Play trials at once, and step through them with the same actions; what an environment begins next is not ours."""
    (trials, rng), done = first_of(task, seed), []
    act = recorded(careless(task, np.random.default_rng(seed + 1), early), done)
    outcome = play_painted(task, trials, act, rng, Rewards.of(DISTINCT), abort)
    env, playing = TrialVectorEnv(task, N, rewards=DISTINCT, abort=abort), np.ones(N, bool)
    env.reset(seed=seed)
    for t, actions in enumerate(np.concatenate(done)):
        np.testing.assert_array_equal(playing, outcome.alive[t])
        _, rewards, over, _, infos = env.step(actions)
        np.testing.assert_array_equal(rewards[playing], outcome.rewards[t, playing])
        np.testing.assert_array_equal(infos["ended"][playing], outcome.ends[t, playing])
        np.testing.assert_array_equal(infos["correct"][playing], outcome.correct[t, playing])
        playing &= ~over
    assert not playing.any()
    assert (outcome.rewards[~outcome.alive] == 0).all()
    return outcome


@pytest.mark.parametrize("name", every_task())
def test_stepping_with_the_same_actions_pays_the_same_bin_for_bin(name):
    task = make_task(name)
    early = 1 / task.sample(1, seed=0).mask.shape[0]
    seen = [agree(task, 0, 0, True), agree(task, 1, early, True), agree(task, 2, early, False)]
    if task.kind == "choice":
        assert sum(outcome.correct.sum() for outcome in seen) > N
        assert any(outcome.aborts.any() for outcome in seen)


def test_several_responses_a_mixture_and_noise_are_paid_alike():
    mixture = Mixture(tasks=[make_task("GoNogo"), make_task("GoNogo", delay_ms=200)])
    for task in (TwoAnswers(), mixture, Noisy(task=make_task("ReversalBandit"), added=0.1)):
        for abort in (True, False):
            assert agree(task, 5, 0.01, abort).aborts.any()


def test_the_first_segment_of_a_session_is_as_it_was_painted():
    task = make_task("DawTwoStep")
    session, rng = task.sample(5, seed=3), np.random.default_rng(3)
    painted, found = task.lay_out(task.draw(rng, 5), rng), first_segment(session)
    for name in ("inputs", "targets", "mask"):
        np.testing.assert_array_equal(getattr(found, name), getattr(painted, name))
    assert {*found.conditions} == {*painted.conditions}
    for name, span in painted.periods.items():
        np.testing.assert_array_equal(found.periods[name], span)
    trials = make_task("GoNogo").sample(2, seed=0)
    assert first_segment(trials) is trials


def test_actions_of_another_shape_or_kind_are_refused():
    task = make_task("PerceptualDecisionMaking")
    trials = task.sample(3, seed=0)

    def played(actions):
        play_painted(task, trials, lambda _: actions, np.random.default_rng(0), Rewards())

    with pytest.raises(ValueError, match=r"actions have shape \(3, 75\); expected \(75, 3\)"):
        played(np.zeros((3, 75), int))
    with pytest.raises(ValueError, match="float64"):
        played(np.zeros((75, 3)))
    with pytest.raises(ValueError, match="action is 7; allowed: 0 fixate"):
        played(np.full((75, 3), 7))
