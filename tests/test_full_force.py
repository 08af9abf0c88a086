"""Full-FORCE: currents of a driven network, made without the drive."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, evaluate, train
from cogdyn.agents.rules import FullFORCE
from cogdyn.envs import make_task

CYCLE = make_task("CyclePattern", cycle_ms=400, n_cycles=2)


def network_of(task=CYCLE, n=10, **arguments):
    arguments = {"activation": "tanh", "gain": 1.5, "self_connections": True, "seed": 1} | arguments
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, **arguments)


def by_hand(network, batch, rule, a):
    """W, w_out and P after one trial, with one sample at a time and a P computed anew from all that was seen."""
    numpy = {k: v.detach().numpy() for k, v in network.state_dict().items()}
    W_D, W, w, alpha = numpy["recurrent"], numpy["recurrent"].copy(), numpy["readout"].copy(), numpy["alpha"]
    u, W_in = rule.feedback(network).numpy(), numpy["input"]
    f = np.tanh
    n = len(W)
    x, x_D, y, inverse = np.zeros(n), np.zeros(n), np.zeros(1), a * np.eye(n)
    for inputs, target, m in zip(batch.inputs[:, 0], batch.targets[:, 0], batch.mask[:, 0], strict=True):
        h, h_D = W @ f(x), W_D @ f(x_D) + u @ y
        if network.leak == "voltage":
            x = (1 - alpha) * x + alpha * (h + W_in @ inputs)
            x_D = (1 - alpha) * x_D + alpha * (h_D + W_in @ inputs)
        y, r, r_D = target, f(x), f(x_D)
        inverse = inverse + m * np.outer(r, r)
        k = m * np.linalg.solve(inverse, r)
        W = W - np.outer(W @ r - (W_D @ r_D + u @ y), k)
        w = w - np.outer(w @ r - y, k)
    return W, w, np.linalg.inv(inverse)


def test_a_trial_is_what_the_loop_says():
    network, rule = network_of().double(), FullFORCE(regularisation=2.0)
    batch = CYCLE.sample(1, seed=0)
    W, w, P = by_hand(network, batch, rule, 2.0)
    rule.update(network, batch)
    for ours, theirs in ((network.recurrent, W), (network.readout, w), (rule.state(network)["P"], P)):
        np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=0, atol=1e-9)


def test_bins_of_weight_0_teach_nothing():
    network, other, batch = network_of(), network_of(), CYCLE.sample(2, seed=0)
    n_bins = len(batch.mask) - 5
    silent = replace(batch, mask=batch.mask * (np.arange(len(batch.mask)) < n_bins)[:, None])
    short = replace(batch, **{name: getattr(batch, name)[:n_bins] for name in ("inputs", "targets", "mask")})
    FullFORCE().update(network, silent)
    FullFORCE().update(other, short)
    for name in ("recurrent", "readout"):
        ours, theirs, first = (getattr(each, name) for each in (network, other, network_of()))
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
        assert not torch.equal(ours, first)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_it_makes_a_pattern_by_itself(leak):
    task = make_task("CyclePattern", n_cycles=3)
    network = network_of(task, 60, leak=leak)
    first = network.recurrent.detach().clone()
    train(task, network, FullFORCE(), steps=10, batch_size=2, evaluate_every=10, n_test=10, device="cpu")
    found = evaluate(task, network, 20)
    targets = found.batch.targets
    assert 1 - ((found.outputs - targets) ** 2).sum() / (targets**2).sum() > 0.95
    # All of the weights learn, where FORCE changes them by one direction for each output.
    assert torch.linalg.matrix_rank(network.recurrent - first, rtol=1e-3) > 5


def test_the_network_takes_over_the_currents_of_the_driven_one():
    network, batch = network_of(n=40).double(), CYCLE.sample(1, seed=0)
    rule = FullFORCE(regularisation=0.01)
    for _ in range(10):
        rule.update(network, batch)
    u, own = rule.feedback(network), rule.state(network)["target_recurrent"]
    x = torch.zeros(1, 40).double()
    y = torch.zeros(1, 1).double()
    rates = []
    for inputs, target in zip(batch.inputs, batch.targets, strict=True):
        h = network.f(x) @ own.mT + y @ u.mT + torch.from_numpy(inputs).double() @ network.input.mT
        x = (1 - network.alpha) * x + network.alpha * h
        y = torch.from_numpy(target).double()
        rates.append(network.f(x))
    driven, free = torch.stack(rates), network(torch.from_numpy(batch.inputs).double()).rates
    assert (driven - free).square().sum() < 0.02 * driven.square().sum()


def test_it_refuses_units_that_are_not_read():
    with pytest.raises(ValueError, match="output_units=None"):
        FullFORCE().update(network_of(output_units=[0, 1]), CYCLE.sample(1, seed=0))
