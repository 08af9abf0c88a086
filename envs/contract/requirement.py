"""What a broken promise looks like, and the margins within which chance is no excuse."""

from collections.abc import Callable, Sequence
from inspect import getdoc
from math import sqrt
from textwrap import fill
from typing import Any

Z = 3.29
"""Normal quantile of a 99.9 % interval."""


class ContractError(AssertionError):
    """A task, or a network, does not do what every one promises."""


def require(kept: object, message: str) -> None:
    """Raise :class:`ContractError` with the message unless the promise was kept."""
    if not kept:
        raise ContractError(message)


def require_all(name: str, checks: Sequence[tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
    """Make all checks; what is broken is reported at once, with the promise that the docstring of the check states.

    Args:
        name: Of what is checked.
        checks: Each with its arguments.

    Raises:
        ContractError: If promises are broken.
    """
    broken: dict[str, list[str]] = {}
    for check, arguments in checks:
        try:
            check(*arguments)
        except Exception as error:  # whatever a class of one's own may raise is something to report
            promise = (getdoc(check) or "").split("\n")[0].replace("``", "")
            broken.setdefault(message_of(error), []).append(promise)
    if broken:
        n = sum(map(len, broken.values()))
        reports = [f"- {' '.join(promises)}\n{message}" for message, promises in broken.items()]
        raise ContractError(f"{name} breaks {n} of {len(checks)} promises:\n" + "\n".join(reports))


def message_of(error: Exception) -> str:
    """The message of an error in indented lines; that of a foreign one with its type."""
    text = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
    return fill(text, 96, initial_indent="  ", subsequent_indent="  ")


def margin(p: float, n: int) -> float:
    """How far the mean of n scores in [0, 1] of expectation p strays from it, but for one case in a thousand.

    Beside the normal quantile stands a term for its skew, which counts where errors are rare.
    """
    variance = max(p * (1 - p), 0.0)
    return Z * sqrt(variance / n) + (Z**2 / (6 * n) if variance > 1e-12 else 0.0) + 1e-9
