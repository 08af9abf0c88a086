"""Words for numbers that stand for things, such as the number of a statement."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ..judging import Ask, Judge, Judgement


def in_words(judge: Judge, words: dict[str, tuple[str, str]]) -> Judge:
    """A judge who says of a number that stands for a thing that it is another one, not how far it is off.

    Args:
        judge: One made by :func:`compares`.
        words: For a part of the answer, by its name: the reason, and the hint.
    """

    def judged(ask: Ask, rng: np.random.Generator) -> Judgement:
        found = judge(ask, rng)
        for name, (reason, hint) in words.items():
            told = re.sub(rf"\b{name} is off by up to \S+", reason, found.reason)
            if told != found.reason:
                return replace(found, reason=told.replace("inputs", "networks"), hint=hint)
        return found

    return judged
