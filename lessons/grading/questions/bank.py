"""The bank: questions of choice that are not in the lessons, each option with the reason why it is right or wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ....envs.names import check_name
from ....envs.typechecked import typechecked

QUESTIONS = Path(__file__).parents[3] / "book" / "questions"


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from; code stands between backticks.

    Attributes:
        text: The answer.
        why: What whoever chooses it should learn.
        correct: Whether it is right.
    """

    text: str
    why: str
    correct: bool = False


@dataclass(frozen=True)
class BankQuestion:
    """A question with one right answer.

    Attributes:
        lesson: Name of the lesson that it is about.
        name: Its own name within that lesson.
        text: The question; code stands between backticks.
        options: The answers to choose from.
    """

    lesson: str
    name: str
    text: str
    options: tuple[Option, ...]


@typechecked
def bank(lessons: Sequence[str] | None = None) -> list[BankQuestion]:
    """The questions of some lessons, or of all.

    Args:
        lessons: Names of lessons, as ``["bridges", "fixed-points"]``; None for all.

    Raises:
        ArgumentError: If the bank has no lesson of a name.
    """
    files = {file.stem: file for file in sorted(QUESTIONS.glob("*.toml"))}
    names = list(files) if lessons is None else [check_name("lesson of the bank", name, files) for name in lessons]
    return [question for lesson in dict.fromkeys(names) for question in _questions_in(files[lesson])]


def _questions_in(file: Path) -> list[BankQuestion]:
    stored = tomllib.loads(file.read_text("utf-8"))
    return [
        BankQuestion(file.stem, name, one["question"].strip(), tuple(Option(**option) for option in one["options"]))
        for name, one in stored.items()
    ]
