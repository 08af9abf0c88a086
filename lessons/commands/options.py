"""Options of the command line: which were given, what they import, their names in messages that speak of arguments."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from ...envs.own_tasks import import_modules

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Modules = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        help="Module that registers tasks, rules or networks of your own, as mytasks for mytasks.py.",
        metavar="MODULE",
    ),
]


def set_options(**options: Any) -> dict[str, Any]:
    """The options that have a value, by name; the library's defaults hold for the others."""
    return {name: value for name, value in options.items() if value is not None}


def import_named(modules: Iterable[str]) -> None:
    """Import the modules named by ``--import``, which register what is your own; the current folder is searched last.

    Raises:
        ImportError: If one of them cannot be imported.
    """
    if modules and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    import_modules(modules)


def in_options(message: str, options: Iterable[str], **settings: Iterable[str]) -> str:
    """A message of the library in words of the command line.

    Args:
        message: It may name arguments: ``"dale is 2; ..."``, ``"use resume=True"``.
        options: Arguments that have an option of their own: ``resume=True`` is ``--resume`` there.
        **settings: Arguments that go by a shared option: with ``rule_set=["update_every"]``, ``update_every='bin'`` is
            ``--rule-set update_every=bin`` there.
    """
    known = {name: _option(name) for name in options}
    shared = {name: f"{_option(option)} {name}=" for option, names in settings.items() for name in names}
    for name, option in sorted((shared | known).items(), key=lambda item: -len(item[0])):

        def rewrite(match: re.Match[str], option: str = option) -> str:
            value = match["value"].strip("'\"")
            if option.endswith("="):
                return option + value
            if value in ("True", "False"):
                return option if value == "True" else option.replace("--", "--no-", 1)
            return f"{option} {0 if value == 'None' else value}"

        message = re.sub(rf"(?<![\w.=-]){name}=(?P<value>'[^']*'|[\w.+-]*\w)", rewrite, message)
        message = re.sub(rf"(^|(?<=: )|(?<=; )){name} is ", f"{option.rstrip('=')} is ", message)
    return message


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
