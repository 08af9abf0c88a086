"""What is to be shown of a learning rule, from its class."""

from __future__ import annotations

import inspect
import re

from ...agents.credit import CreditRule
from ...agents.rules.catalogue import RULES, make_rule, rule_arguments, rule_class
from ..pages.plain_math import plain_docstring, plain_sentence
from .facts import RuleFacts


def facts_of_rules() -> dict[str, RuleFacts]:
    """The facts of all rules, by name, family by family."""
    return {name: facts_of_rule(name, family) for family, members in RULES.items() for name in members}


def facts_of_rule(name: str, family: str) -> RuleFacts:
    """The facts of a rule of the catalogue, or of one's own."""
    body, _, source = (inspect.getdoc(rule_class(name)) or "").partition("\nSource:")
    body = body.partition("\nArgs:")[0].partition("\nRaises:")[0]
    meanings = _meanings(name)
    arguments = [
        (
            argument,
            "needed" if default is inspect.Parameter.empty else repr(default),
            _plain(meanings.get(argument, "")),
        )
        for argument, default in rule_arguments(name).items()
    ]
    changes = f"by {' or '.join(rule_class(name).paces)}"
    needed = any(default == "needed" for _, default, _ in arguments)
    local = "not declared" if needed else make_rule(name).local
    cls = rule_class(name)
    loop = issubclass(cls, CreditRule) and cls.has_loop()
    return RuleFacts(family, changes, local, _sentence(body), plain_docstring(body), arguments, _plain(source), loop)


def _sentence(body: str) -> str:
    """The first sentence of a docstring."""
    plain = _plain(body.split("\n\n")[0].split(": :math:")[0])
    return plain if plain.endswith(".") else f"{plain}."


def _meanings(name: str) -> dict[str, str]:
    """What each argument of a rule means, by its docstring or that of the class from which the argument comes."""
    meanings: dict[str, str] = {}
    for cls in reversed(rule_class(name).__mro__):
        arguments = inspect.cleandoc(cls.__doc__ or "").partition("\nArgs:")[2]
        meanings |= dict(re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE))
    return meanings


def _plain(text: str) -> str:
    return plain_sentence(" ".join(text.split()))
