"""Promises about what a rule remembers: it can be written down, restored and copied."""

import copy
import pickle
from contextlib import suppress

import torch

from ....envs.contract.requirement import require
from .ground import Ground, parameters, same, same_metrics


def check_restored(ground: Ground) -> None:
    """What it remembers restores: another rule of the same arguments continues as the first would."""
    rule, network = ground.fresh_rule(), ground.fresh_network()
    ground.learn(rule, network, 0, 1)
    state = rule.state(network)
    tensors = isinstance(state, dict) and all(isinstance(value, torch.Tensor) for value in state.values())
    require(tensors, f"state returned {state!r}; it must return tensors by name.")
    kept = {name: value.clone() for name, value in state.items()}
    again, twin = ground.fresh_rule(), copy.deepcopy(network)
    again.restore(twin, state)
    metrics = ground.learn(rule, network, 2, 3), ground.learn(again, twin, 2, 3)
    advice = "state must return all that the next update goes by, and restore take it up"
    alike = same_metrics(*metrics) and same(parameters(network), parameters(twin))
    require(alike, f"with its state restored, a rule continues in another way; {advice}.")
    require(same(kept, state), "a state changes after it was returned: return copies of what the rule still changes.")


def check_forgotten(ground: Ground) -> None:
    """After ``restore(network, {})`` it starts again."""
    rule, network = ground.fresh_rule(), ground.fresh_network()
    ground.learn(rule, network, 0, 1)
    rule.report(1.0)
    fresh, twin = ground.fresh_rule(), copy.deepcopy(network)
    for one, its in ((rule, network), (fresh, twin)):
        one.restore(its, {})
    metrics = ground.learn(rule, network, 2, 3), ground.learn(fresh, twin, 2, 3)
    alike = same_metrics(*metrics) and same(parameters(network), parameters(twin))
    require(alike, "after restore(network, {}) it still goes by what it learned before.")


def check_copies(ground: Ground) -> None:
    """A rule and a network that are copied or pickled together continue as the originals do."""
    rule, network = ground.fresh_rule(), ground.fresh_network()
    ground.learn(rule, network, 0, 1)
    copies = [("copied", *copy.deepcopy((rule, network))), ("copied", *copy.deepcopy((network, rule))[::-1])]
    # A class that is defined within a function cannot be pickled.
    with suppress(pickle.PicklingError, AttributeError, TypeError):
        copies.append(("pickled", *pickle.loads(pickle.dumps((rule, network)))))
        copies.append(("pickled", *pickle.loads(pickle.dumps((network, rule)))[::-1]))
    expected, after = ground.learn(rule, network, 2, 3), parameters(network)
    for how, rule_too, network_too in copies:
        alike = same_metrics(ground.learn(rule_too, network_too, 2, 3), expected)
        alike = alike and same(parameters(network_too), after)
        require(alike, f"{how} together with its network, a rule continues in another way.")
