"""Trials in context: biases, blocks, histories, reaction times, and observers that know of them."""

import json
import math
import pickle
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import product

import gymnasium as gym
import numpy as np
import pytest

from cogdyn.envs import (
    Blocks,
    Mixture,
    Noisy,
    ReactionTime,
    Rewards,
    SideBias,
    TrialEnv,
    TrialHistory,
    TrialVectorEnv,
    TruncatedExponential,
    Uniform,
    make_task,
)
from cogdyn.envs.contract import CHECKS
from cogdyn.envs.contract.trials import same
from cogdyn.envs.errors import ArgumentError
from cogdyn.envs.observers.block_filter import BlockFilter, chain_of_blocks, length_pmf
from cogdyn.envs.observers.optimal_stopping import plan_stopping
from cogdyn.envs.registry import task_config, task_from_config

PDM = make_task("PerceptualDecisionMaking", noise=0.3, fixation_ms=100, stimulus_ms=200, decision_ms=160)
LEFT, RIGHT = SideBias(task=PDM, p=(0.8, 0.2)), SideBias(task=PDM, p=(0.2, 0.8))
EASY = replace(PDM, coherences=(0.5, 1.0))
GO = make_task("GoNogo", delay_ms=200, noise=1.5)
BLOCKS = Blocks(tasks=(LEFT, RIGHT), n_trials=12, length=Uniform(3, 6))
HISTORY = TrialHistory(task=PDM, n_trials=12, length=6)
CONTEXTS = {
    "side bias": SideBias(task=PDM, p=(0.7, 0.3)),
    "blocks": BLOCKS,
    "blocks, hazard": replace(BLOCKS, hazard=0.2),
    "blocks, no feedback": replace(BLOCKS, feedback=False),
    "blocks, cue": replace(BLOCKS, cue=True),
    "blocks of settings": Blocks(tasks=(EASY, LEFT), n_trials=12, length=4, first=0, first_length=2),
    "blocks of withholding": Blocks(
        tasks=[SideBias(task=GO, factor="go", p=(p, 1 - p)) for p in (0.7, 0.3)], n_trials=12, length=6
    ),
    "history": HISTORY,
    "history of four": TrialHistory(task=make_task("ToneDetection"), factor="position", n_trials=12, length=6),
    "reaction time": ReactionTime(task=PDM),
    "reaction time, random": ReactionTime(task=make_task("PerceptualDecisionMakingDelayResponse", noise=0.3)),
    "reaction time, cost": ReactionTime(task=PDM, cost=0.5),
    "reaction time, go or not": ReactionTime(task=make_task("GoNogo")),
    "noisy": Noisy(task=BLOCKS, added=0.3, groups=("evidence",)),
}


