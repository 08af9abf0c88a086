"""Under a default precision of float64, as ``torch.set_default_dtype`` sets it, all works as it does without."""

import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.network.initialisation import INITIALISATIONS
from cogdyn.agents.rules.catalogue import make_rule, rule_arguments, rule_names
from cogdyn.agents.training.flossing import finite_time_exponents
from cogdyn.envs import make_task

TASK = make_task("CyclePattern", cycle_ms=400, n_cycles=2)
ARGUMENTS = {
    "CD": {"schedule": (2, 1)},
    "FBPTT": {"horizon_ms": 3 * TASK.dt},
    "TruncatedBPTT": {"window_ms": 3 * TASK.dt},
    "Compartments": {"jacobian": "exact"},
    "RewardHebbian": {"warm_up": 0},
}
RUNS = [
    (name, leak, update)
    for name in rule_names()
    for leak in ("voltage", "rate")
    for update in ({}, {"update_every": "bin"})
    if "update_every" in rule_arguments(name) or not update
    if name != "RewardHebbian" or leak == "voltage"
]


@pytest.fixture
def float64_by_default():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network_of(leak="voltage", **arguments):
    given = {"activation": "tanh", "self_connections": True, "tau": 60.0, "noise": 0.1, "seed": 1} | arguments
    return RateRNN(TASK.n_inputs, 6, TASK.n_outputs, dt=TASK.dt, leak=leak, **given)


def noise():
    return torch.Generator().manual_seed(2)


def updated(name, network, update):
    """The network after two updates, one from each of two batches."""
    rule = make_rule(name, **ARGUMENTS.get(name, {}) | update)
    for seed in range(2):
        rule.update(network, TASK.sample(2, seed=seed), noise())
    return network.state_dict()


@pytest.mark.parametrize(("name", "leak", "update"), RUNS)
def test_a_rule_does_what_it_does_with_the_same_network_in_float64(name, leak, update, float64_by_default):
    network = network_of(leak)
    assert {value.dtype for value in network.state_dict().values()} == {torch.float64}
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    found = {name: value.clone() for name, value in updated(name, network, update).items()}
    torch.set_default_dtype(torch.float32)
    twin = network_of(leak).double()
    twin.load_state_dict(weights)
    for key, value in updated(name, twin, update).items():
        assert torch.equal(found[key], value), key
    assert any(not torch.equal(found[key], weights[key]) for key in found)


@pytest.mark.parametrize("init", INITIALISATIONS)
@pytest.mark.parametrize("arguments", [{}, {"density": 0.6}, {"dale": 0.5}, {"mask": torch.ones(6, 6)}])
def test_a_seed_means_the_same_network(init, arguments, float64_by_default):
    try:
        found = network_of(init=init, **arguments)
    except ValueError:
        torch.set_default_dtype(torch.float32)
        with pytest.raises(ValueError, match=f"init='{init}'"):
            network_of(init=init, **arguments)
        return
    torch.set_default_dtype(torch.float32)
    expected = network_of(init=init, **arguments).double().state_dict()
    assert {value.dtype for value in found.state_dict().values()} == {torch.float64}
    for name, value in found.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-6, msg=name)


def test_exponents_are_the_same(float64_by_default):
    network, inputs = network_of(), torch.from_numpy(TASK.sample(2, seed=0).inputs).double()
    found = finite_time_exponents(network, inputs, 3)
    torch.set_default_dtype(torch.float32)
    assert torch.equal(finite_time_exponents(network, inputs, 3), found)
