"""What a rule says, and leaves, when numbers leave the finite ones."""

import pytest
import torch

from cogdyn.agents import RateRNN, TrainingDiverged, train
from cogdyn.agents.rules import DNI, RFLO, Compartments, KeRNL
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
        RFLO(update=update).update(net, TASK.sample(3, seed=0))
    for name, value in net.named_parameters():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (DNI(lr_apical=50), r"with DNI .* its apical, slow grew beyond 1e\+06: try lr_apical=5\)"),
        (DNI(lr_apical=50, update="bin"), r"with DNI .* its apical, slow grew beyond 1e\+06: try lr_apical=5\)"),
        (KeRNL(lr_kernel=5e6), r"with KeRNL .* its sensitivity, forgetting grew .*: try lr_kernel=500000\)"),
        (Compartments(lr_jacobian=500), r"its .*jacobian, mirror grew .*: try a tenth of lr_apical, lr_jacobian=50\)"),
    ],
    ids=["DNI", "DNI in every bin", "KeRNL", "Compartments"],
)
def test_divergence_names_the_rule_what_of_its_own_grew_and_what_to_try(rule, told):
    with pytest.raises(TrainingDiverged, match=told):
        train(TASK, network(), rule, 20, 4, seed=0)
