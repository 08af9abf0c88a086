"""What the tasks of decision and control promise beyond the contract: closed forms, brute force, rule tables."""

from dataclasses import replace
from itertools import pairwise, product
from math import inf, log, prod, sqrt

import numpy as np
import pytest
from scipy.stats import norm, poisson

from cogdyn.envs import Choice, PerBatch, Uniform, make_task

N = 2000


def brute_force(task, batch):
    """The likeliest answers (W, B) from every bin seen before each is due, for all that the task may paint."""
    factors = task.factors()
    levels = product(*(zip(f.values, f.probabilities, strict=True) for f in factors.values()))
    kinds = [combination for combination in levels if prod(p for _, p in combination) > 0]
    conditions = {name: np.array([kind[i][0] for kind in kinds]) for i, name in enumerate(factors)}
    prior = np.array([prod(p for _, p in kind) for kind in kinds])
    conditions = task.complete(conditions, np.random.default_rng(0))
    quiet = replace(task, noise=0.0).lay_out(conditions, np.random.default_rng(0))
    chosen = []
    windows = zip(quiet.windows(task.response_period), batch.windows(task.response_period), strict=True)
    for (_, stop), (due, end) in windows:
        until = due[0] if task.name in ("TaskSwitching", "AlternatingRuns") else end[0]
        seen, shown = (
            x[:until].astype(float).swapaxes(0, 1).reshape(x.shape[1], -1) for x in (batch.inputs, quiet.inputs)
        )
        fit = seen @ shown.T - 0.5 * (shown**2).sum(axis=1)
        fit = fit / task.noise_std**2 + np.log(prior)
        posterior = np.exp(fit - fit.max(axis=1, keepdims=True))
        right = quiet.targets[stop[0] - 1, np.arange(len(prior))]
        chosen.append((posterior @ np.eye(task.n_outputs)[right]).argmax(axis=1))
    return np.array(chosen)


BAYES = {
    "PerceptualDecisionMaking": {"noise": 0.4},
    "ContextDecisionMaking": {"noise": 2.0, "coherences": (0.1, 0.6, 1.0)},
    "MultiSensoryIntegration": {"noise": 0.6, "p_modality": (0.1, 0.3, 0.6), "coherences": (0.1, 0.9)},
    "SpatialSuppressMotion": {"noise": 0.4, "stimulus_ms": 80},
    "ToneDetection": {"noise": 0.5, "p_tone": 0.6},
    "EconomicDecisionMaking": {"noise": 0.8},
    "GoNogo": {"noise": 1.2, "p_go": 0.8, "delay_ms": 100},
    "AntiReach": {"noise": 0.6, "p_anti": 0.3, "delay_ms": 100, "n_directions": 6},
    "StopSignal": {"noise": 1.2, "ssd_ms": (0, 100, 100, 440), "fixation_ms": 200},
    "Stroop": {"noise": 1.0, "n_colours": 2, "p_name": 0.7, "p_congruent": 0.7, "p_incongruent": 0.1},
    "Flanker": {"noise": 1.2, "p_congruent": 0.2, "p_incongruent": 0.7, "n_flankers": 1, "fixation_ms": 200},
    "TaskSwitching": {"noise": 1.2, "p_switch": 0.1, "n_stimuli": 2},
    "AlternatingRuns": {"noise": 1.2, "run_length": 1, "n_stimuli": 2},
}


@pytest.mark.parametrize(("name", "arguments"), BAYES.items(), ids=BAYES)
def test_the_ideal_observer_is_bayes_rule_on_all_bins(name, arguments):
    task = make_task(name, **arguments)
    batch = task.sample(N, seed=1)
    ours, best = np.array(task.choices(task.ideal(batch), batch)), brute_force(task, batch)
    assert (ours == best).mean() > 0.999
    assert task.chance + 0.02 < task.ceiling < 0.97


# Evidence


