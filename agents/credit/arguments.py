"""Arguments of rules that are numbers in a range: the range stands with the field."""

from dataclasses import dataclass, field
from typing import Any

from ...envs.numbers import finite_number, whole_number


@dataclass(frozen=True)
class Range:
    """The numbers that an argument may be; None is no number, and passes.

    Attributes:
        above: Smaller than all of them.
        minimum: The smallest of them.
        below: Larger than all of them.
        maximum: The largest of them.
        whole: Whether they are whole numbers.
    """

    above: float | None = None
    minimum: float | None = None
    below: float | None = None
    maximum: float | None = None
    whole: bool = False

    def checked(self, name: str, value: Any) -> float | None:
        """The value as a plain number.

        Raises:
            ValueError: If it is no number, or out of the range.
        """
        if value is None:
            return None
        number = whole_number(name, value) if self.whole else finite_number(name, value)
        kept = (
            self.above is None or number > self.above,
            self.minimum is None or number >= self.minimum,
            self.below is None or number < self.below,
            self.maximum is None or number <= self.maximum,
        )
        if not all(kept):
            raise ValueError(f"{name} is {value!r}; {self}.")
        return number

    def __str__(self) -> str:
        """The range in words."""
        if self.minimum is not None and (self.below is not None or self.maximum is not None):
            end = f"{self.maximum:g}" if self.below is None else f"below {self.below:g}"
            return f"allowed: from {self.minimum:g} to {end}"
        bounds = {"above": self.above, "at least": self.minimum, "below": self.below, "at most": self.maximum}
        words = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
        return f"it must be {'positive' if words == ['above 0'] else ' and '.join(words)}"


def number(
    default: float | None,
    *,
    above: float | None = None,
    minimum: float | None = None,
    below: float | None = None,
    maximum: float | None = None,
) -> Any:
    """A field of a rule that is a number in a range."""
    return field(default=default, metadata={"range": Range(above, minimum, below, maximum)})


def whole(default: int, *, minimum: int = 0) -> Any:
    """A field of a rule that is a whole number from one on."""
    return field(default=default, metadata={"range": Range(minimum=minimum, whole=True)})
