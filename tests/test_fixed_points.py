"""Fixed points of systems whose points, spectra and stability are known."""

import itertools

import numpy as np
import pytest
import torch
from scipy.linalg import hadamard
from scipy.optimize import fsolve

from cogdyn.agents import RateRNN
from cogdyn.agents.dynamics import fixed_points, jacobians, sample_candidates


def cloud(n, n_units, scale=1.0, seed=0):
    return scale * np.random.default_rng(seed).normal(size=(n, n_units))


def linear(matrix, offset=0.0):
    weights, offset = torch.from_numpy(np.array(matrix, float)), torch.as_tensor(offset)
    return lambda h: h @ weights.T + offset


def rotation(angle, size):
    return size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def accounted(found):
    """Every candidate arrived at a point or was rejected for one reason."""
    n = len(found.arrived_at)
    assert found.members.sum() + sum(found.rejected.values()) == n
    np.testing.assert_array_equal(
        found.members, np.bincount(found.arrived_at[found.arrived_at >= 0], minlength=len(found))
    )
    np.testing.assert_array_equal(found.arrived_at[found.origin], np.arange(len(found)))
    return found


# Linear systems


def test_a_linear_system_has_one_point_and_the_spectrum_of_its_matrix():
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(6, 6))
    blocks = np.zeros((6, 6))
    blocks[:2, :2], blocks[2:4, 2:4] = rotation(0.3, 0.95), rotation(2.0, 1.1)
    blocks[4, 4], blocks[5, 5] = 0.5, -0.8
    matrix, point = basis @ blocks @ np.linalg.inv(basis), rng.normal(size=6)
    found = accounted(fixed_points(linear(matrix, point - matrix @ point), cloud(40, 6), dt=20))
    assert found.members.tolist() == [40]
    np.testing.assert_allclose(found.points[0], point, atol=1e-9)
    expected = np.array([1.1 * np.exp(2j), 1.1 * np.exp(-2j), 0.95 * np.exp(0.3j), 0.95 * np.exp(-0.3j), -0.8, 0.5])
    np.testing.assert_allclose(found.eigenvalues[0], expected, atol=1e-9)
    moduli, angles = np.array([1.1, 1.1, 0.95, 0.95, 0.8, 0.5]), np.array([2.0, 2.0, 0.3, 0.3, np.pi, 0.0])
    np.testing.assert_allclose(found.time_constants[0], -20 / np.log(moduli), rtol=1e-9)
    np.testing.assert_allclose(found.frequencies[0], angles / (2 * np.pi * 0.020), rtol=1e-9, atol=1e-9)
    assert (found.n_unstable[0], found.n_marginal[0], found.stable[0], found.saddle[0]) == (2, 0, False, True)
    right, left, values = found.right_eigenvectors[0], found.left_eigenvectors[0], found.eigenvalues[0]
    np.testing.assert_allclose(matrix @ right, right * values, atol=1e-9)
    np.testing.assert_allclose(left @ matrix, values[:, None] * left, atol=1e-8)
    np.testing.assert_allclose(left @ right, np.eye(6), atol=1e-8)
    np.testing.assert_allclose(np.linalg.norm(right, axis=0), 1, rtol=1e-12)
    assert found.speed[0] < 1e-20


@pytest.mark.parametrize(("radius", "stable"), [(0.99, True), (1.0, False), (1.01, False)])
def test_stability_turns_at_modulus_one(radius, stable):
    found = fixed_points(linear(rotation(0.5, radius)), cloud(5, 2))
    assert found.stable.tolist() == [stable]
    assert found.n_marginal.tolist() == [2 * (radius == 1)]
    assert (found.time_constants, found.frequencies) == (None, None)


# Oscillators


def pendulum(dt=0.01, friction=0.5):
    """Angle and velocity, by Euler's method."""
    return lambda h: torch.stack([h[:, 0] + dt * h[:, 1], h[:, 1] - dt * (h[:, 0].sin() + friction * h[:, 1])], dim=1)


