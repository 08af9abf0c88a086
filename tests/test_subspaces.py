"""Subspaces that are the same, orthogonal, or in between by a known angle; and what chance gives."""

import numpy as np
import pytest
from scipy.stats import kstest

from cogdyn.agents.dynamics import alignment_index, orthogonal_subspaces, p_value, random_alignments


def along(directions, scale=1.0, seed=0, samples=(40, 8)):
    """Rates (T, C, N) that vary along directions (K, N), exactly alike and without correlation."""
    draws = np.random.default_rng(seed).normal(size=(np.prod(samples), len(directions)))
    white = np.linalg.qr(draws - draws.mean(axis=0))[0]
    return (white * scale).reshape(*samples, -1) @ directions


@pytest.fixture
def basis():
    return np.linalg.qr(np.random.default_rng(1).normal(size=(10, 10)))[0]


@pytest.mark.parametrize("n_dims", [1, 3])
def test_identical_subspaces_have_index_1_and_orthogonal_ones_0(basis, n_dims):
    first, second = along(basis[:3], [3, 2, 1]), along(basis[3:6], [3, 2, 1], seed=2)
    assert alignment_index(first, along(basis[:3], [3, 2, 1], seed=5) + 7, n_dims) == pytest.approx(1, abs=1e-12)
    assert alignment_index(first, second, n_dims) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 4, 1.2])
def test_the_index_of_two_lines_is_the_squared_cosine(basis, angle):
    turned = np.cos(angle) * basis[:1] + np.sin(angle) * basis[1:2]
    assert alignment_index(along(basis[:1]), along(turned, seed=3), 1) == pytest.approx(np.cos(angle) ** 2, abs=1e-12)


def test_the_index_weighs_directions_by_the_variance_of_the_second_period(basis):
    """One of two directions is shared, with a share of 9 in 10 of what could be captured."""
    first, second = along(basis[:2]), along(basis[1:3], [3, 1])
    assert alignment_index(first, second, 2) == pytest.approx(0.9)
    assert alignment_index(second, first, 2) == pytest.approx(0.5)


def test_all_dimensions_hold_everything(basis):
    assert alignment_index(along(basis[:2]), along(basis[2:4]), 10) == pytest.approx(1)


def test_chance_without_preference_is_the_share_of_dimensions(basis):
    """White rates: a random subspace of d directions of N holds d / N of the variance of d other ones, on average."""
    second = along(basis[:3])
    first = along(basis[3:])
    null = random_alignments(first, second, 3, 4000)
    assert null.shape == (4000,)
    assert null.mean() == pytest.approx(0.3, abs=0.01)


def test_chance_prefers_directions_in_which_units_vary(basis):
    """Without the square root of eigenvalues the preference would be stronger: a known mean tells them apart."""
    scale = np.array([3.0, 1.0])
    rates = along(basis[:2], scale)
    null = random_alignments(rates, rates, 1, 20_000)
    # One direction g S^(1/2): the index is (9 a² 9 + 1 b²) / (9 a² + b²) / 9 for Gaussian a, b.
    a, b = np.random.default_rng(0).normal(size=(2, 400_000)) ** 2
    assert null.mean() == pytest.approx(np.mean((81 * a + b) / (9 * a + b)) / 9, abs=0.005)


def test_p_values_of_subspaces_drawn_as_chance_draws_them_are_uniform(basis):
    """The first period lies in a random subspace, and is so weak that the second alone makes up the preference."""
    second = along(basis, np.linspace(3, 0.3, 10))
    p = []
    for i in range(200):
        gaussian = np.random.default_rng([7, i]).normal(size=(10, 2))
        subspace = np.linalg.qr((basis.T * np.linspace(3, 0.3, 10)) @ gaussian)[0].T
        first = 1e-6 * along(subspace)
        null = random_alignments(first, second, 2, 99, seed=i)
        p.append(p_value(-alignment_index(first, second, 2), -null))
    assert kstest(p, "uniform").pvalue > 0.05


