"""Surrogates keep what they promise, and p-values against them are uniform under the null."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from cogdyn.agents.dynamics import (
    condition_shuffle,
    covariance_matched_permutation,
    jpca,
    null_distribution,
    p_value,
    surrogates,
    tensor_maximum_entropy,
    without_cross_condition_mean,
)
from cogdyn.agents.dynamics.jpca import _fit, _reduced

T, C, N = 12, 5, 7


def smooth(rng, bins=T, conditions=C, units=N, mixed=True):
    """Smooth random rates, of units that covary or are independent."""
    t = np.arange(bins)
    root = np.linalg.cholesky(np.exp(-((t[:, None] - t) ** 2) / 18) + 1e-6 * np.eye(bins))
    rates = np.einsum("ts,scn->tcn", root, rng.normal(size=(bins, conditions, units)))
    return rates @ np.random.default_rng(9).normal(size=(units, units)) if mixed else rates


def covariance(rates, axis):
    unfolded = np.moveaxis(rates, axis, 0).reshape(rates.shape[axis], -1)
    return unfolded @ unfolded.T


def test_a_shuffle_keeps_the_courses_of_each_unit_and_parts_units():
    rates, rng = smooth(np.random.default_rng(0)), np.random.default_rng(1)
    shuffled = condition_shuffle(rates, rng)
    orders = set()
    for unit in range(N):
        distance = np.abs(shuffled[:, :, None, unit] - rates[:, None, :, unit]).max(axis=0)
        order = tuple(distance.argmin(axis=1))
        assert sorted(order) == list(range(C))
        assert distance.min(axis=1).max() == 0
        orders.add(order)
    assert len(orders) > 1


def test_a_matched_permutation_keeps_means_and_the_covariance_of_units():
    rates = smooth(np.random.default_rng(0)) + np.arange(N)
    surrogate = covariance_matched_permutation(rates, np.random.default_rng(1))
    np.testing.assert_allclose(surrogate.mean(axis=(0, 1)), rates.mean(axis=(0, 1)), atol=1e-12)
    centred = [x - x.mean(axis=(0, 1)) for x in (rates, surrogate)]
    np.testing.assert_allclose(covariance(centred[1], 2), covariance(centred[0], 2), atol=1e-9)
    assert np.abs(surrogate - rates).max() > 0.1


@pytest.mark.parametrize("keep", ["T", "N", "C", "TN", "TC", "NC", "TNC", "CNT"])
def test_maximum_entropy_keeps_the_named_covariances_and_nothing_more(keep):
    """The optimum is known by two marks: spectra that agree, and inverse variances that are sums over axes."""
    rates = smooth(np.random.default_rng(0))
    model = tensor_maximum_entropy(rates, keep)
    inverse = 1 / model.variance
    for axis, letter in enumerate("TCN"):
        others = tuple(a for a in range(3) if a != axis)
        if letter in keep:
            mean = (rates - model.mean).mean(axis=others)
            np.testing.assert_allclose(mean, 0, atol=1e-12)
            found = (model.axes[axis] * model.variance.sum(axis=others)) @ model.axes[axis].T
            np.testing.assert_allclose(found, covariance(rates - model.mean, axis), rtol=1e-6, atol=1e-6)
            inverse = inverse - inverse.mean(axis=others, keepdims=True)
        else:
            alike = model.variance.mean(axis=axis, keepdims=True) + np.zeros_like(model.variance)
            np.testing.assert_allclose(model.variance, alike, rtol=1e-9)
    assert np.abs(inverse).max() < 1e-9 / model.variance.min()


def test_drawn_surrogates_have_the_covariances_of_the_data():
    rates = smooth(np.random.default_rng(0))
    model = tensor_maximum_entropy(rates)
    drawn = [x - model.mean for x in surrogates(rates, "TME-TNC", 3000, seed=1)]
    for axis in range(3):
        wanted = covariance(rates - model.mean, axis)
        found = np.mean([covariance(x, axis) for x in drawn], axis=0)
        assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()


@pytest.mark.parametrize("null", ["shuffle", "CMPT", "TME-TNC"])
def test_directions_without_variance_stay_empty(null):
    rates = without_cross_condition_mean(smooth(np.random.default_rng(0)))
    rates[..., 3] = 4
    (surrogate,) = surrogates(rates, null, 1)
    np.testing.assert_allclose(surrogate.mean(axis=1), 4 * (np.arange(N) == 3) * np.ones((T, 1)), atol=1e-4)
    np.testing.assert_allclose(surrogate[..., 3], 4, atol=1e-4)
    assert np.ptp(surrogate) > 1


def test_more_units_than_samples_are_drawn_as_well():
    rates = smooth(np.random.default_rng(0), bins=6, conditions=3, units=60)
    for null in ("CMPT", "TME-TNC"):
        (surrogate,) = surrogates(rates, null, 1)
        assert 0.5 < np.sum(surrogate**2) / np.sum(rates**2) < 1.5


def test_the_same_seed_draws_the_same():
    rates = smooth(np.random.default_rng(0))
    for null in ("shuffle", "CMPT", "TME-T"):
        first, again, other = (next(surrogates(rates, null, 1, seed=seed)) for seed in (3, 3, 4))
        np.testing.assert_array_equal(first, again)
        assert np.abs(first - other).max() > 0.1


def test_p_values_count_the_data_among_the_surrogates():
    assert p_value(5.0, np.array([1.0, 2.0, 3.0])) == 0.25
    assert p_value(2.0, np.array([1.0, 2.0, 3.0])) == 0.75
    assert p_value(0.0, np.array([1.0, 2.0, 3.0])) == 1.0
    assert null_distribution(np.ptp, smooth(np.random.default_rng(0)), "shuffle", 4).shape == (4,)


@pytest.mark.parametrize("observed", [np.nan, np.inf, -np.inf, np.float32("nan"), torch.tensor(1.0), None])
def test_a_failed_analysis_is_not_significant(observed):
    with pytest.raises(ValueError, match=r"observed is .*; it must be a finite number\.$"):
        p_value(observed, np.zeros(99))


@pytest.mark.parametrize(
    "null", [[], [np.nan] * 99, [0.0, np.nan], [np.inf], [0.0, -np.inf], np.ma.masked_all(5), np.zeros((3, 3)), 1.0]
)
def test_a_null_without_surrogates_or_with_failed_ones_has_no_p_value(null):
    with pytest.raises(ValueError, match=r"null has shape .*; expected \(n,\), one surrogate or more, all finite\.$"):
        p_value(0.0, null)


@pytest.mark.parametrize("statistic", [lambda rates: np.nan, lambda rates: np.inf, lambda rates: rates.mean(0)])
def test_a_statistic_is_a_finite_number(statistic):
    with pytest.raises(ValueError, match=r"statistic must return a finite number for every surrogate\.$"):
        null_distribution(statistic, smooth(np.random.default_rng(0)), "shuffle", 3)


def r2_skew(rates):
    return _fit(_reduced(without_cross_condition_mean(rates), 4)[0], "midpoint")[2]


def uniform(p_values):
    """Whether 200 p-values may be uniform; few of them are small by chance."""
    assert len(p_values) == 200
    assert kstest(p_values, "uniform").pvalue > 0.02
    assert 0.01 <= np.mean(np.array(p_values) <= 0.05) <= 0.09


@pytest.mark.parametrize("null", ["shuffle", "CMPT"])
@pytest.mark.parametrize("units", [7, pytest.param(40, marks=pytest.mark.slow)])
def test_permutations_are_calibrated_where_units_have_nothing_to_do_with_each_other(null, units):
    uniform(
        [
            jpca(
                smooth(np.random.default_rng([units, i]), units=units, mixed=False),
                n_components=4,
                null=null,
                n_surrogates=39,
                seed=i,
            ).p_value
            for i in range(200)
        ]
    )


def test_maximum_entropy_is_calibrated_for_its_own_draws():
    model = tensor_maximum_entropy(smooth(np.random.default_rng(5)))
    null = [r2_skew(model.sample(np.random.default_rng([1, i]))) for i in range(199)]
    uniform([p_value(r2_skew(model.sample(np.random.default_rng([2, i]))), null) for i in range(200)])


@pytest.mark.slow
@pytest.mark.parametrize("units", [10, 40])
def test_maximum_entropy_fitted_to_each_draw_does_not_cry_wolf(units):
    """Covariances estimated from the data themselves cost power, not size: no more small p-values than allowed."""
    model = tensor_maximum_entropy(smooth(np.random.default_rng(5), bins=20, conditions=6, units=units))
    p = [
        jpca(model.sample(np.random.default_rng([3, i])), n_components=4, null="TME-TNC", n_surrogates=99).p_value
        for i in range(200)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.08


@pytest.mark.parametrize(
    ("rates", "null", "words"),
    [
        (np.zeros((4, 3)), "shuffle", "time, conditions, units"),
        (smooth(np.random.default_rng(0), conditions=1), "CMPT", "2 conditions or more"),
        (
            smooth(np.random.default_rng(0)),
            "TME",
            "Did you mean 'TME-T'.*Allowed: 'CMPT', 'TME-T', .*'shuffle'",
        ),
        (np.full((4, 3, 2), np.nan), "TME-T", "hold NaN"),
        (np.arange(4.0)[:, None, None] + np.zeros((4, 3, 2)), "TME-TNC", "nothing is left to draw"),
    ],
)
def test_what_has_no_surrogates_is_refused(rates, null, words):
    with pytest.raises(ValueError, match=words):
        surrogates(rates, null, 1)


@pytest.mark.parametrize("keep", ["", "TX", "TT"])
def test_axes_to_keep_are_named_once(keep):
    with pytest.raises(ValueError, match="name each axis to keep once"):
        tensor_maximum_entropy(smooth(np.random.default_rng(0)), keep)
