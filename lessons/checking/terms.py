"""Comparing by terms: which terms of a wrong result are wrong, by inputs that leave one of them after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Inputs = Mapping[str, Any]
"""Arguments of a function, by name."""
Slips = Callable[[Inputs], Mapping[str, tuple[Any, str]]]
"""From inputs to what known mistakes return, each with its hint."""


@dataclass(frozen=True)
class Term:
    """A term of an equation, and the inputs that show it.

    Attributes:
        name: What it is called within a sentence, for example "the leak".
        keep: From inputs to others in which the term is left, alone or with a few.
        drop: From inputs to those in which these few are left without it; None where it is alone.
        weight: What it counts, for example "1 - alpha".
        at: Indices, one after the other, of the part of a result in which the term is.
        after: Terms that must be right before this one is looked at, since it depends on them.
    """

    name: str
    keep: Callable[[Inputs], Inputs]
    drop: Callable[[Inputs], Inputs] | None = None
    weight: str = "1"
    at: tuple[int, ...] = ()
    after: tuple[str, ...] = ()


def zero(*names: str, **others: Any) -> Callable[[Inputs], Inputs]:
    """A change of inputs: these become 0, and others what is stated."""
    return lambda inputs: {**inputs, **{name: 0 * inputs[name] for name in names}, **others}


def wrong_terms(
    answer: Callable[[Inputs], Any],
    right: Callable[[Inputs], Any],
    slips: Slips,
    terms: Sequence[Term],
    inputs: Inputs,
) -> tuple[str, str] | None:
    """Which terms of an answer are wrong and how, as a reason and a hint; None if none is wrong by itself.

    Args:
        answer: What is checked; it may raise, or return anything.
        right: What it should return, an array or a number.
        slips: Known mistakes; one that fits a term is reported in its own words.
        terms: The terms.
        inputs: Inputs in which every term counts.
    """
    expected, found = {}, {}
    wrong: set[str] = set()
    for term in terms:
        if wrong & set(term.after):
            continue
        want, seen = _contribution(right, term, inputs), _contribution(answer, term, inputs)
        if want is not None and seen is not None and seen.shape == want.shape:
            expected[term], found[term] = want, seen
            wrong |= set() if _same(seen, want) else {term.name}
    if not wrong:
        return None
    known = _known_mistakes(slips, expected, found, inputs)
    covered = {term for _, _, affected in known for term in affected}
    others: dict[str, list[str]] = {}
    for term, seen in found.items():
        if term.name in wrong and term not in covered:
            others.setdefault(described(seen, expected[term], term.weight, inputs), []).append(term.name)
    reasons = [reason.rstrip(".") for reason, _, _ in known]
    reasons += [f"{', '.join(names)}: {what}" for what, names in others.items()]
    hint = " ".join(hint for _, hint, _ in known) or "Compare these terms with the equation; the others are right."
    return "; ".join(reasons) + ".", hint


def _known_mistakes(
    slips: Slips, expected: Mapping[Term, np.ndarray], found: Mapping[Term, np.ndarray], inputs: Inputs
) -> list[tuple[str, str, set[Term]]]:
    """Known mistakes that explain all terms that they affect, with their hints and these terms; each term once."""
    chosen: list[tuple[str, str, set[Term]]] = []
    free = set(expected)
    for reason, (_, hint) in slips(inputs).items():
        made = {
            term: _contribution(lambda given, reason=reason: slips(given)[reason][0], term, inputs) for term in expected
        }
        affected = {term for term, value in made.items() if value is None or not _alike(value, expected[term])}
        explains = all((value := made[term]) is not None and _alike(value, found[term]) for term in affected)
        if affected and affected <= free and explains:
            chosen.append((reason, hint, affected))
            free -= affected
    return chosen


def described(answer: np.ndarray, expected: np.ndarray, weight: str, inputs: Inputs) -> str:
    """How an array differs from what it should be, as a phrase.

    Args:
        answer: What it is.
        expected: What it should be.
        weight: What it should count.
        inputs: Inputs; a factor is called by the names of numbers among them.
    """
    if not np.isfinite(answer).all():
        return "NaN or infinity"
    if not expected.any():
        return "not 0, as it should be here"
    if _same(answer, 0 * expected):
        return "missing"
    if _same(answer, -expected):
        return "the wrong sign"
    numbers = weights(inputs)
    of = numbers.get(weight, 1.0)
    factor = float(np.vdot(expected, answer).real / np.vdot(expected, expected).real)
    if _same(answer, factor * expected):
        names = [name for name, value in numbers.items() if np.isclose(value, factor * of, rtol=1e-6, atol=0)]
        return f"weight {names[0]} instead of {weight}" if names else f"{factor:.3g} times what it should be"
    for name, function in FUNCTIONS.items():
        if _same(answer, of * function(expected / of)):
            return f"put through {name}"
    if expected.ndim == 2 and expected.shape[0] == expected.shape[1] and _same(answer, expected.T):
        return "transposed"
    return UNEXPLAINED


UNEXPLAINED = "not as in the equation"
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "np.abs": np.abs,
    "a square": np.square,
}
"""What a term may have been put through."""


def weights(inputs: Inputs) -> dict[str, float]:
    """Numbers that a term may count by mistake, by name."""
    found = {"1": 1.0}
    for name, value in inputs.items():
        if isinstance(value, float) and value not in (0.0, 1.0):
            found |= {name: value, f"1 - {name}": 1 - value, f"1 / {name}": 1 / value, f"{name}^2": value**2}
            found |= {f"-{name}": -value, f"{name} (1 - {name})": value * (1 - value)}
    return found


def _contribution(function: Callable[[Inputs], Any], term: Term, inputs: Inputs) -> np.ndarray | None:
    """What a term adds to a result; None where that cannot be had."""
    try:
        kept = _part(function(term.keep(inputs)), term.at)
        return kept if term.drop is None else kept - _part(function(term.drop(inputs)), term.at)
    except Exception:  # what a reader wrote may raise anything, and may fail for these inputs alone
        return None


def _part(result: Any, at: tuple[int, ...]) -> np.ndarray:
    for index in at:
        result = result[index]
    return np.asarray(result, float)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-8))


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and _same(one, other)
