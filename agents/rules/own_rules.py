"""Rules of one's own by name, for the command line."""

from __future__ import annotations

from inspect import isabstract
from typing import TypeVar

from ...envs.errors import ArgumentError
from ...envs.wording import short_text
from ..credit.rule import Rule
from .catalogue import OWN_RULES, rule_names

RuleClass = TypeVar("RuleClass", bound=type[Rule])


def register_rule(cls: RuleClass) -> RuleClass:
    """Enter a rule of your own, so that ``make_rule`` and ``cogdyn train --rule`` find it; used as a decorator.

    The command line finds it with ``--import MODULE``, the module of the class.

    Args:
        cls: The class, made by :func:`learning_rule`; its name is the rule's.

    Raises:
        ArgumentError: If it is no rule, lacks an update, or another rule has its name.
    """
    if not (isinstance(cls, type) and issubclass(cls, Rule)):
        raise ArgumentError(f"cls is {short_text(cls)}; it must be a class derived from Rule.")
    name = cls.__name__
    if isabstract(cls):
        raise ArgumentError(f"{name} is not complete: write its {', '.join(sorted(cls.__abstractmethods__))}.")
    if name in rule_names():
        raise ArgumentError(f"there is a rule {name!r} in the catalogue; give yours another name.")
    earlier = OWN_RULES.get(name, cls)
    if (earlier.__module__, earlier.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ArgumentError(f"there is a rule {name!r} already, {earlier.__module__}.{earlier.__qualname__}.")
    OWN_RULES[name] = cls
    return cls
