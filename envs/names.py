"""One message for every unknown name: what was given, what is allowed, what is nearest."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown_name(kind: str, given: object, allowed: Iterable[str]) -> ValueError:
    """Build the error for a name that is not among the allowed ones.

    Args:
        kind: What the name should have been, for example ``"task"``.
        given: The name that was asked for.
        allowed: All valid names.

    Returns:
        A ValueError to raise, with the nearest valid name first when one is near.
    """
    allowed = sorted(allowed)
    folded = {name.casefold(): name for name in allowed}
    near = get_close_matches(str(given).casefold(), folded, n=1, cutoff=0.5)
    hint = f" Did you mean {folded[near[0]]!r}?" if near else ""
    listed = ", ".join(repr(name) for name in allowed) or "none"
    return ValueError(f"unknown {kind} {given!r}.{hint} Allowed: {listed}.")


def check_name(kind: str, given: str, allowed: Iterable[str]) -> str:
    """Return the name if it is allowed, else raise the error of :func:`unknown_name`."""
    allowed = tuple(allowed)
    if given not in allowed:
        raise unknown_name(kind, given, allowed)
    return given
