"""Judging answers: right, or wrong in a way that is recognised, with the reason and a hint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Protocol

import numpy as np

from ..checking.checks import CheckResult
from ..checking.terms import Term, wrong_terms
from .inside import plain
from .parts import wrong_parts
from .printable import printable

TOLERANCE = 1e-6
"""Largest error of a right answer, as a share of its largest number; single precision passes where sums are short."""

LONGEST = 1000
"""Characters of each text of a judgement: some of them hold words of the submission."""

Inputs = dict[str, Any]
"""Arguments of one call, by name: arrays, numbers and words."""


@dataclass(frozen=True)
class Judgement(CheckResult):
    """Outcome of a check, with what there was to see.

    Attributes:
        passed: Whether the answer is right.
        reason: What was found.
        hint: What to look at next; empty when nothing is left to do.
        seen: What the submission answered, where it differs.
        expected: What was expected there.
    """

    seen: str = ""
    expected: str = ""

    def _repr_html_(self) -> str:
        if not self.seen:
            return super()._repr_html_()
        compared = f"<br>seen: <code>{escape(self.seen)}</code>, expected: <code>{escape(self.expected)}</code></div>"
        return super()._repr_html_().removesuffix("</div>") + compared


class Unanswered(Exception):
    """There is no answer to judge.

    Attributes:
        judgement: What to report instead.
    """

    def __init__(self, judgement: Judgement):
        super().__init__(judgement.reason)
        self.judgement = judgement


class Ask(Protocol):
    """Asks the submission; its answer is plain data."""

    def __call__(self, **inputs: Any) -> Any:
        """The answer to these inputs.

        Raises:
            Unanswered: If there is none.
        """
        ...


Judge = Callable[[Ask, np.random.Generator], Judgement]
"""Asks a submission about inputs that it draws, and judges the answers."""


@dataclass(frozen=True)
class Exercise:
    """One thing to write, and how it is judged.

    Attributes:
        name: Assignment and exercise, for example ``"bptt/forward"``.
        title: What it is about, in a few words.
        points: What it is worth: all or nothing.
        answer: Name of the function or class that the student writes.
        judge: Draws inputs, asks for answers, judges them.
        probe: How the answer is asked; one of :data:`cogdyn.lessons.grading.inside.probes.PROBES`.
        builds_on: Exercises whose answers a solution of this one is likely to call.
        with_code: Whether there is code to write for it; where not, it is about the code of the others.
    """

    name: str
    title: str
    points: int
    answer: str
    judge: Judge
    probe: str = "call"
    builds_on: tuple[str, ...] = ()
    with_code: bool = True


@dataclass(frozen=True)
class Slip:
    """A plausible wrong answer.

    Attributes:
        reason: What it got wrong.
        hint: What helps.
        wrong: What somebody who makes this mistake answers to the inputs.
    """

    reason: str
    hint: str
    wrong: Callable[..., Any]


def compares(
    draw: Callable[[np.random.Generator], Sequence[Inputs]],
    right: Callable[..., Any],
    slips: Sequence[Slip],
    praise: str,
    names: Sequence[str] = (),
    shape_hint: str = "Look at the shapes in the docstring.",
    terms: Sequence[Term] = (),
    tolerance: float = TOLERANCE,
) -> Judge:
    """A judge that compares answers with the right ones, and wrong ones with known slips.

    Args:
        draw: Draws several inputs.
        right: From inputs to the right answer: an array, a number, or a tuple or dictionary of them.
        slips: Plausible wrong answers; the first that fits all answers is reported.
        praise: What to say of a right answer.
        names: Names of the parts, where the answer is a tuple.
        shape_hint: What helps where a shape is wrong.
        terms: Of the equation; an answer that no slip fits is compared term by term.
        tolerance: Largest error of a right answer, as a share of its largest number.
    """

    def known(inputs: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
        return {slip.reason: (slip.wrong(**inputs), slip.hint) for slip in slips}

    def judge(ask: Ask, rng: np.random.Generator) -> Judgement:
        cases = draw(rng)
        answers = [value_of(ask(**inputs)) for inputs in cases]
        wanted = [right(**inputs) for inputs in cases]
        pairs = list(zip(answers, wanted, strict=True))
        found = [difference(answer, want, names, shape_hint, tolerance) for answer, want in pairs]
        wrong = [judgement for judgement in found if judgement is not None]
        if not wrong:
            return Judgement(True, praise)
        for slip in slips:
            tried = zip(answers, cases, strict=True)
            if all(difference(answer, slip.wrong(**case), tolerance=tolerance) is None for answer, case in tried):
                return Judgement(False, slip.reason, slip.hint, wrong[0].seen, wrong[0].expected)
        worst = wrong[0]
        if worst.seen and not worst.seen.startswith("shape"):
            at = next(k for k, judgement in enumerate(found) if judgement is not None)
            parts = wrong_parts(answers[at], wanted[at], names, cases[at])
            worst = worst if parts is None else replace(worst, reason=parts)
            explained = wrong_terms(
                lambda inputs: value_of(ask(**inputs)), lambda inputs: right(**inputs), known, terms, cases[at]
            )
            worst = worst if explained is None else replace(worst, reason=explained[0], hint=explained[1])
        if len(wrong) < len(found):
            some = f"right for {len(found) - len(wrong)} of {len(found)} inputs, else "
            return Judgement(False, some + worst.reason, worst.hint, worst.seen, worst.expected)
        return worst

    return judge


def value_of(answer: Any) -> Any:
    """What a function returned, as :func:`cogdyn.lessons.grading.inside.probes.call` reports it.

    Raises:
        Unanswered: If it returned nothing, or changed what it was given.
    """
    if not isinstance(answer, Mapping) or "value" not in answer:
        raise Unanswered(Judgement(False, "the answer cannot be read.", "Return arrays and numbers."))
    if answer["value"] is None:
        raise Unanswered(Judgement(False, "your function returns nothing.", "Did you forget return?"))
    if changed := answer.get("changed"):
        name = changed[0] if isinstance(changed, list) else changed
        hint = "Work on a copy: x = x + ... makes a new array, x += ... changes the caller's."
        raise Unanswered(Judgement(False, f"your function changes its argument {name}.", hint))
    return answer["value"]


def difference(
    answer: Any, right: Any, names: Sequence[str] = (), shape_hint: str = "", tolerance: float = TOLERANCE
) -> Judgement | None:
    """What is wrong with an answer, part by part; None if nothing is.

    Args:
        answer: What was answered.
        right: The right answer.
        names: Names of the parts of a tuple.
        shape_hint: What helps where a shape is wrong.
        tolerance: Largest error, as a share of the largest number.
    """
    if isinstance(right, Mapping):
        if not isinstance(answer, Mapping):
            wanted = f"a dictionary with {', '.join(right)}"
            return Judgement(False, f"the result is no dictionary but {kind_of(answer)}.", f"Return {wanted}.")
        if missing := [name for name in right if name not in answer]:
            return Judgement(False, f"the result has no entry {missing[0]!r}.", f"Return {', '.join(right)}.")
        parts = [(name, answer[name], value) for name, value in right.items()]
    elif isinstance(right, tuple):
        if not isinstance(answer, list | tuple) or len(answer) != len(right):
            return Judgement(False, f"the result is {kind_of(answer)}.", f"Return {len(right)}: {', '.join(names)}.")
        parts = list(zip(names or [f"part {k + 1}" for k in range(len(right))], answer, right, strict=True))
    else:
        parts = [("the result", answer, right)]
    for name, given, wanted in parts:
        if (judgement := _difference(name, given, np.asarray(wanted), shape_hint, tolerance)) is not None:
            return judgement
    return None


def _difference(name: str, given: Any, wanted: np.ndarray, shape_hint: str, tolerance: float) -> Judgement | None:
    array = plain.numbers(given)
    if array is None:
        return Judgement(False, f"{name} is {kind_of(given)}, not numbers.", shape_hint)
    if array.shape != wanted.shape:
        sizes = f"{name} has shape {array.shape}, not {wanted.shape}."
        return Judgement(False, sizes, shape_hint, f"shape {array.shape}", f"shape {wanted.shape}")
    array = array.astype(complex if array.dtype.kind == "c" else float)
    if not np.isfinite(array).all():
        return Judgement(False, f"{name} holds NaN or infinity.", "Look for a division by 0, or for what grows.")
    with np.errstate(all="ignore"):
        error = np.abs(array - wanted)
    if error.size == 0 or error.max() <= tolerance * max(1.0, np.abs(wanted).max()):
        return None
    where = np.unravel_index(error.argmax(), error.shape)
    place = f"[{', '.join(map(str, where))}]" if where else ""
    seen, expected = (f"{name}{place} = {values[where]:.6g}" for values in (array, wanted))
    return Judgement(False, f"{name} is off by up to {error.max():.2g}.", "Compare with the equation.", seen, expected)


def kind_of(value: Any) -> str:
    """What a value is, in words of a student."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    words = {"int": "a number", "float": "a number", "str": "a word", "bool": "a truth value", "NoneType": "nothing"}
    return words.get(type(value).__name__, f"a {type(value).__name__}")