def test_a_pendulum_rests_hanging_and_standing():
    grid = np.stack(np.meshgrid(np.linspace(-7, 7, 29), np.linspace(-2, 2, 5)), -1).reshape(-1, 2)
    found = accounted(fixed_points(pendulum(), grid, dt=10))
    turns = found.points[:, 0] / np.pi
    np.testing.assert_allclose(found.points, np.stack([np.pi * turns.round(), 0 * turns], 1), atol=1e-6)
    assert set(range(-2, 3)) <= set(turns.round().astype(int))
    assert len(set(turns.round())) == len(found)
    np.testing.assert_array_equal(found.stable, turns.round() % 2 == 0)
    np.testing.assert_array_equal(found.n_unstable, turns.round() % 2 != 0)
    np.testing.assert_array_equal(found.saddle, ~found.stable)
    hanging = found.eigenvalues[np.abs(turns) < 0.1][0]
    turn = 1j * np.sqrt(1 - 0.25**2)
    np.testing.assert_allclose(np.sort_complex(hanging), 1 + 0.01 * np.array([-0.25 - turn, -0.25 + turn]), atol=1e-9)


# Networks


def test_a_hopfield_network_has_the_points_of_its_three_overlaps():
    """Of x = (1-a) x + a W tanh(b x), in the span of three orthogonal patterns, against a solver of the overlaps."""
    n, gain, a = 32, 1.5, 0.2
    patterns = hadamard(n)[:, [1, 2, 4]].astype(float)
    weights = torch.from_numpy(patterns @ patterns.T / n)

    def overlaps(m):
        return patterns.T @ np.tanh(gain * patterns @ m) / n - m

    starts = itertools.product(np.linspace(-1, 1, 5), repeat=3)
    solved = [fsolve(overlaps, m, xtol=1e-12, full_output=True)[::2] for m in starts]
    known = np.unique(
        [np.round(m, 6) + 0.0 for m, flag in solved if flag == 1 and np.abs(overlaps(m)).max() < 1e-10], axis=0
    )
    assert len(known) == 27, "each of three overlaps is positive, negative or zero"

    candidates = cloud(600, 3) @ patterns.T + cloud(600, n, 0.1, seed=1)
    found = accounted(fixed_points(lambda h: (1 - a) * h + a * torch.tanh(gain * h) @ weights, candidates))
    m = found.points @ patterns / n
    assert len(found) == 27
    np.testing.assert_allclose(found.points, m @ patterns.T, atol=1e-7)
    distance = np.linalg.norm(m[:, None] - known, axis=2)
    assert distance.min(axis=1).max() < 2e-6
    assert len(set(distance.argmin(axis=1))) == 27
    for k in range(27):
        slope = gain * (1 - np.tanh(gain * found.points[k]) ** 2)
        inner = patterns.T @ (slope[:, None] * patterns) / n
        expected = np.append(1 - a + a * np.linalg.eigvalsh(inner), np.full(n - 3, 1 - a))
        np.testing.assert_allclose(np.sort(found.eigenvalues[k].real), np.sort(expected), atol=1e-6)
        assert found.n_unstable[k] == (expected > 1).sum()
    active = (np.abs(m) > 1e-3).sum(axis=1)
    np.testing.assert_array_equal(found.stable, active == 1)


def test_a_ring_network_has_a_circle_of_bumps_around_an_unstable_rest():
    n, a, gain = 64, 0.2, 3.0
    angles = 2 * np.pi * np.arange(n) / n
    plane = np.stack([np.cos(angles), np.sin(angles)])
    weights = torch.from_numpy(gain * 2 / n * plane.T @ plane)
    candidates = cloud(100, 2) @ plane + cloud(100, n, 0.1, seed=1)
    found = accounted(fixed_points(lambda h: (1 - a) * h + a * torch.tanh(h) @ weights, candidates))
    height = fsolve(lambda r: gain * 2 / n * np.tanh(r * plane[0]) @ plane[0] - r, 2.0, xtol=1e-12)[0]
    bumps = found.n_unstable == 0
    assert bumps.sum() > 30
    np.testing.assert_array_equal(found.n_unstable[~bumps], [2])
    np.testing.assert_allclose(found.points[~bumps], 0, atol=1e-9)
    coordinates = found.points[bumps] @ plane.T * 2 / n
    np.testing.assert_allclose(np.linalg.norm(coordinates, axis=1), height, atol=1e-6)
    np.testing.assert_allclose(found.points[bumps], coordinates @ plane, atol=1e-6)
    assert (found.n_marginal[bumps] == 1).all()
    tangent = np.stack([-coordinates[:, 1], coordinates[:, 0]], 1) @ plane
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    along = np.abs((found.right_eigenvectors[bumps, :, 0] * tangent).sum(axis=1))
    np.testing.assert_allclose(along, 1, atol=1e-6)


