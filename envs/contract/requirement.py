"""What a broken promise looks like, how all of them are reported, and the margins within which chance is no excuse."""

from collections.abc import Callable, Sequence
from inspect import getdoc
from math import sqrt
from textwrap import fill
from typing import TypeVar

Thing = TypeVar("Thing")
Z = 3.29
"""Normal quantile of a 99.9 % interval."""


class ContractError(AssertionError):
    """A task or a rule does not do what every one promises."""


def require(promise: object, message: str) -> None:
    """Raise :class:`ContractError` with the message unless the promise was kept."""
    if not promise:
        raise ContractError(message)


def margin(p: float, n: int) -> float:
    """How far the mean of n scores in [0, 1] of expectation p strays from it, except in one case in a thousand.

    The normal quantile is joined by a term for its skew, which counts where errors are rare.
    """
    variance = max(p * (1 - p), 0.0)
    return Z * sqrt(variance / n) + (Z**2 / (6 * n) if variance > 1e-12 else 0.0) + 1e-9


def examine(name: str, checks: Sequence[Callable[[Thing], None]], thing: Thing) -> None:
    """Go through all checks.

    Raises:
        ContractError: If promises are broken; each is the first line of the docstring of its check.
    """
    broken: dict[str, list[str]] = {}
    for check in checks:
        try:
            check(thing)
        except Exception as error:  # whatever something of one's own may raise is something to report
            broken.setdefault(message(error), []).append((getdoc(check) or "").split("\n")[0].replace("``", ""))
    if broken:
        n = sum(map(len, broken.values()))
        reports = [f"- {' '.join(promises)}\n{indented(found)}" for found, promises in broken.items()]
        raise ContractError(f"{name} breaks {n} of {len(checks)} promises:\n" + "\n".join(reports))


def message(error: Exception) -> str:
    """What is wrong, in words."""
    return str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"


def indented(text: str) -> str:
    """A paragraph of a report."""
    return fill(text, 96, initial_indent="  ", subsequent_indent="  ")
