"""What a synapse may know: all else is changed, and its own change must stay as it was.

``check_rule`` measures every rule with its defaults; here are those that depend on arguments, and small effects made
large.
"""

from typing import get_args

import pytest
from every_rule import suited

from cogdyn.agents.credit.reads import NOT_LOCAL, Read
from cogdyn.agents.measures.contract.locality import MEASURED, moved
from cogdyn.agents.rules import DNI, FBPTT, KFRTRL, RFLO, RKF, RTRL, UORO, Compartments, EProp, KeRNL, SnAp1
from cogdyn.agents.rules.catalogue import make_rule, rule_class, rule_names

NETWORK = suited("RFLO")

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


@pytest.mark.parametrize("read", MEASURED)
@pytest.mark.parametrize("name", RULES)
def test_a_synapse_reads_what_its_rule_declares_and_nothing_else(name, read):
    distance = moved(RULES[name], read, NETWORK)
    if read in RULES[name].reads:
        assert distance > 1e-7, f"it declares to read {read}, but does not"
    else:
        assert distance < 1e-12, f"it reads {read}"


@pytest.mark.parametrize("name", RULES)
def test_which_rules_are_local(name):
    assert RULES[name].local == ("yes" if name in SAID_TO_BE_LOCAL else "no")


def test_a_weight_read_against_its_direction_is_found():
    """The same learned synapses, read by the unit that they come from or mirrored by ones onto it."""
    assert moved(RULES["shared"], "weights of others", NETWORK) > 1e-7
    assert moved(RULES["mirrored"], "weights of others", NETWORK) < 1e-12


@pytest.mark.parametrize("name", rule_names())
def test_every_rule_declares_what_it_reads_in_the_words_of_the_house(name):
    reads = rule_class(name).reads
    assert set(reads) <= set(get_args(Read))
    assert len(set(reads)) == len(reads)


def test_the_words_for_locality_differ():
    local = {name: make_rule(name).local for name in rule_names()}
    assert local["RFLO"] == local["RewardHebbian"] == "yes"
    assert local["BPTT"] == local["FORCE"] == local["DNI"] == "no"
    assert local["ReadoutOnly"] == "not applicable"
    assert set(NOT_LOCAL) < set(get_args(Read))
