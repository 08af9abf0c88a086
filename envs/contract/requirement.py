"""What a broken promise looks like, and the margins within which chance is no excuse."""

from math import sqrt

Z = 3.29
"""Normal quantile of a 99.9 % interval."""


class ContractError(AssertionError):
    """A task does not do what every task promises."""


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
