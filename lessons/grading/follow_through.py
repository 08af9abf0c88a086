"""Follow-through marks: a wrong answer costs its own points, not those of what builds on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .judging import NOT_WRITTEN, Exercise, Judgement


@dataclass(frozen=True)
class Mark:
    """An exercise of a submission.

    Attributes:
        exercise: Its name.
        points: What it is worth.
        judgement: How it was judged.
        replaced: Earlier exercises whose answers are wrong, so that this one was judged with the reference in their
            place.
    """

    exercise: str
    points: int
    judgement: Judgement
    replaced: tuple[str, ...] = ()

    @property
    def earned(self) -> int:
        """Points earned."""
        return self.points if self.judgement.passed else 0

    @property
    def note(self) -> str:
        """What was replaced, as a sentence; empty if nothing was."""
        if not self.replaced:
            return ""
        names = [name.split("/")[1] for name in self.replaced]
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        one = len(names) == 1
        return f"{listed} {'is' if one else 'are'} not right yet: this was marked with the reference in " + (
            "its place." if one else "their place."
        )


def follow_through(
    exercises: Sequence[Exercise], judge: Callable[[Exercise], Judgement], replace: Callable[[Exercise], None]
) -> list[Mark]:
    """Judge exercises in order; one that fails and builds on a wrong answer is judged again, with the reference there.

    Unless nothing of the student would be left in it.

    Args:
        exercises: In order: each after those that it builds on.
        judge: Judges an answer; on the same inputs when it is called again.
        replace: Puts the reference in the place of an answer.
    """
    found = {exercise.name: judge(exercise) for exercise in exercises}
    known = {exercise.name: exercise for exercise in exercises}
    replaced: dict[str, tuple[str, ...]] = {}
    done: set[str] = set()
    for exercise in exercises:
        needed = needed_by(exercise, known)
        wrong = tuple(name for name in known if name in needed and not found[name].passed)
        of_the_student = exercise.with_code or len(wrong) < len(needed)
        if found[exercise.name].passed or not wrong or not of_the_student:
            continue
        for name in wrong:
            if name not in done:
                replace(known[name])
                done.add(name)
        found[exercise.name] = judge(exercise)
        if found[exercise.name].reason != NOT_WRITTEN:
            replaced[exercise.name] = wrong
    return [
        Mark(exercise.name, exercise.points, found[exercise.name], replaced.get(exercise.name, ()))
        for exercise in exercises
    ]


def needed_by(exercise: Exercise, exercises: Mapping[str, Exercise]) -> set[str]:
    """Names of all exercises that an answer builds on, directly or by way of others.

    Args:
        exercise: The exercise.
        exercises: All exercises, by name.
    """
    return {more for name in exercise.builds_on for more in (name, *needed_by(exercises[name], exercises))}
