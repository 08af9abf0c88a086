"""Motifs of synthetic units whose tuning, phases and peak times are known; autonomy of toy networks."""

import numpy as np
import pytest

from cogdyn.agents.dynamics import autonomy_score, cosine_tuning, motifs, variance_explained

ANGLES = np.arange(8) * np.pi / 4
PREPARATION, MOVEMENT = (5, 25), (30, 91)


def tuned(preferred, depth, base=5.0):
    """Tuning curves, (C, N)."""
    return base + np.multiply(depth, np.cos(ANGLES[:, None] - preferred))


def population(preferred, depth, late_preferred, courses, late_depth=1.0):
    """Rates (T, C, N): constant tuning in preparation, then a tuned course (61, N) in movement; silence else."""
    rates = np.zeros((100, 8, len(preferred)))
    rates[slice(*PREPARATION)] = tuned(preferred, depth)
    rates[slice(*MOVEMENT)] = courses[:, None] * tuned(late_preferred, late_depth, base=3)
    return rates


def bumps(n, bins=61):
    """A course that starts and ends at zero with n peaks and troughs."""
    return np.sin(np.arange(bins) / (bins - 1) * np.pi * n)


def test_cosine_tuning_is_recovered_exactly():
    preferred, depth = np.array([0.1, 3.0, 6.0]), np.array([2.0, 0.5, 1.0])
    found = cosine_tuning(tuned(preferred, depth), ANGLES)
    np.testing.assert_allclose(found.preferred, preferred, rtol=1e-12)
    np.testing.assert_allclose(found.depth, depth, rtol=1e-12)
    np.testing.assert_allclose(found.mean, 5, rtol=1e-12)
    np.testing.assert_allclose(found.r2, 1, rtol=1e-12)


def test_what_is_no_cosine_is_not_explained():
    found = cosine_tuning(np.stack([np.cos(2 * ANGLES), np.ones(8)], axis=1), ANGLES)
    assert found.r2[0] == pytest.approx(0, abs=1e-12)
    assert np.isnan(found.r2[1])
    np.testing.assert_allclose(found.depth, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("rates", "angles", "words"),
    [
        (np.ones((8, 2)), ANGLES[:5], "must be"),
        (np.ones((4, 2)), np.array([0, np.pi, 0, np.pi]), "3 different angles"),
        (np.full((8, 2), np.nan), ANGLES, "finite"),
    ],
)
def test_tuning_takes_angles(rates, angles, words):
    with pytest.raises(ValueError, match=words):
        cosine_tuning(rates, angles)


def test_depth_and_correlation_of_tuning():
    """Preferred angles that turn by d between periods correlate by cos d."""
    turn = np.array([0, np.pi / 4, np.pi / 2, np.pi])
    courses = np.tile(bumps(1)[:, None], 4)
    found = motifs(population(np.zeros(4), [2, 1, 0.5, 1], turn, courses), PREPARATION, MOVEMENT)
    np.testing.assert_allclose(found.preparatory_depth, [2, 1, 0.5, 1], rtol=1e-12)
    np.testing.assert_allclose(found.movement_depth, bumps(1).mean(), rtol=1e-12)
    np.testing.assert_allclose(found.tuning_correlation, np.cos(turn), atol=1e-12)


def test_phases_and_peak_times():
    courses = np.stack([bumps(1), bumps(2), bumps(5)], axis=1)
    found = motifs(population(np.zeros(3), 1, np.zeros(3), courses), PREPARATION, MOVEMENT, dt=20)
    np.testing.assert_array_equal(found.n_extrema, [1, 2, 5])
    assert found.multiphasic_fraction == pytest.approx(2 / 3)
    np.testing.assert_array_equal(found.peak_ms[:2], [30 * 20, 15 * 20])


def test_the_peak_is_that_of_the_condition_that_peaks_highest():
    rates = population([0], 1, [0], bumps(1)[:, None])
    rates[MOVEMENT[0] + 7, 3] = 8
    assert motifs(rates, PREPARATION, MOVEMENT).peak_ms[0] == 70


@pytest.mark.parametrize("ripple", [0.03, 0.3])
def test_ripples_do_not_count_unless_they_are_large(ripple):
    wave = bumps(1) + ripple * bumps(21)
    found = motifs(population([0], 1, [0], wave[:, None]), PREPARATION, MOVEMENT)
    assert (found.n_extrema[0] == 1) == (ripple < 0.1)


