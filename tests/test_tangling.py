"""Tangling and divergence of curves whose values are known."""

import numpy as np
import pytest

from cogdyn.agents.dynamics import divergence, tangling

BINS, DT = 400, 5.0
OMEGA = 2 * np.pi / (BINS * DT / 1000)
THETA = 2 * np.pi * np.arange(BINS) / BINS


def curve(*coordinates):
    """Rates (T, 1, K) of one condition."""
    return np.stack(coordinates, axis=-1)[:, None]


@pytest.mark.parametrize("radius", [0.01, 1, 300])
def test_a_circle_is_as_tangled_as_its_opposite_ends(radius):
    """Q = 4 w² r² / (4 r² + 0.1 r²), at any radius; first differences see the chord."""
    q = tangling(curve(radius * np.cos(THETA), radius * np.sin(THETA)), DT)
    chord = 2 * np.sin(OMEGA * DT / 2000) / (DT / 1000)
    assert q.shape == (BINS, 1)
    np.testing.assert_allclose(q, chord**2 * 4 / 4.1, rtol=1e-4)
    np.testing.assert_allclose(q, OMEGA**2 * 4 / 4.1, rtol=1e-3)


def test_a_figure_eight_is_tangled_where_it_crosses():
    """There states are the same and velocities differ by 2 w along x: Q = 4 w² / 0.1, with a variance of 1/2 + 1/2."""
    q = tangling(curve(np.sin(THETA), np.sin(2 * THETA)), DT)[:, 0]
    crossings = [0, BINS // 2]
    np.testing.assert_allclose(q[crossings], 40 * OMEGA**2, rtol=0.02)
    assert q.max() == pytest.approx(40 * OMEGA**2, rel=0.03)
    a, b = THETA[:, None], THETA
    apart = (np.sin(a) - np.sin(b)) ** 2 + (np.sin(2 * a) - np.sin(2 * b)) ** 2
    turned = (np.cos(a) - np.cos(b)) ** 2 + 4 * (np.cos(2 * a) - np.cos(2 * b)) ** 2
    np.testing.assert_allclose(q, OMEGA**2 * (turned / (apart + 0.1)).max(axis=1), rtol=0.03)


def test_a_third_dimension_untangles_the_crossing():
    flat = tangling(curve(np.sin(THETA), np.sin(2 * THETA)), DT)
    lifted = tangling(curve(np.sin(THETA), np.sin(2 * THETA), np.cos(THETA)), DT)
    assert lifted.max() < 0.35 * flat.max()


def test_conditions_that_part_from_one_place_are_tangled():
    """Each alone is a straight line at constant speed, whose flow does not change at all."""
    t = np.arange(50) / 50
    line = np.stack([t, 0 * t], axis=-1)
    both = np.stack([line, line[:, ::-1]], axis=1)
    np.testing.assert_allclose(tangling(line[:, None], 10), 0, atol=1e-6)
    assert tangling(both, 10).argmax(axis=0).tolist() == [0, 0]


def brute_force(x, dt, fraction):
    """Straight from the definition; the first bin has no flow and takes the value of the second."""
    flat = x[1:].reshape(-1, x.shape[-1])
    velocity = (np.diff(x, axis=0) / (dt / 1000)).reshape(flat.shape)
    epsilon = fraction * x.reshape(-1, x.shape[-1]).var(axis=0).sum()
    q = [max(np.sum((v - w) ** 2) / (np.sum((p - r) ** 2) + epsilon) for r, w in zip(flat, velocity, strict=True))
         for p, v in zip(flat, velocity, strict=True)]  # fmt: skip
    q = np.reshape(q, (len(x) - 1, x.shape[1]))
    return np.concatenate([q[:1], q])


def test_it_is_the_maximum_over_all_pairs():
    x = np.random.default_rng(0).normal(size=(12, 3, 4)).cumsum(axis=0) + 5
    np.testing.assert_allclose(tangling(x, 10), brute_force(x, 10, 0.1), rtol=1e-9)
    np.testing.assert_allclose(tangling(x, 20, fraction=0.3), brute_force(x, 20, 0.3), rtol=1e-9)


def test_many_samples_are_taken_block_by_block():
    """Two laps in each of three conditions are one circle, sampled 2,400 times."""
    lap = np.tile(curve(np.cos(THETA), np.sin(THETA)), (2, 3, 1))
    np.testing.assert_allclose(tangling(lap, DT), OMEGA**2 * 4 / 4.1, rtol=1e-3)


@pytest.mark.parametrize("measure", [tangling, divergence])
def test_units_may_be_mixed_and_only_leading_components_count(measure):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3, 4)).cumsum(axis=0)
    mixing = np.linalg.qr(rng.normal(size=(9, 9)))[0][:4]
    np.testing.assert_allclose(measure(x @ mixing + 3), measure(x), rtol=1e-8)
    weak = 1e-3 * np.eye(9)[4:, :]
    faint = rng.normal(size=(30, 3, 5)) @ weak
    padded = np.concatenate([x, np.zeros((30, 3, 5))], axis=2) + faint
    np.testing.assert_allclose(measure(padded, n_components=4), measure(x), rtol=0.02)


def test_divergence_is_the_maximum_over_pairs_and_delays():
    x = np.random.default_rng(0).normal(size=(9, 2, 3)).cumsum(axis=0)
    alpha = 0.01 * x.reshape(-1, 3).var(axis=0).sum()
    expected = np.zeros((9, 2))
    for t, c in np.ndindex(9, 2):
        for s, d in np.ndindex(9, 2):
            now = np.sum((x[t, c] - x[s, d]) ** 2) + alpha
            for delay in range(1, 9 - max(s, t)):
                expected[t, c] = max(expected[t, c], np.sum((x[t + delay, c] - x[s + delay, d]) ** 2) / now)
    np.testing.assert_allclose(divergence(x), expected, rtol=1e-8)


def test_a_helix_tells_cycles_apart_that_a_circle_does_not():
    """Two cycles and a stop: on the circle the end of the first cycle is where the second goes on from."""
    t = np.arange(120)
    angle = 2 * np.pi * np.minimum(t, 80) / 40
    circle = curve(np.cos(angle), np.sin(angle))
    helix = curve(np.cos(angle), np.sin(angle), t / 40)
    assert divergence(helix).max() < 0.2 * divergence(circle).max()


@pytest.mark.parametrize(
    ("rates", "arguments", "words"),
    [
        (np.zeros((10, 2, 3)), {}, "all 3 units are constant"),
        (np.full((10, 2, 3), np.inf), {}, "no rate is finite"),
        (np.eye(10), {}, "time, conditions, units"),
        (np.random.default_rng(0).normal(size=(2, 2, 3)), {}, "3 time bins or more"),
        (np.random.default_rng(0).normal(size=(9, 2, 3)), {"fraction": 0}, "divide by zero"),
        (np.random.default_rng(0).normal(size=(9, 2, 3)), {"n_components": 0}, "1 or more"),
    ],
)
def test_what_has_no_flow_is_refused(rates, arguments, words):
    for measure in (tangling, divergence):
        with pytest.raises(ValueError, match=words):
            measure(rates, **arguments)


def test_coarse_bins_are_warned_of():
    rates = np.random.default_rng(0).normal(size=(9, 2, 3))
    with pytest.warns(UserWarning, match="too coarse"):
        tangling(rates, dt=50)
    with pytest.raises(ValueError, match="above 0"):
        tangling(rates, dt=-1)
