"""A network that is made again from another, or from its file, has forgotten nothing."""

import copy
import pickle

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.network.ensemble import ensemble_of, member, part, stacked, subset
from cogdyn.agents.rules import BPTT, RFLO, SCTT
from cogdyn.envs import make_task

TASK = make_task("GoNogo")
SIZE = TASK.n_inputs, 12, TASK.n_outputs
FEW = {"steps": 4, "batch_size": 4, "evaluate_every": 2, "n_test": 10, "device": "cpu"}
MASK = np.kron(np.eye(2), np.ones((6, 6)))


def network_of(**arguments):
    return RateRNN(*SIZE, **{"dt": TASK.dt, "mask": MASK, "dale": 0.5, "frozen": ["readout"]} | arguments)


def missing(network):
    return int((network.recurrent_weights.detach().numpy()[..., MASK == 0] != 0).sum())


def frozen(network):
    return [name for name, parameter in network.named_parameters() if not parameter.requires_grad]


@pytest.mark.parametrize("rule", [BPTT, RFLO, lambda: RFLO(update_every="bin"), lambda: SCTT(lag_ms=100)])
def test_networks_of_an_ensemble_have_mask_frozen_parameters_and_precision(rule):
    network = network_of().double()
    readouts = [network.redrawn(s).readout.clone() for s in range(3)]
    runs = train(TASK, network, rule(), ensemble=3, **FEW)
    for run, readout in zip(runs, readouts, strict=True):
        assert missing(run.network) == 0
        assert frozen(run.network) == ["readout"]
        assert run.network.recurrent.dtype == torch.float64
        assert torch.equal(run.network.readout, readout)


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_a_run_keeps_mask_frozen_parameters_and_precision(tmp_path, precision):
    network = network_of().to(precision)
    network.bias.requires_grad_(False)
    whole = train(TASK, copy.deepcopy(network), BPTT(), **FEW | {"steps": 6})
    train(TASK, copy.deepcopy(network), BPTT(), out=tmp_path, **FEW)
    loaded = load_run(tmp_path).network
    assert frozen(loaded) == frozen(network) == ["bias", "readout"]
    assert loaded.recurrent.dtype == precision
    assert missing(loaded) == 0
    resumed = train(TASK, copy.deepcopy(network), BPTT(), out=tmp_path, resume=True, **FEW | {"steps": 6})
    for name, value in whole.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], value), name
    assert load_run(tmp_path).network.config == whole.network.config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda net: net.double(), "holds a network in torch.float32, and this one is in torch.float64"),
        (lambda net: net.requires_grad_(True), r"another network: train_.*frozen is \[\] and was \['readout'\]"),
        (lambda net: net.redrawn(5), "another network: seed is 5 and was 0"),
    ],
    ids=["precision", "frozen", "seed"],
)
def test_resuming_names_what_differs(tmp_path, change, message):
    train(TASK, network_of(train_h0=False), BPTT(), out=tmp_path, **FEW)
    with pytest.raises(ValueError, match=message):
        train(TASK, change(network_of(train_h0=False)), BPTT(), out=tmp_path, resume=True, **FEW | {"steps": 6})


def test_resuming_names_the_argument_that_differs(tmp_path):
    train(TASK, network_of(), BPTT(lr=2e-3), out=tmp_path, **FEW)
    with pytest.raises(ValueError, match=r"was trained with another rule: lr is 0\.001 and was 0\.002\.$"):
        train(TASK, network_of(), BPTT(lr=1e-3), out=tmp_path, resume=True, **FEW)
    with pytest.raises(ValueError, match=r"another training: seed is 3 and was 0\.$"):
        train(TASK, network_of(), BPTT(lr=2e-3), out=tmp_path, resume=True, seed=3, **FEW)


def test_other_precisions_are_refused_before_the_first_update():
    for precision in (torch.bfloat16, torch.float16):
        with pytest.raises(ValueError, match=r"allowed: torch\.float32, torch\.float64"):
            train(TASK, network_of().to(precision), BPTT(), **FEW)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_copies_do_what_the_network_does(leak):
    network = network_of(leak=leak, tau=np.linspace(30, 100, 12), density=1).double()
    inputs = torch.from_numpy(TASK.sample(3, seed=0).inputs).double()
    expected = network(inputs, noise=0.0).outputs
    together = stacked([network, network.redrawn(1), network.redrawn(2)])
    copies = [copy.deepcopy(network), pickle.loads(pickle.dumps(network)), network.redrawn(0), member(together, 0)]
    for other in copies:
        assert other.config == network.config
        assert torch.equal(other(inputs, noise=0.0).outputs, expected)
    for some in (together, pickle.loads(pickle.dumps(together)), subset(together, [0, 2]), part(together, [0, 1])):
        torch.testing.assert_close(some(inputs, noise=0.0).outputs[:, 0], expected, rtol=1e-12, atol=1e-12)
        assert torch.equal(some.recurrent_mask[0], network.recurrent_mask)


def test_a_part_gives_gradients_to_the_whole():
    together = ensemble_of(network_of().double(), 3)
    inputs = torch.from_numpy(TASK.sample(3, seed=0).inputs).double()
    part(together, [0, 2])(inputs, noise=0.0).outputs.sum().backward()
    assert torch.count_nonzero(together.recurrent.grad[1]) == 0
    alone = member(together, 2)
    alone(inputs, noise=0.0).outputs.sum().backward()
    torch.testing.assert_close(together.recurrent.grad[2], alone.recurrent.grad, rtol=1e-10, atol=1e-12)


def test_time_constants_come_back_as_they_were_given():
    taus = [33.3, 70.0, 123.4]
    assert RateRNN(2, 3, 1, tau=taus).config["tau"] == taus
    torch.testing.assert_close(RateRNN(2, 3, 1, tau=taus).double().tau, torch.tensor(taus, dtype=torch.float64))


def test_every_argument_of_a_network_takes_numpys_numbers():
    plain = {"dt": 10.0, "tau": 50.0, "dale": 0.5, "noise": 0.1, "density": 0.5, "gain": 1.0, "input_gain": 2.0}
    plain |= {"readout_gain": 0.5, "seed": 3, "self_connections": True, "train_h0": False, "train_readout_bias": True}
    types = {float: np.float64, int: np.int64, bool: np.bool_}
    ours = RateRNN(*map(np.int64, (3, 12, 2)), **{name: types[type(v)](v) for name, v in plain.items()})
    expected = RateRNN(3, 12, 2, **plain)
    assert repr(ours.config) == repr(expected.config)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), expected.parameters(), strict=True))
    whole = {"seed": 3, "dt": 10, "tau": 50}
    assert repr(RateRNN(3, 12, 2, **{k: np.int32(v) for k, v in whole.items()}).config) == repr(
        RateRNN(3, 12, 2, **whole).config
    )


def test_training_takes_numpys_numbers(tmp_path):
    numbers = {name: np.int64(value) for name, value in FEW.items() if name != "device"}
    run = train(TASK, network_of(), BPTT(), seed=np.int64(1), out=tmp_path, stop_at=np.float32(1), **numbers)
    again = train(TASK, network_of(), BPTT(), seed=1, **FEW)
    assert repr(run.config) == repr(again.config)
    assert load_run(tmp_path).metrics == again.metrics


def test_training_learns_where_gradients_are_off():
    with torch.no_grad():
        run = train(TASK, network_of(), BPTT(), **FEW)
    assert run.step == 4