def test_accuracy_follows_the_psychometric_function():
    for coherence, noise, dt in ((0.064, 0.1, 20), (0.2, 0.4, 10), (0.5, 1.0, 50)):
        task = make_task("PerceptualDecisionMaking", coherences=(coherence,), noise=noise, dt=dt)
        # Two channels, 1000 ms each with the noise of 100 ms averaged ten times.
        expected = norm.cdf(coherence / (noise * sqrt(2 * 100 / 1000)))
        assert task.ceiling == pytest.approx(expected, abs=1e-9)
        batch = task.sample(N, seed=2)
        assert task.score(task.ideal(batch), batch).mean() == pytest.approx(expected, abs=0.035)


@pytest.mark.parametrize("name", ["EvidenceAccumulation", "PerceptualDecisionMakingDelayResponse"])
def test_ceilings_sum_over_durations_and_coherences(name):
    task = make_task(name, coherences=(0, 0.1), stimulus_ms=Choice((100, 900), p=(0.3, 0.7)), noise=0.2)
    parts = [norm.cdf(0.1 / (0.2 * sqrt(2 * 100 / ms))) for ms in (100, 900)]
    assert task.ceiling == pytest.approx(0.5 * 0.5 + 0.5 * (0.3 * parts[0] + 0.7 * parts[1]))


def test_two_senses_are_better_than_one_by_the_root_of_two():
    both, one = (make_task("MultiSensoryIntegration", coherences=(0.1,), p_modality=p) for p in ((0, 0, 1), (1, 0, 0)))
    d = 0.1 / (0.1 * sqrt(2 * 100 / 800))
    assert both.ceiling == pytest.approx(norm.cdf(sqrt(2) * d), abs=0.003)
    # A sense that is not there shows neither side, so that a single one could be read alone.
    assert one.ceiling == pytest.approx(norm.cdf(d), abs=0.003)


@pytest.mark.parametrize("name", ["MultiSensoryIntegration", "PostDecisionWager"])
def test_a_duration_that_a_batch_shares_has_the_ceiling_of_one_that_it_does_not(name):
    shared, own = (make_task(name, stimulus_ms=ms) for ms in (PerBatch(Uniform(100, 2000)), Uniform(100, 2000)))
    assert shared.ceiling == pytest.approx(own.ceiling, abs=1e-12)


def test_the_context_says_which_modality_counts():
    batch = make_task("ContextDecisionMaking").sample(200, seed=3)
    motion, colour = (batch.conditions[f"{m}_side"] for m in ("motion", "colour"))
    np.testing.assert_array_equal(batch.targets[-1], np.where(batch.conditions["context"] == 0, motion, colour))
    for modality in ("motion", "colour"):
        batch = make_task("SingleContextDecisionMaking", context=modality).sample(200, seed=3)
        np.testing.assert_array_equal(batch.targets[-1], batch.conditions[f"{modality}_side"])


def test_large_motion_is_seen_better_when_faint_and_worse_when_clear():
    score = {
        (size, c): make_task("SpatialSuppressMotion", sizes=(size,), contrast_levels=(c,), noise=0.3).ceiling
        for size, c in product((0.7, 5.0), (0.055, 0.92))
    }
    assert score[5.0, 0.055] > score[0.7, 0.055] + 0.02
    assert score[5.0, 0.92] < score[0.7, 0.92] - 0.02


# Pulses


def patterns(n, p):
    """All patterns of pulses (K, n, 2) without ties, and how often they occur."""
    all_, weight = [], []
    for left, right in product(product((0, 1), repeat=n), repeat=2):
        if sum(left) != sum(right):
            all_.append(np.array([left, right]).T)
            one, other = (
                prod(q if x else 1 - q for x in left) * prod(r if x else 1 - r for x in right) for q, r in (p, p[::-1])
            )
            weight.append(one + other)
    return np.array(all_), np.array(weight) / sum(weight)