@pytest.mark.parametrize("task", CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_trials_in_context_keep_the_contract(check, task):
    check(task)


@pytest.mark.parametrize("task", CONTEXTS.values(), ids=CONTEXTS)
def test_contexts_survive_json_copies_and_pickles(task):
    batch = task.sample(4, seed=0)
    made_again = task_from_config(json.loads(json.dumps(task_config(task))))
    for again in (made_again, deepcopy(task), pickle.loads(pickle.dumps(task)), replace(task)):
        assert again == task
        assert same(again.sample(4, seed=0), batch)
        assert np.array_equal(again.ideal(batch), task.ideal(batch))


# The filter over blocks


def enumerated(chain, log_emission, feedback, previous):
    """Probability of each class in the last trial (A,), summed over all blocks, lengths and answers of a session."""
    n_trials, n_kinds, _, n_classes = log_emission.shape
    n_lengths, total = chain.lengths.shape[1], np.zeros(n_classes)
    states = list(product(range(n_kinds), range(1, n_lengths + 1)))
    for path in product(states, repeat=n_trials):
        p = 1.0
        for t, (kind, left) in enumerate(path):
            if t == 0 or path[t - 1][1] == 1:
                p *= chain.start[kind] if t == 0 else chain.switch[path[t - 1][0], kind]
                p *= chain.lengths[kind, left - 1]
            else:
                p *= (kind, left) == (path[t - 1][0], path[t - 1][1] - 1)
        if p == 0:
            continue
        for answers in product(range(n_classes), repeat=n_trials):
            joint, last = p, 0
            for t, ((kind, _), answer) in enumerate(zip(path, answers, strict=True)):
                joint *= math.exp(log_emission[t, kind, last, answer])
                joint *= feedback[t, answer] if t < n_trials - 1 else 1
                last = answer if previous else 0
            total[answers[-1]] += joint
    return total / total.sum()


@pytest.mark.parametrize("previous", [False, True], ids=["blocks", "history"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"n_kinds": 2, "length": np.array([0.2, 0.5, 0.3])},
        {"n_kinds": 2, "length": np.ones(1), "hazard": 0.3},
        {"n_kinds": 3, "length": np.array([0.4, 0.6]), "first": 0, "first_length": np.array([0.0, 1.0])},
        {"n_kinds": 1, "length": np.array([0.5, 0.5])},
    ],
    ids=["lengths", "hazard", "first", "one"],
)
def test_the_filter_is_a_sum_over_all_blocks_and_answers(arguments, previous):
    rng, chain, n_trials = np.random.default_rng(1), chain_of_blocks(**arguments), 4
    n_previous = 2 if previous else 1
    log_emission = rng.normal(size=(n_trials, arguments["n_kinds"], n_previous, 2))
    feedback = np.array([[1.0, 0.0], [1.0, 1.0], [0.3, 0.9], [1.0, 1.0]])
    known = BlockFilter(chain, 1, np.eye(1, n_previous)[0])
    for t in range(n_trials):
        p = known.infer(log_emission[t][None])[0]
        expected = enumerated(chain, log_emission[: t + 1], feedback, previous)
        np.testing.assert_allclose(p, expected, rtol=1e-10)
        known.learn(feedback[t][None])


def test_a_chain_is_what_its_observer_takes_it_for():
    chain = chain_of_blocks(3, np.array([0.0, 0.5, 0.5]), first=0, first_length=np.array([0, 0, 0, 1.0]))
    rng, n, n_trials = np.random.default_rng(0), 20_000, 9
    block, left = chain.begin(rng, n)
    seen = [(block, left)]
    for _ in range(n_trials - 1):
        seen.append(chain.follow(*seen[-1], rng))
    share = np.mean([[(b == k).mean() for k in range(3)] for b, _ in seen], axis=0)
    np.testing.assert_allclose(share, chain.occupancy(n_trials), atol=4 * 0.5 / math.sqrt(n))
    assert all((b == 0).all() for b, _ in seen[:4])
    assert not any((b == 0).any() for b, _ in seen[4:])
    with pytest.raises(ArgumentError, match="at least 1 trial"):
        length_pmf("length", 0)


def test_a_hazard_is_blocks_of_geometric_lengths():
    hazard, n_trials = 0.25, 6
    lengths = hazard * (1 - hazard) ** np.arange(n_trials)
    lengths[-1] = 1 - lengths[:-1].sum()  # what lies beyond the session
    log_emission = np.random.default_rng(0).normal(size=(n_trials, 1, 2, 1, 2))
    filters = [BlockFilter(chain_of_blocks(2, *given), 1, np.ones(1)) for given in ((np.ones(1), hazard), (lengths,))]
    for t in range(n_trials):
        one, other = (known.infer(log_emission[t]) for known in filters)
        np.testing.assert_allclose(one, other, rtol=1e-10)
        for known in filters:
            known.learn(None)


# Observers beside others


def mean_score(task, n, policy=None, seed=3):
    """Mean score and its standard error in sessions in which this policy chooses."""
    outputs = []

    def choose(segment):
        outputs.append(policy(segment))
        return outputs[-1]

    batch = task.sample(n, seed, choose)
    scores = task.score(np.concatenate(outputs), batch)
    return scores.mean(), scores.std() / math.sqrt(n)


