"""Lyapunov exponents of maps and flows that are known, and those of trained networks' analysis beside it."""

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.dynamics import jacobian_product, lyapunov_exponents
from cogdyn.agents.training.flossing import finite_time_exponents

DT = 10


def linear(matrix):
    weights = torch.from_numpy(np.array(matrix, float))
    return lambda h: h @ weights.T


def rk4(flow, dt):
    """A step of the classical Runge-Kutta method."""

    def step(h):
        k1 = flow(h)
        k2 = flow(h + dt / 2 * k1)
        k3 = flow(h + dt / 2 * k2)
        return h + dt / 6 * (k1 + 2 * k2 + 2 * k3 + flow(h + dt * k3))

    return step


def lorenz(h):
    x, y, z = h.T
    return torch.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], dim=1)


def test_a_linear_map_has_the_logarithms_of_the_moduli_of_its_eigenvalues():
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(5, 5))
    blocks = np.diag([1.2, 0.9, 0.0, 0.0, -0.3])
    blocks[2:4, 2:4] = 0.6 * np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
    matrix = basis @ blocks @ np.linalg.inv(basis)
    found = lyapunov_exponents(linear(matrix), np.zeros(5), 1000, dt=DT, skip=100)
    # Two that turn take turns, so that each is right to within one over the number of steps.
    np.testing.assert_allclose(found, np.log([1.2, 0.9, 0.6, 0.6, 0.3]) / 0.010, atol=0.1)
    assert found.sum() == pytest.approx(np.log(1.2 * 0.9 * 0.36 * 0.3) / 0.010, rel=1e-9)
    largest = lyapunov_exponents(linear(matrix), np.zeros(5), 200, dt=DT, skip=100, n_exponents=2)
    np.testing.assert_allclose(largest, np.log([1.2, 0.9]) / 0.010, rtol=1e-6)


def test_a_random_linear_map_of_any_size():
    matrix = np.random.default_rng(2).normal(size=(12, 12)) / np.sqrt(12)
    found = lyapunov_exponents(linear(matrix), np.zeros(12), 1000, dt=DT, skip=200)
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(matrix))))[::-1] / 0.010
    np.testing.assert_allclose(found, expected, atol=0.7)


def test_a_rotation_has_none():
    turn = [[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]]
    np.testing.assert_allclose(lyapunov_exponents(linear(turn), np.ones(2), 100, dt=DT), [0, 0], atol=1e-12)


def test_the_logistic_map_at_its_most_chaotic_doubles_differences():
    """Of x -> 4 x (1 - x) the exponent is log 2 per step; in double precision it holds on average over starts."""
    starts = np.random.default_rng(0).random((64, 1))
    found = lyapunov_exponents(lambda h: 4 * h * (1 - h), starts, 400, dt=1000)
    assert found.shape == (64, 1)
    assert found.mean() == pytest.approx(np.log(2), rel=0.01)


def test_a_limit_cycle_has_one_exponent_of_zero():
    """A radius that relaxes to 1 at rate 2, and a phase that turns."""

    def flow(h):
        radius = h.square().sum(dim=1, keepdim=True)
        return h * (1 - radius) + 3 * torch.stack([-h[:, 1], h[:, 0]], dim=1)

    found = lyapunov_exponents(rk4(flow, 0.05), np.array([0.3, 0.0]), 200, dt=50, skip=200)
    np.testing.assert_allclose(found, [0, -2], atol=1e-2)


def test_the_lorenz_system():
    """On average over many starts: 0.9056, 0 and -14.572 per unit of time; their sum is the divergence of the flow."""
    dt = 0.02
    step, h = rk4(lorenz, dt), torch.from_numpy(np.random.default_rng(0).normal(size=(800, 3)) * 8 + [0, 0, 25])
    for _ in range(3000):  # states near the two unstable points take long to leave them
        h = step(h)
    found = lyapunov_exponents(step, h, 500, dt=1000 * dt, skip=150).mean(axis=0)
    assert found[0] == pytest.approx(0.9056, rel=0.02)
    assert found[1] == pytest.approx(0, abs=0.02 * 0.9056)
    assert found[2] == pytest.approx(-14.5723, rel=0.02)
    assert found.sum() == pytest.approx(-(10 + 1 + 8 / 3), rel=2e-3)


def test_all_exponents_add_up_to_the_growth_of_volume_in_a_network():
    network = RateRNN(1, 6, 1, dt=20, gain=2.0, activation="tanh", seed=1).double()
    u = torch.zeros(1, 1, dtype=torch.float64)
    step = lambda h: network.step(h, u.expand(len(h), 1))  # noqa: E731
    h0 = torch.linspace(-1, 1, 6, dtype=torch.float64)
    found = lyapunov_exponents(step, h0, 15, dt=20)
    (jacobian,) = jacobian_product(step, h0, [15])
    assert found.sum() == pytest.approx(np.log(np.abs(np.linalg.det(jacobian))) / 0.300, rel=1e-9)
    network.h0.data = h0
    inputs = torch.zeros(200, 1, 1, dtype=torch.float64)
    with torch.no_grad():
        flossed = finite_time_exponents(network, inputs, 3, skip=100)[0].numpy()
    long = lyapunov_exponents(step, h0, 100, dt=20, n_exponents=3, skip=100)
    np.testing.assert_allclose(long, np.sort(flossed)[::-1], atol=0.1, err_msg="the exponents that flossing follows")


def test_a_direction_that_is_gone_in_a_step_has_minus_infinity():
    found = lyapunov_exponents(linear(np.diag([0.5, 0.0])), np.zeros(2), 10, dt=DT, skip=5)
    assert found[0] == pytest.approx(np.log(0.5) / 0.010, rel=1e-9)
    assert found[1] < -1e3


def test_several_starts_are_several_runs():
    step = rk4(lorenz, 0.01)
    starts = np.array([[1.0, 2.0, 20.0], [-5.0, 3.0, 30.0]])
    together = lyapunov_exponents(step, starts, 50, dt=10, n_exponents=2, seed=4)
    assert together.shape == (2, 2)
    np.testing.assert_array_equal(together, lyapunov_exponents(step, starts, 50, dt=10, n_exponents=2, seed=4))
    np.testing.assert_allclose(
        together[0], lyapunov_exponents(step, starts[0], 50, dt=10, n_exponents=2, seed=4), rtol=1e-9
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"h0": np.array([0.0, np.nan])}, "h0 holds NaN"),
        ({"h0": np.zeros((2, 2, 2))}, "h0 has shape"),
        ({"step": lambda h: h[:, :1]}, "they must be the same"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"n_steps": 2.5}, r"n_steps is 2\.5"),
        ({"skip": -1}, "skip is -1"),
        ({"n_exponents": 3}, "n_exponents is 3; there are 2 units"),
        ({"n_exponents": 0}, "n_exponents is 0"),
        ({"dt": 0}, "dt is 0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        lyapunov_exponents(**{"step": lambda h: 0.5 * h, "h0": np.zeros(2), "n_steps": 5, "dt": DT} | arguments)
