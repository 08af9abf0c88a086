"""Arguments of rules that are numbers in a range: the range stands with the field."""

from dataclasses import dataclass, field
from typing import Any

from ...envs.numbers import finite_number, whole_number


@dataclass(frozen=True)
class Range:
    """The numbers that an argument may be; None is no number, and passes.

    Attributes:
        above: Smaller than all of them.
        least: The smallest of them.
        below: Larger than all of them.
        most: The largest of them.
        whole: Whether they are whole numbers.
    """

    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None
    whole: bool = False

    def checked(self, name: str, value: Any) -> float | None:
        """The value as a plain number.

        Raises:
            ValueError: If it is no number, or out of the range.
        """
        if value is None:
            return None
        number = whole_number(name, value, least=None) if self.whole else finite_number(name, value)
        too_low = (self.above is not None and number <= self.above) or (self.least is not None and number < self.least)
        too_high = (self.below is not None and number >= self.below) or (self.most is not None and number > self.most)
        if too_low or too_high:
            raise ValueError(f"{name} is {value!r}; {self}.")
        return number

    def __str__(self) -> str:
        """The range in words."""
        if self.least is not None and (self.below is not None or self.most is not None):
            return f"allowed: from {self.least:g} to " + (
                f"{self.most:g}" if self.below is None else f"below {self.below:g}"
            )
        bounds = {"above": self.above, "at least": self.least, "below": self.below, "at most": self.most}
        words = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
        return f"it must be {'positive' if words == ['above 0'] else ' and '.join(words)}"


def number(
    default: float | None,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> Any:
    """A field of a rule that is a number in a range."""
    return field(default=default, metadata={"range": Range(above, least, below, most)})


def whole(default: int, *, least: int = 0) -> Any:
    """A field of a rule that is a whole number from one on."""
    return field(default=default, metadata={"range": Range(least=least, whole=True)})
