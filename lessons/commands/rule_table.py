"""All learning rules in one table, and one rule in words."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...envs.errors import ArgumentError
from ...envs.names import unknown_name
from .facts import RuleFacts, rule_facts


def rule_table(width: int | None = None) -> Text:
    """The rules by family: when weights may change, whether synapses see local signals alone, and what a rule is.

    Args:
        width: Number of columns; what does not fit is cut. None for as wide as it gets.
    """
    rules = rule_facts()
    row = f"{{:<{max(map(len, rules))}}}  {{:<16}} {{:<14}} {{}}"
    lines = [Text(row.format("rule", "weights change", "local", "what it is"), style="bold")]
    for family, members in groupby(rules.items(), key=lambda item: item[1].family):
        lines.append(Text(f"\n{family}", style="bold"))
        lines += [Text(row.format(name, rule.changes, rule.local, rule.sentence)) for name, rule in members]
    for line in lines:
        if width is not None:
            line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def rule_in_words(name: str, own: bool = False) -> RenderableType:
    """What a rule is, its arguments with their defaults and meanings, and the paper it comes from.

    Args:
        name: The rule.
        own: Whether rules of one's own may be registered, which the file of facts does not know.

    Raises:
        ArgumentError: If there is no such rule.
    """
    rules = rule_facts() | (_own_facts() if own else {})
    if name not in rules:
        raise ArgumentError(f"{unknown_name('rule', name, rules)} --import MODULE adds rules of your own.")
    rule = rules[name]
    facts = Table(box=None, show_header=False, pad_edge=False)
    for argument, default, meaning in rule.arguments:
        facts.add_row(Text(argument, style="cyan"), Text(f"{default}  {meaning}".strip()))
    if rule.loop:
        here = "numba is installed" if find_spec("numba") else "numba is missing: pip install 'cogdyn[fast]'"
        facts.add_row(Text("in every bin", style="bold"), Text(f"a compiled loop on a processor with numba; {here}"))
    if rule.source:
        facts.add_row(Text("from", style="bold"), Text(rule.source))
    return Group(Text(name, style="bold"), Text(rule.text), "", facts)


def _own_facts() -> dict[str, RuleFacts]:
    from ...agents.rules.catalogue import OWN_RULES  # loads torch
    from .rule_facts import facts_of_rule

    return {name: facts_of_rule(name, "your own") for name in OWN_RULES}