def test_pulses_are_drawn_and_judged_as_all_patterns_say():
    task = make_task("PulseDecisionMaking", n_slots=3, p_pulse=(0.1, 0.6), noise=0.5)
    shown, p = patterns(3, task.p_pulse)
    batch = task.sample(8000, seed=4)
    drawn = np.array([[batch.conditions[f"{s} {k}"] for s in ("left", "right")] for k in (1, 2, 3)]).transpose(2, 0, 1)
    frequency = (drawn[:, None] == shown).all(axis=(2, 3)).mean(axis=0)
    assert frequency.sum() == pytest.approx(1)
    np.testing.assert_allclose(frequency, p, atol=4 * np.sqrt(p / 8000).max())
    more_left = shown.sum(axis=1)[:, 0] > shown.sum(axis=1)[:, 1]
    seen = np.stack([task.mean_input(batch, "pulse", f"pulse {k}") for k in (1, 2, 3)], axis=1)
    fit = ((seen[:, None] * shown) - 0.5 * shown).sum(axis=(2, 3)) * 2 / task.noise_std**2
    left = (np.exp(fit) * p) @ more_left > (np.exp(fit) * p) @ ~more_left
    (ours,) = task.choices(task.ideal(batch), batch)
    np.testing.assert_array_equal(ours, np.where(left, 1, 2))
    assert np.mean(ours == batch.conditions["side"]) == pytest.approx(task.ceiling, abs=0.02)


def test_clicks_come_at_the_rates_of_poisson_trains_and_never_tie():
    task = make_task("PoissonClicks", faster_hz=(30,), stimulus_ms=400, noise=0.0)
    batch = task.sample(4000, seed=4)
    left, right, faster, side = (batch.conditions[name] for name in ("left", "right", "faster", "side"))
    shown = (batch.inputs[..., 1:] * batch.during("stimulus")[..., None]).sum(axis=0).T
    np.testing.assert_array_equal(shown, [left, right])
    np.testing.assert_array_equal(batch.inputs[..., 1:].sum(axis=0).T, shown)
    np.testing.assert_array_equal(side, np.where(left > right, 1, 2))
    fast, slow = np.where(faster == 1, left, right), np.where(faster == 1, right, left)
    n = np.arange(60)
    p = np.outer(poisson.pmf(n, 12), poisson.pmf(n, 4))
    np.fill_diagonal(p, 0)
    p /= p.sum()
    assert fast.mean() == pytest.approx(p.sum(axis=1) @ n, abs=4 * 3.5 / np.sqrt(4000))
    assert slow.mean() == pytest.approx(p.sum(axis=0) @ n, abs=4 * 2 / np.sqrt(4000))
    assert np.mean(fast > slow) == pytest.approx(np.tril(p).sum(), abs=0.01)
    per_bin = batch.inputs[10:30, :, 1:].sum(axis=(1, 2)) / 4000
    np.testing.assert_allclose(per_bin, per_bin.mean(), atol=4 * np.sqrt(0.8 / 4000))


def test_clicks_in_noise_are_counted_as_enumeration_says():
    task = make_task("PoissonClicks", faster_hz=(40, 55), total_hz=60, stimulus_ms=60, noise=0.2, fixation_ms=0)
    batch, counts = task.sample(500, seed=4), np.array(list(product(range(7), repeat=3)))
    seen = batch.inputs[:3, :, 1:].astype(float)
    likelihood = norm.pdf(seen[..., None], np.arange(7), task.noise_std)  # (bins, trials, sides, clicks)
    odds = np.zeros(500)
    for rate in task.faster_hz:
        n = np.arange(60)
        tie = (poisson.pmf(n, rate * 0.06) * poisson.pmf(n, (60 - rate) * 0.06)).sum()
        for rates in ((rate, 60 - rate), (60 - rate, rate)):
            number = np.zeros((2, 500, 19))
            for side, hz in enumerate(rates):
                p = poisson.pmf(np.arange(7), hz * 0.02)
                for c in counts:
                    number[side, :, c.sum()] += np.prod(
                        [likelihood[t, :, side, c[t]] * p[c[t]] for t in range(3)], axis=0
                    )
            joint = number[0][:, :, None] * number[1][:, None]
            odds += (np.tril(joint, -1).sum(axis=(1, 2)) - np.triu(joint, 1).sum(axis=(1, 2))) / (1 - tie)
    (ours,) = task.choices(task.ideal(batch), batch)
    np.testing.assert_array_equal(ours, np.where(odds > 0, 1, 2))
    assert 0.6 < np.mean(ours == batch.conditions["side"]) < 0.97


# Odds


