"""What a rule remembers of an ensemble is what it would remember of each network, trained alone."""

import pytest
import torch
from every_rule import CASES, TASK, drawn, made, suited

from cogdyn.agents.credit.annealing import Annealing
from cogdyn.agents.network.ensemble import member, part, stacked, subset
from cogdyn.agents.rules import BPTT
from cogdyn.agents.rules.catalogue import make_rule

ALL = pytest.mark.parametrize("case", CASES)
S = 3
PHASES = {
    "SCTT": {"lag_ms": 30, "schedule": (0.3, 0.6, 1.0)},
    "DASC": {"lag_ms": 30, "schedule": (0.3, 0.6, 1.0)},
    "GradientSkip": {"lag_ms": 30, "schedule": (0.3, 0.6, 1.0)},
    "CD": {"schedule": (4, 2, 1)},
}
SCORES = ((0.9, 0.1, 0.1), (0.2, 0.3, 0.9), (0.95, 0.1, 0.1), (0.0, 0.9, 0.0))
"""Of three networks at each evaluation; a phase ends at 0.5."""


def networks_for(case):
    return [suited(case, seed=s) for s in range(S)]


def update_all(rules, networks, rule, ensemble, k):
    """Update each network by its own rule, and the ensemble by one, with the same trials and noise."""
    batch = TASK.sample(4, seed=k)
    for own, network in zip(rules, networks, strict=True):
        own.update(network, batch, drawn(k))
    rule.update(ensemble, batch, drawn(k))


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)


def same_as_alone(rules, networks, rule, ensemble):
    together = rule.state(ensemble)
    for s, (own, network) in enumerate(zip(rules, networks, strict=True)):
        for name, value in network.named_parameters():
            close(getattr(ensemble, name)[s], value)
        alone = own.state(network)
        assert alone.keys() == together.keys()
        for name, value in alone.items():
            assert together[name].shape == (len(networks), *value.shape), name
            assert together[name].dtype == value.dtype, name
            close(together[name][s], value)


@ALL
def test_a_state_of_an_ensemble_is_the_states_of_its_networks(case):
    networks = networks_for(case)
    rules, rule, ensemble = [made(case) for _ in networks], made(case), stacked(networks)
    same_as_alone(rules, networks, rule, ensemble)
    for k in range(3):
        update_all(rules, networks, rule, ensemble, k)
    same_as_alone(rules, networks, rule, ensemble)


@ALL
def test_states_of_networks_are_stacked_to_one_of_their_ensemble_and_parted_again(case):
    networks = networks_for(case)
    rules = [made(case) for _ in networks]
    for k in range(2):
        for own, network in zip(rules, networks, strict=True):
            own.update(network, TASK.sample(4, seed=k), drawn(k))
    states = [own.state(network) for own, network in zip(rules, networks, strict=True)]
    rule, ensemble = made(case), stacked(networks)
    rule.restore(ensemble, {name: torch.stack([state[name] for state in states]) for name in states[0]})
    update_all(rules, networks, rule, ensemble, 2)
    same_as_alone(rules, networks, rule, ensemble)
    others = [2, 0]
    memory = {name: value[others] for name, value in rule.state(ensemble).items()}
    fewer, rules, networks = subset(ensemble, others), [rules[s] for s in others], [networks[s] for s in others]
    rule.restore(fewer, memory)
    update_all(rules, networks, rule, fewer, 3)
    same_as_alone(rules, networks, rule, fewer)
    again, one = made(case), member(fewer, 1)
    again.restore(one, {name: value[1] for name, value in rule.state(fewer).items()})
    update_all([again, rules[1]], [one, networks[1]], rule, fewer, 4)
    for name, value in one.named_parameters():
        close(value, getattr(networks[1], name))


@pytest.mark.parametrize(("case", "as_scores"), [*zip(PHASES, (list, torch.tensor) * 2, strict=True)])
def test_each_network_has_its_own_phase(case, as_scores):
    networks = networks_for(case)

    def rule_of():
        return make_rule(case, **PHASES[case], anneal_steps=12, goal=0.5)

    rules, rule, ensemble = [rule_of() for _ in networks], rule_of(), stacked(networks)
    phases = []
    for k in range(8):
        update_all(rules, networks, rule, ensemble, k)
        phases.append(rule.state(ensemble)["annealing.phase"].tolist())
        if k % 2:
            rule.report(as_scores(SCORES[k // 2]))
            for own, score in zip(rules, SCORES[k // 2], strict=True):
                own.report(score)
        same_as_alone(rules, networks, rule, ensemble)
        losses = rule.loss(ensemble, TASK.sample(4, seed=9), drawn(9))
        for s, (own, network) in enumerate(zip(rules, networks, strict=True)):
            close(losses[s], own.loss(network, TASK.sample(4, seed=9), drawn(9)))
    assert [1, 0, 0] in phases
    assert [1, 0, 1] in phases


@pytest.mark.parametrize("case", PHASES)
def test_networks_in_different_phases_get_the_same_noise_of_the_general_source(case):
    ensemble = stacked([suited(case, noise=0.5)] * 2)
    rule = make_rule(case, **PHASES[case], goal=0.5)
    rule.restore(ensemble, {})
    rule.report([1.0, 0.0])
    batch = TASK.sample(4, seed=0)
    torch.manual_seed(1)
    found = rule.loss(ensemble, batch)
    torch.testing.assert_close(found, rule.loss(ensemble, batch, drawn(1)), rtol=0, atol=0)


def test_a_part_of_an_ensemble_is_its_networks_and_teaches_the_whole():
    networks = [suited("BPTT", seed=s, density=0.5, dale=0.5) for s in range(S)]
    ensemble, batch = stacked(networks), TASK.sample(4, seed=0)
    ensemble.bias.requires_grad_(False)
    some = part(ensemble, [2, 0])
    assert some.config["seed"] == [2, 0]
    assert not some.bias.requires_grad
    losses = BPTT().loss(some, batch, drawn(0))
    losses.sum().backward()
    assert ensemble.bias.grad is None
    for place, s in enumerate([2, 0]):
        loss = BPTT().loss(networks[s], batch, drawn(0))
        close(losses[place], loss)
        loss.backward()
        for name in ("recurrent", "input", "readout", "h0"):
            close(getattr(ensemble, name).grad[s], getattr(networks[s], name).grad)
    assert not ensemble.recurrent.grad[1].any()


def test_networks_that_took_different_numbers_of_updates_are_no_ensemble():
    ensemble = stacked([suited("BPTT"), suited("BPTT")])
    with pytest.raises(ValueError, match="number of updates"):
        BPTT().restore(ensemble, {"updates": torch.tensor([3, 4])})


def test_scores_are_one_of_each_network():
    annealing = Annealing((0.5, 1))
    annealing.start((3,))
    with pytest.raises(ValueError, match=r"\(2,\); expected one of each network, \(3,\)"):
        annealing.report([0.5, 0.7])
