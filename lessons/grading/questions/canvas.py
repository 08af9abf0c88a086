"""The bank as QTI, the archive that Canvas imports, made by the package text2qti."""

from __future__ import annotations

import io
from collections.abc import Sequence

from .bank import BankQuestion


def canvas(title: str, questions: Sequence[BankQuestion]) -> bytes:
    """Questions as an archive that Canvas imports: a quiz of one point each, an explanation with each answer.

    Args:
        title: Name of the quiz.
        questions: The questions.

    Raises:
        ImportError: If text2qti, of the extra ``grading``, is missing.
    """
    try:
        from text2qti.config import Config
        from text2qti.qti import QTI
        from text2qti.quiz import Quiz
    except ImportError as error:
        raise ImportError("the archive for Canvas needs text2qti: pip install 'cogdyn[grading]'") from error
    text = "\n\n".join([f"Quiz title: {title}\nshuffle answers: true", *map(_in_words, questions)])
    archive = io.BytesIO()
    QTI(Quiz(text, config=Config(), source_name=title)).write(archive)
    return archive.getvalue()


def _in_words(question: BankQuestion) -> str:
    """A question as text2qti reads it: each answer with a letter, the right one with an asterisk."""
    lines = [f"Title: {question.lesson}: {question.name}", f"1. {question.text}"]
    for letter, option in zip("abcdefgh", question.options, strict=False):
        lines += [f"{'*' if option.correct else ''}{letter}) {option.text}", f"... {option.why}"]
    return "\n".join(lines)
