"""What is to be shown of a learning rule, from its class."""

from __future__ import annotations

import inspect
import re

from ...agents.rules.catalogue import RULES, make_rule, rule_arguments, rule_class
from ..pages.plain_math import plain_docstring, plain_sentence
from .facts import RuleFacts


def facts_of_rules() -> dict[str, RuleFacts]:
    """The facts of all rules, by name, family by family."""
    return {name: _facts(name, family) for family, members in RULES.items() for name in members}


def _facts(name: str, family: str) -> RuleFacts:
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
    return RuleFacts(
        family, changes, make_rule(name).local, _sentence(body), plain_docstring(body), arguments, _plain(source)
    )


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
