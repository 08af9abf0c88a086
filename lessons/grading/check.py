"""The check that a student runs in a cell; it asks and judges as the grader does, on other inputs."""

from __future__ import annotations

import secrets
import sys
from functools import partial
from typing import Any

from ...envs.numbers import whole_number
from ...envs.registry import TASKS
from .exercises import MODULES, exercise, work
from .follow_through import Mark, follow_through, needed_by
from .inside import answers, plain
from .judging import Exercise, Inputs, Judgement, judged
from .references import reference_cell

PUBLIC, FRESH = 1, 2
"""Go before the seeds of the inputs of the student's check, and of nbgrader's hidden tests."""


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
    which = exercise(name)
    return _checked(which, {which.answer: answer}, [PUBLIC, whole_number("seed", seed, 0)])


def demand(name: str, answer: Any) -> None:
    """Check an exercise on inputs that nobody can know, for graders that run the notebook and count what raises.

    As in the grader's marks, one that fails and builds on a wrong answer is judged with the reference in its place.

    Args:
        name: Name of the exercise.
        answer: What was written.

    Raises:
        AssertionError: If it is wrong; it gives the reason.
    """
    mark = marked_in(_namespace(answer), exercise(name), answer)
    if not mark.judgement.passed:
        raise AssertionError(" ".join(filter(None, [str(mark.judgement), mark.note])))


def marked_in(space: dict[str, Any], which: Exercise, answer: Any) -> Mark:
    """The mark of an answer, on inputs drawn for it alone; the namespace is as it was afterwards.

    Args:
        space: Namespace of the answer, where it finds those that it builds on.
        which: The exercise.
        answer: What was written.
    """
    own = space.get(which.answer) is answer
    known = {one.name: one for number in MODULES for one in work(number).exercises}
    needed = needed_by(which, known)
    exercises = [one for one in known.values() if one.name in needed or one is which]
    seed = [FRESH, secrets.randbits(64)]
    names = {"_reference", *(one.answer for one in exercises)}
    before, tasks = {name: space[name] for name in names if name in space}, dict(TASKS)

    def judge(one: Exercise) -> Judgement:
        return _checked(one, space if own or one is not which else {which.answer: answer}, seed)

    def replace(one: Exercise) -> None:
        exec(reference_cell(one), space)

    if (first := judge(which)).passed:
        return Mark(which.name, which.points, first)
    try:
        return follow_through(exercises, judge, replace)[-1]
    finally:
        for name in names:
            space.pop(name, None)
        space.update(before)
        TASKS.update(tasks)


def _namespace(answer: Any) -> dict[str, Any]:
    """Where an answer was defined; an empty one if that cannot be known."""
    if isinstance(answer, type):
        return getattr(sys.modules.get(answer.__module__), "__dict__", {})
    return getattr(answer, "__globals__", {})


def _checked(which: Exercise, space: dict[str, Any], seed: list[int]) -> Judgement:
    return judged(which, partial(_asked, space), seed)


def _asked(space: dict[str, Any], probe: str, name: str, inputs: Inputs) -> dict[str, Any]:
    """What the grader would receive, in this process."""
    said = answers.answer(space, probe, name, inputs)
    return {"value": plain.unpack(said["value"])} if "value" in said else said
