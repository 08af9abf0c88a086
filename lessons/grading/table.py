"""The table of a class: a line for each student."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from .assignment import Assignment
from .follow_through import Mark
from .printable import printable
from .protections import Protections

GRADED, NOT_GRADED = "graded", "not graded"
_LONGEST = 10_000
"""Characters of a cell; spreadsheets take 32,767."""


@dataclass(frozen=True)
class Line:
    """What came of the submission of a student.

    Attributes:
        student: The name, as that of the folder or the file.
        file: What was graded, relative to the folder of submissions; empty if nothing was.
        marks: A mark for each exercise; empty if it could not be graded.
        notes: What the instructor should know, a line each; the reason where nothing was graded.
        remarks: What happened in the cells.
        protections: What was in force while it ran; None if it did not run.
    """

    student: str
    file: str
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    protections: Protections | None = None

    @property
    def points(self) -> int:
        """Points earned."""
        return sum(mark.earned for mark in self.marks)


def table_as_csv(which: Assignment, lines: Sequence[Line]) -> bytes:
    """The table: student, points, a column for each exercise, status, notes and file; words are in quotes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    names = [exercise.name for exercise in which.work.exercises]
    writer.writerow(["student", "assignment", "points", "out_of", *names, "status", "notes", "file"])
    for line in lines:
        earned = [mark.earned for mark in line.marks] if line.marks else [""] * len(names)
        points = line.points if line.marks else ""
        status = GRADED if line.marks else NOT_GRADED
        words = [line.student, status, " ".join(line.notes), line.file]
        student, status, notes, file = map(harmless, words)
        writer.writerow([student, which.stem, points, which.points, *earned, status, notes, file])
    return text.getvalue().encode("utf-8", errors="replace")


def harmless(word: str) -> str:
    """A word that no spreadsheet takes for a formula, nor a part of it where semicolons separate cells."""
    return ";".join(f"'{part}" if _begins_a_formula(part) else part for part in printable(word, _LONGEST).split(";"))


def _begins_a_formula(part: str) -> bool:
    """Whether the first character counts, full-width and small forms too; what precedes it unseen does not."""
    first = unicodedata.normalize("NFKC", part.lstrip(' "\u200c\u200d')[:1])
    return first[:1] in ("=", "+", "-", "@")