def test_shapes_add_up_to_log_odds():
    task = make_task("ProbabilisticReasoning", weights=(-0.8, 0.1, 0.5), n_shown=2, noise=0.0)
    odds = [1 / (1 + 10 ** -(a + b)) for a, b in product(task.weights, repeat=2)]
    assert task.answers[1] == pytest.approx(np.mean(odds))
    assert task.ceiling == pytest.approx(np.mean([max(p, 1 - p) for p in odds]))
    batch = task.sample(20_000, seed=5)
    for total in (-1.6, -0.3, 1.0):
        left = batch.conditions["side"][np.isclose(batch.conditions["log_odds"], total)] == 1
        assert left.mean() == pytest.approx(1 / (1 + 10**-total), abs=0.04)


def test_shapes_in_noise_are_weighed_by_all_that_may_have_been_shown():
    task = make_task("ProbabilisticReasoning", weights=(-0.8, 0.1, 0.5), n_shown=2, noise=1.0)
    batch = task.sample(N, seed=6)
    seen = np.stack([task.mean_input(batch, "shape", f"shape {k}") for k in (1, 2)], axis=1)
    left = np.zeros(N)
    for pair in product(range(3), repeat=2):
        fit = sum(seen[:, k, shape] for k, shape in enumerate(pair)) * 15 / task.noise_std**2
        odds = 10 ** sum(task.weights[shape] for shape in pair)
        left += np.exp(fit) * (odds / (1 + odds) - 0.5)
    (ours,) = task.choices(task.ideal(batch), batch)
    np.testing.assert_array_equal(ours, np.where(left > 0, 1, 2))
    assert make_task("ProbabilisticReasoning", noise=1.0).ceiling < make_task("ProbabilisticReasoning").ceiling - 0.1


# Rewards


def test_the_sure_bet_is_paid_only_where_it_is_offered():
    task = make_task("PostDecisionWager", sure_reward=0.6)
    batch = task.sample(400, seed=7)
    sure, side = batch.conditions["sure"], batch.conditions["side"]
    np.testing.assert_array_equal(task.score(task.respond(batch, np.full(400, 3)), batch), np.where(sure, 0.6, 0))
    np.testing.assert_array_equal(task.score(task.respond(batch, side), batch), 1)
    np.testing.assert_array_equal(task.score(task.respond(batch, 3 - side), batch), 0)


def test_the_teacher_bets_where_a_perfect_integrator_would_be_right_too_rarely():
    task = make_task("PostDecisionWager", sure_reward=0.8)
    batch = task.sample(N, seed=8)
    bins, coherence = np.subtract(*batch.periods["stimulus"][::-1]), batch.conditions["coherence"]
    right = norm.cdf(coherence * np.sqrt(bins / 2) / task.noise_std)
    target = batch.targets[batch.lengths - 1, np.arange(N)]
    np.testing.assert_array_equal(target == 3, batch.conditions["sure"] & (right < 0.8))
    np.testing.assert_allclose((target == 3).mean(), task.answers[3], atol=0.035)


def test_the_ideal_observer_bets_where_it_believes_in_neither_side():
    task = make_task("PostDecisionWager", noise=0.2)
    batch = task.sample(N, seed=9)
    bins = np.subtract(*batch.periods["stimulus"][::-1])
    left, right = task.mean_input(batch, "evidence", "stimulus").T
    coherence = np.array(task.coherences)
    for_left, for_right = (
        norm.pdf((left - right)[:, None], s * coherence, task.noise_std * np.sqrt(2 / bins)[:, None]).sum(axis=1)
        for s in (1, -1)
    )
    belief = np.maximum(for_left, for_right) / (for_left + for_right)
    bet = batch.conditions["sure"] & (belief < task.sure_reward)
    (ours,) = task.choices(task.ideal(batch), batch)
    np.testing.assert_array_equal(ours, np.where(bet, 3, np.where(for_left >= for_right, 1, 2)))
    never, always = np.where(left > right, 1, 2), np.where(batch.conditions["sure"], 3, np.where(left > right, 1, 2))
    best = task.score(task.respond(batch, ours), batch).mean()
    assert best > max(task.score(task.respond(batch, choice), batch).mean() for choice in (never, always)) + 0.01