def judged(exercise: Exercise, answer: Callable[[str, str, Inputs], dict[str, Any]], seed: Sequence[int]) -> Judgement:
    """Judge an exercise.

    Args:
        exercise: The exercise.
        answer: From probe, name and inputs to ``{"value": ...}``, or to ``{"error": ...}`` with message and where.
        seed: Seed of the inputs.
    """

    def ask(**inputs: Any) -> Any:
        said = answer(exercise.probe, exercise.answer, inputs)
        if "error" in said:
            raise Unanswered(_no_answer(exercise, said))
        return said["value"]

    try:
        found = exercise.judge(ask, np.random.default_rng(seed))
    except Unanswered as error:
        found = error.judgement
    except MemoryError:
        found = Judgement(False, "the answer cannot be judged: it is too large.", "Look at its type and shape.")
    except Exception as error:  # an answer may be anything, and none may stop the grader
        kind = type(error).__name__
        found = Judgement(False, f"the answer cannot be judged ({kind}).", "Look at its type and shape.")
    texts = {name: printable(getattr(found, name), LONGEST) for name in ("reason", "hint", "seen", "expected")}
    return replace(found, **texts)


NOT_WRITTEN = "not implemented yet."


def _no_answer(exercise: Exercise, said: Mapping[str, str]) -> Judgement:
    """The judgement of an exercise that raised, is missing, or whose answer is no data."""
    kind, message, where = (said.get(name, "") for name in ("error", "message", "where"))
    if kind == "NotImplementedError":
        return Judgement(False, NOT_WRITTEN, f"Write {exercise.answer} in place of raise NotImplementedError.")
    if kind == "OtherArguments":
        hint = "Leave the line with def as it was: the grader calls it with these names."
        return Judgement(False, f"{exercise.answer} cannot be called: {message}.", hint)
    if kind == "missing":
        hint = "Its cell is missing, or failed before the definition. Do not rename it."
        return Judgement(False, f"there is no {exercise.answer}.", hint)
    if kind == "not plain":
        return Judgement(False, f"the answer cannot be read: {message}.", "Return arrays and numbers.")
    if kind == "gone":
        return Judgement(False, f"no answer came: {message}.", "Run it on your own first; a small input will do.")
    place = f"It was raised in {where}." if where else "Run the cell of the check on your own to see where."
    return Judgement(False, f"{exercise.answer} raised {kind}: {message}".rstrip(" .:") + ".", place)
