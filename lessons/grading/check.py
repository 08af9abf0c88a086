"""The check that a student runs in a cell; it asks and judges as the grader does, on other inputs."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...envs.numbers import whole_number
from .exercises import exercise
from .inside import answers, plain
from .judging import Exercise, Inputs, Judgement, judged

PUBLIC, FRESH = 1, 2
"""Seeds of the inputs of the student's check, and of those of nbgrader's hidden tests."""


def check(name: str, answer: Any, seed: int = 0) -> Judgement:
    """Check an exercise in this process, and say what is right, or what is wrong and why.

    Args:
        name: Name of the exercise, for example ``"bptt/forward"``.
        answer: What was written, a function or a class.
        seed: Of the inputs that it is tried on: a student's own where the release has a name on it. No mark depends
            on it: the grader takes other inputs.

    Raises:
        ValueError: If there is no such exercise.
    """
    return _checked(exercise(name), answer, PUBLIC, seed)


def demand(name: str, answer: Any) -> None:
    """Check an exercise on fresh inputs, for graders that run the notebook and count what raises.

    Args:
        name: Name of the exercise.
        answer: What was written.

    Raises:
        AssertionError: If it is wrong; it tells the reason.
    """
    found = _checked(exercise(name), answer, FRESH, 0)
    if not found.passed:
        raise AssertionError(str(found))


def _checked(which: Exercise, answer: Any, kind: int, seed: int) -> Judgement:
    return judged(which, partial(_asked, answer), [kind, whole_number("seed", seed, 0)])


def _asked(answer: Any, probe: str, name: str, inputs: Inputs) -> dict[str, Any]:
    """What the grader would hear, in this process."""
    said = answers.answer({name: answer}, probe, name, inputs)
    return {"value": plain.unpack(said["value"])} if "value" in said else said
