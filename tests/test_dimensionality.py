"""Numbers of dimensions, means over conditions and soft normalisation, where they are known."""

import numpy as np
import pytest

from cogdyn.agents.dynamics import (
    cross_condition_mean,
    dimensions_for,
    participation_ratio,
    soft_normalised,
    without_cross_condition_mean,
)


def spread(variances, units=12, seed=0):
    """Rates (T, C, N) with exactly these variances along orthonormal directions."""
    rng = np.random.default_rng(seed)
    draws = rng.normal(size=(200, len(variances)))
    white = np.linalg.qr(draws - draws.mean(axis=0))[0]
    basis = np.linalg.qr(rng.normal(size=(units, units)))[0][: len(variances)]
    return (white * np.sqrt(variances) @ basis).reshape(25, 8, units) + 3


@pytest.mark.parametrize("k", [1, 2, 5, 12])
def test_equal_variance_along_k_directions_is_k(k):
    assert participation_ratio(spread(np.ones(k))) == pytest.approx(k, rel=1e-10)
    assert dimensions_for(1.0, spread(np.ones(k))) == k
    assert dimensions_for(0.5, spread(np.ones(k))) == -(-k // 2)


@pytest.mark.parametrize("k", [3, 7, 10])
def test_a_share_that_is_just_reached_is_reached_whatever_rounding_says(k):
    rates = spread(np.ones(k))
    assert [dimensions_for(j / k, rates) for j in range(1, k + 1)] == list(range(1, k + 1))


def test_unequal_variances():
    rates = spread([6, 3, 1])
    assert participation_ratio(rates) == pytest.approx(100 / 46)
    assert [dimensions_for(share, rates) for share in (0.1, 0.6, 0.61, 0.9, 0.91, 1)] == [1, 1, 2, 2, 3, 3]


def test_samples_with_nan_are_left_out():
    rates = np.concatenate([spread([2, 1]), np.full((1, 8, 12), np.nan)])
    assert participation_ratio(rates) == pytest.approx(9 / 5)


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        (np.ones((5, 3)), "all units are constant"),
        (np.full((5, 3), np.nan), "2 samples or more"),
        (np.ones(5), "expected samples of units"),
    ],
)
def test_no_dimension_without_variance(rates, words):
    with pytest.raises(ValueError, match=words):
        participation_ratio(rates)


@pytest.mark.parametrize("share", [0, 1.1, np.nan])
def test_a_share_is_a_share(share):
    with pytest.raises(ValueError, match=r"above 0, and at most at 1|a finite number"):
        dimensions_for(share, spread([1, 1]))


def test_the_mean_over_conditions_and_what_is_left():
    shared, own = np.arange(6.0)[:, None, None] * np.ones(4), np.array([-1.0, 1.0])[:, None] * np.arange(4)
    rates = shared + own
    np.testing.assert_array_equal(cross_condition_mean(rates), shared[:, 0])
    np.testing.assert_array_equal(without_cross_condition_mean(rates), np.broadcast_to(own, (6, 2, 4)))


def test_soft_normalisation_divides_by_range_and_constant():
    rates = np.linspace(0, 1, 11)[:, None, None] * np.array([10.0, 2.0, 4.0]) + 1
    np.testing.assert_allclose(np.ptp(soft_normalised(rates, 5), axis=(0, 1)), [10 / 15, 2 / 7, 4 / 9])
    np.testing.assert_allclose(np.ptp(soft_normalised(rates), axis=(0, 1)), [10 / 10.4, 2 / 2.4, 4 / 4.4])
    np.testing.assert_allclose(np.ptp(soft_normalised(rates, 0), axis=(0, 1)), 1)


def test_units_that_never_change_stay_constant():
    rates = np.linspace(0, 1, 11)[:, None, None] * np.array([10.0, 0.0]) + 1
    for constant in (0, 5, None):
        found = soft_normalised(rates, constant)
        assert np.isfinite(found).all()
        assert np.ptp(found[..., 1]) == 0
    assert np.ptp(soft_normalised(rates)[..., 0]) == pytest.approx(10 / 11)
    with pytest.raises(ValueError, match="0 or more"):
        soft_normalised(rates, -1)
