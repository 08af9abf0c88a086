"""Taking in what a class handed in: folders, notebooks and zips, as they are or as Moodle and Canvas name them."""

from __future__ import annotations

import itertools
import os
import re
import stat
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from .names import alike
from .printable import printable

NOTEBOOK, ZIP = ".ipynb", ".zip"
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz")
LARGEST_ZIP = 64 * 2**20
"""Bytes of a student's zip, at most: its table of contents is read into memory."""
NAMED = 5
"""Files or students named in a note, at most."""
_TAKEN = (NOTEBOOK, ZIP, *OTHER_ARCHIVES)
_BY_PROGRAMS = frozenset({"__MACOSX", ".DS_Store", ".ipynb_checkpoints", ".git"})
"""What programs leave in folders, besides files whose names begin with ``._``: no submission, and not mentioned."""
_LEFT_OUT = "{} was left out: its name, or that of a folder it is in, begins with a dot."
MOODLE = re.compile(r"(?P<name>.+?)_(?:(?P<id>\d+)_)?assignsubmission_(?:file|onlinetext)(?:_.*)?", re.S)
"""Folders, or files where Moodle was asked for none: ``Anna Smith_1234567_assignsubmission_file_``."""
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_\d+_.+\.\w+", re.S)
"""Files: ``smithanna_12345_67890_work.ipynb``, or ``smithanna_LATE_12345_67890_work.ipynb``."""


@dataclass(frozen=True)
class HandedIn:
    """What a student handed in.

    Attributes:
        files: Notebooks, and archives that hold none or cannot be opened. A notebook in a zip has the path of the
            zip, and then its own.
        notes: What was left out, and why; and whether another submission may be the same student's.
    """

    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


class Student(NamedTuple):
    """Whose a folder or a file is.

    Attributes:
        name: The name, as a line of printable characters.
        number: The number in Moodle or Canvas; empty if there is none.
        entry: The name of the folder or the file; empty where Moodle or Canvas gave it, which may give a student
            several.
    """

    name: str
    number: str
    entry: str


def find_submissions(folder: Path) -> dict[str, HandedIn]:
    """What each student handed in.

    A folder, a notebook or a zip is called as the student, or as Moodle or Canvas name a download. Links are not
    followed, and what begins with a dot is left out; a note says so. What programs leave in folders is not mentioned.

    Args:
        folder: Holds a folder, a notebook or a zip for each student; or a zip of such a folder.

    Raises:
        ValueError: If there are none.
    """
    if folder.is_dir():
        entries = _in_folder(folder)
    elif zipfile.is_zipfile(folder):
        entries = _in_zip_of_a_class(folder)
    else:
        raise ValueError(
            f"{folder} is no folder; name the one that holds a folder or a notebook for each student, or a zip of it."
        )
    found: dict[Student, list[HandedIn]] = {}
    for name, handed_in in entries:
        found.setdefault(student_of(name), []).append(handed_in)
    if not found:
        raise ValueError(f"{folder} holds no submissions: a folder, a notebook (.ipynb) or a zip for each student.")
    called = _called(found)
    notes = _notes_on_names(called)
    return {
        called[student]: HandedIn(
            tuple(path for some in found[student] for path in some.files),
            (*(note for some in found[student] for note in some.notes), *notes.get(student, ())),
        )
        for student in called
    }


def student_of(name: str) -> Student:
    """The student that a folder or a file is of.

    Args:
        name: Its name. Two that neither Moodle nor Canvas gave are two students, however little they differ: who
            names a folder cannot add to what somebody else handed in.
    """
    for pattern in (MOODLE, CANVAS):
        if (match := pattern.fullmatch(name)) is not None:
            return Student(_spelled(match["name"]), match["id"] or "", "")
    stem = next((name[: -len(ending)] for ending in _TAKEN if name.lower().endswith(ending)), name)
    return Student(_spelled(stem), "", name)


def listed(names: Sequence[str], but: str | None = None) -> str:
    """Names for a note: the first few of them, and how many more there are.

    Args:
        names: All of them, each once.
        but: The one that is not mentioned; None to leave out none.
    """
    shown = [name for name in names[: NAMED + 1] if name != but][:NAMED]
    more = len(names) - (but is not None) - len(shown)
    return ", ".join(printable(name, 100) for name in shown) + (f" and {more:,} more" if more else "")