def one_who_repeats(task):
    """Answers by the evidence, if that is clear, else as what was rewarded last."""

    def answer(segment):
        left, right = segment.inputs[..., task.input_groups["evidence"]].mean(axis=0).T
        action = segment.inputs[0][:, task.input_groups["last action"]].argmax(axis=1)
        paid = segment.inputs[0][:, task.input_groups["last reward"]][:, 0] > 0.5
        last = np.where(paid, 1 + action, 2 - action)
        return task.respond(segment, np.where(np.abs(left - right) > 0.1, np.where(left > right, 1, 2), last))

    return answer


@pytest.mark.parametrize("task", [BLOCKS, replace(BLOCKS, hazard=0.1), HISTORY], ids=["blocks", "hazard", "history"])
def test_the_observer_scores_its_ceiling_and_no_simple_one_beats_it(task):
    score, error = mean_score(task, 2000, task.ideal_policy())
    assert score == pytest.approx(task.ceiling, abs=4 * error)
    inner = BLOCKS.painters[0]

    def without_context(segment):
        return inner.ideal(replace(segment, inputs=segment.inputs[..., : inner.n_inputs]))

    def always_left(segment):
        return task.respond(segment, np.ones(segment.batch_size, int))

    for simple in (without_context, always_left, one_who_repeats(task)):
        other, other_error = mean_score(task, 2000, simple)
        assert other < score + 3 * (error + other_error)
    assert mean_score(task, 2000, without_context)[0] == pytest.approx(inner.ceiling, abs=4 * error)
    assert score > inner.ceiling + 3 * error
    # It also learns from what another chose, here at random.
    watched = task.sample(2000, seed=5)
    assert task.score(task.ideal(watched), watched).mean() == pytest.approx(task.ceiling, abs=4 * error)


def test_who_knows_more_of_the_block_scores_more():
    cue, feedback, none = (replace(BLOCKS, **changes).ceiling for changes in ({"cue": True}, {}, {"feedback": False}))
    assert PDM.ceiling < none < feedback < cue
    assert cue == pytest.approx(LEFT.ceiling, abs=1e-3)


def test_a_bias_moves_the_criterion_as_theory_says():
    c, p, task = 0.2, 0.8, replace(PDM, coherences=(0.2,))
    bins = 200 / task.dt
    d = 2 * c * math.sqrt(bins / 2) / task.noise_std  # distance of the means of left and right, in standard deviations
    shift = math.log(p / (1 - p)) / d

    def phi(z):
        return 0.5 * math.erfc(-z / math.sqrt(2))

    expected = p * phi(d / 2 + shift) + (1 - p) * phi(d / 2 - shift)
    biased = SideBias(task=task, p=(p, 1 - p))
    assert biased.ceiling == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 40_000))
    assert expected > max(p, task.ceiling)
    np.testing.assert_allclose(biased.answers, [0, 0.8, 0.2])


# Trials


def test_a_trial_shows_the_last_action_and_the_last_reward():
    task, rng = replace(BLOCKS, n_trials=6), np.random.default_rng(0)
    made = []

    def choose(segment):
        made.append(rng.integers(0, 3, segment.batch_size))
        return task.respond(segment, made[-1])

    batch = task.sample(50, 1, choose)
    width = len(batch.inputs) // 6
    for k in range(6):
        shown = batch.inputs[k * width : (k + 1) * width, :, task.input_groups["last action"]]
        reward = batch.inputs[k * width : (k + 1) * width, :, task.input_groups["last reward"]]
        before = made[k - 1] if k else np.zeros(50, int)
        right = before == batch.conditions[f"answer {k}"] if k else np.zeros(50, bool)
        np.testing.assert_array_equal(shown, np.broadcast_to(np.eye(3)[before][:, 1:], shown.shape))
        np.testing.assert_array_equal(reward, np.broadcast_to(right[:, None], reward.shape))
        stop = batch.periods[f"decision {k + 1}"][1]
        np.testing.assert_array_equal(batch.targets[stop - 1, np.arange(50)], batch.conditions[f"answer {k + 1}"])


