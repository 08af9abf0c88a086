"""Activations that a user brings along."""

import pytest
import torch
from precisions import DTYPES

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.network.activations import ACTIVATIONS, register_activation
from cogdyn.agents.network.ensemble import ensemble_of
from cogdyn.agents.rules import BPTT, RFLO, RTRL
from cogdyn.envs import make_task

TASK = make_task("Add", n_steps=30)


@pytest.fixture(autouse=True)
def leave_the_table_as_it_was():
    before = dict(ACTIVATIONS)
    yield
    ACTIVATIONS.clear()
    ACTIVATIONS.update(before)


def network_for(activation, leak="voltage"):
    arguments = {"tau": 3 * TASK.dt, "noise": 0.1, "gain": 1.0, "dale": 0.5, "seed": 2}
    return RateRNN(2, 6, 2, dt=TASK.dt, activation=activation, leak=leak, **arguments).double()


def noise():
    return torch.Generator().manual_seed(1)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
@pytest.mark.parametrize("credit", ["full", "diag", "none"])
@pytest.mark.parametrize("of_ensemble", [False, True])
def test_a_function_that_is_known_gives_the_same_by_the_loop_as_by_the_core(leak, credit, of_ensemble):
    register_activation("mine", torch.tanh)
    inputs = torch.from_numpy(TASK.sample(4, seed=0).inputs).double()
    found = []
    for activation in ("tanh", "mine"):
        network = network_for(activation, leak)
        network = ensemble_of(network, 3) if of_ensemble else network
        trajectory = network(inputs, generator=noise(), credit=credit, keep_activations=True)
        loss = trajectory.outputs.square().sum() + trajectory.state.sum() + trajectory.rates.pow(3).sum()
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        found.append((trajectory.rates, trajectory.outputs, trajectory.state, trajectory.activations, *gradients))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_a_network_with_a_function_of_ones_own_learns_and_is_saved_by_its_name(tmp_path):
    register_activation("power", lambda x: x.relu().square(), gain=0.5)
    network = RateRNN(2, 8, 2, dt=TASK.dt, tau=50, activation="power")
    assert network.config["gain"] == 0.5
    before = network.recurrent.detach().clone()
    run = train(TASK, network, BPTT(), 3, 4, evaluate_every=3, n_test=5, out=tmp_path / "run")
    assert not torch.equal(network.recurrent, before)
    assert torch.equal(load_run(tmp_path / "run").network.recurrent, run.network.recurrent)
    del ACTIVATIONS["power"]
    with pytest.raises(ValueError, match="power"):
        load_run(tmp_path / "run")


@pytest.mark.parametrize("leak", ["voltage", "rate"])
@pytest.mark.parametrize("rule", [RFLO(), RTRL(), RFLO(update_every="bin")])
def test_rules_that_need_its_slope_say_so(rule, leak):
    register_activation("mine", torch.tanh)
    with pytest.raises(ValueError, match="slope"):
        rule.update(network_for("mine", leak), TASK.sample(2, seed=0))


@DTYPES
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_slope_is_that_of_autograd_at_the_threshold_too(activation, dtype):
    network = network_for(activation).to(dtype)
    x = torch.tensor([-18.0, -1.0, -1e-6, -0.0, 0.0, 1e-30, 1e-6, 1.0, 18.0], dtype=dtype, requires_grad=True)
    r = network.f(x)
    expected = torch.autograd.grad(r.sum(), x)[0]
    slope, written = network.slope(r.detach()), network.slope(network.fire(x.detach(), torch.empty_like(r)))
    for found in (slope, written):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-14 if dtype == torch.float64 else 1e-6)
        assert ((found == 0) == (expected == 0)).all() or activation not in ("relu", "rectified_tanh")


@pytest.mark.parametrize(
    ("name", "f", "gain", "message"),
    [
        ("tanh", torch.tanh, 1.0, "already"),
        ("mine", lambda x: x.sum(), 1.0, "made"),
        ("mine", lambda x: 1.0, 1.0, "made"),
        ("mine", torch.tanh, float("nan"), "gain"),
    ],
)
def test_what_makes_no_sense_is_refused(name, f, gain, message):
    with pytest.raises(ValueError, match=message):
        register_activation(name, f, gain)
    assert "mine" not in ACTIVATIONS
