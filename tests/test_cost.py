"""What an update costs, as it is noted beside the metrics of a run."""

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.credit.descent import Diverged
from cogdyn.agents.measures.cost import CostWatch, PeakMemory
from cogdyn.agents.measures.gradient_alignment import AlignmentWatch
from cogdyn.agents.rules import BPTT, DNI, RFLO, RTRL
from cogdyn.envs import make_task

TASK = make_task("Add", n_steps=40)
MIB = 2**20


def network(n=16):
    return RateRNN(TASK.n_inputs, n, TASK.n_outputs, dt=TASK.dt, leak="rate", activation="tanh", train_h0=False)


def test_memory_is_counted_once_until_nobody_holds_it():
    x = torch.zeros(1000)
    with PeakMemory() as memory:
        y = x + 1  # 4,000 bytes
        y.add_(1)
        z = y.view(10, 100)  # the same memory
        del y
        w = z * 2  # 8,000
        del z
        v = w + 1  # 8,000 again: the first is gone
        x.mul_(2)  # was there before
        del w, v
        torch.zeros(500)
    assert memory.peak == 8000


def test_memory_kept_for_the_backward_pass_is_counted():
    x = torch.zeros(1000, requires_grad=True)
    with PeakMemory() as memory:
        y = x
        for _ in range(5):
            y = y.exp()  # each result is kept
        y.sum().backward()
    assert 20_000 <= memory.peak <= 32_000


def test_costs_tell_what_theory_says():
    """BPTT keeps arrays over the trial, which grow with T; RTRL's influence has B N^2 (N + n_in + 1) numbers."""
    batch, short = TASK.sample(8, seed=0), make_task("Add", n_steps=20).sample(8, seed=0)
    for n in (16, 32):
        rules = {"BPTT": BPTT(), "RTRL": RTRL(update_every="bin")}
        found, less = CostWatch(rules, batch)(network(n), 0), CostWatch(rules, short)(network(n), 0)
        influence = 8 * n * n * (n + TASK.n_inputs + 1) * 4 / MIB
        assert influence <= found["RTRL: MiB"] < 4.5 * influence
        assert found["RTRL: MiB"] < 1.1 * less["RTRL: MiB"]
        assert found["BPTT: MiB"] > 1.3 * less["BPTT: MiB"]
        assert min(found["RTRL: ms"], found["BPTT: ms"]) > 0


def test_costs_and_agreement_are_noted_in_the_run_and_change_nothing(tmp_path):
    batch = TASK.sample(8, seed=1)
    rules = {"RFLO": RFLO(update_every="bin", lr=1e-3), "DNI": DNI(update_every="bin", lr=1e-3)}
    cost, agreement = CostWatch(rules, batch), AlignmentWatch(rules, batch)

    def trained(**watching):
        settings = {"steps": 4, "batch_size": 8, "device": "cpu", "evaluate_every": 2, "n_test": 10}
        return train(TASK, network(), rules["RFLO"], **settings, **watching)

    run = trained(out=tmp_path, watch=lambda network, step: agreement(network, step) | cost(network, step))
    kept = load_run(tmp_path).metrics
    assert [row["step"] for row in kept] == [2, 4]
    for row in kept:
        assert all(row[f"{name}: {unit}"] > 0 for name in rules for unit in ("ms", "MiB"))
        assert "RFLO: recurrent" in row
    rules["RFLO"] = RFLO(update_every="bin", lr=1e-3)
    plain = trained()
    for name, value in plain.network.state_dict().items():
        np.testing.assert_array_equal(run.network.state_dict()[name], value, err_msg=name)


class Wild(RFLO):
    """A rule whose updates diverge."""

    def update(self, network, batch, generator=None):
        raise Diverged("loss nan")


def test_an_onlooker_that_diverges_ends_no_training():
    watch = CostWatch({"wild": Wild(), "BPTT": BPTT()}, TASK.sample(8, seed=1))
    run = train(TASK, network(), BPTT(), 2, 8, device="cpu", evaluate_every=2, n_test=10, watch=watch)
    assert np.isnan([run.metrics[-1]["wild: ms"], run.metrics[-1]["wild: MiB"]]).all()
    assert run.metrics[-1]["BPTT: ms"] > 0


@pytest.mark.parametrize("rule", [BPTT(), RFLO(), DNI()])
def test_a_rule_is_left_as_it_was(rule):
    net, batch = network(), TASK.sample(4, seed=0)
    rule.update(net, batch)
    before = {name: value.clone() for name, value in rule.state(net).items()}
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    CostWatch({"it": rule}, batch)(net, 1)
    assert all(torch.equal(value, before[name]) for name, value in rule.state(net).items())
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())
