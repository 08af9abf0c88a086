"""What does not learn stays as it is to the byte, under every rule, and counts in nothing that changes the rest."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from every_rule import CASES, IN_TRIALS, TASK, WITH_FEEDBACK, drawn, learn, made, suited, values

from cogdyn.agents.credit.loops import learning
from cogdyn.agents.network.ensemble import stacked
from cogdyn.agents.rules import BPTT, ReadoutOnly, RewardHebbian
from cogdyn.agents.rules.catalogue import make_rule, rule_arguments

PARTS = ("recurrent", "input", "bias", "readout", "readout_bias", "h0")
LEARNED = {"RewardHebbian": ("recurrent",), "FORCE": ("recurrent", "readout"), "FullFORCE": ("recurrent", "readout")}
"""What rules learn that are not defined without it."""
ALL, EACH = pytest.mark.parametrize("case", CASES), pytest.mark.parametrize("part", PARTS)
DESCENDS = pytest.mark.parametrize("case", [case for case, (name, _) in CASES.items() if name not in LEARNED])


def frozen(network, *parts):
    for part in parts:
        getattr(network, part).requires_grad_(False)
    return network


@ALL
@EACH
def test_frozen_weights_stay(case, part):
    rule, network = made(case), frozen(suited(case), part)
    before = values(network.named_parameters())
    if part in LEARNED.get(CASES[case][0], ()):
        with pytest.raises(ValueError, match="frozen"):
            rule.update(network, TASK.sample(4, seed=0), drawn(0))
        assert values(network.named_parameters()) == before
        return
    _, after = learn(rule, network, range(3))
    assert after[part] == before[part]
    assert {name for name in PARTS if after[name] != before[name]} - {part}


@ALL
@EACH
def test_frozen_weights_of_an_ensemble_stay(case, part):
    rule, ensemble = made(case), stacked([frozen(suited(case, seed=s), part) for s in range(2)])
    before = values(ensemble.named_parameters())
    if part in LEARNED.get(CASES[case][0], ()):
        with pytest.raises(ValueError, match="frozen"):
            rule.update(ensemble, TASK.sample(4, seed=0), drawn(0))
        return
    for k in range(2):
        rule.update(ensemble, TASK.sample(4, seed=k), drawn(k))
    assert values(ensemble.named_parameters())[part] == before[part]


@DESCENDS
@EACH
def test_the_rest_goes_by_its_own_gradient_alone(case, part):
    """Its norm, to which the gradient is shortened, and the weights that decay, are those of what learns.

    In trials of one bin both paces take the same step.
    """
    name, own = CASES[case]
    clip = 1e-4 if make_rule(name).acts else 0.01  # trials that end early have short gradients
    rates = {"lr": 0.02, "clip": clip} | ({"weight_decay": 0.3} if "weight_decay" in rule_arguments(name) else {})
    rates |= {"horizon_ms": TASK.dt} if name == "FBPTT" else {}
    rule = made(case, **rates)
    batch = TASK.sample(4, seed=0)
    if own.get("update_every") == "bin":
        last = {key: getattr(batch, key)[-1:] for key in ("inputs", "targets", "mask")}
        batch = replace(batch, **last, periods={"response": (np.zeros(4, int), np.ones(4, int))})
    whole, network = suited(case, noise=0.0), frozen(suited(case, noise=0.0), part)
    trial = {"update_every": "trial", "optimizer": "sgd"} if own.get("update_every") == "bin" else {}
    gradient = made(case, **rates | trial).gradient(whole, batch, drawn(0))
    gradient = {key: value for key, value in gradient.items() if key != part}
    # Where every bin teaches, and in rules that assign credit themselves, h0 is not learned.
    untouched = {"h0"} if name in IN_TRIALS or name in ("NodePerturbation", "RewardEProp") else set()
    norm = torch.cat([value.flatten() for value in gradient.values()]).norm()
    scale = (clip / (norm + 1e-6)).clamp(max=1)
    assert scale < 1
    rule.update(network, batch, drawn(0))
    for key, value in whole.named_parameters():
        step = torch.zeros_like(value)
        if key != part and key not in untouched and key in gradient:
            step = scale * gradient[key] + rates.get("weight_decay", 0.0) * value.detach()
            if rule.descent.optimizer == "adam":
                step = step / (step.abs() + 1e-8)
            if "readout" in key and not gradient[key].any():
                step = torch.zeros_like(value)
        torch.testing.assert_close(
            getattr(network, key).detach(), value.detach() - 0.02 * step, rtol=1e-8, atol=1e-12, msg=key
        )


@pytest.mark.parametrize("name", WITH_FEEDBACK)
@pytest.mark.parametrize("clip", [None, 0.05])
def test_with_all_synapses_frozen_every_rule_is_readout_only(monkeypatch, name, clip):
    """Within the trial too: no working copy of them changes."""
    batch, found = TASK.sample(4, seed=0), []
    learner, control = (
        make_rule(name, update_every="bin", lr=0.05, clip=clip),
        ReadoutOnly(update_every="bin", lr=0.05, clip=clip),
    )
    if not learner.has_loop():  # loops round otherwise
        monkeypatch.setattr(learning, "why_no_numba", lambda: "a test asks for steps")
    for rule in (learner, control):
        network = frozen(suited(name, noise=0.0), "recurrent", "input", "bias")
        found.append((rule.update(network, batch, drawn(0)), values(network.named_parameters())))
    assert found[0] == found[1]


@pytest.mark.parametrize("update", ["trial", "bin"])
@pytest.mark.parametrize("name", WITH_FEEDBACK)
def test_feedback_does_not_follow_a_readout_that_stays(name, update):
    rule = make_rule(name, update_every=update, feedback="adaptive", weight_decay=0.2, lr=0.1)
    network = frozen(suited(name), "readout")
    first = rule.feedback_weights.of(network).clone()
    learn(rule, network, range(3))
    assert torch.equal(rule.feedback_weights.of(network), first)


@pytest.mark.parametrize("name", ["RFLO", "RTRL", "ReadoutOnly"])
def test_synapses_that_do_not_exist_do_not_shorten_a_gradient(name):
    """In trials of one bin both paces take the same step."""
    batch = TASK.sample(4, seed=0)
    last = {key: getattr(batch, key)[-1:] for key in ("inputs", "targets", "mask")}
    batch = replace(batch, **last, periods={"response": (np.zeros(4, int), np.ones(4, int))})
    arguments = {
        "density": 0.3,
        "input_units": [0, 1],
        "output_units": [2, 3, 4],
        "noise": 0.0,
        "self_connections": False,
    }
    found = []
    for update in ("trial", "bin"):
        network = suited(name, **arguments)
        make_rule(name, update_every=update, optimizer="sgd", lr=0.1, clip=1e-3).update(network, batch, drawn(0))
        found.append((network.recurrent_weights, network.input_weights, network.bias, network.readout_weights))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-14)


@DESCENDS
def test_weights_that_are_frozen_later_stay_and_learn_again_when_they_are_freed(case):
    rule, network = made(case), suited(case)
    _, before = learn(rule, network, range(2))
    frozen(network, "readout")
    _, after = learn(rule, network, range(2, 4))
    assert after["readout"] == before["readout"]
    network.readout.requires_grad_(True)
    _, freed = learn(rule, network, range(4, 6))
    assert freed["readout"] != before["readout"]


def test_a_network_without_anything_to_learn_is_one_clear_error():
    network = frozen(suited("BPTT"), *PARTS)
    assert BPTT().gradient(network, TASK.sample(2, seed=0)) == {}
    with pytest.raises(ValueError, match="requires_grad is False"):
        BPTT().update(network, TASK.sample(2, seed=0))


def test_reward_changes_the_recurrent_weights_as_if_nothing_else_were_frozen():
    one, other = suited("RewardHebbian"), frozen(suited("RewardHebbian"), *PARTS[1:])
    after = [learn(RewardHebbian(warm_up=0), network, range(3))[1] for network in (one, other)]
    assert after[0] == after[1] != values(copy.deepcopy(suited("RewardHebbian")).named_parameters())