def test_blocks_are_painted_as_their_settings_paint():
    task = replace(CONTEXTS["blocks of settings"], tasks=(replace(EASY, noise=0.0), replace(PDM, noise=0.0)))
    batch = task.sample(20, seed=0)
    assert set(np.unique(batch.conditions["block 1"])) == {0}
    assert all((batch.conditions[f"block {k}"] == 1).any() for k in (3, 6, 9))
    for k in range(1, 13):
        easy = batch.conditions[f"block {k}"] == 0
        assert np.isin(batch.conditions[f"coherence {k}"][easy], EASY.coherences).all()
        assert np.isin(batch.conditions[f"coherence {k}"][~easy], PDM.coherences).all()
        start, stop = batch.periods[f"stimulus {k}"]
        left, right = batch.inputs[start[0] : stop[0], :, 1:3].mean(axis=0).T
        signed = batch.conditions[f"coherence {k}"] * np.where(batch.conditions[f"side {k}"] == 1, 1, -1)
        np.testing.assert_allclose(left - right, signed, atol=1e-6)


def test_answers_repeat_as_often_as_the_block_says():
    task = replace(HISTORY, repeat=(0.9, 0.3), n_trials=30, length=5)
    batch = task.sample(400, seed=0)
    for block, p in enumerate(task.repeat):
        repeats = [
            (batch.conditions[f"answer {k}"] == batch.conditions[f"answer {k - 1}"])[
                batch.conditions[f"block {k}"] == block
            ]
            for k in range(2, 31)
        ]
        repeats = np.concatenate(repeats)
        assert repeats.mean() == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / len(repeats)))


def test_the_blocks_of_the_international_brain_laboratory():
    task = make_task("PerceptualDecisionMaking", preset="ibl20", noise=0.2)
    assert task.painters[0].noise == 0.2
    rng = np.random.default_rng(0)
    conditions = task.draw(rng, 300)
    drawn = [conditions]
    for _ in range(task.n_trials - 1):
        drawn.append(task.advance(drawn[-1], np.ones(300, int), rng))
    block, side, left = (np.array([c[name] for c in drawn]) for name in ("block", "side", "remaining"))
    assert (block[:90] == 0).all()
    assert (block[90:] > 0).all()
    for k, p in enumerate((0.5, 0.8, 0.2)):
        assert (side[block == k] == 1).mean() == pytest.approx(p, abs=0.01)
    begins = (block[1:] != block[:-1]) & (np.arange(1, task.n_trials) >= 90)[:, None]
    lengths = left[1:][begins]
    trials, p = TruncatedExponential(60, 20, 100).pmf(1.0, "length")
    assert lengths.min() == 20
    assert lengths.max() == 100
    mean = trials @ p
    assert lengths.mean() == pytest.approx(mean, abs=4 * lengths.std() / math.sqrt(len(lengths)))
    env = gym.make("cogdyn/PerceptualDecisionMaking-v0", preset="ibl20")
    assert env.reset(seed=0)[1]["condition"]["remaining"] == 90
    with pytest.raises(ArgumentError, match="ibl20"):
        make_task("PerceptualDecisionMaking", preset="ibl21")


# Environments


def test_a_session_is_paid_trial_by_trial():
    env = TrialEnv(BLOCKS, rewards={"error": -2.0, "miss": -0.5})
    _, info = env.reset(seed=4)
    rewards, expected, over, segment = [], [], False, 0
    while not over:
        asked = info["period"] == "decision"
        action = 0 if not asked or segment % 3 == 2 else 1
        _, reward, over, _, info = env.step(action)
        if info["ended"]:
            answer = info["trial_condition"]["answer"]
            expected.append(-0.5 if segment % 3 == 2 else 1.0 if answer == 1 else -2.0)
            rewards.append(reward)
            segment += 1
            assert info["correct"] == (expected[-1] == 1)
    assert rewards == expected
    assert len(rewards) == BLOCKS.n_trials


