"""jPCA on systems whose rotations are known, and against numerical optimisers."""

import numpy as np
import pytest
from scipy.linalg import solve_sylvester
from scipy.optimize import minimize

from cogdyn.agents.dynamics import jpca, without_cross_condition_mean
from cogdyn.agents.dynamics.jpca import _fit


def turning(angles, bins=50, conditions=8, units=12, seed=0, shrink=1.0):
    """Rates of planes that turn by an angle per bin each, and the planes (P, 2, N); later planes are half as wide."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(units, 2 * len(angles))))[0].T.reshape(len(angles), 2, units)
    start = rng.normal(size=(conditions, len(angles))) + 1j * rng.normal(size=(conditions, len(angles)))
    start = (start - start.mean(axis=0)) * 0.5 ** np.arange(len(angles))
    z = start * (shrink * np.exp(1j * np.array(angles))) ** np.arange(bins)[:, None, None]
    return np.einsum("tcpa,pan->tcn", np.stack([z.real, z.imag], axis=-1), basis), basis


def drifting(seed=0, bins=30, conditions=6, units=10):
    """Random walks: nothing is exact."""
    return np.random.default_rng(seed).normal(size=(bins, conditions, units)).cumsum(axis=0)


@pytest.mark.parametrize("angle", [0.01, 0.13, 1.0, 2.5])
def test_a_pure_rotation_is_all_explained_and_its_frequency_exact(angle):
    rates, (plane,) = turning([angle])
    found = jpca(rates, dt=20)
    hertz = angle / (2 * np.pi * 0.02)
    assert found.r2_skew == pytest.approx(1, abs=1e-12)
    assert found.ratio == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found.frequency_hz, [hertz, 0, 0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.variance_fraction, [1, 0, 0], atol=1e-12)
    assert found.r2_plane[0] == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found.planes[0].T @ found.planes[0], plane.T @ plane, atol=1e-10)


@pytest.mark.parametrize("angle", [0.01, 0.13, 1.0])
def test_forward_differences_see_a_chord(angle):
    found = jpca(turning([angle])[0], dt=10, n_components=2, difference="forward")
    assert found.r2_skew == pytest.approx((1 + np.cos(angle)) / 2, rel=1e-10)
    assert found.r2_best == pytest.approx(1, abs=1e-12)
    assert found.frequency_hz[0] == pytest.approx(np.sin(angle) / (2 * np.pi * 0.01), rel=1e-10)


def test_two_planes_come_apart_the_one_that_explains_more_first():
    rates, (slow, fast) = turning([0.1, 0.3])
    found = jpca(rates, dt=10, n_components=4)
    np.testing.assert_allclose(found.frequency_hz, np.array([0.3, 0.1]) / (2 * np.pi * 0.01), rtol=1e-9)
    for ours, theirs in zip(found.planes, (fast, slow), strict=True):
        np.testing.assert_allclose(ours.T @ ours, theirs.T @ theirs, atol=1e-9)
    power = [np.sum((rates @ plane.T) ** 2) / np.sum(rates**2) for plane in (fast, slow)]
    np.testing.assert_allclose(found.variance_fraction, power, rtol=1e-9)


@pytest.mark.parametrize("bins", [20, 100])
def test_a_faint_plane_of_noise_does_not_come_first(bins):
    rates, (plane,) = turning([0.126], bins=bins, units=50)
    found = jpca(rates + 0.01 * np.random.default_rng(1).normal(size=rates.shape))
    assert found.frequency_hz[0] == pytest.approx(0.126 / (2 * np.pi * 0.01), rel=0.02)
    assert found.variance_fraction[0] > 0.9
    assert np.sum((found.planes[0] @ plane.T) ** 2) == pytest.approx(2, rel=0.01)


def test_planes_turn_from_their_first_axis_to_the_second():
    angle = 0.2
    found = jpca(turning([angle, 0.07])[0], n_components=4)
    flat = found.planes.reshape(4, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(4), atol=1e-12)
    z = found.projections[..., 0, 0] + 1j * found.projections[..., 0, 1]
    np.testing.assert_allclose(np.angle(z[1:] / z[:-1]), angle, rtol=1e-8)
    first = found.projections[0, :, 0]
    across = [np.sum((first @ [np.cos(a), np.sin(a)]) ** 2) for a in np.linspace(0, np.pi, 181)]
    assert np.argmax(across) in (0, 180)


def test_what_conditions_share_does_not_count():
    rates, _ = turning([0.2])
    shared = np.random.default_rng(1).normal(size=(50, 1, 12)) * 10
    np.testing.assert_allclose(jpca(rates + shared).projections[:, :, 0], jpca(rates).projections[:, :, 0], atol=1e-9)


def test_decay_is_linear_but_no_rotation():
    rates = np.random.default_rng(2).normal(size=(1, 8, 6)) * 0.9 ** np.arange(40)[:, None, None]
    found = jpca(rates, n_components=4)
    assert found.r2_best == pytest.approx(1, abs=1e-10)
    assert found.r2_skew == pytest.approx(0, abs=1e-10)
    np.testing.assert_allclose(found.frequency_hz, 0, atol=1e-8)


@pytest.mark.parametrize("difference", ["midpoint", "forward"])
def test_the_closed_form_is_the_sylvester_equation_and_the_minimum(difference):
    centred = without_cross_condition_mean(drifting())[..., :4]
    skew, r2_best, r2_skew = _fit(centred, difference)
    x = (centred[1:] + centred[:-1]) / 2 if difference == "midpoint" else centred[:-1]
    x, dx = x.reshape(-1, 4), np.diff(centred, axis=0).reshape(-1, 4)
    np.testing.assert_allclose(skew, solve_sylvester(x.T @ x, x.T @ x, x.T @ dx - dx.T @ x), atol=1e-12)
    rows, columns = np.triu_indices(4, 1)

    def misfit(values):
        a = np.zeros((4, 4))
        a[rows, columns] = values
        return np.sum((dx - x @ (a - a.T)) ** 2)

    best = minimize(misfit, np.zeros(6), method="BFGS", options={"gtol": 1e-10})
    np.testing.assert_allclose(skew[rows, columns], best.x, atol=1e-7)
    assert r2_skew == pytest.approx(1 - best.fun / np.sum(dx**2), rel=1e-10)
    residual = dx - x @ np.linalg.lstsq(x, dx)[0]
    assert r2_best == pytest.approx(1 - np.sum(residual**2) / np.sum(dx**2), rel=1e-10)


@pytest.mark.parametrize("null", ["shuffle", "CMPT", "TME-T", "TME-TN", "TME-TC", "TME-TNC"])
def test_rotations_that_conditions_share_are_beyond_every_null(null):
    rates, _ = turning([0.25, 0.12], bins=20)
    found = jpca(rates + 0.02 * drifting(3, 20, 8, 12), n_components=4, null=null, n_surrogates=39)
    assert found.p_value == 1 / 40
    assert found.r2_null.shape == (39,)
    assert found.r2_null.max() < found.r2_skew


def test_surrogates_take_no_time_until_they_are_asked_for():
    found = jpca(drifting(), n_surrogates=5)
    assert "r2_null" not in vars(found)
    assert found.p_value == jpca(drifting(), n_surrogates=5).p_value
    assert "r2_null" in vars(found)
    assert (found.r2_null != jpca(drifting(), n_surrogates=5, seed=1).r2_null).all()


@pytest.mark.parametrize(
    ("rates", "arguments", "words"),
    [
        (drifting(), {"n_components": 5}, "even number"),
        (drifting(), {"n_components": 12}, "only 10 units"),
        (drifting(), {"dt": 0}, "above 0"),
        (drifting(), {"difference": "central"}, "Allowed: 'forward', 'midpoint'"),
        (drifting(), {"null": "bootstrap"}, "Allowed: 'CMPT', .*'shuffle'"),
        (drifting(conditions=1), {}, "2 conditions or more"),
        (drifting(bins=2), {}, "3 time bins or more"),
        (drifting()[:, 0], {}, "time, conditions, units"),
        (np.where(np.arange(10) == 4, np.nan, drifting()), {}, r"units \[4\] hold NaN"),
        (np.ones((30, 6, 10)), {}, "all 10 units are constant"),
        (np.repeat(drifting(conditions=1), 6, axis=1), {}, "all conditions are alike"),
        (np.repeat(drifting()[:1], 30, axis=0), {}, "no condition changes"),
    ],
)
def test_what_cannot_rotate_is_refused(rates, arguments, words):
    with pytest.raises(ValueError, match=words):
        jpca(rates, **arguments)


def test_constant_units_change_nothing():
    rates = drifting()
    padded = np.concatenate([rates, np.full((30, 6, 3), 7.0)], axis=2)
    assert jpca(padded).r2_skew == pytest.approx(jpca(rates).r2_skew, rel=1e-10)
    np.testing.assert_allclose(jpca(padded).planes[..., 10:], 0, atol=1e-12)
