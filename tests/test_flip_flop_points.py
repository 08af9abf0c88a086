"""Trained flip-flops: a stable point for every combination of bits, in nearly every network."""

import itertools

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, states_in_trials, step_at, train
from cogdyn.agents.dynamics import fixed_points, sample_candidates
from cogdyn.agents.rules import BPTT
from cogdyn.envs import make_task


def trained(n_bits, seed, n_units, steps):
    task = make_task("FlipFlop", dt=20, n_bits=n_bits, stream_ms=1000, rate=2.0)
    network = RateRNN(n_bits, n_units, n_bits, dt=20, tau=100, activation="tanh", leak="rate", noise=0.05, seed=seed)
    return task, train(task, network, BPTT(lr=3e-3), steps, 32, seed=seed, evaluate_every=10**6, n_test=100).network


def points_of(task, network):
    """The points at rest, without input, and the signs of the outputs there."""
    states = states_in_trials(network, task.sample(64, seed=99))
    candidates = sample_candidates(states, 1000, noise=0.1, seed=0)
    found = fixed_points(step_at(network, np.zeros(network.n_inputs)), candidates, dt=task.dt)
    outputs = network.outputs(torch.from_numpy(found.points).float()).detach().numpy()
    return found, np.sign(outputs)


def holds(found, signs, n_bits):
    """Whether the stable points are 2^n, one for each combination of bits."""
    return sorted(map(tuple, signs[found.stable])) == list(itertools.product((-1.0, 1.0), repeat=n_bits))


def test_two_bits_are_held_by_four_stable_points():
    found, signs = points_of(*trained(2, 0, n_units=50, steps=300))
    assert holds(found, signs, 2), found.summary
    assert found.n_unstable.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2], "between them saddles, in the middle a peak"
    assert found.speed.max() < 1e-12
    assert (found.time_constants[found.stable] > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize(("n_bits", "n_units", "steps"), [(2, 50, 300), (3, 64, 600)])
def test_every_combination_of_bits_has_its_stable_point_in_nine_networks_of_ten(n_bits, n_units, steps):
    right = [holds(*points_of(*trained(n_bits, seed, n_units, steps)), n_bits) for seed in range(10)]
    assert sum(right) >= 9, right
