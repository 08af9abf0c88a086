"""States in trials, steps at a held input and lesions: what analyses of a network start from."""

import copy

import numpy as np
import pytest
import torch
from precisions import DTYPES

from cogdyn.agents import RateRNN, evaluate, lesion, states_in_trials, step_at
from cogdyn.agents.dynamics import fixed_points, participation_ratio
from cogdyn.agents.network.activations import ACTIVATIONS
from cogdyn.envs import make_task

TASK = make_task("DelayMatchSample", dt=20)
UNITS = [2, 5]


def network_of(leak, activation="tanh", dtype=torch.float32, noise=0.0):
    network = RateRNN(TASK.n_inputs, 8, TASK.n_outputs, leak=leak, activation=activation, noise=noise, seed=1)
    with torch.no_grad():
        network.h0.fill_(0.3)
        network.bias.fill_(0.1)
    return network.to(dtype)


@DTYPES
@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_states_are_what_the_network_carries_from_bin_to_bin(leak, dtype):
    network, batch = network_of(leak, dtype=dtype), TASK.sample(3, seed=0)
    states = states_in_trials(network, batch)
    assert states.dtype == np.float64
    exact = copy.deepcopy(network).double()
    trajectory = exact(torch.from_numpy(batch.inputs).double())
    rates = exact.rates(torch.from_numpy(states)).detach()
    torch.testing.assert_close(rates, trajectory.rates.detach(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(states[-1], trajectory.state.detach(), atol=1e-12)
    assert network.recurrent.dtype == dtype, "the network itself stays as it is"


@DTYPES
def test_the_step_at_an_input_is_the_networks_own_in_double_precision(dtype):
    network = network_of("rate", dtype=dtype)
    u = np.linspace(-1, 1, TASK.n_inputs)
    step = step_at(network, u.tolist())
    h = torch.linspace(-1, 1, 24, dtype=torch.float64).view(3, 8)
    expected = copy.deepcopy(network).double().step(h, torch.from_numpy(u).expand(3, -1)).detach()
    torch.testing.assert_close(step(h), expected, rtol=0, atol=0)
    with torch.no_grad():
        network.recurrent.zero_()
    torch.testing.assert_close(step(h), expected, rtol=0, atol=0)
    for bad in (u[:-1], u * np.nan, u[None]):
        with pytest.raises(ValueError, match=rf"expected {TASK.n_inputs} finite numbers"):
            step_at(network, bad)


def test_a_network_in_single_precision_goes_from_trials_to_fixed_points_as_it_is():
    network = RateRNN(1, 5, 1, activation="tanh", gain=0.5, seed=0)
    step = step_at(network, [0.2])
    found = fixed_points(step, np.random.default_rng(0).normal(size=(6, 4, 5)), dt=network.dt)
    assert found.stable.tolist() == [True]
    h = torch.zeros(1, 5, dtype=torch.float64)
    for _ in range(500):
        h = step(h)
    np.testing.assert_allclose(found.points, h, atol=1e-9)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
@pytest.mark.parametrize("activation", [*ACTIVATIONS])
def test_lesioned_units_are_silent_whatever_the_noise(leak, activation):
    network = network_of(leak, activation, noise=0.3)
    lesioned = lesion(network, UNITS)
    rates = evaluate(TASK, lesioned, 4).rates
    others = np.delete(np.arange(8), UNITS)
    assert (rates[..., UNITS] == 0).all()
    assert (rates[..., others] != 0).any(axis=(0, 1)).all()
    assert (evaluate(TASK, network, 4).rates[..., UNITS] != 0).any(axis=(0, 1)).all()
    assert participation_ratio(rates) == pytest.approx(participation_ratio(rates[..., others]), rel=1e-5)
    assert (states_in_trials(lesioned, TASK.sample(2, seed=0))[..., UNITS] == 0).all()


@DTYPES
@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_the_other_units_do_as_if_those_were_not_there(leak, dtype):
    network, others = network_of(leak, dtype=dtype), np.delete(np.arange(8), UNITS)
    small = RateRNN(TASK.n_inputs, 6, TASK.n_outputs, leak=leak, activation="tanh").to(dtype)
    with torch.no_grad():
        small.recurrent.copy_(network.recurrent_weights[others][:, others])
        small.input.copy_(network.input[others])
        small.readout.copy_(network.readout[:, others])
        small.bias.copy_(network.bias[others])
        small.h0.copy_(network.h0[others])
        small.readout_bias.copy_(network.readout_bias)
    inputs = torch.from_numpy(TASK.sample(3, seed=0).inputs).to(dtype)
    both = [(net, net(inputs)) for net in (lesion(network, UNITS), small)]
    lesioned, expected = both[0][1], both[1][1]
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    torch.testing.assert_close(lesioned.outputs, expected.outputs, rtol=0, atol=tolerance)
    torch.testing.assert_close(lesioned.rates[..., others], expected.rates, rtol=0, atol=tolerance)
    gradients = [torch.autograd.grad(made.outputs.square().mean(), net.recurrent)[0] for net, made in both]
    torch.testing.assert_close(gradients[0][others][:, others], gradients[1], rtol=100 * tolerance, atol=tolerance)
    assert (gradients[0][UNITS] == 0).all()


def test_a_lesion_is_part_of_the_configuration_and_of_further_lesions():
    network = network_of("voltage")
    twice = lesion(lesion(network, [5]), np.arange(8) == 2)
    assert twice.config["lesioned"] == twice.redrawn(3).config["lesioned"] == UNITS
    assert RateRNN(**twice.config).lesioned == tuple(UNITS)
    assert network.lesioned == lesion(network, []).lesioned == ()
    assert (twice.recurrent_weights[:, UNITS] == 0).all()
    assert (twice.recurrent_weights[UNITS] == 0).all()
    assert (twice.readout_weights[:, UNITS] == 0).all()
    assert lesion(network, slice(0, 3)).lesioned == (0, 1, 2)
    for bad in ([8], [-1], [0.5], [True, False]):
        with pytest.raises(ValueError, match="whole numbers from 0 to 7"):
            lesion(network, bad)
