"""Marking one submission: its cells run in the sandbox, its answers are judged here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from .exercises import Work
from .follow_through import Mark, follow_through
from .inside import plain
from .judging import Exercise, Inputs, Judgement, judged
from .protections import Ended, Limits, OutOfTime, Protections
from .references import reference_cell
from .sandbox import Submission

MOST_REMARKS = 20
"""Cells whose errors are reported, at most."""


@dataclass(frozen=True)
class Marking:
    """A submission that was run.

    Attributes:
        marks: One for each exercise; none if it could not be judged.
        remarks: What happened in its cells, a line each.
        protections: What was in force.
        notes: What the instructor should know, a line each; why it could not be judged.
        late: Whether it ran out of time by the clock: others may have had the CPU time.
    """

    marks: tuple[Mark, ...]
    remarks: tuple[str, ...]
    protections: Protections
    notes: tuple[str, ...] = ()
    late: bool = False


def not_graded(reason: str) -> Marking:
    """A submission that could not be judged, and why."""
    return Marking((), (), Protections(), (f"not graded: {reason}.",))


def marked_from(values: Mapping[str, Any]) -> Marking:
    """A result out of what :func:`dataclasses.asdict` made of it, by way of JSON.

    Raises:
        ValueError, TypeError, KeyError: If it is none.
    """
    marks = tuple(
        Mark(m["exercise"], m["points"], Judgement(**m["judgement"]), tuple(m["replaced"])) for m in values["marks"]
    )
    remarks, notes = tuple(values["remarks"]), tuple(values["notes"])
    return Marking(marks, remarks, Protections(**values["protections"]), notes, values["late"])


class Starts(Protocol):
    """Where submissions start: a nursery, or the grader who lends one."""

    @property
    def limits(self) -> Limits:
        """What each submission may take."""
        ...

    def submission(self, seed: int) -> Submission:
        """Start a submission; its global generators are seeded."""
        ...


class Attempt:
    """The run of a submission, started again, without the cell to blame, when it came to a bad end.

    Use it as a context manager.

    Args:
        nursery: Where submissions start.
        cells: Number and source of each.
        seed: Seed of global generators.

    Attributes:
        late: Whether it ran out of time by the clock.
    """

    def __init__(self, nursery: Starts, cells: Sequence[tuple[int, str]], seed: int):
        self.nursery, self.cells, self.seed = nursery, list(cells), seed
        self.own = frozenset(number for number, _ in cells)
        self.skipped: dict[int, str] = {}
        self.failed: dict[int, dict[str, str]] = {}
        self.protections = Protections()
        self.late = False
        self._running: Submission | None = None
        self._over = time.monotonic() + nursery.limits.patience * nursery.limits.total_s

    def __enter__(self) -> Attempt:
        """Run the cells."""
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self._end()

    def answer(self, probe: str, name: str, inputs: Inputs) -> dict[str, Any]:
        """The answer of the submission; an end of it is an answer too, and costs only this one."""
        if not self._begin():
            return {"error": "gone", "message": "the time for the whole submission was used up"}
        assert self._running is not None
        try:
            return self._running.ask(probe, name, inputs)
        except plain.NotPlain:
            return {"error": "gone", "message": "what it would be asked is too large"}
        except Ended as end:
            self._end(end)
            return {"error": "gone", "message": str(end)}

    def define(self, source: str) -> None:
        """Add a cell of ours, which runs after those of the submission; no remark is made of it."""
        cell = (-1 - len(self.cells), source)
        self.cells.append(cell)
        if self._running is not None:
            try:
                self._running.run([cell], lambda number: None)
            except Ended as end:
                self._end(end)

    def _begin(self) -> bool:
        """Have the cells run, but those that ended it before; False when time is up.

        Raises:
            NotPlain: If they are too large to be sent.
        """
        while self._running is None:
            if time.monotonic() > self._over:
                self.late |= self._over > 0
                return False
            current = [0]
            cells = [cell for cell in self.cells if cell[0] not in self.skipped]
            self._running = self.nursery.submission(self.seed)
            self.protections = self._running.protections
            try:
                self.failed = self._running.run(cells, lambda number, current=current: current.__setitem__(0, number))
                full = next((number for number, said in self.failed.items() if said["error"] == "MemoryError"), None)
                if full is not None:  # what it holds would be missing to all that follow
                    self._end()
                    self.skipped[full] = "it took too much memory"
            except plain.NotPlain:
                self._end()
                raise
            except Ended as end:
                self._end(end)
                if current[0] not in dict(cells):
                    self._over = 0
                self.skipped[current[0]] = str(end)
        return True

    def _end(self, why: Ended | None = None) -> None:
        self.late |= isinstance(why, OutOfTime)
        if self._running is not None:
            self._running.close()
            self._running = None

    def remarks(self) -> tuple[str, ...]:
        """What happened in the cells, a line each, in their order."""
        lines = {n: f"cell {n} was left out: {reason}." for n, reason in self.skipped.items() if n in self.own}
        for number, said in self.failed.items():
            if number in self.own and said["error"] != "NotImplementedError":
                lines[number] = f"cell {number} raised {said['error']}: {said['message']}".rstrip(" .:") + "."
        remarks = [" ".join(lines[number].split()) for number in sorted(lines)]
        more = len(remarks) - MOST_REMARKS
        return (*remarks[:MOST_REMARKS], *([f"{more} more cells failed or were left out."] if more > 0 else []))


def mark(
    nursery: Starts,
    work: Work,
    cells: Sequence[tuple[int, str]],
    digest: str,
    seed: int,
    reference: Callable[[Exercise], str] = reference_cell,
) -> Marking:
    """Run a submission and judge it on fresh inputs.

    An exercise that fails, and builds on a wrong answer, is judged again with the reference in that answer's place.
    The inputs follow from the file itself, so that nobody can hand in answers to them: to write one into the file
    changes them. And they are the same whenever this file is graded with this seed.

    Args:
        nursery: Where it runs.
        work: The exercises.
        cells: Number and source of each code cell.
        digest: Hash of the file.
        seed: Seed of the grader.
        reference: From an exercise to the cell that puts the reference in its place.

    Raises:
        SandboxError: If it cannot be run; it is not to blame.
    """
    attempt = Attempt(nursery, cells, _number(digest, "cells", seed))

    def judge(exercise: Exercise) -> Judgement:
        return judged(exercise, attempt.answer, [_number(digest, exercise.name, seed)])

    def replace(exercise: Exercise) -> None:
        attempt.define(reference(exercise))

    try:
        with attempt:
            marks = tuple(follow_through(work.exercises, judge, replace))
            return Marking(marks, attempt.remarks(), attempt.protections, (), attempt.late)
    except plain.NotPlain:
        return not_graded("its cells are too large")


def _number(digest: str, what: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{digest} {what} {seed}".encode()).digest()[:8], "big")
