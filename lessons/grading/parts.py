"""Saying which parts of an answer are wrong, and how: by which factor, with which sign, put through what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..checking.terms import UNEXPLAINED, described
from .inside import plain

MANY = 2
"""Numbers that must agree before they are described; one number could be described in any way."""


def wrong_parts(answer: Any, right: Any, names: Sequence[str], inputs: Mapping[str, Any]) -> str | None:
    """Which arrays of an answer are wrong and how, where that can be put in words; None otherwise.

    Args:
        answer: What was answered, of the right shape.
        right: The right answer.
        names: Names of the parts of a tuple.
        inputs: Inputs; a factor is called by the names of numbers among them.
    """
    wanted = dict(right) if isinstance(right, Mapping) else dict(zip(names, right, strict=True)) if names else None
    given = answer if isinstance(answer, Mapping) else dict(zip(names, answer, strict=True)) if names else None
    if wanted is None or given is None:
        wanted, given = {"the result": right}, {"the result": answer}
    said: dict[str, list[str]] = {}
    fine = []
    for name, value in wanted.items():
        array, expected = plain.numbers(given[name]), np.asarray(value)
        if array is None or array.shape != expected.shape or expected.dtype.kind not in "fc":
            return None
        if np.allclose(array, expected, rtol=1e-6, atol=1e-6 * max(1.0, np.abs(expected).max(initial=0.0))):
            fine.append(name)
        else:
            how = UNEXPLAINED if expected.size < MANY else described(array, expected, "1", inputs)
            said.setdefault(how, []).append(name)
    unexplained = said.pop(UNEXPLAINED, [])
    if not said and not (unexplained and fine and len(wanted) > MANY):
        return None
    words = [f"{', '.join(some)}: {how}" for how, some in said.items()]
    words += [f"{', '.join(unexplained)}: wrong"] if unexplained else []
    words += [f"{', '.join(fine)}: right"] if fine else []
    return "; ".join(words) + "."
