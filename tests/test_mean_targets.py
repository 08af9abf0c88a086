"""Readouts that start at the mean target."""

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.rules import BPTT
from cogdyn.agents.training.mean_targets import N_TRIALS, start_at_mean_targets
from cogdyn.envs import make_task

FEW = {"steps": 2, "batch_size": 4, "evaluate_every": 2, "n_test": 8, "device": "cpu"}


def silent(task, **arguments):
    """A network whose units are silent, so that outputs are what the bias makes of nothing."""
    network = RateRNN(task.n_inputs, 4, task.n_outputs, dt=task.dt, **arguments)
    for name in ("recurrent", "input", "bias"):
        getattr(network, name).data.zero_()
    return network


def loss_at(network, task, bias):
    network.readout_bias.data.copy_(torch.as_tensor(bias))
    batch = next(task.stream(N_TRIALS, 0, "train"))
    return BPTT().loss(network, batch).item()


CASES = {
    "classes": ("DelayMatchSample", {}, {}),
    "sigmoid": ("yang19.dms", {"preset": "soo2023"}, {"readout_activation": "sigmoid"}),
    "linear": ("DelayedReach", {}, {}),
    "probabilities": ("Add", {}, {}),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("name", "settings", "readout"), CASES.values(), ids=CASES)
def test_no_other_bias_of_a_silent_network_has_a_smaller_loss(name, settings, readout, dtype):
    """The mean is where the loss of an output that does not change is least: squares, and cross-entropy by Gibbs."""
    task = make_task(name, **settings)
    network = silent(task, **readout).to(dtype)
    start_at_mean_targets(task, [network], seed=0)
    bias = network.readout_bias.detach().clone()
    least = loss_at(network, task, bias)
    rng = np.random.default_rng(1)
    for size in (0.3, 1.0):
        for _ in range(4):
            assert (
                loss_at(network, task, bias + size * torch.from_numpy(rng.standard_normal(len(bias))).to(bias)) > least
            )
    assert least < loss_at(network, task, torch.zeros_like(bias))


def test_a_sigmoid_gives_the_weighted_mean_of_its_targets():
    task = make_task("yang19.dlygo", preset="soo2023")
    network = silent(task, readout_activation="sigmoid")
    start_at_mean_targets(task, [network], seed=3)
    batch = next(task.stream(N_TRIALS, 3, "train"))
    mean = (batch.mask[..., None].astype(float) * batch.targets).sum((0, 1)) / batch.mask.sum(dtype=float)
    outputs = network(torch.from_numpy(batch.inputs[:1])).outputs[0, 0].detach().numpy()
    np.testing.assert_allclose(outputs, mean.clip(0.02, 0.98), atol=1e-6)


def test_a_class_that_never_comes_keeps_a_share():
    task = make_task("GoNogo")
    network = silent(task)
    start_at_mean_targets(task, [network], seed=0)
    assert float(network.readout_bias.detach().min()) >= np.log(1e-3) - 1e-5


@pytest.mark.parametrize("name", ["GoNogo", "Bandit"])
def test_training_begins_there_and_resumes(name, tmp_path):
    task = make_task(name)

    def network_of(seed=0):
        return RateRNN(task.n_inputs, 6, task.n_outputs, dt=task.dt, noise=0.1, seed=seed)

    started = network_of()
    start_at_mean_targets(task, [started], seed=0)
    by_hand = train(task, started, BPTT(), **FEW)
    run = train(task, network_of(), BPTT(), readout_bias="targets", **FEW)
    assert same(run, by_hand)
    long = FEW | {"steps": 4, "readout_bias": "targets"}
    whole = train(task, network_of(), BPTT(), **long)
    train(task, network_of(), BPTT(), readout_bias="targets", out=tmp_path, **FEW)
    assert same(train(task, network_of(), BPTT(), out=tmp_path, resume=True, **long), whole)
    assert load_run(tmp_path).config["training"]["readout_bias"] == "targets"
    with pytest.raises(
        ValueError, match="was trained with another training: readout_bias is not an argument and was 'targets'"
    ):
        train(task, network_of(), BPTT(), out=tmp_path, resume=True, **FEW | {"steps": 6})


def test_the_networks_of_an_ensemble_begin_as_they_do_alone():
    task = make_task("GoNogo")

    def network_of(seed):
        return RateRNN(task.n_inputs, 6, task.n_outputs, dt=task.dt, seed=seed)

    together = train(task, network_of(0), BPTT(), readout_bias="targets", ensemble=2, **FEW)
    for seed, run in enumerate(together):
        alone = train(task, network_of(seed), BPTT(), readout_bias="targets", **FEW)
        for a, b in zip(run.network.parameters(), alone.network.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def same(ours, theirs):
    pairs = zip(ours.network.state_dict().values(), theirs.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)
