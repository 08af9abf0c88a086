"""What became of an expectation of a study, or of a claim of a paper, in the table of the study."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What became of something that was expected.

    Attributes:
        name: A short name, such as P1.
        says: What is expected.
        numbers: The numbers.
        holds: Whether it holds; None where the table does not decide it.
    """

    name: str
    says: str
    numbers: str
    holds: bool | None

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        return {True: "pass", False: "FAIL", None: "not judged"}[self.holds]

    def __str__(self) -> str:
        """One line."""
        return f"{self.name}  {self.word:<10}  {self.says}: {self.numbers}"
