"""One message for every unknown name: what was given, what is allowed, what is nearest."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from .errors import ArgumentError

MANY = 40
"""Longer lists are not written out."""


def unknown_name(kind: str, given: object, allowed: Iterable[str]) -> ArgumentError:
    """Build the error for a name that is not among the allowed ones.

    Args:
        kind: What the name should have been, for example ``"task"``.
        given: The name that was asked for.
        allowed: All valid names.

    Returns:
        An error to raise, with the nearest valid name first when one is near.
    """
    allowed = sorted(allowed)
    folded = {name.casefold(): name for name in allowed}
    near = _nearest(str(given).casefold(), folded)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    if len(allowed) > MANY:
        return ArgumentError(f"unknown {kind} {given!r}.{hint} There are {len(allowed)} to choose from.")
    listed = ", ".join(repr(name) for name in allowed) or "none"
    return ArgumentError(f"unknown {kind} {given!r}.{hint} Allowed: {listed}.")


def _nearest(given: str, folded: dict[str, str]) -> list[str]:
    """The nearest name and, where it is hardly nearer, the next ones."""
    found = get_close_matches(given, folded, n=3, cutoff=0.5)
    likeness = [SequenceMatcher(None, name, given).ratio() for name in found]
    return [folded[name] for name, ratio in zip(found, likeness, strict=True) if ratio > max(likeness) - 0.05]


def check_name(kind: str, given: str, allowed: Iterable[str]) -> str:
    """Return the name if it is allowed, else raise the error of :func:`unknown_name`."""
    allowed = tuple(allowed)
    if given not in allowed:
        raise unknown_name(kind, given, allowed)
    return given
