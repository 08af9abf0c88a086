"""What lesson 1 says of the networks that travel with the package."""

import dataclasses

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, evaluate, lesion
from cogdyn.envs import make_task
from cogdyn.lessons.chapters.remembering import decode_sample, memory_network, score_by_delay
from cogdyn.lessons.chapters.remembering.networks import N_NETWORKS, write_memory_networks

TASK = make_task("DelayMatchSample")
NETWORKS = [memory_network(number) for number in range(1, N_NETWORKS + 1)]


def scores(networks, delay, n_trials=300):
    return np.array([score_by_delay(TASK, network, [delay], n_trials)[0] for network in networks])


def test_networks_fail_far_beyond_their_training_and_one_is_far_below_chance():
    assert scores(NETWORKS, 600).min() > 0.97
    later = scores(NETWORKS, 2000)
    assert 0.45 < later.min() < later.max() < 0.8
    assert scores(NETWORKS[1:2], 3000) < 0.33


def test_the_sample_outlasts_its_use():
    at = {delay: [decode_sample(TASK, network, delay, 100) for network in NETWORKS] for delay in (2000, 4000)}
    assert min(at[2000]) > 0.92
    assert np.mean(at[4000]) < np.mean(at[2000]) - 0.04


@pytest.mark.parametrize(("factor", "most"), [(2, 0.03), (0.5, 0.52)])
def test_weights_are_learned_for_one_time_constant(factor, most):
    others = []
    for network in NETWORKS:
        other = RateRNN(**{**network.config, "tau": 100 * factor})
        own = dict(network.named_parameters())
        with torch.no_grad():
            for name, parameter in other.named_parameters():
                parameter.copy_(own[name])
        others.append(other)
    assert scores(others, 600, 100).max() < most


def test_inhibition_is_lost_first_and_single_units_matter():
    left = {-1: [], 1: []}
    rng = np.random.default_rng(0)
    for network in NETWORKS:
        mean = evaluate(dataclasses.replace(TASK, delay_ms=600), network, 100).rates.mean(axis=(0, 1))
        for sign in left:
            units = np.flatnonzero(np.sign(network.signs.numpy()) == sign)
            busiest = units[mean[units].argmax()]
            assert scores([lesion(network, [busiest])], 600, 100) < 0.65
            draws = [rng.choice(units, 5, replace=False).tolist() for _ in range(3)]
            left[sign] += [scores([lesion(network, draw)], 600, 100)[0] for draw in draws]
    assert np.mean(left[-1]) < 0.3 < 0.45 < np.mean(left[1])


def test_a_network_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="allowed: 1 to 3"):
        memory_network(4)


@pytest.mark.slow
def test_networks_are_made_again(tmp_path):
    """Rounding differs between machines, so the score and not the weights."""
    write_memory_networks(tmp_path, seeds=(2,))
    assert evaluate(TASK, memory_network(2, tmp_path), 300, number=1).score > 0.95
