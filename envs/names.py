"""One message for every unknown name: what was given, what is allowed, what is nearest."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from .errors import ArgumentError

MANY = 40
"""Longer lists are not written out."""


def unknown_name(kind: str, name: object, allowed: Iterable[str]) -> ArgumentError:
    """Build the error for a name that is not among the allowed ones.

    Args:
        kind: What the name should have been, for example ``"task"``.
        name: The name that was asked for.
        allowed: All valid names.

    Returns:
        An error to raise, with the nearest valid name first when one is near.
    """
    allowed = sorted(allowed)
    folded = {one.casefold(): one for one in allowed}
    near = _nearest(str(name).casefold(), folded)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    if len(allowed) > MANY:
        return ArgumentError(f"unknown {kind} {name!r}.{hint} There are {len(allowed)} to choose from.")
    listed = ", ".join(repr(one) for one in allowed) or "none"
    return ArgumentError(f"unknown {kind} {name!r}.{hint} Allowed: {listed}.")


def _nearest(name: str, folded: dict[str, str]) -> list[str]:
    """The nearest name and, where it is hardly nearer, the next ones."""
    near = get_close_matches(name, folded, n=3, cutoff=0.5)
    likeness = [SequenceMatcher(None, one, name).ratio() for one in near]
    return [folded[one] for one, ratio in zip(near, likeness, strict=True) if ratio > max(likeness) - 0.05]


def check_name(kind: str, name: str, allowed: Iterable[str]) -> str:
    """Return the name if it is allowed, else raise the error of :func:`unknown_name`."""
    allowed = tuple(allowed)
    if name not in allowed:
        raise unknown_name(kind, name, allowed)
    return name
