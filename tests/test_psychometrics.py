"""Psychometric and chronometric curves from which counts and times were computed, or simulated."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from cogdyn.agents.dynamics import chronometric_fit, psychometric_fit

X = np.array([-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5])
CURVES = {"gaussian": norm.cdf, "logistic": expit}


@pytest.mark.parametrize("curve", ["gaussian", "logistic"])
@pytest.mark.parametrize(("bias", "width"), [(0.0, 0.1), (0.07, 0.03), (-0.1, 0.6)])
def test_a_curve_is_recovered_from_its_own_probabilities(curve, bias, width):
    probability = CURVES[curve]((X - bias) / width)
    found = psychometric_fit(X, 1000 * probability, np.full(9, 1000), curve=curve)
    assert (found.bias, found.width) == pytest.approx((bias, width), rel=1e-4, abs=1e-6)
    np.testing.assert_allclose(found.probability(X), probability, atol=1e-5)


@pytest.mark.parametrize("curve", ["gaussian", "logistic"])
def test_lapses_are_recovered(curve):
    probability = 0.03 + (1 - 0.03 - 0.1) * CURVES[curve]((X - 0.02) / 0.06)
    found = psychometric_fit(X, 1000 * probability, np.full(9, 1000), curve=curve, lapse_low=None, lapse_high=None)
    fitted = (found.bias, found.width, found.lapse_low, found.lapse_high)
    assert fitted == pytest.approx((0.02, 0.06, 0.03, 0.1), rel=1e-3)
    one = psychometric_fit(X, 1000 * probability, np.full(9, 1000), curve=curve, lapse_low=0.03, lapse_high=None)
    assert (one.lapse_low, one.lapse_high) == pytest.approx((0.03, 0.1), rel=1e-3)


def test_accuracy_that_starts_at_chance():
    x = np.linspace(0, 1, 8)
    probability = 0.5 + 0.5 * norm.cdf((x - 0.3) / 0.1)
    found = psychometric_fit(x, 1000 * probability, np.full(8, 1000), lapse_low=0.5)
    assert (found.bias, found.width) == pytest.approx((0.3, 0.1), rel=1e-4)


def test_single_trials_and_counts_are_the_same_data():
    rng = np.random.default_rng(0)
    stimulus = rng.choice(X, 2000)
    chosen = (rng.random(2000) < norm.cdf((stimulus - 0.03) / 0.12)).astype(int)
    single = psychometric_fit(stimulus, chosen)
    counts = [np.array([f(chosen[stimulus == x]) for x in X]) for f in (np.sum, len)]
    grouped = psychometric_fit(X, *counts)
    assert (single.bias, single.width) == pytest.approx((grouped.bias, grouped.width), rel=1e-5)
    assert single.log_likelihood == pytest.approx(grouped.log_likelihood, rel=1e-10)
    assert (single.bias, single.width) == pytest.approx((0.03, 0.12), abs=0.02)
    p = norm.cdf((stimulus - 0.03) / 0.12)
    assert single.log_likelihood >= np.sum(np.log(np.where(chosen, p, 1 - p)))


@pytest.mark.parametrize(
    ("stimulus", "chosen", "trials", "arguments", "words"),
    [
        (X, np.ones(9), None, {}, "all choices are the same"),
        (X, np.zeros(9), None, {}, "all choices are the same"),
        (X, (X > 0).astype(int), None, {}, "without an error"),
        (X, (X > 0) * 50, np.full(9, 50), {"lapse_high": None}, "without an error"),
        (np.zeros(9), np.arange(9) % 2, None, {}, "2 different stimuli"),
        (X, np.arange(9), None, {}, "between 0 and the number of trials"),
        (X, np.ones(4), None, {}, "of one length"),
        (X, np.arange(9) % 2, None, {"curve": "weibull"}, "Allowed: 'gaussian', 'logistic'"),
        (X, np.arange(9) % 2, None, {"lapse_low": 0.7}, "0 to 0.5"),
        (np.where(X == 0, np.nan, X), np.arange(9) % 2, None, {}, "finite"),
    ],
)
def test_choices_without_a_curve_are_refused(stimulus, chosen, trials, arguments, words):
    with pytest.raises(ValueError, match=words):
        psychometric_fit(stimulus, chosen, trials, **arguments)


# Chronometric curves


STRENGTH = np.array([0.0, 0.032, 0.064, 0.128, 0.256, 0.512])


def mean_ms(x, bound, sensitivity, residual):
    drift = sensitivity * np.where(x == 0, 1, x)
    return 1000 * np.where(x == 0, bound**2, bound / drift * np.tanh(bound * drift)) + residual


@pytest.mark.parametrize(("bound", "sensitivity", "residual"), [(0.7, 15.0, 350.0), (1.0, 5.0, 200.0), (0.4, 30, 0.0)])
def test_a_diffusion_is_recovered_from_its_mean_times(bound, sensitivity, residual):
    times = mean_ms(STRENGTH, bound, sensitivity, residual)
    right = 200 * expit(2 * bound * sensitivity * STRENGTH)
    for arguments in ({}, {"error_ms": np.full(6, 10.0), "correct": right, "trials": np.full(6, 200)}):
        found = chronometric_fit(STRENGTH, times, **arguments)
        assert (found.bound, found.sensitivity) == pytest.approx((bound, sensitivity), rel=1e-4)
        assert found.residual_ms == pytest.approx(residual, abs=0.05)
    np.testing.assert_allclose(found.reaction_ms(STRENGTH), times, rtol=1e-5)
    np.testing.assert_allclose(found.accuracy(STRENGTH), right / 200, rtol=1e-4)


def test_the_formulas_are_those_of_a_simulated_diffusion():
    """Half a millisecond per step; bounds are met a little late, as between steps they go unseen."""
    rng, dt, bound, sensitivity = np.random.default_rng(0), 5e-4, 0.7, 15.0
    strength = np.repeat([0.0, 0.064, 0.256], 4000)
    x, times, ended = np.zeros(len(strength)), np.zeros(len(strength)), np.zeros(len(strength), bool)
    while not ended.all():
        going = ~ended
        x[going] += sensitivity * strength[going] * dt + np.sqrt(dt) * rng.normal(size=going.sum())
        times[going] += dt
        ended |= np.abs(x) >= bound
    late = 0.583 * np.sqrt(dt)
    means = [1000 * times[strength == s].mean() for s in np.unique(strength)]
    np.testing.assert_allclose(means, mean_ms(np.unique(strength), bound + late, sensitivity, 0), rtol=0.03)
    right = [np.mean(x[strength == s] > 0) for s in np.unique(strength)]
    np.testing.assert_allclose(right, expit(2 * (bound + late) * sensitivity * np.unique(strength)), atol=0.025)
    counts = {"correct": np.array([0, *right[1:]]) * [0, 4000, 4000], "trials": np.array([0, 4000, 4000])}
    found = chronometric_fit(np.unique(strength), means, np.full(3, 3.0), **counts)
    assert (found.bound, found.sensitivity) == pytest.approx((bound + late, sensitivity), rel=0.06)
    assert found.residual_ms == pytest.approx(0, abs=15)


def test_signs_of_the_stimulus_do_not_count():
    times = mean_ms(STRENGTH, 0.7, 15, 300)
    first, second = chronometric_fit(STRENGTH, times), chronometric_fit(-STRENGTH, times)
    assert first == second


@pytest.mark.parametrize(
    ("strength", "times", "arguments", "words"),
    [
        (STRENGTH[:2], np.ones(2), {}, "3 different strengths"),
        (STRENGTH, np.ones(4), {}, "each"),
        (STRENGTH, np.full(6, np.nan), {}, "finite"),
        (STRENGTH, np.ones(6), {"error_ms": np.zeros(6)}, "above 0"),
        (STRENGTH, np.ones(6), {"correct": np.ones(6)}, "go together"),
        (STRENGTH, np.ones(6), {"correct": np.full(6, 3), "trials": np.full(6, 2)}, "between 0"),
    ],
)
def test_times_without_a_curve_are_refused(strength, times, arguments, words):
    with pytest.raises(ValueError, match=words):
        chronometric_fit(strength, times, **arguments)
