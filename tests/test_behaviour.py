"""Behaviour: the table of trials is that of the environments, and what is computed of it recovers what made it."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from scipy.special import expit
from scipy.stats import norm
from test_play import finish

from cogdyn.agents import Actor, RateRNN, behaviour
from cogdyn.agents.measures.behaviour import (
    accuracy_by,
    chronometric_curve,
    history_regression,
    learning_curve,
    load_trials,
    outcome_rates,
    psychometric_curve,
    save_trials,
    side_bias,
    stay_probabilities,
    win_stay_lose_shift,
)
from cogdyn.agents.measures.behaviour.proportions import Proportion, wilson_interval
from cogdyn.envs import Blocks, Mixture, ReactionTime, Rewards, SideBias, TrialEnv, TrialVectorEnv, make_task
from cogdyn.envs.errors import ArgumentError
from cogdyn.lessons.figures import behaviour_bars, behaviour_curves
from cogdyn.lessons.player.session import PlaySession

PDM = make_task("PerceptualDecisionMaking", noise=0.3, fixation_ms=100, stimulus_ms=200, decision_ms=160)
BLOCKS = Blocks(tasks=[SideBias(task=PDM, p=p) for p in ((0.8, 0.2), (0.2, 0.8))], n_trials=20, length=5)
REWARDS = Rewards(correct=2.0, error=-1.0, abort=-0.25, miss=-0.5)
RNG = np.random.default_rng(0)


def one_hot(actions, n):
    return np.eye(n)[actions]


# The table


def rare_actions(task, p):
    """A policy of random actions, mostly to fixate, and all that it did."""
    rng, made = np.random.default_rng(5), []

    def act(segment):
        shape = segment.mask.shape
        actions = np.where(rng.random(shape) < p, rng.integers(1, task.n_outputs, shape), 0)
        made.append(actions)
        return one_hot(actions, task.n_outputs)

    return act, made


OPEN_LOOP = {
    "decision": PDM,
    "cost of time": ReactionTime(task=PDM, cost=0.7),
    "go or not": make_task("GoNogo"),
    "timed": make_task("ReadySetGo"),
    "wager": make_task("PostDecisionWager"),
    "random durations": make_task("PerceptualDecisionMakingDelayResponse"),
}


@pytest.mark.parametrize("task", OPEN_LOOP.values(), ids=OPEN_LOOP)
def test_a_row_holds_what_the_environment_says_of_a_trial(task):
    act, made = rare_actions(task, 0.02)
    table = behaviour(act, task, 100, seed=3, rewards=REWARDS)
    env, done = TrialVectorEnv(task, 100, rewards=REWARDS, autoreset_mode="Disabled"), np.zeros(100, bool)
    env.reset(seed=3)
    choice, correct, reward, last = np.zeros(100, int), np.zeros(100, bool), np.zeros(100), np.zeros(100, int)
    for t, actions in enumerate(made[0]):
        _, earned, over, _, info = env.step(actions)
        ended = over & ~done
        choice[ended], correct[ended], last[ended] = info["choice"][ended], info["correct"][ended], t
        reward += np.where(done, 0, earned)
        done |= over
        if done.all():
            break
        if over.any():
            env.reset(options={"reset_mask": over})
    np.testing.assert_array_equal(table["choice"], choice)
    np.testing.assert_array_equal(table["correct"], correct)
    np.testing.assert_allclose(table["reward"], reward)
    start = task.sample(100, 3).windows(task.response_period)[0][0]
    responded = choice > 0
    np.testing.assert_allclose(table["reaction_ms"][responded], ((last - start) * task.dt)[responded])
    assert np.isnan(table["reaction_ms"][~responded]).all()
    assert 0 < np.mean(table["aborted"]) < 1
    assert len(set(choice)) > 1


@pytest.mark.parametrize("task", [BLOCKS, make_task("Bandit"), make_task("DawTwoStep")], ids=lambda task: task.name)
def test_a_row_holds_what_the_environment_says_of_a_segment(task):
    act, made = rare_actions(task, 0.1)
    table = behaviour(act, task, 5, seed=3, rewards=REWARDS)
    assert len(table["trial"]) == task.n_segments
    env = TrialEnv(task, rewards=REWARDS)
    env.reset(seed=3)
    rows, reward = [], 0.0
    for actions in made:
        for action in actions[:, 0]:
            _, earned, _, _, info = env.step(action)
            reward += earned
            if info["ended"]:
                rows.append((info["choice"], info["correct"], reward))
                reward = 0.0
    choice, correct, reward = zip(*rows, strict=True)
    np.testing.assert_array_equal(table["choice"], choice)
    np.testing.assert_array_equal(table["correct"], correct)
    np.testing.assert_allclose(table["reward"], reward)
    np.testing.assert_array_equal(table["previous_choice"], (0, *choice[:-1]))
    np.testing.assert_array_equal(table["previous_reward"], (np.nan, *reward[:-1]))


def test_ideal_observer_network_actor_and_function_fill_the_same_table():
    network = RateRNN(PDM.n_inputs, 8, PDM.n_outputs, dt=20, tau=100, noise=0.0, seed=1)
    with torch.no_grad():
        network.readout_bias.copy_(torch.tensor([0.0, 0.01, 0.0]))
    actor = Actor(network, TrialEnv(PDM).action_space)
    tables = [behaviour(agent, PDM, 60, seed=4) for agent in (network, actor, network.double())]
    for table in tables:
        assert list(table) == list(tables[0])
        for name in ("choice", "reward", "coherence"):
            np.testing.assert_array_equal(table[name], tables[0][name])
    ideal = behaviour("ideal", PDM, 3000, seed=1)
    assert np.mean(ideal["correct"]) == pytest.approx(PDM.ceiling, abs=4 * 0.5 / np.sqrt(3000))
    np.testing.assert_array_equal(ideal["choice"], behaviour(PDM.ideal, PDM, 3000, seed=1)["choice"])
    assert np.mean(behaviour("guess", PDM, 2000)["correct"]) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(2000))
    session = behaviour("ideal", BLOCKS, 2000)
    assert np.mean(session["correct"]) == pytest.approx(BLOCKS.ceiling, abs=4 * 0.5 / np.sqrt(2000))


def test_the_same_seed_gives_the_same_table_and_a_sample_is_not_greedy():
    network = RateRNN(PDM.n_inputs, 8, PDM.n_outputs, dt=20, tau=100, noise=0.1, seed=1)
    one, again, other = (behaviour(network, PDM, 50, seed=seed, greedy=False) for seed in (0, 0, 1))
    assert all(np.array_equal(one[name], again[name], equal_nan=True) for name in one)
    assert not np.array_equal(one["coherence"], other["coherence"])
    # At logits near 0 each bin is another class in two of three: fixation is soon broken.
    assert np.mean(one["aborted"]) > 0.9

    def decided(segment):
        return np.where(segment.during("decision")[..., None], [-50, np.log(0.7), np.log(0.3)], [50.0, 0, 0])

    sampled = behaviour(decided, PDM, 4000, greedy=False)
    assert np.mean(sampled["choice"] == 1) == pytest.approx(0.7, abs=4 * 0.5 / np.sqrt(4000))
    assert (behaviour(decided, PDM, 50)["choice"] == 1).all()


@pytest.mark.parametrize("recurrent", [False, True], ids=["PPO", "RecurrentPPO"])
def test_a_model_of_stable_baselines_acts_as_in_its_environment(recurrent):
    from sb3_contrib import RecurrentPPO
    from stable_baselines3 import PPO

    cls, policy = (RecurrentPPO, "MlpLstmPolicy") if recurrent else (PPO, "MlpPolicy")
    model = cls(policy, TrialEnv(BLOCKS), n_steps=8, batch_size=8, seed=0, device="cpu")
    with torch.no_grad():
        model.policy.action_net.weight *= 100
    table = behaviour(model, BLOCKS, 20, seed=2)
    env, state, start, rows = TrialEnv(BLOCKS), None, np.ones(1, bool), []
    seen, _ = env.reset(seed=2)
    over = False
    while not over:
        action, state = model.predict(seen[None], state, start, deterministic=True)
        seen, _, over, _, info = env.step(int(action[0]))
        start = np.zeros(1, bool)
        rows += [info["choice"]] if info["ended"] else []
    np.testing.assert_array_equal(table["choice"], rows)
    with pytest.raises(ArgumentError, match="the agent acts in"):
        behaviour(model, make_task("GoNogo"), 5)


def test_a_person_fills_the_same_table_and_files_keep_it(tmp_path):
    classes = PDM.ideal(PDM.sample(64, seed=3)).argmax(axis=-1)
    session = PlaySession(PDM, n_trials=20, seed=3)
    while not session.finished:
        session.begin()
        for key in classes[:, session.number - 1].tolist():
            if session.running:
                session.press(str(key))
                session.step()
    person = session.table()
    ideal = behaviour("ideal", PDM, 64, seed=3)
    assert list(person) == list(ideal)
    for name in person:
        np.testing.assert_array_equal(person[name], np.asarray(ideal[name])[:20], err_msg=name)
    save_trials(person, tmp_path / "me.csv")
    save_trials(ideal, str(tmp_path / "ideal.csv"))
    for name, values in load_trials(tmp_path / "me.csv").items():
        np.testing.assert_array_equal(values, person[name])
        assert values.dtype == person[name].dtype
    if find_spec("pandas"):
        import pandas

        assert isinstance(ideal, pandas.DataFrame)
        pandas.testing.assert_frame_equal(pandas.read_csv(tmp_path / "ideal.csv"), ideal, check_dtype=False)
        ideal.to_csv(tmp_path / "frame.csv", index=False)
        assert list(load_trials(tmp_path / "frame.csv")) == list(ideal)


def test_a_person_in_a_session_and_keys_too_early():
    early = finish(PlaySession(PDM, n_trials=2, seed=0), lambda s: "1" if s.period == "fixation" else None)
    assert early.table()["aborted"].all()
    assert (early.table()["choice"] == 0).all()
    session = finish(PlaySession(BLOCKS, seed=0), lambda s: "1" if s.period == "decision" else None)
    table = session.table()
    np.testing.assert_array_equal(table["trial"], np.arange(1, 21))
    assert (table["reaction_ms"] == 0).all()
    assert table["reward"].sum() == session.reward
    np.testing.assert_array_equal(table["answer"] == 1, table["correct"])
    np.testing.assert_array_equal(table["answer"], table["condition answer"])


def test_without_pandas_the_columns_are_arrays():
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pandas' else find(name, *rest)\n"
        "from cogdyn.agents import behaviour; from cogdyn.envs import make_task\n"
        "table = behaviour('ideal', make_task('GoNogo'), 5)\n"
        "print(type(table).__name__, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["dict", "False"]


# What is computed of it


def one_of_a_curve(bias, width, rng):
    """A policy that chooses right with the probability of a cumulative Gaussian of the signed coherence."""

    def act(segment):
        c = segment.conditions
        x = c["coherence"] * np.where(c["side"] == 2, 1, -1)
        return PDM.respond(segment, 1 + (rng.random(len(x)) < norm.cdf((x - bias) / width)))

    return act


def test_a_psychometric_curve_recovers_the_one_that_made_it():
    bias, width = 0.05, 0.2
    found = [psychometric_curve(behaviour(one_of_a_curve(bias, width, RNG), PDM, 600, seed=s)) for s in range(40)]
    for name, truth in (("bias", bias), ("width", width)):
        values, errors = (
            np.array(v) for v in zip(*((getattr(f.fit, name), f.errors[name]) for f in found), strict=True)
        )
        assert values.mean() == pytest.approx(truth, abs=4 * values.std() / np.sqrt(40))
        # The spread of 40 values is known to 11 %.
        assert errors.mean() == pytest.approx(values.std(), rel=0.45)
    one = found[0]
    assert list(one.stimulus) == sorted(x * sign for x in PDM.coherences for sign in (-1, 1))
    assert sum(p.n for p in one.right) == 600
    lapsing = psychometric_curve(behaviour(one_of_a_curve(bias, width, RNG), PDM, 600), lapses=True)
    assert set(lapsing.errors) == {"bias", "width", "lapse_low", "lapse_high"}


def test_a_prior_moves_the_psychometric_curve_of_the_ideal_observer():
    table = behaviour("ideal", BLOCKS, 6000)
    biases = [psychometric_curve({k: np.asarray(v)[table["block"] == b] for k, v in table.items()}) for b in (0, 1)]
    assert biases[0].fit.bias > 4 * biases[0].errors["bias"]
    assert biases[1].fit.bias < -4 * biases[1].errors["bias"]
    left, right = side_bias(table, "block").values()
    assert left.high < 0 < right.low
    ((name, every),) = side_bias(table).items()
    assert name == "all"
    assert abs(every.value) < every.high - every.low


def test_a_chronometric_curve_has_the_means_and_the_fit():
    task = ReactionTime(task=make_task("PerceptualDecisionMaking", noise=0.4), cost=0.3)
    table = behaviour("ideal", task, 4000)
    curve = chronometric_curve(table)
    times, correct = np.asarray(table["reaction_ms"]), np.asarray(table["correct"])
    for x, mean, error, n in zip(curve.strength, curve.reaction_ms, curve.error_ms, curve.n, strict=True):
        mine = times[correct & (np.asarray(table["coherence"]) == x)]
        assert (mean, n) == (pytest.approx(mine.mean()), len(mine))
        assert error == pytest.approx(mine.std(ddof=1) / np.sqrt(len(mine)))
    assert curve.reaction_ms[0] > curve.reaction_ms[-1]
    assert curve.fit.reaction_ms([0.064]) > curve.fit.reaction_ms([0.512])
    every = chronometric_curve(table, correct_only=False)
    assert every.n.sum() == np.isfinite(times).sum()


def sequence(choice, reward, **others):
    """A table of one session."""
    choice, reward = np.asarray(choice), np.asarray(reward, float)
    base = {"session": np.ones(len(choice), int), "trial": np.arange(1, len(choice) + 1), "choice": choice}
    base |= {"answer": np.where(reward > 0, choice, 3 - choice), "correct": reward > 0, "reward": reward}
    base |= {"aborted": choice < 0, "reaction_ms": np.zeros(len(choice))}
    base |= {"previous_choice": np.r_[0, choice[:-1]], "previous_reward": np.r_[np.nan, reward[:-1]]}
    return base | others


def test_win_stay_and_lose_shift_are_counted():
    table = sequence([1, 1, 2, 2, 0, 1, 1], [1, 0, 1, 0, 0, 1, 1])
    found = win_stay_lose_shift(table)
    # Pairs: won and stayed, lost and shifted, won and stayed, (none), (after none), won and stayed.
    assert (found["win-stay"].value, found["win-stay"].n) == (1.0, 3)
    assert (found["lose-shift"].value, found["lose-shift"].n) == (1.0, 1)
    bandit = behaviour("ideal", make_task("ReversalBandit"), 2000)
    found = win_stay_lose_shift(bandit)
    assert found["win-stay"].value > 0.95
    assert found["lose-shift"].value > 0.8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_history_regression_recovers_its_weights(dtype):
    rng, n = np.random.default_rng(2), 20_000
    win, lose, slope, bias = np.array([1.0, 0.4]), np.array([-0.6, 0.2]), 3.0, 0.3
    strength, answer = rng.choice([0.0, 0.1, 0.3], n), rng.integers(1, 3, n)
    x, choice, reward = strength * np.where(answer == 2, 1, -1), np.zeros(n, int), np.zeros(n)
    for t in range(n):
        z = bias + slope * x[t]
        for k in (1, 2):
            if t >= k:
                z += (2 * choice[t - k] - 3) * (win[k - 1] if reward[t - k] else lose[k - 1])
        choice[t] = 1 + (rng.random() < expit(z))
        reward[t] = choice[t] == answer[t]
    table = sequence(choice, reward, coherence=strength.astype(dtype)) | {"answer": answer}
    found = history_regression(table, n_back=2)
    assert found.n_trials == n - 2
    for name, truth in (("bias", bias), ("stimulus", slope), ("win", win), ("lose", lose)):
        difference = np.abs(getattr(found, name) - truth)
        assert (difference < 4 * np.asarray(found.errors[name])).all(), name
    assert np.isnan(history_regression(table, 1, strength=None).stimulus)


def two_step(model_based):
    """An agent of the two-step task that repeats what was rewarded, or what leads to the better state."""
    memory = {}

    def act(segment):
        place, reward = (segment.inputs[..., TWO_STEP.input_groups[g]][: segment.periods["feedback"][1][0]].mean(axis=0)
                         for g in ("place", "reward"))  # fmt: skip
        where, paid = place.argmax(axis=1), reward[:, 0] > 0.5
        if where.max() > 0:  # a state: press its lever
            memory["state"] = where
            return TWO_STEP.respond(segment, where)
        if "first" not in memory:
            memory["first"] = RNG.integers(1, 3, segment.batch_size)
        else:
            last = memory["state"] if model_based else memory["first"]
            better = np.where(paid, last, 3 - last)
            explores = RNG.random(segment.batch_size) < 0.2
            memory["first"] = np.where(explores, RNG.integers(1, 3, segment.batch_size), better)
        return TWO_STEP.respond(segment, memory["first"])

    return act


TWO_STEP = make_task("DawTwoStep", n_trials=60)


def test_stay_probabilities_tell_a_model_free_from_a_model_based_agent():
    # One session for each: their memory is of one session.
    free, based = (stay_probabilities(behaviour(two_step(b), TWO_STEP, 120 * 60, seed=1)) for b in (False, True))
    stays, leaves = 0.9, 0.1  # a fifth of the choices are at random
    expected_free = {"rewarded": stays, "unrewarded": leaves}
    for (transition, outcome), share in free.items():
        assert share.value == pytest.approx(expected_free[outcome], abs=4 * 0.5 / np.sqrt(share.n))
        same = (transition == "common") == (outcome == "rewarded")
        assert based[transition, outcome].value == pytest.approx(
            stays if same else leaves, abs=4 * 0.5 / np.sqrt(based[transition, outcome].n)
        )
    assert sum(share.n for share in free.values()) == 60 * 59


def test_ends_of_trials_and_accuracy_are_counted():
    table = sequence([1, 2, 0, 1, 2, 0], [1, 0, 0, 1, 1, 1], coherence=np.array([0.1, 0.1, 0.1, 0.2, 0.2, 0.2]))
    table["aborted"] = np.array([0, 0, 0, 0, 1, 0], bool)
    found = outcome_rates(table)
    assert {name: share.value for name, share in found.items()} == pytest.approx(
        {"correct": 3 / 6, "error": 1 / 6, "miss": 1 / 6, "abort": 1 / 6}
    )
    assert {x: share.value for x, share in accuracy_by(table, "coherence").items()} == {
        0.1: pytest.approx(1 / 3),
        0.2: 1,
    }
    assert [(k, share.n) for k, share in learning_curve(table, 4).items()] == [(1, 4), (5, 2)]
    assert Proportion.of(np.array([True, False])).low == wilson_interval(1, 2)[0]
    assert Proportion.of(np.zeros(0, bool)).n == 0


# Figures


def test_each_measure_has_a_figure():
    table, session = behaviour("ideal", PDM, 400), behaviour("ideal", BLOCKS, 400)
    both = {"ideal": table, "another": behaviour("ideal", PDM, 400, seed=1)}
    curves, bars = behaviour_curves, behaviour_bars
    figures = [
        curves.draw_psychometric(table, lapses=True),
        curves.draw_psychometric(both),
        curves.draw_psychometric(session, by="block"),
        curves.draw_chronometric(both),
        curves.draw_accuracy(both, "coherence", chance=0.5),
        curves.draw_accuracy_in_session(session, 5),
        bars.draw_outcomes(both),
        bars.draw_win_stay(session),
        bars.draw_side_bias(session, "block"),
        bars.draw_side_bias(both),
        bars.draw_stay_probabilities(behaviour("ideal", TWO_STEP, 240)),
        bars.draw_history(both),
        bars.draw_history(behaviour("guess", make_task("Bandit"), 400), 2, strength=None),
    ]
    for figure in figures:
        assert isinstance(figure, Figure)
        figure.draw_without_rendering()
        assert all(axes.get_ylabel() for axes in figure.axes)
    shown = figures[0].axes[0].lines[-1]
    fit = psychometric_curve(table, lapses=True).fit
    np.testing.assert_allclose(shown.get_ydata(), fit.probability(shown.get_xdata()))


# What cannot be


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": make_task("DelayedReach")}, "continuous outputs"),
        ({"task": make_task("NBack")}, "a trial of NBack has"),
        ({"n_trials": 0}, "at least 1"),
        ({"agent": "idael"}, "'ideal'"),
        ({"agent": 3}, "a network, an Actor"),
        ({"agent": RateRNN(5, 4, 3)}, "does not fit"),
        ({"agent": lambda segment: np.zeros((2, 2))}, "outputs have shape"),
        ({"agent": Actor(RateRNN(3, 4, 2), TrialEnv("DelayedReach").action_space)}, "the agent acts in"),
        ({"task": Mixture(tasks=(make_task("NBack"),))}, "has"),
    ],
)
def test_what_is_no_behaviour_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        behaviour(**{"agent": "ideal", "task": PDM, "n_trials": 10} | arguments)


def test_tables_that_are_none_are_refused(tmp_path):
    table = behaviour("ideal", PDM, 50)
    for wrong, message in (([1, 2], "a mapping of arrays"), ({}, "unknown column"), ({"choice": []}, "unknown column")):
        with pytest.raises(ValueError, match=message):
            outcome_rates(wrong)
    with pytest.raises(ArgumentError, match="'coherence'"):
        accuracy_by(table, "coherense")
    with pytest.raises(ArgumentError, match="unknown column of a table 'place'"):
        stay_probabilities(table)
    with pytest.raises(ArgumentError, match="lower n_back"):
        history_regression(behaviour("ideal", PDM, 5), 3)
    with pytest.raises(ArgumentError, match="no column"):
        save_trials({"choice": np.zeros(2)}, tmp_path / "x.csv")
    (tmp_path / "y.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ArgumentError, match="no column 'session'"):
        load_trials(tmp_path / "y.csv")
    perfect = sequence([1, 2] * 10, [1] * 20, coherence=np.full(20, 0.1))
    with pytest.raises(ValueError, match="without an error"):
        psychometric_curve(perfect)
    with pytest.raises(ArgumentError, match="without an error"):
        history_regression(sequence([1, 2, 2, 1, 1, 2] * 10, [1, 0, 1, 0] * 15, coherence=RNG.random(60)), 1)
    with pytest.raises(ArgumentError, match="no trial was done"):
        PlaySession(PDM, 1).table()
