"""Recognising what was handed in: of which assignment it is, whose, and what is odd about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .assignment import Assignment, assignment
from .exercises import MODULES, work
from .intake import NAMED, HandedIn, find_submissions, listed
from .names import alike
from .printable import printable
from .roster import by_roster, read_roster
from .submissions import LARGEST_CODE, BadSubmission, Notebook, read_notebook
from .table import Line

MOST_FILES = 50
"""Files of one student that are read, at most."""


@dataclass(frozen=True)
class Read:
    """What a student handed in.

    Attributes:
        notebooks: Those that can be read.
        notes: Why others cannot, and what was left out.
    """

    notebooks: tuple[Notebook, ...]
    notes: tuple[str, ...]


def read_class(
    folder: Path, only: int | None = None, roster: Path | None = None
) -> tuple[Assignment, dict[str, tuple[Line, Notebook | None]]]:
    """Read what a class handed in.

    Args:
        folder: Holds a folder, a notebook or a zip for each student; or a zip of such a folder.
        only: Number of the assignment; that of most notebooks if None.
        roster: A list of the class; None for those who handed in something.

    Returns:
        The assignment; for each student the line before it is graded, and what there is to grade.

    Raises:
        ValueError: If there is nothing to grade, no such assignment, or no name on the list.
    """
    handed_in, strangers, missing = find_submissions(folder), {}, []
    if roster is not None:
        handed_in, strangers, missing = by_roster(read_roster(roster), handed_in)
    read = {student: _read(found) for student, found in handed_in.items()}
    which = assignment(only if only is not None else _commonest(read.values()))
    lines = {student: _line(student, found, which, folder, only) for student, found in read.items()}
    _note(lines, {student: [note] for student, note in strangers.items()})
    _note(lines, _copies(lines))
    return which, lines | {student: (Line(student, "", notes=("handed in nothing.",)), None) for student in missing}


def number_of(notebook: Notebook) -> int | None:
    """Number of the assignment, by its stamp, or else by the names of its cells, or else by what they define."""
    number = notebook.stamp.get("assignment")
    if type(number) is int:
        return number
    return _most({number: len(notebook.cell_names & _cell_names(assignment(number))) for number in MODULES}) or (
        _most({number: len(_defined(notebook) & _answers(number)) for number in MODULES})
    )


def notes_on(notebook: Notebook, which: Assignment) -> list[str]:
    """What is odd about a notebook: of another release, or without cells that the release had, or with others."""
    expected, notes = _cell_names(which), []
    if not notebook.stamp and not notebook.cell_names & expected:
        return [f"the notebook has lost its metadata; taken for assignment {which.number}, and graded."]
    if (release := notebook.stamp.get("release")) != which.release:
        what = "without the stamp of a release"
        if isinstance(release, str):
            version = printable(str(notebook.stamp.get("version", "of no known version")), 20)
            what = f"of another release ({printable(release[:12])}, cogdyn {version})"
        notes.append(f"the notebook is {what}; graded by the present one, {which.release}.")
    if missing := sorted(expected - notebook.cell_names):
        notes.append(f"missing cells: {', '.join(missing)}.")
    if no_code := sorted(expected & notebook.no_code):
        notes.append(f"no code cells any more, so they were not run: {', '.join(no_code)}.")
    return notes


def _read(handed_in: HandedIn) -> Read:
    """Read the notebooks of a student, as long as there are not too many, and not too much code is in them."""
    notes = handed_in.notes[:NAMED]
    if more := len(handed_in.notes) - len(notes):
        notes = (*notes, f"and {more:,} more were left out.")
    if (n := len(handed_in.files)) > MOST_FILES:
        return Read((), (f"there are {n:,} notebooks and archives; at most {MOST_FILES} are read: leave one.", *notes))
    found, bad, code = [], [], 0
    for path in handed_in.files:
        try:
            notebook = read_notebook(path)
            code += sum(len(source) for _, source in notebook.cells)
            if code > LARGEST_CODE:
                raise BadSubmission("the code of all notebooks together is too large; leave one")
            found.append(notebook)
        except BadSubmission as error:
            bad.append(f"{error}.")
    if len(bad) > NAMED:
        bad[NAMED:] = [f"and {len(bad) - NAMED:,} more cannot be read."]
    if not found and not bad and not notes:
        bad = ["there is no notebook (.ipynb) in the folder."]
    return Read(tuple(found), (*bad, *notes))


def _line(student: str, read: Read, which: Assignment, folder: Path, only: int | None) -> tuple[Line, Notebook | None]:
    """The line of a student before it is graded, and what there is to grade."""
    empty = Line(student, "", notes=read.notes)
    numbers = {notebook.path: number_of(notebook) for notebook in read.notebooks}
    if not read.notebooks:
        return empty, None
    ours = [notebook for notebook in read.notebooks if numbers[notebook.path] == which.number]
    if not ours and only is not None:
        ours = [notebook for notebook in read.notebooks if numbers[notebook.path] is None]
    if len(ours) > 1:
        names = listed([str(notebook.path.relative_to(folder)) for notebook in ours])
        reason = f"there are {len(ours)} submissions: {names}; leave one."
        return replace(empty, notes=(reason, *read.notes)), None
    if not ours:
        first = read.notebooks[0]
        number = numbers[first.path]
        what = (
            "of no assignment that is known; with --only NUMBER it is taken for that one"
            if number not in MODULES
            else f"of assignment {number}, not {which.number}"
        )
        return replace(empty, notes=(f"{printable(first.path.name, 100)} is {what}.", *read.notes)), None
    notebook = ours[0]
    notes = [*notes_on(notebook, which), *read.notes]
    if (owner := notebook.stamp.get("student")) is not None and alike(str(owner)) != alike(student):
        notes.append(f"the notebook was released for '{printable(str(owner), 80)}', not for '{student}'.")
    file = printable(str(notebook.path.relative_to(folder)))
    return replace(empty, file=file, notes=tuple(notes)), notebook


def _copies(lines: dict[str, tuple[Line, Notebook | None]]) -> dict[str, list[str]]:
    """A note for each student whose file is another's too, byte for byte."""
    same: dict[str, list[str]] = {}
    for student, (_, notebook) in lines.items():
        if notebook is not None:
            same.setdefault(notebook.digest, []).append(student)
    return {
        student: [f"the same file, byte for byte, as that of {listed(some, student)}."]
        for some in same.values()
        if len(some) > 1
        for student in some
    }


