"""Checks of exercises: they run what a reader wrote, and say what is right, or what is wrong and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import Any

import numpy as np

from .terms import UNEXPLAINED, described

Answer = Callable[..., np.ndarray]
"""A function that a reader wrote."""


@dataclass(frozen=True)
class CheckResult:
    """Outcome of a check.

    Attributes:
        passed: Whether the answer is right.
        reason: What was found.
        hint: What to look at next; empty when nothing is left to do.
    """

    passed: bool
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        """The verdict as one line of text."""
        return f"{'Right' if self.passed else 'Not yet'}: {self.reason}{' ' + self.hint if self.hint else ''}"

    def _repr_html_(self) -> str:
        colour = "#009E73" if self.passed else "#D55E00"
        hint = f"<br><em>{escape(self.hint)}</em>" if self.hint else ""
        return (
            f'<div role="status" style="border-left:4px solid {colour};padding:.4em .8em">'
            f"<strong>{'Right' if self.passed else 'Not yet'}.</strong> {escape(self.reason)}{hint}</div>"
        )


def check_answer(
    run: Callable[[list[np.ndarray]], Any],
    arguments: Sequence[np.ndarray],
    right: np.ndarray,
    slips: Mapping[str, tuple[np.ndarray, str]],
    praise: str,
    hints: Mapping[str, str],
    explain: Callable[[], tuple[str, str] | None] = lambda: None,
) -> CheckResult:
    """Compare what a reader's function returns with the right answer, and with known slips, each with its hint.

    Args:
        run: Calls the function with copies of the arguments.
        arguments: The arrays among its arguments.
        right: What it should return.
        slips: What known mistakes return, each with its hint, by the reason.
        praise: What to say of a right answer.
        hints: What helps where nothing is written ("stub"), it raises ("error"), it returns another shape ("shape"), or
            it changes an argument ("change").
        explain: Reason and hint for a wrong answer that none of these mistakes makes.
    """
    given = [array.copy() for array in arguments]
    try:
        answer = run(given)
    except NotImplementedError:
        return CheckResult(False, "nothing is written yet.", hints["stub"])
    except TypeError as error:
        if error.__traceback__ is not None and _before_its_first_line(error.__traceback__):
            reason = str(error).rstrip(".")
            return CheckResult(
                False, f"your function cannot be called: {reason}.", "Leave the line with def as it was."
            )
        return CheckResult(False, f"your function raised TypeError: {error}.", hints["error"])
    except Exception as error:  # a reader's code may raise anything, and the reader is to know
        return CheckResult(False, f"your function raised {type(error).__name__}: {error}.", hints["error"])
    if answer is None:
        return CheckResult(False, "your function returns nothing.", "Did you forget return?")
    if not all(np.array_equal(now, before) for now, before in zip(given, arguments, strict=True)):
        return CheckResult(False, "your function changes its arguments.", hints["change"])
    answer = as_numbers(answer)
    if isinstance(answer, str):
        return CheckResult(False, f"the result is {answer}, not an array of numbers.", hints["shape"])
    if answer.shape != right.shape:
        return CheckResult(False, f"the result has shape {answer.shape}, not {right.shape}.", hints["shape"])
    if not np.isfinite(answer).all():
        return CheckResult(False, "the result holds NaN or infinity.", "Look for a division by 0, or for what grows.")
    if np.allclose(answer, right, rtol=1e-8, atol=1e-10):
        return CheckResult(True, praise)
    for reason, (wrong, hint) in slips.items():
        if np.allclose(answer, wrong, rtol=1e-8, atol=1e-10):
            return CheckResult(False, reason, hint)
    if (found := explain()) is not None:
        return CheckResult(False, *found)
    return CheckResult(False, f"the result is {differs(answer, right)}.", "Compare with the equation term by term.")


def differs(answer: np.ndarray, right: np.ndarray) -> str:
    """How a result differs from the right one, as a phrase."""
    phrase = described(answer, right, "1", {})
    return f"off by up to {np.abs(answer - right).max():.2g}" if phrase == UNEXPLAINED else phrase


def as_numbers(answer: Any) -> np.ndarray | str:
    """An answer as an array of numbers, tensors of PyTorch included; what it is instead, where it is none."""
    if callable(getattr(answer, "detach", None)):
        answer = answer.detach().cpu().numpy()
    try:
        array = np.asarray(answer)
    except (TypeError, ValueError, RuntimeError):
        return f"a {type(answer).__name__} of parts with different shapes"
    return array if array.dtype.kind in "biufc" else f"a {type(answer).__name__}"


def _before_its_first_line(traceback: TracebackType) -> bool:
    """Whether the call itself failed, as it does where the number of arguments is another."""
    return traceback.tb_next is None or traceback.tb_next.tb_next is None
