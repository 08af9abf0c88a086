"""The bank as GIFT, the text that Moodle imports."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .bank import BankQuestion

_SPECIAL = re.compile(r"([~=#{}:\\])")


def gift(questions: Sequence[BankQuestion]) -> str:
    """Questions as Moodle imports them: a category for each lesson, an explanation with each answer.

    Args:
        questions: The questions.
    """
    parts, category = [], None
    for question in questions:
        if question.lesson != category:
            category = question.lesson
            parts.append(f"$CATEGORY: cogdyn/{category}")
        parts.append(_question(question))
    return "\n\n".join(parts) + "\n"


def _question(question: BankQuestion) -> str:
    title = _escaped(f"{question.lesson}: {question.name}")
    answers = (
        f"{'=' if option.correct else '~'}{_escaped(option.text)} #{_escaped(option.why)}"
        for option in question.options
    )
    return "\n".join([f"::{title}::[markdown]{_escaped(question.text)} {{", *answers, "}"])


def _escaped(text: str) -> str:
    """Text without the meaning that GIFT gives to some characters."""
    return _SPECIAL.sub(r"\\\1", text)
