"""What students handed in: found in a folder, and read with suspicion."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        digest: Hash of the file.
    """

    path: Path
    cells: tuple[tuple[int, str], ...]
    stamp: Mapping[str, Any]
    cell_names: frozenset[str]
    digest: str


def read_notebook(path: Path) -> Notebook:
    """Read a notebook; nothing in it is executed.

    Raises:
        BadSubmission: If it is none.
    """
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            raise BadSubmission(f"{path.name} is no plain file")
        if about.st_size > LARGEST:
            raise BadSubmission(
                f"{path.name} has {about.st_size / 2**20:.0f} MB; at most {LARGEST / 2**20:.0f} are read"
            )
        content = path.read_bytes()
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
    sources, names = [], set()
    for number, cell in enumerate(cells, 1):
        if isinstance(name := _inside(cell, "metadata", "nbgrader").get("grade_id"), str):
            names.add(name)
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            lines = source if isinstance(source, list) else [source]
            sources.append((number, _without_magics("".join(line for line in lines if isinstance(line, str)))))
    return Notebook(path, tuple(sources), stamp, frozenset(names), hashlib.sha256(content).hexdigest())


def find_submissions(folder: Path) -> dict[str, list[Path]]:
    """The notebooks of each student: a folder or a notebook each, called as the student.

    Raises:
        ValueError: If there are none.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; name the one that holds a folder or a notebook for each student.")
    found: dict[str, list[Path]] = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            found.setdefault(_spelled(entry.name), []).extend(_notebooks(Path(entry.path)))
        elif entry.name.endswith(".ipynb"):
            found.setdefault(_spelled(entry.name.removesuffix(".ipynb")), []).append(Path(entry.path))
    if not found:
        raise ValueError(f"{folder} holds no submissions: a folder or a notebook (.ipynb) for each student.")
    return found


def _notebooks(folder: Path) -> list[Path]:
    """All notebooks below a folder; links are not followed."""
    below = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below += [Path(parent) / name for name in files if name.endswith(".ipynb") and not name.startswith(".")]
    return sorted(below)


def _spelled(name: str) -> str:
    """The name of a student, fit for a table and a web page: one line of printable characters."""
    return "".join(c if c.isprintable() else "?" for c in os.fsencode(name).decode(errors="replace")).strip() or "?"


def _inside(value: Any, *names: str) -> dict[str, Any]:
    """The dictionary under these names; an empty one where anything else stands."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _without_magics(source: str) -> str:
    """A cell without the lines that only Jupyter understands; their numbers stay."""
    return re.sub(r"^(\s*)([%!?].*)$", r"\1pass  # \2", source, flags=re.M)