def test_the_offer_that_is_worth_more_is_right():
    batch = make_task("EconomicDecisionMaking").sample(400, seed=10)
    a, b, side = (batch.conditions[name] for name in ("amount_a", "amount_b", "a_side"))
    np.testing.assert_array_equal(batch.targets[-1], np.where(2.2 * a > b, side, 3 - side))
    pairs = set(zip(a.astype(int).tolist(), b.astype(int).tolist(), strict=True))
    assert pairs == {(1, 0), (3, 1), (2, 1), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (0, 2)}


# Control


def test_go_or_no_go_is_judged_with_the_criterion_of_signal_detection():
    assert make_task("GoNogo").answers[1] == 0.75  # going is what one does
    task = make_task("GoNogo", p_go=0.8, noise=1.0)
    d, shift = sqrt(2 * 300 / 100), log(0.8 / 0.2)
    expected = 0.8 * norm.cdf(d / 2 + shift / d) + 0.2 * norm.cdf(d / 2 - shift / d)
    assert task.ceiling == pytest.approx(expected, abs=0.004)


def test_anti_is_the_opposite_place():
    batch = make_task("AntiReach", n_directions=6).sample(400, seed=11)
    place, anti = batch.conditions["location"], batch.conditions["anti"]
    right = batch.targets[batch.lengths - 1, np.arange(400)] - 1
    np.testing.assert_array_equal(right, (place + 3 * anti) % 6)


@pytest.mark.parametrize("dt", [20, 33.3])
def test_the_stop_signal_lasts_from_its_delay_until_the_deadline(dt):
    task = make_task("StopSignal", dt=dt, noise=0.0, ssd_ms=(0, 3 * dt, 9 * dt), response_ms=15 * dt,
                     fixation_ms=5 * dt, reaction_ms=8 * dt, grace_ms=dt)  # fmt: skip
    batch = task.sample(200, seed=12)
    stop, side, delay = (batch.conditions[name] for name in ("stop", "side", "ssd"))
    time = np.arange(len(batch.inputs))[:, None]
    np.testing.assert_array_equal(batch.inputs[..., -1] == 1, stop & (time >= 5 + np.rint(delay / dt)))
    np.testing.assert_array_equal(batch.targets, np.where(stop | (time < 13), 0, side))
    # In a go trial either answer is right until the response is asked for.
    np.testing.assert_array_equal(batch.mask == 0, (time == 5) | ~stop & (time >= 5) & (time < 13))


def test_words_and_inks_agree_differ_or_stand_alone():
    batch = make_task("Stroop", n_colours=4, p_congruent=0.3, p_incongruent=0.5).sample(4000, seed=13)
    word, ink, name, kind = (batch.conditions[n] for n in ("word", "ink", "name", "congruency"))
    np.testing.assert_array_equal(batch.targets[-1], np.where(name, ink, word))
    other = np.where(name, word, ink)
    np.testing.assert_array_equal(other == batch.targets[-1], kind == 1)
    np.testing.assert_array_equal(other == 0, kind == 0)
    assert [(kind == k).mean() for k in (1, 0, -1)] == pytest.approx([0.3, 0.2, 0.5], abs=0.03)
    steps = (other - batch.targets[-1])[kind == -1] % 4
    assert [(steps == k).mean() for k in (1, 2, 3)] == pytest.approx([1 / 3] * 3, abs=0.04)


def test_the_word_to_be_ignored_counts_as_far_as_it_tells():
    task = make_task("Stroop", noise=1.0, p_name=0.6, p_congruent=0.2, p_incongruent=0.7)
    batch = task.sample(N, seed=18)
    seen = batch.inputs[10:40, :, 1:].astype(float)  # rule, word and ink; both absent in the first half
    weight = np.zeros((N, 4))
    for name, colour, ignored in product((0, 1), (1, 2, 3), (0, 1, 2, 3)):
        prior = (0.6 if name else 0.4) * (0.2 if ignored == colour else 0.1 if ignored == 0 else 0.35)
        shown = np.zeros((30, 8))
        shown[:, name] = 1
        word, ink = (ignored, colour) if name else (colour, ignored)
        if word:
            shown[15:, 1 + word] = 1
        if ink:
            shown[15:, 4 + ink] = 0.6
        fit = np.tensordot(shown, seen, axes=((0, 1), (0, 2))) - 0.5 * (shown**2).sum()
        weight[:, colour] += prior * np.exp(fit / task.noise_std**2)
    (ours,) = task.choices(task.ideal(batch), batch)
    np.testing.assert_array_equal(ours, weight.argmax(axis=1))