def _note(lines: dict[str, tuple[Line, Notebook | None]], notes: dict[str, list[str]]) -> None:
    for student, some in notes.items():
        line, notebook = lines[student]
        lines[student] = replace(line, notes=(*line.notes, *some)), notebook


def _commonest(read: Iterable[Read]) -> int:
    numbers = Counter(
        number
        for found in read
        for number in {number_of(notebook) for notebook in found.notebooks}
        if number is not None and number in MODULES
    )
    if not numbers:
        raise ValueError("no notebook here is of an assignment; name the assignment with --only.")
    return min(numbers, key=lambda number: (-numbers[number], number))


def _cell_names(which: Assignment) -> frozenset[str]:
    """Names of the cells that a release has, which are those that it says must not go; all hold code."""
    return frozenset(re.findall(r"^  grade_id: (\S+)$", which.page.read_text(encoding="utf-8"), re.M))


def _answers(number: int) -> set[str]:
    return {exercise.answer for exercise in work(number).exercises}


def _defined(notebook: Notebook) -> set[str]:
    """Names of the functions and classes that begin a line."""
    return {name for _, source in notebook.cells for name in re.findall(r"^(?:def|class) (\w+)", source, re.M)}


def _most(counts: dict[int, int]) -> int | None:
    """The number with the largest count; None if there is none, or another has as many."""
    best = max(counts, key=lambda number: counts[number])
    return best if counts[best] and list(counts.values()).count(counts[best]) == 1 else None
