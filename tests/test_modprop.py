"""ModProp: exact where cells of a type are alike; forwards in time what it is backwards."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from precisions import DTYPES, in_float64, same_gradient

from cogdyn.agents import RateRNN, train
from cogdyn.agents.credit.bins import bins_of
from cogdyn.agents.credit.output_error import OutputError
from cogdyn.agents.credit.synapses import Synapses
from cogdyn.agents.network.data import tensors
from cogdyn.agents.rules import BPTT, RFLO, ModProp
from cogdyn.envs import make_task

TASK = make_task("SensorimotorMapping")
N = 6
LEAKS = pytest.mark.parametrize("leak", ["voltage", "rate"])


def network_of(leak="rate", dtype=torch.float64, **arguments):
    arguments = {"activation": "tanh", "tau": 25.0, "noise": 0.05, "self_connections": True, "seed": 2} | arguments
    return RateRNN(TASK.n_inputs, N, TASK.n_outputs, dt=TASK.dt, leak=leak, **arguments).to(dtype)


def drawn(seed=5):
    return torch.Generator().manual_seed(seed)


def make_alike(network, types):
    """Weights that are the same for each pair of types, and rates that stay positive, so that relu has the slope 1."""
    with torch.no_grad():
        table = torch.tensor([[0.2, -0.3], [0.4, -0.1]]).to(network.recurrent)
        types = torch.tensor(types)
        network.recurrent.copy_(table[types][:, types])
        network.bias.fill_(6.0)
    return network


@DTYPES
@LEAKS
@pytest.mark.parametrize("dale", [None, 0.5])
def test_it_is_exact_where_cells_of_a_type_are_alike(leak, dale, dtype):
    types = [0, 0, 0, 1, 1, 1]
    network = make_alike(network_of(leak, activation="relu", dale=dale, noise=0.0, dtype=dtype), types)
    network.h0.requires_grad_(False)
    batch = TASK.sample(4, seed=0)
    rates = network(torch.from_numpy(batch.inputs).to(dtype)).rates
    assert rates.min() > 0
    # The state before the first bin is 0, where relu has no slope; it is not learned.
    ours = ModProp(slope=1.0, types=None if dale else types).gradient(network, batch)
    exact = BPTT().gradient(in_float64(network), batch)
    same_gradient(ours, exact)
    rflo = RFLO(feedback="symmetric").gradient(network, batch)["recurrent"]
    assert (rflo - exact["recurrent"]).norm() > 0.05 * exact["recurrent"].norm()


@LEAKS
def test_every_unit_a_type_of_its_own_leaves_the_slope_alone_as_an_approximation(leak):
    network, batch = network_of(leak, noise=0.0), TASK.sample(4, seed=0)
    with torch.no_grad():
        network.recurrent.mul_(0.01)
        network.input.mul_(0.01)  # so little that tanh is its own slope, 1
    ours = ModProp(slope=1.0, types=range(N)).gradient(network, batch)["recurrent"]
    exact = BPTT().gradient(network, batch)["recurrent"]
    torch.testing.assert_close(ours, exact, rtol=1e-2, atol=1e-2 * exact.abs().max().item())


@DTYPES
@LEAKS
def test_one_type_with_weights_of_mean_0_is_rflo(leak, dtype):
    network, batch = network_of(leak, dtype=dtype), TASK.sample(4, seed=0)
    with torch.no_grad():
        network.recurrent -= network.recurrent.mean()
    ours = ModProp().gradient(network, batch, drawn())
    same_gradient(ours, RFLO(feedback="symmetric").gradient(network, batch, drawn()))


def forwards(rule, network, batch, generator):
    """What the traces of the rule add up to, carried forward."""
    data = tensors(batch, network.recurrent)
    traces = rule.steps(network, batch.batch_size, {}, None)
    errors = OutputError(data, network.n_outputs)
    with torch.no_grad():
        trajectory = network(data.inputs, generator=generator, keep_activations=True)
        bins = bins_of(network, data.inputs, trajectory, errors, rule.feedback_weights.of(network))
        return Synapses(network).gradients(sum(traces.step(bin, None) for bin in bins))


@DTYPES
@LEAKS
@pytest.mark.parametrize("arguments", [{"dale": 0.5}, {"density": 0.6}, {"dale": 0.7, "self_connections": False}])
@pytest.mark.parametrize("slope", [None, 0.4])
def test_traces_forwards_are_credit_backwards(leak, arguments, slope, dtype):
    network, batch = network_of(leak, **arguments, dtype=dtype), TASK.sample(3, seed=0)
    rule = ModProp(slope=slope, feedback="random")
    ours = forwards(rule, network, batch, drawn())
    backwards = rule.gradient(network, batch, drawn())
    same_gradient(ours, {name: backwards[name] for name in ours})


@LEAKS
def test_two_units_by_hand(leak):
    network = RateRNN(1, 2, 1, dt=10, tau=20, activation="relu", leak=leak, self_connections=True).double()
    with torch.no_grad():
        network.recurrent.copy_(torch.eye(2))
        network.input.copy_(torch.tensor([[2.0], [4.0]]))
        network.readout.copy_(torch.tensor([[1.0, 0.0]]))
    task = make_task("CyclePattern", cue="none", start_ms=0, noise=0, dt=10, cycle_ms=100)
    mask, inputs = np.array([[0.0], [1.0]], np.float32), np.array([[[1.0]], [[0.0]]], np.float32)
    batch = replace(task.sample(1, seed=0), inputs=inputs, targets=np.zeros((2, 1, 1), np.float32), mask=mask)
    # r = (1, 2) in bin 1; r = (1/2 + 1/2) (1, 2) in bin 2; e = 2 z = 2, so L = (2, 0) in bin 2 alone.
    # c(2) = (2, 0); c(1) = (1 - 1/2) c(2) + mu 1/2 c(2) Wbar = (1, 0) + 3/2 (1, 1) with mu = 3 and Wbar = 1/2.
    found = ModProp(slope=3.0).gradient(network, batch)
    credit = {1: torch.tensor([2.5, 1.5]).double(), 2: torch.tensor([2.0, 0.0]).double()}
    r1 = torch.tensor([1.0, 2.0]).double()
    torch.testing.assert_close(found["recurrent"], 0.5 * torch.outer(credit[2], r1), rtol=0, atol=1e-12)
    torch.testing.assert_close(found["input"], 0.5 * credit[1][:, None], rtol=0, atol=1e-12)
    torch.testing.assert_close(found["bias"], 0.5 * (credit[1] + credit[2]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("update", ["trial", "bin"])
def test_an_ensemble_is_trained_as_its_networks_alone(update):
    settings = {"steps": 4, "batch_size": 5, "evaluate_every": 2, "n_test": 5, "device": "cpu"}
    # Noise is drawn in other portions for an ensemble with update_every="bin"; without it both see the same.
    networks = [network_of(dale=0.5, density=0.8, noise=0.0, seed=seed) for seed in (2, 3)]
    together = train(TASK, networks[0], ModProp(update_every=update), ensemble=2, **settings)
    for s, run in enumerate(together):
        alone = network_of(dale=0.5, density=0.8, noise=0.0, seed=2 + s)
        train(TASK, alone, ModProp(update_every=update), **settings)
        for a, b in zip(run.network.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("update", ["trial", "bin"])
def test_it_learns_within_dales_law_and_mask(update):
    network = network_of(dale=0.5, density=0.8, activation="relu")
    first = network.recurrent_weights.detach().clone()
    run = train(TASK, network, ModProp(lr=1e-2, update_every=update), 150, 16, evaluate_every=150, device="cpu")
    weights = run.network.recurrent_weights.detach()
    assert (weights[:, :3] >= 0).all()
    assert (weights[:, 3:] <= 0).all()
    assert (weights[network.recurrent_mask == 0] == 0).all()
    assert (weights - first).abs().max() > 1e-3
    assert run.metrics[-1]["score"] > 0.9


def test_bad_input_gets_one_clear_error():
    batch = TASK.sample(2, seed=0)
    for wrong, words in (({"types": [0, -1]}, "types is -1"), ({"slope": float("nan")}, "slope is nan")):
        with pytest.raises(ValueError, match=words):
            ModProp(**wrong)
    with pytest.raises(ValueError, match="types are those of 3 units; the network has 6"):
        ModProp(types=[0, 1, 1]).update(network_of(), batch)
    with pytest.raises(ValueError, match="one tau"):
        ModProp(update_every="bin").update(network_of(tau=[20.0] * 3 + [40.0] * 3), batch)
    ModProp().update(network_of(tau=[20.0] * 3 + [40.0] * 3), batch)
