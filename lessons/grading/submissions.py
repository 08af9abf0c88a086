"""Notebooks that students handed in, read with suspicion."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .intake import OTHER_ARCHIVES, ZIP

LARGEST = 20 * 2**20
"""Bytes of a notebook, at most."""
MOST_CELLS = 500


class BadSubmission(ValueError):
    """Something that cannot be graded, with the reason in one line."""


@dataclass(frozen=True)
class Notebook:
    """A notebook that was handed in.

    Attributes:
        path: Its file.
        cells: Code cells in order: number among all cells, from 1, and source.
        stamp: What the release wrote into it: assignment, release, version, student; empty if there is none.
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
    if path.name.lower().endswith((ZIP, *OTHER_ARCHIVES)):
        raise BadSubmission(_why_not_opened(path))
    try:
        content = _in_file(path) if archive is None else _in_zip(archive, path.relative_to(archive).as_posix())
    except OSError as error:
        raise BadSubmission(f"{path.name} cannot be read: {error.strerror}") from None
    try:
        loaded = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadSubmission(f"{path.name} is no notebook: it is not JSON") from None
    if not isinstance(loaded, dict) or not isinstance(cells := loaded.get("cells"), list):
        old = isinstance(loaded, dict) and "worksheets" in loaded
        raise BadSubmission(
            f"{path.name} is {'a notebook of an old format (3)' if old else 'no notebook: it has no cells'}"
        )
    if len(cells) > MOST_CELLS:
        raise BadSubmission(f"{path.name} has {len(cells)} cells; at most {MOST_CELLS} are run")
    stamp = _inside(loaded, "metadata", "cogdyn")
    sources, names, no_code = [], set(), set()
    for number, cell in enumerate(cells, 1):
        if isinstance(name := _inside(cell, "metadata", "nbgrader").get("grade_id"), str):
            names.add(name)
            if cell.get("cell_type") != "code":
                no_code.add(name)
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            lines = source if isinstance(source, list) else [source]
            sources.append((number, _without_magics("".join(line for line in lines if isinstance(line, str)))))
    return Notebook(
        path, tuple(sources), stamp, frozenset(names), frozenset(no_code), hashlib.sha256(content).hexdigest()
    )


def _in_file(path: Path) -> bytes:
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        raise BadSubmission(f"{path.name} is no plain file")
    _check_size(path.name, about.st_size)
    return path.read_bytes()


def _in_zip(archive: Path, member: str) -> bytes:
    """A file in a zip, no larger than it may be whatever the zip says of it."""
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as file:
            _check_size(member, opened.getinfo(member).file_size)
            content = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        reason = "it has a password" if "password" in str(error) else "the zip is damaged, or of a kind not known here"
        raise BadSubmission(f"{member} in {archive.name} cannot be read: {reason}") from None
    _check_size(member, len(content))
    return content


def _check_size(name: str, size: int) -> None:
    if size > LARGEST:
        raise BadSubmission(f"{name} has {size / 2**20:.0f} MB; at most {LARGEST / 2**20:.0f} are read")


def _why_not_opened(path: Path) -> str:
    """Why nothing was taken from an archive."""
    if not path.name.lower().endswith(ZIP):
        return f"{path.name} is an archive that is not opened: unpack it, or hand in a zip or the notebook itself"
    if not path.is_file():
        return f"{path.name} is a zip within a zip: unpack it"
    return f"{path.name} {'holds no notebook (.ipynb)' if zipfile.is_zipfile(path) else 'is no zip that can be read'}"


def _inside(value: Any, *names: str) -> dict[str, Any]:
    """The dictionary under these names; an empty one where anything else stands."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _without_magics(source: str) -> str:
    """A cell without the lines that only Jupyter understands; their numbers stay."""
    return re.sub(r"^(\s*)([%!?].*)$", r"\1pass  # \2", source, flags=re.M)