def _in_folder(folder: Path) -> Iterator[tuple[str, HandedIn]]:
    for entry in _entries(folder):
        found = _below([entry], folder)
        is_folder = entry.is_dir(follow_symlinks=False)
        if found.files or found.notes or (is_folder and not entry.name.startswith(".")):
            yield entry.name, found


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        some = [entry for entry in entries if not _by_a_program(entry.name)]
    return sorted(some, key=lambda entry: entry.name)


def _below(entries: list[os.DirEntry[str]], top: Path) -> HandedIn:
    """All that is taken in among these entries, and below those that are folders.

    A list of what is left to do, no recursion: folders may be nested as deep as somebody likes.
    """
    files: list[Path] = []
    notes: list[str] = []
    left = [(entry, False) for entry in reversed(entries)]
    while left:
        entry, hidden = left.pop()
        hidden |= entry.name.startswith(".")
        taken = entry.name.lower().endswith(_TAKEN)
        try:
            if entry.is_symlink():
                if taken or (entry.is_dir() and not hidden):
                    notes.append(f"{_shown(entry, top)} is a link; links are not followed.")
            elif entry.is_dir(follow_symlinks=False):
                left += [(inner, hidden) for inner in reversed(_entries(entry.path))]
            elif taken and hidden:
                notes.append(_LEFT_OUT.format(_shown(entry, top)))
            elif taken:
                inside = _opened(Path(entry.path))
                files += inside.files
                notes += inside.notes
        except OSError as error:
            notes.append(f"{_shown(entry, top)} cannot be read: {error.strerror}.")
    return HandedIn(tuple(sorted(files)), tuple(notes))


def _shown(entry: os.DirEntry[str], top: Path) -> str:
    return printable(str(Path(entry.path).relative_to(top)))


def _opened(file: Path) -> HandedIn:
    """A file, or what is in it if it is a zip of reasonable size."""
    about = file.lstat()
    if file.name.lower().endswith(ZIP) and stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST_ZIP:
        members = list(_members(file))
        files = tuple(file / member for member, left_out in members if not left_out)
        return HandedIn(files or (file,), tuple(left_out for _, left_out in members if left_out))
    return HandedIn((file,))


def _members(archive: Path) -> Iterator[tuple[PurePosixPath, str]]:
    """Notebooks and archives in a zip, each with a note where it is left out; none if the zip cannot be read."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = sorted({name for name in opened.namelist() if name.lower().endswith(_TAKEN)})
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return
    for name in names:
        path = PurePosixPath(name)
        shown = printable(f"{archive.name}/{name}")
        if {"/", ".."} & set(path.parts):
            yield path, f"{shown} was left out: it leads out of the zip."
        elif not any(map(_by_a_program, path.parts)):
            yield path, _LEFT_OUT.format(shown) if any(part.startswith(".") for part in path.parts) else ""


def _in_zip_of_a_class(archive: Path) -> Iterator[tuple[str, HandedIn]]:
    """What is in a zip, by its first folder, or the second where all is in one."""
    members = list(_members(archive))
    in_one = len({path.parts[0] for path, _ in members}) == 1 and all(len(path.parts) > 2 for path, _ in members)
    for path, left_out in members:
        yield path.parts[in_one], HandedIn(() if left_out else (archive / path,), (left_out,) if left_out else ())


def _by_a_program(name: str) -> bool:
    return name in _BY_PROGRAMS or name.startswith("._")


def _spelled(name: str) -> str:
    """The name of a student, fit for a table and a web page."""
    return printable(name, 100).strip() or "?"


def _called(students: Iterable[Student]) -> dict[Student, str]:
    """What each student is called in the table, in order: no two by the same name."""
    students = sorted(students)
    count = Counter(student.name for student in students)
    called: dict[Student, str] = {}
    taken: set[str] = set()
    numbers = defaultdict(partial(itertools.count, 2))
    for student in students:
        name = student.name
        if count[name] > 1 and student.entry:
            name = name if student.entry == name else printable(repr(student.entry), 120)
        elif count[name] > 1:
            name = f"{name} ({student.number or 'no number'})"
        unique = name
        while unique in taken:
            unique = f"{name} ({next(numbers[name])})"
        taken.add(unique)
        called[student] = unique
    return called


def _notes_on_names(called: dict[Student, str]) -> dict[Student, list[str]]:
    """A note for each student whose name is another's except for its spelling, unless a platform tells them apart."""
    groups: dict[str, list[Student]] = {}
    for student in called:
        groups.setdefault(alike(student.name), []).append(student)
    notes = {}
    for some in groups.values():
        if len(some) > 1 and any(student.entry for student in some):
            names = [called[student] for student in some]
            notes |= {one: [f"may be the same student as {listed(names, called[one])}."] for one in some}
    return notes