def test_a_ramp_has_no_phase_and_peaks_at_the_end():
    found = motifs(population([0], 1, [0], np.linspace(0, 1, 61)[:, None]), PREPARATION, MOVEMENT)
    assert found.n_extrema[0] == 0
    assert found.peak_ms[0] == 600


def test_silent_and_weak_units_are_not_active():
    rates = population(np.zeros(3), 1, np.zeros(3), np.tile(bumps(3)[:, None], 3)) * [1, 0.01, 0]
    found = motifs(rates, PREPARATION, MOVEMENT)
    np.testing.assert_array_equal(found.active, [True, False, False])
    assert found.active_fraction == pytest.approx(1 / 3)
    assert found.multiphasic_fraction == 1
    for values in (found.preparatory_depth, found.tuning_correlation, found.n_extrema, found.peak_ms):
        assert np.isnan(values).tolist() == [False, True, True]
    assert motifs(rates, PREPARATION, MOVEMENT, threshold=1e-6).active.tolist() == [True, True, False]


def test_an_untuned_unit_has_no_correlation_of_tuning():
    found = motifs(population([0, 0], [1, 0], [0, 0], np.tile(bumps(1)[:, None], 2)), PREPARATION, MOVEMENT)
    assert np.isnan(found.tuning_correlation).tolist() == [False, True]


@pytest.mark.parametrize("window", [(-1, 20), (95, 101), (10, 12), (20, 10)])
def test_windows_must_lie_inside(window):
    rates = np.random.default_rng(0).normal(size=(100, 8, 2))
    with pytest.raises(ValueError, match="3 bins or more"):
        motifs(rates, window, MOVEMENT)


def test_variance_explained_by_hand():
    targets = np.arange(12.0).reshape(3, 2, 2)
    assert variance_explained(targets, targets) == 1
    means = np.broadcast_to(targets.mean(axis=(0, 1)), targets.shape)
    assert variance_explained(means, targets) == pytest.approx(0)
    assert variance_explained(targets + 1, targets) == pytest.approx(1 - 12 / (2 * (25 + 9 + 1) * 2))
    assert variance_explained(0 * targets, targets, about_zero=True) == 0
    mask = np.zeros((3, 2))
    mask[1] = 1
    spoiled = targets.copy()
    spoiled[0] = np.nan
    assert variance_explained(spoiled, targets, mask) == 1


def reach(inputs, gain, turns):
    """Outputs (T, B, 2) of a network that follows its input by a gain and keeps its first state by the rest."""
    held = np.broadcast_to(turns, inputs.shape)
    return gain * inputs + (1 - gain) * held


def test_autonomy_is_what_is_left_without_the_input():
    """With a share g driven, outputs fall to 1 - g of the target, and the score is 1 - g²; swapped, 1 - 4 g²."""
    goals = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
    targets = np.broadcast_to(goals, (50, 8, 2))
    for gain in (0.0, 0.3, 1.0):
        assert autonomy_score(reach(0 * targets, gain, goals), targets) == pytest.approx(1 - gain**2)
        assert autonomy_score(reach(-targets, gain, goals), targets) == pytest.approx(1 - 4 * gain**2)


@pytest.mark.parametrize(
    ("outputs", "targets", "mask", "words"),
    [
        (np.ones((3, 2, 2)), np.ones((3, 2)), None, "must both be"),
        (np.ones((3, 2, 2)), np.ones((3, 2, 2)), None, "constant"),
        (np.ones((3, 2, 2)), np.ones((3, 2, 2)), np.ones(3), "expected"),
        (np.ones((3, 2, 2)), np.ones((3, 2, 2)), np.zeros((3, 2)), "no bin counts"),
        (np.full((3, 2, 2), np.nan), np.ones((3, 2, 2)), None, "NaN"),
    ],
)
def test_what_has_no_measure_is_refused(outputs, targets, mask, words):
    with pytest.raises(ValueError, match=words):
        variance_explained(outputs, targets, mask)


def test_autonomy_of_targets_at_rest_is_refused():
    with pytest.raises(ValueError, match="all zero"):
        autonomy_score(np.ones((3, 2, 2)), np.zeros((3, 2, 2)))
