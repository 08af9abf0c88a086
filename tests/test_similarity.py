"""Similarity of populations: identities, invariances, and the same numbers by other formulas or by SciPy."""

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from cogdyn.agents.dynamics import (
    canonical_correlations,
    dissimilarities,
    linear_cka,
    procrustes_distance,
    representational_similarity,
)


def population(seed, units=6, shape=(10, 4)):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(*shape, units)) * np.arange(1, units + 1)


def rotation(units=6, seed=9):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(units, units)))[0]


@pytest.mark.parametrize("embed", [np.eye(6), rotation(), rotation(9)[:6]])
def test_rotated_scaled_and_shifted_populations_are_the_same(embed):
    rates = population(0)
    other = 3 * rates @ embed - 5
    assert linear_cka(rates, other) == pytest.approx(1, abs=1e-12)
    assert procrustes_distance(rates, other) == pytest.approx(0, abs=1e-7)
    np.testing.assert_allclose(canonical_correlations(rates, other), 1, atol=1e-12)


def test_every_measure_sees_a_difference_and_has_no_first_and_second():
    a, b = population(0), population(1, units=4)
    for measure in (linear_cka, procrustes_distance, representational_similarity):
        assert measure(a, b) == pytest.approx(measure(b, a), rel=1e-9)
    assert linear_cka(a, b) < 0.5
    assert procrustes_distance(a, b) > 0.5
    assert canonical_correlations(a, b).shape == (4,)


def test_populations_without_a_common_course_are_as_far_as_can_be():
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(30, 7)) - 0)[0]
    q = np.linalg.qr(q - q.mean(axis=0))[0]
    assert linear_cka(q[:, :3], q[:, 3:]) == pytest.approx(0, abs=1e-12)
    assert procrustes_distance(q[:, :3], q[:, 3:]) == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(canonical_correlations(q[:, :3], q[:, 3:]), 0, atol=1e-7)


def test_cka_is_the_alignment_of_centred_gram_matrices():
    a, b = population(0).reshape(40, -1), population(1, units=4).reshape(40, -1)
    centre = np.eye(40) - 1 / 40
    k, m = (centre @ x @ x.T @ centre for x in (a, b))
    assert linear_cka(a, b) == pytest.approx(np.sum(k * m) / np.sqrt(np.sum(k * k) * np.sum(m * m)), rel=1e-10)


def test_procrustes_agrees_with_scipy_and_keeps_the_triangle_inequality():
    populations = [population(seed).reshape(40, 6) for seed in range(4)]
    for a in populations:
        for b in populations:
            assert np.sin(procrustes_distance(a, b)) ** 2 == pytest.approx(procrustes(a, b)[2], abs=1e-9)
            for c in populations:
                detour = procrustes_distance(a, c) + procrustes_distance(c, b)
                assert procrustes_distance(a, b) <= detour + 1e-9


@pytest.mark.parametrize("angle", [1e-6, 0.3])
def test_procrustes_is_the_angle_itself(angle):
    q = np.linalg.qr(population(0).reshape(40, 6) - population(0).mean(axis=(0, 1)))[0]
    turned = np.cos(angle) * q[:, :1] + np.sin(angle) * q[:, 1:2]
    assert procrustes_distance(q[:, :1], turned) == pytest.approx(angle, rel=1e-8)


def test_cca_solves_its_eigenproblem_and_no_linear_map_changes_it():
    a, b = population(0).reshape(40, -1), population(1, units=4).reshape(40, -1) + population(0).reshape(40, -1)[:, :4]
    x, y = a - a.mean(axis=0), b - b.mean(axis=0)
    squared = eigh(x.T @ y @ np.linalg.solve(y.T @ y, y.T @ x), x.T @ x, eigvals_only=True)[::-1][:4]
    np.testing.assert_allclose(canonical_correlations(a, b), np.sqrt(squared), rtol=1e-9)
    mixing = np.random.default_rng(3).normal(size=(6, 6))
    np.testing.assert_allclose(canonical_correlations(a @ mixing, b), np.sqrt(squared), rtol=1e-9)


def test_svcca_looks_at_the_leading_components_alone():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(60, 2)) * 10
    a, b = (np.hstack([shared, rng.normal(size=(60, 4))]) for _ in range(2))
    assert len(canonical_correlations(a, b)) == 6
    for keep in ({"share": 0.9}, {"n_components": 2}):
        found = canonical_correlations(a, b, **keep)
        assert found.shape == (2,)
        assert found.min() > 0.98


def test_dissimilarities_are_those_of_scipy():
    rates = population(0, shape=(5,))
    np.testing.assert_allclose(dissimilarities(rates), squareform(pdist(rates, "correlation")), atol=1e-12)
    np.testing.assert_allclose(dissimilarities(rates, "euclidean"), squareform(pdist(rates)), atol=1e-12)
    courses = population(0, shape=(7, 5))
    flat = courses.swapaxes(0, 1).reshape(5, -1)
    np.testing.assert_allclose(dissimilarities(courses), squareform(pdist(flat, "correlation")), atol=1e-12)


def test_rsa_is_the_rank_correlation_of_pairs():
    a, b = population(0, shape=(6,)), population(1, units=4, shape=(6,))
    expected = spearmanr(pdist(a, "correlation"), pdist(b, "correlation")).statistic
    assert representational_similarity(a, b) == pytest.approx(expected, rel=1e-10)
    assert representational_similarity(a, a[:, ::-1] * 4 + 1) == pytest.approx(1)
    assert representational_similarity(a, 2 * a @ rotation() + 1, "euclidean") == pytest.approx(1)


def test_ties_that_rounding_splits_stay_ties():
    """Conditions on a circle: neighbours are equally far, whatever the last digits say."""
    angles = np.arange(8) * np.pi / 4
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    turned = ring @ rotation(2)
    assert representational_similarity(ring, turned, "euclidean") == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("measure", [linear_cka, canonical_correlations, procrustes_distance])
@pytest.mark.parametrize(
    ("other", "words"),
    [
        (population(1, shape=(9, 4)), "samples do not match"),
        (np.ones((10, 4, 3)), "second population is constant"),
        (np.full((10, 4, 3), np.nan), "second population holds NaN"),
        (np.ones(3), "expected samples of units"),
    ],
)
def test_what_does_not_compare_is_refused(measure, other, words):
    with pytest.raises(ValueError, match=words):
        measure(population(0), other)


@pytest.mark.parametrize(
    ("a", "b", "measure", "words"),
    [
        (population(0, shape=(5,)), population(0, shape=(6,)), "correlation", "5 and 6 conditions"),
        (population(0, shape=(2,)), population(0, shape=(2,)), "correlation", "3 or more"),
        (np.ones((4, 3)), population(0, shape=(4,)), "correlation", "same rate in all units"),
        (np.eye(4), population(0, shape=(4,)), "euclidean", "equally far apart"),
        (population(0, shape=(4,)), population(0, shape=(4,)), "cosine", "Allowed: 'correlation', 'euclidean'"),
        (np.ones(3), np.ones(3), "euclidean", "expected"),
        (np.full((4, 3), np.nan), np.ones((4, 3)), "euclidean", "finite"),
    ],
)
def test_rsa_needs_patterns_that_differ(a, b, measure, words):
    with pytest.raises(ValueError, match=words):
        representational_similarity(a, b, measure)


@pytest.mark.parametrize("keep", [{"share": 0}, {"share": 1.2}, {"n_components": 0}])
def test_components_to_keep(keep):
    with pytest.raises(ValueError, match=next(iter(keep))):
        canonical_correlations(population(0), population(1), **keep)