def test_two_rectified_units_that_inhibit_each_other():
    """Dynamics that are linear in pieces: one unit wins, or both are balanced on a saddle."""
    a, w, b = 0.1, 2.0, 1.0
    cross = torch.tensor([[0.0, -w], [-w, 0.0]], dtype=torch.float64)
    found = accounted(fixed_points(lambda h: (1 - a) * h + a * torch.relu(h @ cross + b), cloud(50, 2) + 0.5))
    expected = [[0, b], [b, 0], [b / (1 + w)] * 2]
    order = np.argsort(found.points[:, 0].round(6))
    np.testing.assert_allclose(found.points[order], [expected[0], expected[2], expected[1]], atol=1e-9)
    np.testing.assert_array_equal(found.n_unstable[order], [0, 1, 0])
    np.testing.assert_allclose(found.eigenvalues[order][[0, 2]], 1 - a, atol=1e-12)
    np.testing.assert_allclose(found.eigenvalues[order][1], [1 - a + a * w, 1 - a - a * w], atol=1e-12)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_points_of_a_rate_network_and_a_jacobian_given_by_hand(leak):
    network = RateRNN(2, 20, 1, dt=20, tau=100, leak=leak, activation="tanh", gain=1.5, seed=1).double()
    u = torch.tensor([[0.3, -0.2]], dtype=torch.float64)
    weights, alpha = network.recurrent_weights.detach(), network.alpha

    def step(h):
        return network.step(h, u.expand(len(h), 2))

    def jacobian(h):
        if leak == "voltage":
            moved = weights * (1 - torch.tanh(h) ** 2)[:, None, :]
        else:
            drive = h @ weights.T + u @ network.input_weights.detach().T + network.bias.detach()
            moved = (1 - torch.tanh(drive) ** 2)[:, :, None] * weights
        return torch.diag(1 - alpha) + alpha[:, None] * moved

    states = torch.from_numpy(cloud(4, 20))
    torch.testing.assert_close(jacobians(step, states), jacobian(states), rtol=1e-12, atol=1e-14)
    by_torch, by_hand = (fixed_points(step, cloud(60, 20), jacobian=j) for j in (None, jacobian))
    assert len(by_torch) > 0
    np.testing.assert_allclose(by_hand.points, by_torch.points, atol=1e-8)
    np.testing.assert_allclose(by_hand.eigenvalues, by_torch.eigenvalues, atol=1e-7)
    after = step(torch.from_numpy(by_torch.points)).detach().numpy()
    np.testing.assert_allclose(after, by_torch.points, atol=1e-10)


def test_candidates_are_drawn_from_trajectories():
    states = np.arange(24.0).reshape(4, 3, 2)
    states[3, 1] = np.nan
    drawn = sample_candidates(states, 500, seed=3)
    assert {tuple(row) for row in drawn} == {tuple(row) for row in states.reshape(-1, 2) if np.isfinite(row).all()}
    noisy = sample_candidates(states, 500, noise=0.5, seed=3)
    assert (noisy - drawn).std() == pytest.approx(0.5, rel=0.1)
    np.testing.assert_array_equal(noisy, sample_candidates(states, 500, noise=0.5, seed=3))
    for bad in ({"n_candidates": -1}, {"noise": -0.1}, {"states": np.full((3, 2), np.nan)}, {"states": np.ones(3)}):
        with pytest.raises(ValueError, match=r"n_candidates is|noise is|none that is finite|expected"):
            sample_candidates(**{"states": states, "n_candidates": 5} | bad)
