"""Notebooks that students handed in, read with suspicion."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .intake import LARGEST_ZIP, OTHER_ARCHIVES, ZIP
from .printable import printable

LARGEST = 20 * 2**20
"""Bytes of a notebook, at most."""
MOST_CELLS = 500
LARGEST_CODE = 2 * 2**20
"""Bytes of all code cells of a notebook, at most: so many fit a message to the sandbox, whatever they are."""
_LONGEST_NAME = 300


class BadSubmission(ValueError):
    """Something that cannot be graded, with the reason in one line."""


@dataclass(frozen=True)
class Notebook:
    """A notebook that was handed in.

    Attributes:
        path: Its file.
        cells: Code cells in order: number among all cells, from 1, and source, as it was handed in.
        stamp: What the release wrote into it: assignment, release, version, student, as far as they are there and are
            numbers or short words.
        cell_names: Names of the cells that the release named.
        no_code: Those of them that are no code cells.
        digest: Hash of the file.
    """

    path: Path
    cells: tuple[tuple[int, str], ...]
    stamp: Mapping[str, Any]
    cell_names: frozenset[str]
    no_code: frozenset[str]
    digest: str


def read_notebook(path: Path) -> Notebook:
    """Read a notebook; nothing in it is executed, and of a zip nothing is written to disk.

    Args:
        path: Its file; of a notebook in a zip the path of the zip, and then its own.

    Raises:
        BadSubmission: If it is none.
    """
    archive = next((parent for parent in path.parents if parent.name.lower().endswith(ZIP) and parent.is_file()), None)
    name = printable(path.name, 100)
    if path.is_symlink():
        raise BadSubmission(f"{name} is a link; links are not followed")
    if path.name.lower().endswith((ZIP, *OTHER_ARCHIVES)):
        raise BadSubmission(_why_not_opened(path, name))
    try:
        content = _in_file(path, name) if archive is None else _in_zip(archive, path.relative_to(archive).as_posix())
    except OSError as error:
        raise BadSubmission(f"{name} cannot be read: {error.strerror}") from None
    try:
        loaded = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadSubmission(f"{name} is no notebook: it is not JSON") from None
    if not isinstance(loaded, dict) or not isinstance(cells := loaded.get("cells"), list):
        old = isinstance(loaded, dict) and "worksheets" in loaded
        raise BadSubmission(f"{name} is {'a notebook of an old format (3)' if old else 'no notebook: it has no cells'}")
    if len(cells) > MOST_CELLS:
        raise BadSubmission(f"{name} has {len(cells):,} cells; at most {MOST_CELLS} are run")
    sources, names, no_code, size = [], set(), set(), 0
    for number, cell in enumerate(cells, 1):
        if _is_short(grade_id := _inside(cell, "metadata", "nbgrader").get("grade_id")):
            names.add(grade_id)
            if cell.get("cell_type") != "code":
                no_code.add(grade_id)
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            lines = source if isinstance(source, list) else [source]
            sources.append((number, "".join(line for line in lines if isinstance(line, str))))
            size += len(sources[-1][1].encode("utf-8", "surrogatepass"))
    if size > LARGEST_CODE:
        raise BadSubmission(
            f"{name}: its code cells are too large, {size / 2**20:.1f} MB; at most {LARGEST_CODE / 2**20:.0f} are run"
        )
    stamp = _inside(loaded, "metadata", "cogdyn")
    return Notebook(
        path,
        tuple(sources),
        {name: stamp[name] for name in ("assignment", "release", "version", "student") if _is_short(stamp.get(name))},
        frozenset(names),
        frozenset(no_code),
        hashlib.sha256(content).hexdigest(),
    )


def _in_file(path: Path, name: str) -> bytes:
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        raise BadSubmission(f"{name} is no plain file")
    _check_size(name, about.st_size)
    return path.read_bytes()


def _in_zip(archive: Path, member: str) -> bytes:
    """A file in a zip, no larger than it may be whatever the zip says of it."""
    name = printable(member, 200)
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as file:
            _check_size(name, opened.getinfo(member).file_size)
            content = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        reason = "it has a password" if "password" in str(error) else "the zip is damaged, or of a kind not known here"
        raise BadSubmission(f"{name} in {printable(archive.name, 100)} cannot be read: {reason}") from None
    _check_size(name, len(content))
    return content


def _check_size(name: str, size: int, most: int = LARGEST, what: str = "read") -> None:
    if size > most:
        raise BadSubmission(f"{name} has {size / 2**20:.0f} MB; at most {most / 2**20:.0f} are {what}")


def _why_not_opened(path: Path, name: str) -> str:
    """Why nothing was taken from an archive."""
    if not path.name.lower().endswith(ZIP):
        return f"{name} is an archive that is not opened: unpack it, or hand in a zip or the notebook itself"
    if not path.is_file():
        return f"{name} is a zip within a zip: unpack it"
    _check_size(name, path.stat().st_size, LARGEST_ZIP, "opened: hand in the notebook itself")
    return f"{name} {'holds no notebook (.ipynb)' if zipfile.is_zipfile(path) else 'is no zip that can be read'}"


def _is_short(value: Any) -> bool:
    """Whether a value of the metadata is a word or a number of ordinary length."""
    return (isinstance(value, str) and len(value) <= _LONGEST_NAME) or (type(value) is int and abs(value) < 2**31)


def _inside(value: Any, *names: str) -> dict[str, Any]:
    """The dictionary under these names; an empty one where anything else stands."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
