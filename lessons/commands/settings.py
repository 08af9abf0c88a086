"""Arguments of a task or rule as words of the command line, ``NAME=VALUE``."""

import ast
from pathlib import Path
from typing import Any

import typer

from ...envs.durations import Choice, TruncatedExponential, Uniform
from ...envs.registry import check_arguments, make_task
from ...envs.task import Task
from .options import import_named


def task_with(name: str, settings: list[str]) -> Task:
    """The task of that name, or of ``module:name``, with the arguments of ``--set``."""
    arguments, (module, _, name) = parse_settings(settings), name.rpartition(":")
    import_named([module] if module else [])
    check_arguments(name, None, arguments, also=("preset",))
    return make_task(name, **arguments)


def joined(options: dict[str, Any], settings: list[str], option: str) -> dict[str, Any]:
    """Options that have a value and the settings of another option; no argument may be in both.

    Raises:
        ValueError: If one is.
    """
    more = parse_settings(settings, option)
    for name in options.keys() & more.keys() - {"seed"}:  # trials and weights may have seeds of their own
        own = "units" if name == "n_units" else name.replace("_", "-")
        raise ValueError(f"--{own} and {option} {name} are both given; leave one out.")
    return options | more


def folder(text: str | Path) -> Path:
    """A path of the command line.

    Raises:
        BadParameter: If it is empty, which would mean the current folder.
    """
    if not str(text).strip():
        raise typer.BadParameter("it is empty; name a folder or a file.")
    return Path(text)


def parse_settings(settings: list[str], option: str = "--set") -> dict[str, Any]:
    """Read ``NAME=VALUE`` pairs; a value is a Python literal, or a duration such as ``Uniform(200,600)``.

    Args:
        settings: The pairs.
        option: The option that brought them, for the error.

    Raises:
        ValueError: If a pair has no ``=``, or its value is neither.
    """
    kinds = {"Uniform": Uniform, "Choice": Choice, "TruncatedExponential": TruncatedExponential}
    found: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if name in found:
            raise ValueError(f"{option} {name} is given twice; leave one out.")
        try:
            tree = ast.parse(value.strip() if equals else "", mode="eval").body
            if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in kinds:
                found[name] = kinds[tree.func.id](*map(ast.literal_eval, tree.args))
            elif isinstance(tree, ast.Name):
                found[name] = tree.id
            else:
                found[name] = ast.literal_eval(tree)
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
            raise ValueError(
                f"{option} {text!r} is not NAME=VALUE with a number, a list, a word, or one of {', '.join(kinds)}(...)."
            ) from error
    return found
