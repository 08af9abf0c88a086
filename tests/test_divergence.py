"""What is said, and left, when numbers leave the finite ones."""

import pytest
import torch

from cogdyn.agents import RateRNN, TrainingDiverged, evaluate, train
from cogdyn.agents.rules import BPTT, DNI, RFLO, Compartments, KeRNL, Rule
from cogdyn.envs import make_task

TASK = make_task("Add", n_steps=8)
UPDATE = pytest.mark.parametrize("update", ["trial", "bin"])


def network():
    sizes = TASK.n_inputs, 6, TASK.n_outputs
    return RateRNN(*sizes, dt=TASK.dt, tau=3 * TASK.dt, leak="rate", noise=0.0, seed=1, train_h0=False).double()


@UPDATE
def test_divergence_leaves_the_network_as_it_was(update):
    net = network()
    net.readout.data.fill_(float("inf"))
    before = {name: value.detach().clone() for name, value in net.named_parameters()}
    with pytest.raises(FloatingPointError, match="norm"):
        RFLO(update_every=update).update(net, TASK.sample(3, seed=0))
    for name, value in net.named_parameters():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (DNI(lr_apical=50), r"with DNI .* its apical, slow grew beyond 1e\+06: try lr_apical=5\)"),
        (DNI(lr_apical=50, update_every="bin"), r"with DNI .* its apical, slow grew beyond 1e\+06: try lr_apical=5\)"),
        (KeRNL(lr_kernel=5e6), r"with KeRNL .* its sensitivity, forgetting grew .*: try lr_kernel=500000\)"),
        (Compartments(lr_jacobian=500), r"its .*jacobian, mirror grew .*: try a tenth of lr_apical, lr_jacobian=50\)"),
    ],
    ids=["DNI", "DNI in every bin", "KeRNL", "Compartments"],
)
def test_divergence_names_the_rule_what_of_its_own_grew_and_what_to_try(rule, told):
    with pytest.raises(TrainingDiverged, match=told):
        train(TASK, network(), rule, 20, 4, seed=0)


class Overflowing(Rule):
    """Backpropagation through time, after which the first of the networks answers infinity."""

    def __init__(self):
        self.rule = BPTT()

    def update(self, network, batch, generator=None):
        metrics = self.rule.update(network, batch, generator)
        network.readout.data[0] = float("inf")
        return metrics


@pytest.mark.parametrize("name", ["Add", "Bandit"])
def test_a_network_whose_answers_overflow_after_the_update_has_diverged_too(name):
    task = make_task(name)
    net = RateRNN(task.n_inputs, 6, task.n_outputs, dt=task.dt, tau=3 * task.dt)
    with pytest.raises(TrainingDiverged, match=r"step 1 \(the network's outputs left the finite numbers\)"):
        train(task, net, Overflowing(), 4, 4, seed=0, evaluate_every=1, n_test=4)
    with pytest.raises(FloatingPointError, match="left the finite numbers"):
        evaluate(task, net, 4)


def test_in_an_ensemble_it_scores_0_and_the_others_go_on():
    first, *others = train(TASK, network(), Overflowing(), 2, 4, seed=0, evaluate_every=1, n_test=4, ensemble=3)
    alone = train(TASK, network(), BPTT(), 2, 4, seed=0, evaluate_every=1, n_test=4, ensemble=3)
    assert [row["score"] for row in first.metrics] == [0.0, 0.0]
    for ours, theirs in zip(others, alone[1:], strict=True):
        assert ours.metrics == theirs.metrics
        assert torch.equal(ours.network.recurrent, theirs.network.recurrent)