def test_the_same_seed_draws_the_same_subspaces(basis):
    rates = along(basis[:4], [4, 3, 2, 1])
    np.testing.assert_array_equal(random_alignments(rates, rates, 2, 20), random_alignments(rates, rates, 2, 20))
    assert (random_alignments(rates, rates, 2, 20) != random_alignments(rates, rates, 2, 20, seed=1)).all()


def test_periods_apart_are_given_their_own_subspaces(basis):
    first, second = along(basis[:3], [3, 2, 1]), along(basis[3:5], [2, 1], seed=2)
    found = orthogonal_subspaces(first, second, (3, 2))
    np.testing.assert_allclose(np.abs(found.first @ basis[:3].T), np.eye(3), atol=1e-6)
    np.testing.assert_allclose(np.abs(found.second @ basis[3:5].T), np.eye(2), atol=1e-6)
    np.testing.assert_allclose(found.captured_variance, np.eye(2), atol=1e-10)


def test_two_units_are_shared_as_the_difference_of_covariances_says():
    """With one direction each in the plane, q a q + (1 - q b q) is greatest along the first eigenvector of a - b."""
    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=(30, 4, 2)) @ rng.normal(size=(2, 2)) for _ in range(2))
    found = orthogonal_subspaces(first, second, (1, 1))
    covariances = [np.cov(x.reshape(-1, 2).T) for x in (first, second)]
    a, b = (c / np.linalg.eigvalsh(c)[-1] for c in covariances)
    expected = np.linalg.eigh(a - b)[1][:, -1]
    assert abs(found.first[0] @ expected) == pytest.approx(1, abs=1e-8)
    np.testing.assert_allclose(found.first @ found.second.T, 0, atol=1e-12)


def test_no_random_pair_and_no_small_turn_is_better(basis):
    rng = np.random.default_rng(4)
    first, second = (rng.normal(size=(30, 4, 10)) @ rng.normal(size=(10, 10)) for _ in range(2))
    found = orthogonal_subspaces(first, second, (2, 3))
    both = np.vstack([found.first, found.second])
    np.testing.assert_allclose(both @ both.T, np.eye(5), atol=1e-10)
    covariances = [np.cov(x.reshape(-1, 10).T) for x in (first, second)]
    a, b = (c / np.linalg.eigvalsh(c)[-d:].sum() for c, d in zip(covariances, (2, 3), strict=True))

    def value(q):
        return np.trace(q[:, :2].T @ a @ q[:, :2]) + np.trace(q[:, 2:].T @ b @ q[:, 2:])

    best = value(both.T)
    assert best == pytest.approx(np.trace(found.captured_variance), rel=1e-10)
    for size in (0.01, 0.1, 10):
        for _ in range(200):
            other = np.linalg.qr(both.T + size * rng.normal(size=(10, 5)))[0]
            other *= np.sign(np.sum(other * both.T, axis=0))
            assert value(other) < best + 1e-9


@pytest.mark.parametrize(
    ("second", "n_dims", "words"),
    [
        (np.random.default_rng(0).normal(size=(9, 2, 4)), 2, "5 and 4 units"),
        (np.random.default_rng(0).normal(size=(9, 2, 5)), 6, "allowed: 1 to 5"),
        (np.random.default_rng(0).normal(size=(9, 2, 5)), 0, "allowed: 1 to 5"),
        (np.ones((9, 2, 5)), 2, "all 5 units are constant"),
        (np.full((9, 2, 5), np.nan), 2, "hold NaN"),
    ],
)
def test_periods_that_do_not_compare_are_refused(second, n_dims, words):
    first = np.random.default_rng(1).normal(size=(9, 2, 5))
    for compare in (alignment_index, random_alignments):
        with pytest.raises(ValueError, match=words):
            compare(first, second, n_dims)


def test_subspaces_must_fit_beside_each_other(basis):
    rates = along(basis[:4])
    with pytest.raises(ValueError, match="fit in the 10 units"):
        orthogonal_subspaces(rates, rates, (6, 5))
    with pytest.raises(ValueError, match="only 4 dimensions"):
        random_alignments(rates, rates, 5, 10)