def test_flankers_reach_the_centre_by_the_overlap():
    task = make_task("Flanker", noise=0.0, overlap=0.5, flanker_strength=0.8, fixation_ms=200)
    batch = task.sample(100, seed=14)
    arrows = batch.inputs[15, :, 1:].reshape(100, 5, 2)
    side, kind = batch.conditions["side"], batch.conditions["congruency"]
    to_side, away = (arrows[np.arange(100), 2, i] for i in (side - 1, 2 - side))
    np.testing.assert_allclose(to_side, 1 + 0.8 * 1.5 * (kind == 1))
    np.testing.assert_allclose(away, 0.8 * 1.5 * (kind == -1))


def test_tasks_switch_as_often_as_said():
    batch = make_task("TaskSwitching", p_switch=0.2, n_stimuli=4).sample(N, seed=15)
    tasks = np.array([batch.conditions[f"task {k}"] for k in range(1, 5)])
    assert np.mean(tasks[1:] != tasks[:-1]) == pytest.approx(0.2, abs=0.02)
    for k in range(1, 5):
        letter, digit = (batch.conditions[f"{name} {k}"] for name in ("letter", "digit"))
        right = batch.targets[batch.periods[f"response {k}"][1][0] - 1]
        np.testing.assert_array_equal(right, np.where(tasks[k - 1] == 0, letter, digit))
        assert np.mean(letter == digit) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("run_length", "tasks"), [(1, "010101"), (2, "001100"), (4, "000011")])
def test_runs_alternate_and_only_the_first_task_is_cued(run_length, tasks):
    task = make_task("AlternatingRuns", n_stimuli=6, run_length=run_length, noise=0.0)
    batch = task.sample(40, seed=15)
    first = batch.conditions["task 1"]
    assert set(first) == {0, 1}
    for k, expected in enumerate(tasks, start=1):
        np.testing.assert_array_equal(batch.conditions[f"task {k}"], first ^ int(expected))
        letter, digit = (batch.conditions[f"{name} {k}"] for name in ("letter", "digit"))
        right = batch.targets[batch.periods[f"response {k}"][1][0] - 1]
        np.testing.assert_array_equal(right, np.where(first ^ int(expected), digit, letter))
    cue = batch.inputs[..., task.input_groups["cue"]]
    shown = batch.during("cue 1") | batch.during("stimulus 1")
    np.testing.assert_array_equal(cue, shown[..., None] * np.eye(2)[first])


# A hidden rule


def test_a_rule_that_feedback_tells_is_missed_only_when_it_switches():
    task = make_task("HierarchicalReasoning", weber=0.0, n_trials=5, p_switch=0.2)
    assert task.ceiling == pytest.approx((0.5 + 4 * 0.8) / 5, abs=1e-6)


def measured(ms, weber, dt=20):
    """Probability of each measurement (ms) of short intervals and of long ones, (n, 2), for the default intervals."""
    interval = np.array([200, 260, 340, 400])
    low, high = np.where(ms == 80, -inf, ms - dt / 2), np.where(ms == 540, inf, ms + dt / 2)
    p = norm.cdf(high[:, None], interval, weber * interval) - norm.cdf(low[:, None], interval, weber * interval)
    return np.stack([p[:, :2].sum(axis=1), p[:, 2:].sum(axis=1)], axis=1) / 4


def test_the_best_expected_score_is_that_over_all_histories_of_the_rule():
    task = make_task("HierarchicalReasoning", n_trials=3, weber=0.3, p_switch=0.1)
    p = measured(np.arange(80, 560, 20), 0.3)
    by_rule = np.array([p, p[:, ::-1]])  # rule, measurement, right answer
    switch = np.array([[0.9, 0.1], [0.1, 0.9]])
    two = np.einsum("r,rma,rs,snb->manbs", [0.5, 0.5], by_rule, switch, by_rule)
    three = np.einsum("manbs,st,toc->manboc", two, switch, by_rule)
    expected = 0.5 + two.sum(axis=4).max(axis=3).sum() + three.max(axis=5).sum()
    assert task.ceiling == pytest.approx(expected / 3, abs=1e-5)


