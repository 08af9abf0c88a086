"""A rule remembers one network: on another it is as if it were new, and with its own it goes on wherever both go."""

import copy
import pickle

import pytest
import torch
from every_rule import CASES, TASK, drawn, learn, made, suited, values

from cogdyn.agents import RateRNN
from cogdyn.agents.rules import CD, RFLO
from cogdyn.envs import make_task

ALL = pytest.mark.parametrize("case", CASES)
WITHOUT_GRADIENT = ("FORCE", "FullFORCE")


@ALL
@pytest.mark.parametrize("n_units", [6, 7], ids=["same size", "another size"])
def test_a_rule_starts_again_on_another_network(case, n_units):
    rule = made(case)
    learn(rule, suited(case), range(3))
    rule.report(1.0)
    assert learn(rule, suited(case, n_units, seed=1), range(3, 6)) == learn(
        made(case), suited(case, n_units, seed=1), range(3, 6)
    )


@ALL
def test_a_rule_that_is_to_remember_nothing_starts_again(case):
    rule, network = made(case), suited(case)
    learn(rule, network, range(3))
    rule.report(1.0)
    fresh, twin = made(case), copy.deepcopy(network)
    rule.restore(network, {})
    fresh.restore(twin, {})
    assert values(rule.state(network)) == values(fresh.state(twin))
    assert learn(rule, network, range(3, 6)) == learn(fresh, twin, range(3, 6))


@ALL
def test_what_is_asked_of_another_network_is_that_of_a_new_rule_and_changes_nothing(case):
    rule, network, other = made(case), suited(case), suited(case, 7, seed=1)
    learn(rule, network, range(3))
    before, batch = values(rule.state(network)), TASK.sample(4, seed=3)
    fresh = made(case)
    assert values(rule.state(other)) == values(fresh.state(other))
    assert torch.equal(rule.loss(other, batch, drawn(3)), fresh.loss(other, batch, drawn(3)))
    if CASES[case][0] not in WITHOUT_GRADIENT:
        gradient = rule.gradient(other, batch, drawn(3))
        assert values(gradient) == values(fresh.gradient(other, batch, drawn(3)))
    assert values(rule.state(network)) == before


@ALL
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["copy", "file"])
@pytest.mark.parametrize("rule_first", [False, True])
def test_network_and_rule_that_are_copied_together_go_on_together(case, copied, rule_first):
    rule, network = made(case), suited(case)
    learn(rule, network, range(2))
    if rule_first:
        rule_too, network_too = copied((rule, network))
    else:
        network_too, rule_too = copied((network, rule))
    assert learn(rule_too, network_too, range(2, 5)) == learn(rule, network, range(2, 5))
    assert values(rule_too.state(network_too)) == values(rule.state(network))


@ALL
def test_a_state_moves_a_rule_to_a_twin_of_its_network(case):
    """And is a snapshot: what the rule learns later does not change it, nor what another makes of it."""
    rule, network = made(case), suited(case)
    learn(rule, network, range(2))
    state, again, twin = rule.state(network), made(case), copy.deepcopy(network)
    kept = values(state)
    again.restore(twin, state)
    assert learn(again, twin, range(2, 5)) == learn(rule, network, range(2, 5))
    assert values(state) == kept


def test_coarse_bins_fit_the_network_that_the_library_makes_by_default():
    task = make_task("DelayMatchSample", dt=20)
    network = RateRNN(task.n_inputs, 8, task.n_outputs)
    assert CD().loss(network, task.sample(4, seed=0)).isfinite()


def test_feedback_decays_at_the_rate_of_its_update():
    """Also in the update before the learning rate changes."""
    network = suited("RFLO", noise=0.0)
    schedule = ((0, 0.1), (1, 1e-6))
    rule = RFLO(lr=schedule, feedback="adaptive", optimizer="sgd", weight_decay=0.2)
    before = rule.feedback_weights.of(network) - network.readout_weights.detach()
    learn(rule, network, range(1))
    after = rule.feedback_weights.of(network) - network.readout_weights.detach()
    torch.testing.assert_close(after, (1 - 0.1 * 0.2) * before, rtol=0, atol=1e-12)
