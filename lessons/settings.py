"""Arguments of a task or rule as words of the command line, ``NAME=VALUE``."""

import ast
from typing import Any

from ..envs.durations import Choice, TruncatedExponential, Uniform


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
        try:
            tree = ast.parse(value.strip() if equals else "", mode="eval").body
            if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in kinds:
                found[name] = kinds[tree.func.id](*map(ast.literal_eval, tree.args))
            elif isinstance(tree, ast.Name):
                found[name] = tree.id
            else:
                found[name] = ast.literal_eval(tree)
        except (SyntaxError, ValueError, TypeError) as error:
            raise ValueError(
                f"{option} {text!r} is not NAME=VALUE with a number, a list, a word, or one of {', '.join(kinds)}(...)."
            ) from error
    return found