def test_beliefs_in_the_rule_are_those_over_all_its_histories():
    task = make_task("HierarchicalReasoning", n_trials=4, weber=0.2, p_switch=0.15)
    choose = np.random.default_rng(16)
    # Anyone's choices, withheld ones among them: these tell nothing, and the rule may have switched meanwhile.
    batch = task.sample(N, seed=16, policy=lambda segment: task.respond(segment, choose.integers(0, 3, N)))
    ours, c = task.choices(task.ideal(batch), batch), batch.conditions
    p = [measured(c[f"measured {k}"], 0.2) for k in range(1, 5)]
    for now in range(4):
        left, right = np.zeros(N), np.zeros(N)
        for rules in product((0, 1), repeat=now + 1):
            weight = np.prod([0.15 if a != b else 0.85 for a, b in pairwise(rules)]) * np.ones(N)
            for k in range(now):
                chosen, paid = c[f"chosen {k + 2}"], c[f"outcome {k + 2}"] > 0
                is_long = ((chosen == 2) == paid) ^ (rules[k] == 1)
                weight *= np.where(chosen == 0, p[k].sum(axis=1), np.where(is_long, p[k][:, 1], p[k][:, 0]))
            left += weight * p[now][:, rules[-1]]
            right += weight * p[now][:, 1 - rules[-1]]
        clear = abs(np.log(left / right)) > 1e-4
        np.testing.assert_array_equal(ours[now][clear], np.where(right > left, 2, 1)[clear])


def test_the_hidden_rule_switches_as_often_as_said():
    batch = make_task("HierarchicalReasoning", p_switch=0.2).sample(500, seed=17)
    rules = np.array([batch.conditions[f"rule {k}"] for k in range(1, 13)])
    assert np.mean(rules[1:] != rules[:-1]) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("PulseDecisionMaking", {"n_slots": 101}, "n_slots"),
        ("PulseDecisionMaking", {"p_pulse": (1, 1)}, "p_pulse"),
        ("PulseDecisionMaking", {"pulse_ms": 0}, "pulse_ms"),
        ("PoissonClicks", {"faster_hz": (50,)}, "faster_hz"),
        ("PoissonClicks", {"stimulus_ms": 0}, "stimulus_ms"),
        ("ToneDetection", {"tone_ms": 0}, "tone_ms"),
        ("ToneDetection", {"gap_ms": 310}, "gap_ms"),
        ("ProbabilisticReasoning", {"shape_ms": 0}, "shape_ms"),
        ("ProbabilisticReasoning", {"weights": np.sqrt(np.arange(1, 20)), "n_shown": 50}, "different sums"),
        ("MultiSensoryIntegration", {"p_modality": (0.5, 0.5)}, "p_modality"),
        ("EconomicDecisionMaking", {"relative_value": 0.1, "amounts_a": (3,), "amounts_b": (0.3,)}, "worth the same"),
        ("PostDecisionWager", {"sure_reward": 1}, "sure_reward"),
        ("TaskSwitching", {"stimulus_ms": 0}, "stimulus_ms"),
        ("AlternatingRuns", {"run_length": 4}, "run_length"),
        ("Stroop", {"p_congruent": 0.7, "p_incongruent": 0.4}, "p_congruent"),
        ("HierarchicalReasoning", {"weber": 0, "intervals_ms": (250, 350)}, "intervals_ms"),
        ("HierarchicalReasoning", {"pulse_ms": 0}, "pulse_ms"),
    ],
)
def test_settings_without_sense_are_refused_by_name(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_task(name, **arguments)


@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_the_ceiling_of_the_hidden_rule_holds_in_noise(noise):
    """Where flashes or feedback are misread, the belief recursion no longer tells what the ideal observer scores."""
    task = make_task("HierarchicalReasoning", noise=noise)
    batch = task.sample(2000, 11, task.ideal_policy())
    scores = task.score(task.ideal(batch), batch)
    assert abs(scores.mean() - task.ceiling) < 4 * scores.std() / np.sqrt(
        1300
    )  # the ceiling has 4,000 sessions of its own
