"""A readout that ends in a sigmoid: forward, backward, on disk, in the browser, and where it must not be."""

import itertools
import json

import numpy as np
import pytest
import torch
from node import evaluate, needs_node
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.network.plain_loop import plain_loop
from cogdyn.agents.network.scan import BLOCK
from cogdyn.agents.rules import BPTT
from cogdyn.agents.training.evaluation import check_fit
from cogdyn.envs import make_task
from cogdyn.lessons.chapters.remembering.widget import LiveNetwork, _weights

FORMS = list(itertools.product(("voltage", "rate"), ("tanh", "relu"), ("full", "diag", "none")))


def network_of(leak="voltage", activation="tanh", **arguments):
    network = RateRNN(2, 6, 3, leak=leak, activation=activation, readout_activation="sigmoid", seed=3, **arguments)
    with torch.no_grad():
        for parameter in (network.bias, network.h0, network.readout_bias):
            parameter += 0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    return network.double()


def inputs(n_bins=BLOCK + 3):
    return torch.randn(n_bins, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(("leak", "activation", "credit"), FORMS)
def test_outputs_and_gradients_are_those_of_the_plain_loop(leak, activation, credit):
    network, u = network_of(leak, activation), inputs()
    found = []
    for run in (RateRNN.__call__, plain_loop):
        outputs = run(network, u, credit=credit).outputs
        loss = (outputs - 0.3).square().mean()
        found.append((outputs, *torch.autograd.grad(loss, [*network.parameters()])))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-14)


def test_outputs_are_the_sigmoid_of_the_linear_readout():
    network, u = network_of(), inputs()
    linear = RateRNN(**(network.config | {"readout_activation": "linear"})).double()
    linear.load_state_dict(network.state_dict())
    expected = 1 / (1 + np.exp(-linear(u).outputs.detach().numpy()))
    trajectory = network(u)
    np.testing.assert_allclose(trajectory.outputs.detach().numpy(), expected, rtol=1e-12)
    torch.testing.assert_close(network.outputs(trajectory.state), trajectory.outputs[-1], rtol=1e-12, atol=0)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_gradients_by_gradcheck(leak):
    network, u = network_of(leak), inputs(5)

    def outputs(*values):
        names = [name for name, _ in network.named_parameters()]
        return torch.func.functional_call(network, dict(zip(names, values, strict=True)), (u,)).outputs

    values = tuple(parameter.detach().clone().requires_grad_() for parameter in network.parameters())
    assert torch.autograd.gradcheck(outputs, values, eps=1e-6, atol=1e-7, rtol=1e-5)


def test_a_run_keeps_its_readout(tmp_path):
    task = make_task("yang19.go", dt=20)
    network = RateRNN(
        task.n_inputs,
        10,
        task.n_outputs,
        dt=20,
        init="soo2023",
        readout_activation="sigmoid",
        train_readout_bias=False,
    )
    run = train(task, network, BPTT(), steps=2, batch_size=4, n_test=4, device="cpu", out=tmp_path / "run")
    assert not run.network.readout_bias.any()
    again = load_run(tmp_path / "run").network
    assert again.config == network.config
    u = torch.randn(5, 2, task.n_inputs, generator=torch.Generator().manual_seed(0))
    outputs = again(u).outputs
    assert torch.equal(outputs, network(u).outputs)
    assert outputs.min() > 0
    assert outputs.max() < 1


def test_a_run_from_before_these_arguments_loads_and_goes_on(tmp_path):
    task = make_task("DelayMatchSample", dt=20)
    network = RateRNN(task.n_inputs, 6, task.n_outputs, dt=20)
    arguments = {"batch_size": 4, "n_test": 4, "device": "cpu", "out": tmp_path}
    train(task, network, BPTT(), steps=1, **arguments)
    path = tmp_path / "model.safetensors"
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()["cogdyn"])
    for name in ("input_gain", "readout_gain", "readout_activation", "train_readout_bias"):
        del header["config"]["network"][name]
    del header["checksum"]
    header["format"] = 1
    save_file(load_file(path), path, {"cogdyn": json.dumps(header)})
    assert load_run(tmp_path).network.readout_activation == "linear"
    assert train(task, network, BPTT(), steps=2, resume=True, **arguments).step == 2


@pytest.mark.parametrize("name", ["DelayMatchSample", "Add", "FlipFlop"])
def test_logits_must_stay_linear(name):
    task = make_task(name)
    network = RateRNN(task.n_inputs, 5, task.n_outputs, dt=task.dt, readout_activation="sigmoid")
    if task.kind == "continuous":
        check_fit(task, network)
        return
    with pytest.raises(ValueError, match=f"of kind '{task.kind}' are logits.*readout_activation='linear'"):
        check_fit(task, network)


def test_an_unknown_readout_is_refused():
    with pytest.raises(ValueError, match=r"unknown readout_activation 'sigmoidal'\. Did you mean 'sigmoid'"):
        RateRNN(2, 3, 1, readout_activation="sigmoidal")


@needs_node
@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_the_browser_has_the_same_readout(leak):
    network, u = network_of(leak), inputs()[:, :1]
    data = {"network": _weights(network), "inputs": u[:, 0].numpy()}
    data = json.loads(json.dumps(data, default=lambda array: array.tolist()))
    found = evaluate("dynamics.mjs", "module.run(data.network, data.inputs)", data)
    np.testing.assert_allclose(found["outputs"], network(u).outputs[:, 0].detach(), atol=1e-12)


def test_a_live_network_refuses_a_sigmoid_before_a_choice():
    task = make_task("DelayMatchSample", dt=20)
    network = RateRNN(task.n_inputs, 5, task.n_outputs, dt=20, readout_activation="sigmoid")
    with pytest.raises(ValueError, match="are logits"):
        LiveNetwork.of(network, task)
