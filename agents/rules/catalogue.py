"""All learning rules by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ...envs.errors import ArgumentError
from ...envs.names import check_name, unknown_name
from ..credit.rule import Rule
from .actor_critic import ActorCritic
from .bptt import BPTT
from .cd import CD
from .compartments import Compartments
from .dasc import DASC
from .dni import DNI
from .eprop import EProp
from .fbptt import FBPTT
from .force import FORCE
from .full_force import FullFORCE
from .gradient_skip import GradientSkip
from .kernl import KeRNL
from .kf_rtrl import KFRTRL
from .modprop import ModProp
from .node_perturbation import NodePerturbation
from .r_kf import RKF
from .readout_only import ReadoutOnly
from .reinforce import REINFORCE
from .reward_eprop import RewardEProp
from .reward_hebbian import RewardHebbian
from .rflo import RFLO
from .rtrl import RTRL
from .sctt import SCTT
from .snap1 import SnAp1
from .truncated_bptt import TruncatedBPTT
from .uoro import UORO

RULES: dict[str, dict[str, type[Rule]]] = {
    "backpropagation through time": {"BPTT": BPTT, "TruncatedBPTT": TruncatedBPTT, "FBPTT": FBPTT},
    "bridges through time": {"SCTT": SCTT, "DASC": DASC, "CD": CD, "GradientSkip": GradientSkip},
    "forward mode": {"RTRL": RTRL, "UORO": UORO, "KFRTRL": KFRTRL, "RKF": RKF, "KeRNL": KeRNL},
    "local traces": {"RFLO": RFLO, "EProp": EProp, "SnAp1": SnAp1, "ModProp": ModProp},
    "predicted credit": {"DNI": DNI, "Compartments": Compartments},
    "reward": {
        "REINFORCE": REINFORCE,
        "ActorCritic": ActorCritic,
        "RewardEProp": RewardEProp,
        "NodePerturbation": NodePerturbation,
        "RewardHebbian": RewardHebbian,
    },
    "least squares": {"FORCE": FORCE, "FullFORCE": FullFORCE},
    "control": {"ReadoutOnly": ReadoutOnly},
}
"""The classes by family and name."""
OWN_RULES: dict[str, type[Rule]] = {}
"""Rules of one's own by name, as :func:`~cogdyn.agents.register_rule` enters them."""


def rule_names() -> tuple[str, ...]:
    """Names of the rules of the catalogue, family by family."""
    return tuple(name for family in RULES.values() for name in family)


def rule_class(name: str) -> type[Rule]:
    """The class of a rule of the catalogue, or of one's own.

    Raises:
        ValueError: If there is no such rule; the message lists the nearest.
    """
    known = (*rule_names(), *OWN_RULES)
    if name not in known:
        advice = "If it is a rule of your own, import the module that registers it first."
        raise ArgumentError(f"{unknown_name('rule', name, known)} {advice}")
    return OWN_RULES.get(name) or next(family[name] for family in RULES.values() if name in family)


def make_rule(name: str, **arguments: Any) -> Any:
    """Make a rule by name.

    Args:
        name: One of :func:`rule_names`, or the name of a rule of your own that is registered.
        **arguments: Arguments of its class.

    Raises:
        ValueError: If the name or an argument is unknown, or a value makes no sense.
    """
    cls = rule_class(name)
    for argument in arguments:
        check_name(f"argument of {name}", argument, rule_arguments(name))
    return cls(**arguments)


def upgraded(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a rule in an older run as they are now: by their names of today, newer ones at their defaults.

    Args:
        arguments: What the run says of its rule: its ``name``, and arguments.
    """
    renamed = {{"update": "update_every"}.get(name, name): value for name, value in arguments.items()}
    name = renamed.get("name")
    defaults = rule_class(name)().config if name in rule_names() else {}
    return renamed | {argument: value for argument, value in defaults.items() if argument not in renamed}


def rule_arguments(name: str) -> dict[str, Any]:
    """The arguments of a rule with their defaults."""
    return {key: parameter.default for key, parameter in inspect.signature(rule_class(name)).parameters.items()}
