"""Taking in what a class handed in: folders, notebooks and zips, as they are or as Moodle and Canvas name them."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

NOTEBOOK, ZIP = ".ipynb", ".zip"
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz")
_TAKEN = (NOTEBOOK, ZIP, *OTHER_ARCHIVES)
MOODLE = re.compile(r"(?P<name>.+?)_(?:(?P<id>\d+)_)?assignsubmission_(?:file|onlinetext)(?:_.*)?", re.S)
"""Folders, or files where Moodle was asked for none: ``Anna Smith_1234567_assignsubmission_file_``."""
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_\d+_.+\.\w+", re.S)
"""Files: ``smithanna_12345_67890_work.ipynb``, or ``smithanna_LATE_12345_67890_work.ipynb``."""


def find_submissions(folder: Path) -> dict[str, list[Path]]:
    """What each student handed in: notebooks, and archives that hold none or cannot be opened.

    A folder, a notebook or a zip is called as the student, or as Moodle or Canvas name a download. A notebook within a
    zip has the path of the zip, and then its own. Hidden files and what macOS adds to zips are left out.

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
    found: dict[tuple[str, str], list[Path]] = {}
    for name, paths in entries:
        found.setdefault(student_of(name), []).extend(paths)
    if not found:
        raise ValueError(f"{folder} holds no submissions: a folder, a notebook (.ipynb) or a zip for each student.")
    names = [name for name, _ in found]
    return {
        name if names.count(name) == 1 else f"{name} ({number or 'no number'})": paths
        for (name, number), paths in sorted(found.items())
    }


def student_of(name: str) -> tuple[str, str]:
    """The student that a folder or a file is of, and the student's number in Moodle or Canvas, empty if it has none."""
    for pattern in (MOODLE, CANVAS):
        if (match := pattern.fullmatch(name)) is not None:
            return _spelled(match["name"]), match["id"] or ""
    stem = next((name[: -len(ending)] for ending in _TAKEN if name.lower().endswith(ending)), name)
    return _spelled(stem), ""


def notebooks_in(archive: Path) -> list[Path]:
    """The notebooks in a zip, or the zip itself if it holds none or cannot be read."""
    try:
        with zipfile.ZipFile(archive) as opened:
            inside = [archive / member for member in opened.namelist() if _wanted(PurePosixPath(member).parts)]
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        inside = []
    return sorted(path for path in inside if path.name.lower().endswith(_TAKEN)) or [archive]


def _in_folder(folder: Path) -> Iterable[tuple[str, list[Path]]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not _wanted((entry.name,)):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield entry.name, _below(Path(entry.path))
        elif entry.name.lower().endswith(_TAKEN):
            yield entry.name, _opened(Path(entry.path))


def _in_zip_of_a_class(archive: Path) -> Iterable[tuple[str, list[Path]]]:
    """What is in a zip, by its first folder, or the second where all is in one."""
    paths = [path for path in notebooks_in(archive) if path != archive]
    parts = {path: path.relative_to(archive).parts for path in paths}
    depth = 1 if len({part[0] for part in parts.values()}) == 1 and all(len(part) > 2 for part in parts.values()) else 0
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(parts[path][depth], []).append(path)
    return found.items()


def _below(folder: Path) -> list[Path]:
    """All that is taken in below a folder; links are not followed."""
    below = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if _wanted((name,))]
        wanted = [Path(parent) / name for name in files if _wanted((name,)) and name.lower().endswith(_TAKEN)]
        below += [path for file in wanted for path in _opened(file)]
    return sorted(below)


def _opened(file: Path) -> list[Path]:
    plain = file.is_file() and not file.is_symlink()
    return notebooks_in(file) if plain and file.name.lower().endswith(ZIP) else [file]


def _wanted(parts: Iterable[str]) -> bool:
    return not any(part.startswith(".") or part in ("__MACOSX", "/") for part in parts)


def _spelled(name: str) -> str:
    """The name of a student, fit for a table and a web page: one line of printable characters."""
    return "".join(c if c.isprintable() else "?" for c in os.fsencode(name).decode(errors="replace")).strip() or "?"
