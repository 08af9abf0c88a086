"""What a broken promise looks like, and the margins within which chance is no excuse."""

from math import sqrt

Z = 3.29
"""Normal quantile of a 99.9 % interval."""


class ContractError(AssertionError):
    """A task does not do what every task promises."""


def require(kept: object, message: str) -> None:
    """Raise :class:`ContractError` with the message unless the promise was kept."""
    if not kept:
        raise ContractError(message)


def margin(p: float, n: int) -> float:
    """Half of the 99.9 % interval of a mean of n scores in [0, 1] whose expectation is p."""
    return Z * sqrt(max(p * (1 - p), 0.0) / n) + 1e-9
