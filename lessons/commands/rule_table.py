"""All learning rules in one table, and one rule in words."""

from __future__ import annotations

import inspect
import re

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...agents.rules.catalogue import RULES, make_rule, rule_arguments, rule_class, rule_names
from ..pages.plain_math import plain_docstring, plain_sentence


def rule_table(width: int | None = None) -> Text:
    """The rules by family: when weights may change, whether synapses see local signals alone, and what a rule is.

    Args:
        width: Number of columns; what does not fit is cut. None for as wide as it gets.
    """
    row = f"{{:<{max(map(len, rule_names()))}}}  {{:<16}} {{:<14}} {{}}"
    lines = [Text(row.format("rule", "weights change", "local", "what it is"), style="bold")]
    for family, members in RULES.items():
        lines.append(Text(f"\n{family}", style="bold"))
        lines += [Text(row.format(name, changes(name), locality(name), sentence(name))) for name in members]
    for line in lines:
        if width is not None:
            line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def changes(name: str) -> str:
    """When weights change."""
    return f"by {' or '.join(rule_class(name).paces)}"


def locality(name: str) -> str:
    """Whether the change of a synapse reads only what is available there, as its class declares and the tests prove.

    Of a rule whose answer depends on its arguments, that of the defaults.
    """
    return make_rule(name).local


def sentence(name: str) -> str:
    """The first sentence of its docstring."""
    text = " ".join((inspect.getdoc(rule_class(name)) or "").split("\n\n")[0].split())
    plain = plain_sentence(text.split(": :math:")[0])
    return plain if plain.endswith(".") else f"{plain}."


def meanings_of(name: str) -> dict[str, str]:
    """What each argument of a rule means, by its docstring or that of the class from which the argument comes."""
    meanings: dict[str, str] = {}
    for cls in reversed(rule_class(name).__mro__):
        arguments = inspect.cleandoc(cls.__doc__ or "").partition("\nArgs:")[2]
        meanings |= dict(re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE))
    return meanings


def rule_in_words(name: str) -> RenderableType:
    """What a rule is, its arguments with their defaults and meanings, and the paper it comes from.

    Raises:
        ValueError: If there is no such rule.
    """
    body, _, rest = (inspect.getdoc(rule_class(name)) or "").partition("\nSource:")
    body, meanings = body.partition("\nArgs:")[0].partition("\nRaises:")[0], meanings_of(name)
    facts = Table(box=None, show_header=False, pad_edge=False)
    for key, default in rule_arguments(name).items():
        meaning = plain_sentence(" ".join(meanings.get(key, "").split()))
        shown = "needed" if default is inspect.Parameter.empty else repr(default)
        facts.add_row(Text(key, style="cyan"), Text(f"{shown}  {meaning}".strip()))
    source = plain_sentence(" ".join(rest.split()))
    if source:
        facts.add_row(Text("from", style="bold"), Text(source))
    return Group(Text(name, style="bold"), Text(plain_docstring(body)), "", facts)
