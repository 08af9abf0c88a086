"""The Jacobian of many steps, against linear systems, finite differences and torch's own derivatives."""

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.bridges import blocks_of, run_bridged
from cogdyn.agents.dynamics import Bridge, jacobian_product
from cogdyn.agents.rules.gradient_skip import _Skip
from cogdyn.envs import TrialBatch

LAG, BETA = 4, 0.3
KINDS = ("SCTT", "DASC", "gradient skip")


def linear(matrix):
    weights = torch.from_numpy(matrix)
    return lambda h: h @ weights.T


def rotation(angle, size):
    return size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def singular_values(jacobians):
    return np.linalg.svd(jacobians, compute_uv=False)


def test_a_linear_system_is_a_power_of_its_matrix():
    rng = np.random.default_rng(0)
    matrix, steps = rng.normal(size=(5, 5)) / 3, (0, 7, 1, 30)
    found = jacobian_product(linear(matrix), torch.zeros(5), steps)
    assert (found.shape, found.dtype) == ((4, 5, 5), np.float64)
    for jacobian, n in zip(found, steps, strict=True):
        np.testing.assert_allclose(jacobian, np.linalg.matrix_power(matrix, n), rtol=1e-12, atol=1e-15)


def test_singular_values_of_normal_systems_are_powers_of_the_moduli_of_eigenvalues():
    decay = jacobian_product(linear(np.diag([0.9, 0.5, -0.8])), torch.ones(3), [10])
    np.testing.assert_allclose(singular_values(decay)[0], np.array([0.9, 0.8, 0.5]) ** 10, rtol=1e-12)
    turn = jacobian_product(linear(rotation(0.7, 0.95)), torch.ones(2), [40])
    np.testing.assert_allclose(singular_values(turn)[0], [0.95**40] * 2, rtol=1e-12)


@pytest.mark.parametrize("eigenvalue", [0.95, 0.8, -0.5])
def test_a_bridge_over_one_leaky_unit(eigenvalue):
    """Blocks of known gain, then a rest that is plain."""
    lag, beta, blocks, rest = 10, 0.6, 3, 4
    around = {"SCTT": 1.0, "DASC": 1 + lag * (eigenvalue - 1), "gradient skip": 1.0}
    for kind, skip in around.items():
        found = jacobian_product(
            linear(np.array([[eigenvalue]])), torch.ones(1), [blocks * lag + rest], Bridge(kind, lag, beta)
        )
        expected = ((1 - beta) * skip + beta * eigenvalue**lag) ** blocks * eigenvalue**rest
        assert found.item() == pytest.approx(expected, rel=1e-12)


def test_a_coarse_step_of_one_time_constant_leads_nowhere():
    """Its Jacobian is zero where there are no synapses, and grows beyond twice the time constant."""
    alpha = 0.1
    gains = [
        abs(jacobian_product(linear(np.array([[1 - alpha]])), torch.ones(1), [lag], Bridge("DASC", lag, 0.0)).item())
        for lag in (5, 10, 20, 40)
    ]
    np.testing.assert_allclose(gains, [0.5, 0.0, 1.0, 3.0], atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lag", [1, 3, 50])
def test_at_beta_one_the_bridge_is_gone(kind, lag):
    rng = np.random.default_rng(1)
    weights = torch.from_numpy(rng.normal(size=(6, 6)))
    h0 = torch.from_numpy(rng.normal(size=6))

    def step(h):
        return 0.8 * h + 0.2 * torch.tanh(h @ weights.T)

    plain = jacobian_product(step, h0, range(13))
    np.testing.assert_allclose(jacobian_product(step, h0, range(13), Bridge(kind, lag, 1.0)), plain, rtol=1e-13)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_it_is_the_derivative_that_training_takes(kind, leak):
    """Across a period of three blocks and a rest, against torch, back through the bridges that the rules build."""
    network = RateRNN(2, 7, 1, dt=20, leak=leak, activation="tanh", gain=2.0, seed=3).double()
    network.h0.data = torch.linspace(-0.5, 0.7, 7, dtype=torch.float64)
    n, u = 3 * LAG + 2, torch.tensor([[0.5, -1.0]], dtype=torch.float64)
    period = {"delay": (np.array([0]), np.array([n]))}
    batch = TrialBatch(np.zeros((n, 1, 2)), np.zeros((n, 1)), np.zeros((n, 1)), {}, period, 20, "choice")

    def join(start, end):
        if kind == "gradient skip":
            return _Skip.apply(start[0], end, BETA)
        skip = start[0] if kind == "SCTT" else start[0] + LAG * (network.step(*start) - start[0])
        return (1 - BETA) * skip + BETA * end

    inputs = u.expand(n, 1, 2)
    bridges = [] if kind is None else [(blocks_of(batch, LAG * 20), join)]
    last = (run_bridged(network, inputs, bridges) if bridges else network(inputs)).state[0]
    expected = [torch.autograd.grad(unit, network.h0, retain_graph=True)[0].numpy() for unit in last]
    bridge = None if kind is None else Bridge(kind, LAG, BETA)
    (found,) = jacobian_product(lambda h: network.step(h, u.expand(len(h), 2)), network.h0, [n], bridge)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "LSTM"}, "Allowed: 'DASC', 'SCTT', 'gradient skip'"),
        ({"lag": 0}, "1 or more"),
        ({"lag": 2.5}, "whole number"),
        ({"beta": 1.2}, "0 to 1"),
    ],
)
def test_a_bridge_that_makes_no_sense_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Bridge(**{"kind": "SCTT", "lag": 10, "beta": 0.5} | arguments)


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="expected one state"):
        jacobian_product(torch.tanh, torch.zeros(2, 3), [1])
    with pytest.raises(ValueError, match="0 or more"):
        jacobian_product(torch.tanh, torch.zeros(2), [3, -1])