def test_a_response_ends_the_trial_and_time_costs():
    task = ReactionTime(task=replace(PDM, noise=0.0), cost=1.0)
    rewards = Rewards(error=-1.0, abort=-0.1)
    batch = task.sample(64, seed=0)
    (start, stop), trials = batch.periods["response"], np.arange(64)
    assert (start == 5).all()
    assert (stop == 23).all()
    right = batch.targets[5]
    answers = np.where(trials % 2 == 0, right, 3 - right)
    seconds = (8 - 5) * task.dt / 1000
    expected = np.where(answers == right, 1 - seconds, -1.0)
    for env in (TrialEnv(task, rewards=rewards), TrialVectorEnv(task, 64, rewards=rewards)):
        some = 0 if isinstance(env, TrialEnv) else slice(None)
        env.reset(seed=0)
        for _ in range(8):
            _, reward, over, _, _ = env.step(0 * answers[some])
            assert not np.any(over)
            assert not np.any(reward)
        _, reward, over, _, info = env.step(answers[some])
        assert np.all(over)
        np.testing.assert_allclose(reward, expected[some])
        np.testing.assert_array_equal(info["correct"], (answers == right)[some])
    env = TrialEnv(task, rewards=rewards)
    env.reset(seed=0)
    _, reward, over, _, _ = env.step(1)  # before there is anything to see
    assert reward == -0.1
    assert over


# When to stop


def test_without_a_cost_the_best_plan_looks_to_the_end_and_with_one_it_beats_all_fixed_times():
    c, noise, n = 0.1, 0.5, 20

    def phi(z):
        return 0.5 * math.erfc(-z / math.sqrt(2))

    arguments = (np.array([c, -c]), np.array([0.5, 0.5]), np.array([1, 2]), noise)
    plan = plan_stopping(*arguments, np.ones(n))
    assert plan.value == pytest.approx(phi(c * math.sqrt(n) / noise), abs=1e-4)
    worth = 1 - 0.015 * np.arange(n)
    plan = plan_stopping(*arguments, worth)
    fixed = max(w * phi(c * math.sqrt(t + 1) / noise) for t, w in enumerate(worth))
    assert plan.value > fixed + 0.005
    rng, size = np.random.default_rng(0), 200_000
    side = rng.integers(1, 3, size)
    sums = np.cumsum(np.where(side == 1, c, -c) + noise * rng.standard_normal((n, size)), axis=0)
    actions = plan.act(sums)
    first = (actions > 0).argmax(axis=0)
    score = (actions[first, np.arange(size)] == side) * worth[first]
    assert score.mean() == pytest.approx(plan.value, abs=4 * score.std() / math.sqrt(size))


def test_a_cost_of_time_makes_faster_and_worse():
    task = make_task("PerceptualDecisionMaking", noise=0.3, stimulus_ms=600)
    times, shares = [], []
    for cost in (0.0, 0.2, 0.8):
        fast = ReactionTime(task=task, cost=cost)
        batch = fast.sample(2000, seed=0)
        outputs = fast.ideal(batch)
        times.append(np.mean(fast.reaction_times(outputs, batch)))
        shares.append((fast.choices(outputs, batch)[0] == batch.targets[-1]).mean())
        assert fast.score(outputs, batch).mean() == pytest.approx(fast.ceiling, abs=4 * 0.5 / math.sqrt(2000))
    assert times[0] > times[1] > times[2]
    assert shares[0] > shares[1] > shares[2]


def test_with_a_bias_the_likelier_side_is_answered_sooner():
    fast = ReactionTime(task=LEFT, cost=0.5)
    batch = fast.sample(4000, seed=0)
    outputs = fast.ideal(batch)
    (choice,), (times,) = fast.choices(outputs, batch), fast.reaction_times(outputs, batch)
    assert times[choice == 1].mean() < times[choice == 2].mean()


# What cannot be


