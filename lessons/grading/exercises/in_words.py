"""Words for numbers that mean things, such as the number of a statement."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ..judging import Ask, Judge, Judgement


def in_words(judge: Judge, words: dict[str, tuple[str, str]]) -> Judge:
    """A judge who names the thing that a number means, and not how far the number is off.

    Args:
        judge: One made by :func:`compares`.
        words: For a part of the answer, by its name: the reason, and the hint.
    """

    def judged(ask: Ask, rng: np.random.Generator) -> Judgement:
        judgement = judge(ask, rng)
        for name, (reason, hint) in words.items():
            text = re.sub(rf"\b{name} is off by up to \S+", reason, judgement.reason)
            if text != judgement.reason:
                return replace(judgement, reason=text.replace("inputs", "networks"), hint=hint)
        return judgement

    return judged
