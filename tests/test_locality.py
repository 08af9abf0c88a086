"""What a synapse may know: all else is changed, and its own change must stay as it was.

A rule declares what the change of the synapse from j to i reads. Here it gets a few bins, once as they are and once
with one kind of thing changed: the synapse must move if and only if the rule declares that it reads it. Weights of
other units are changed in directions in which these units send the same as before: what they send may be heard, what
they are may not be seen.
"""

from typing import get_args

import pytest
import torch
from synthetic_bins import random_bins, summed

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.reads import NOT_LOCAL, Read
from cogdyn.agents.rules import DNI, FBPTT, KFRTRL, RFLO, RKF, RTRL, UORO, Compartments, EProp, KeRNL, SnAp1
from cogdyn.agents.rules.catalogue import rule_class, rule_names

POST, PRE, N, N_BINS = 1, 2, 5, 4
OTHERS = torch.arange(N) != POST
BINS = random_bins(N_BINS, n=N, batch_size=1)

APICAL = {"lr_apical": 0.1, "lr_jacobian": 0.1}
RULES = {
    "rtrl": RTRL(),
    "uoro": UORO(),
    "kf-rtrl": KFRTRL(),
    "r-kf": RKF(),
    "fbptt": FBPTT(horizon_ms=30),
    "kernl": KeRNL(sigma=1.0, lr_kernel=0.1),
    "rflo": RFLO(),
    "e-prop": EProp(),
    "e-prop, filtered": EProp(readout_filter=0.5),
    "snap-1": SnAp1(),
    "dni": DNI(**APICAL),
    "dni(b)": DNI(jacobian="learned", bootstrap="tanh", **APICAL),
    "mirrored": Compartments(**APICAL),
    "mirrored, from elsewhere": Compartments(mirror="random", mirror_decay=0.1, **APICAL),
    "mirrored, frozen": Compartments(jacobian="frozen", **APICAL),
    "shared": Compartments(transport="shared", **APICAL),
    "shared, frozen": Compartments(transport="shared", jacobian="frozen", **APICAL),
    "exact": Compartments(jacobian="exact", **APICAL),
    "nothing carried": Compartments(jacobian="zero", **APICAL),
}
SAID_TO_BE_LOCAL = {
    "rflo",
    "e-prop",
    "e-prop, filtered",
    "snap-1",
    "mirrored",
    "mirrored, from elsewhere",
    "mirrored, frozen",
    "nothing carried",
}


def scaled(values, where):
    """The values where they may stay, and others elsewhere."""
    return torch.where(where, 1.5 * values + 0.1, values)


def unseen(*seen):
    """Directions, as columns, in which weights may change without changing what they make of these senders."""
    rows = torch.cat(seen)
    return torch.eye(rows.shape[1], dtype=rows.dtype) - torch.linalg.pinv(rows) @ rows


def everywhere(**changes):
    """All bins, with one kind of number in each changed where it says."""
    return [bin._replace(**{k: scaled(getattr(bin, k), where) for k, where in changes.items()}) for bin in BINS]


def other_weights(memory):
    """Synapses onto other units, changed so that these send what they sent."""
    changed = dict(memory)
    rates_before = [bin.rates_before for bin in BINS]
    seen = [torch.cat([bin.rates, bin.label, torch.ones_like(bin.label[:, :1])], 1) for bin in BINS]
    free = {"jacobian": unseen(*rates_before), "apical": unseen(*seen), "slow": unseen(*seen)}
    for name, directions in free.items():
        if name in memory:
            noise = torch.randn(memory[name].shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
            changed[name] = memory[name] + OTHERS[:, None] * (noise @ directions)
    if "mirror" in memory:
        changed["mirror"] = scaled(memory["mirror"], OTHERS[:, None])
    return changed


def perturbed(what, memory):
    """Bins and memory in which one kind of thing is changed."""
    row, column = torch.zeros(N, N, dtype=torch.bool), torch.arange(N + 3)
    if what == "presynaptic rate":
        return everywhere(senders=column == PRE), memory
    if what == "own voltage":
        return everywhere(gate=~OTHERS, drive_slope=~OTHERS, slope=~OTHERS, slope_before=~OTHERS), memory
    if what == "self-connection":
        row[POST, POST] = True
        return everywhere(recurrent=row), memory
    if what == "own apical voltage":
        return BINS, {k: scaled(v, ~OTHERS[:, None]) if k == "apical" else v for k, v in memory.items()}
    if what == "error broadcast":
        return everywhere(learning_signal=~OTHERS, rate_signal=~OTHERS), memory
    if what == "sent by others":
        return BINS, {k: scaled(v, OTHERS[:, None]) if k == "slow" else v for k, v in memory.items()}
    if what == "senders of others":
        return everywhere(senders=column != PRE), memory
    if what == "voltages of others":
        return everywhere(gate=OTHERS, drive_slope=OTHERS, slope=OTHERS, slope_before=OTHERS), memory
    if what == "errors of others":
        return everywhere(learning_signal=OTHERS, rate_signal=OTHERS), memory
    row[:] = True
    row[POST, POST] = row[POST, PRE] = False
    return everywhere(recurrent=row), other_weights(memory)


def begun(rule, memory):
    network = RateRNN(2, N, 2, dt=10, tau=20, leak="rate", activation="tanh", seed=3).double()
    return rule.steps(network, 1, memory, torch.Generator().manual_seed(0))


def change(rule, bins, memory):
    """What the bins add to the synapse from PRE to POST."""
    with torch.no_grad():
        return summed(begun(rule, dict(memory)), bins, torch.Generator().manual_seed(1))[POST, PRE].item()


def moved(rule, what):
    """How far the synapse goes elsewhere if one kind of thing is changed."""
    memory = begun(rule, {}).memory
    return abs(change(rule, *perturbed(what, memory)) - change(rule, BINS, memory))


@pytest.mark.parametrize("what", sorted(set(get_args(Read)) - {"own perturbation", "reward"}))
@pytest.mark.parametrize("name", RULES)
def test_a_synapse_reads_what_its_rule_declares_and_nothing_else(name, what):
    distance = moved(RULES[name], what)
    if what in RULES[name].reads:
        assert distance > 1e-7, f"it declares to read {what}, but does not"
    else:
        assert distance < 1e-12, f"it reads {what}"


@pytest.mark.parametrize("name", RULES)
def test_which_rules_are_local(name):
    assert RULES[name].local == ("yes" if name in SAID_TO_BE_LOCAL else "no")


def test_a_weight_read_against_its_direction_is_found():
    """The same learned synapses, read by the unit that they come from or mirrored by ones onto it."""
    assert moved(RULES["shared"], "weights of others") > 1e-7
    assert moved(RULES["mirrored"], "weights of others") < 1e-12


def test_declarations_use_the_words_of_the_house():
    declared = {name: rule_class(name).reads for name in rule_names() if rule_class(name).reads is not None}
    assert {"RTRL", "RFLO", "Compartments", "DNI", "KeRNL", "FBPTT"} <= declared.keys()
    for name, reads in declared.items():
        assert set(reads) <= set(get_args(Read)), name
        assert len(set(reads)) == len(reads), name
    assert set(NOT_LOCAL) < set(get_args(Read))