def refused():
    matching, bandit = make_task("DelayMatchSample"), make_task("ReversalBandit")
    mixture = Mixture(tasks=(PDM, matching))
    return [
        (SideBias, {"task": PDM, "p": (0.8, 0.3)}, "2 probabilities that add up to 1"),
        (SideBias, {"task": PDM, "p": (0.8, 0.2), "factor": "sides"}, "'side'"),
        (SideBias, {"task": PDM, "p": (0.8, 0.2), "factor": "coherence"}, "does not determine"),
        (SideBias, {"task": matching, "p": (0.8, 0.2), "factor": "match"}, "log_joint"),
        (SideBias, {"task": bandit, "p": (0.8, 0.2)}, "ReversalBandit is a session"),
        (SideBias, {"task": mixture, "p": (0.8, 0.2)}, "no painted task"),
        (SideBias, {"task": make_task("DelayedReach"), "p": (0.8, 0.2)}, "of kind 'continuous'"),
        (SideBias, {"task": make_task("NBack"), "p": (0.8, 0.2)}, "several"),
        (Blocks, {"tasks": ()}, "0 tasks"),
        (Blocks, {"tasks": (bandit,)}, "a session"),
        (Blocks, {"tasks": (ReactionTime(task=PDM),)}, "timed"),
        (Blocks, {"tasks": (Noisy(task=PDM),)}, "class of response alone"),
        (Blocks, {"tasks": (matching,)}, "log_joint"),
        (Blocks, {"tasks": (PDM, replace(PDM, noise=0.1))}, "settings of one task"),
        (Blocks, {"tasks": (LEFT, make_task("GoNogo"))}, "settings of one task"),
        (Blocks, {"tasks": (replace(PDM, stimulus_ms=Uniform(200, 400)),)}, "PerBatch"),
        (Blocks, {"tasks": (LEFT, RIGHT), "n_trials": 0}, "at least 2"),
        (Blocks, {"tasks": (LEFT, RIGHT), "length": 0}, "at least 1 trial"),
        (Blocks, {"tasks": (LEFT, RIGHT), "hazard": 0}, "above 0"),
        (Blocks, {"tasks": (LEFT, RIGHT), "hazard": 1.5}, "at most 1"),
        (Blocks, {"tasks": (LEFT, RIGHT), "first": 2}, "there are 2 tasks"),
        (Blocks, {"tasks": (LEFT, RIGHT), "first_length": 5}, "named by first"),
        (TrialHistory, {"task": PDM, "repeat": (1.2,)}, "a probability"),
        (TrialHistory, {"task": matching, "factor": "match"}, "log_joint"),
        (TrialHistory, {"task": make_task("GoNogo", delay_ms=200), "factor": "go"}, "none of them to withhold"),
        (ReactionTime, {"task": PDM, "cost": -1.0}, "at least|from 0"),
        (ReactionTime, {"task": PDM, "cost": 10.0}, "the longest time"),
        (ReactionTime, {"task": make_task("GoNogo"), "cost": 0.1}, "two streams"),
        (ReactionTime, {"task": replace(PDM, stimulus_ms=Uniform(200, 400)), "cost": 0.1}, "fixed stimulus_ms"),
        (ReactionTime, {"task": bandit}, "a session"),
        (ReactionTime, {"task": ReactionTime(task=PDM)}, "class of response alone|timed"),
    ]


@pytest.mark.parametrize(("cls", "arguments", "message"), refused())
def test_what_has_no_context_is_refused(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments)


@dataclass(frozen=True, kw_only=True)
class Whim(type(PDM)):
    """A decision whose answer is drawn while it is painted."""

    def paint(self, canvas, conditions):
        super().paint(canvas, conditions)
        canvas.target(canvas.rng.integers(1, 3, len(conditions["side"])), "decision")


def test_answers_that_do_not_follow_from_conditions_are_refused():
    with pytest.raises(ArgumentError, match="follow from its conditions; those of Whim do not"):
        Blocks(tasks=(Whim(),))


def test_settings_that_differ_in_time_are_refused():
    task = Blocks(tasks=(PDM, replace(PDM, stimulus_ms=400)), n_trials=4, length=1)
    with pytest.raises(ArgumentError, match="same durations"):
        task.sample(20, seed=0)
