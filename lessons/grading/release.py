"""Releases: the notebooks that students get, without solutions and hidden checks; and those of the instructor."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import Any

from ... import __version__
from ..pages.notebooks import LINK_TO_PAGE, load_jupytext, save_notebook
from .assignment import Assignment
from .names import alike, file_names
from .printable import printable

STUB = 'raise NotImplementedError("your lines go here")'
BLANK = "# your lines go here"
"""What takes the place of a solution that is in no function: a notebook that nobody touched runs to its end."""
LONGEST = 200
"""Bytes of the name of a student's folder, at most."""
_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*\n?", re.M | re.S)
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS\n.*?^[ \t]*### END HIDDEN TESTS[ \t]*\n?", re.M | re.S)
_SEED = re.compile(r"^SEED = .*$", re.M)
_MARKER = re.compile(r"###\s*(BEGIN|END)\s", re.I)


def student_notebook(which: Assignment, student: str | None = None) -> Any:
    """The notebook for students.

    Args:
        which: The assignment.
        student: For whom; it gets a number of its own, ``SEED``, from which the numbers of its checks and examples
            follow, and is known again when it is handed in.

    Raises:
        ValueError: If a marker of a solution or of hidden tests has no partner.
    """
    notebook = instructor_notebook(which)
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["source"] = without_solution(cell["source"], which.page.name)
            cell["outputs"], cell["execution_count"] = [], None
        kept = {name: cell.metadata[name] for name in ("nbgrader", "tags") if name in cell.metadata}
        cell["metadata"] = type(notebook.metadata)(kept)
        cells.append(cell)
    if student is not None:
        first = next(cell for cell in cells if cell.cell_type == "code")
        first["source"] = with_seed(first["source"], seed_of(student))
        notebook.metadata["cogdyn"]["student"] = student
    notebook["cells"] = cells
    return notebook


def instructor_notebook(which: Assignment) -> Any:
    """The notebook of the instructor, as nbgrader takes it for its source, with the stamp of the release."""
    notebook = load_jupytext().read(which.page, fmt="md:myst")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell["source"] = LINK_TO_PAGE.sub(r"\1", cell["source"])
        if (marks := cell.metadata.get("nbgrader")) is not None and marks.get("grade"):
            marks["cell_type"] = cell.cell_type
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["cogdyn"] = {
        "assignment": which.number,
        "name": which.name,
        "release": which.release,
        "version": __version__,
    }
    return notebook


def without_solution(source: str, page: str) -> str:
    """A cell with stubs for its solutions, and without its hidden tests.

    Raises:
        ValueError: If a marker has no partner.
    """
    source = _SOLUTION.sub(
        lambda found: f"{found[1]}{STUB if found[1] else BLANK}\n", source if source.endswith("\n") else source + "\n"
    )
    source = _HIDDEN.sub("", source).rstrip("\n")
    if found := _MARKER.search(source):
        raise ValueError(f"{page}: the marker {source[found.start() :].splitlines()[0]!r} has no partner.")
    return source


def with_seed(source: str, seed: int) -> str:
    """The first code cell of a notebook whose checks and examples follow from a seed."""
    line = f"SEED = {seed}  # yours: what your checks and examples show follows from it; no mark does"
    source, found = _SEED.subn(line, source)
    if not found:
        source += f"\n\n{line}"
    return f"from functools import partial\n\n{source}\n\ncheck = partial(check, seed=SEED)"


def seed_of(student: str) -> int:
    """The number of a student, the same for every release."""
    return int.from_bytes(hashlib.sha256(student.encode()).digest()[:4], "big")


def write_release(which: Assignment, folder: Path, students: list[str] | None = None) -> list[Path]:
    """Write the notebook for all students, or one for each in a folder called as the student.

    Args:
        which: The assignment.
        folder: Where to write; made if it is missing.
        students: Names, without the spaces around them; None for one notebook for all.

    Raises:
        ValueError: If a name cannot be that of a folder, or two are that of one.
    """
    if students is None:
        return [_write(student_notebook(which), folder / f"{which.stem}.ipynb")]
    names = list(dict.fromkeys(unicodedata.normalize("NFC", name.strip()) for name in students))
    known: dict[str, str] = {}
    for name in names:
        if file_names([name], LONGEST)[name] != name:
            raise ValueError(
                f"{printable(name)!r} cannot be the name of a folder; a student is called by plain letters, which take "
                f"{LONGEST} bytes at most."
            )
        if (other := known.setdefault(alike(name), name)) != name:
            raise ValueError(
                f"{other!r} and {name!r} are one folder on some systems; add what distinguishes them to the name."
            )
    return [_write(student_notebook(which, name), folder / name / f"{which.stem}.ipynb") for name in names]


def write_source(which: Assignment, folder: Path) -> Path:
    """Write the instructor's notebook where nbgrader looks for it, ``source/NAME/NAME.ipynb``."""
    return _write(instructor_notebook(which), folder / "source" / which.stem / f"{which.stem}.ipynb")


def _write(notebook: Any, file: Path) -> Path:
    if file.parent.exists() and not file.parent.is_dir():
        raise NotADirectoryError(f"{file.parent} is a file; name a folder for the notebooks.")
    file.parent.mkdir(parents=True, exist_ok=True)
    save_notebook(notebook, file)
    return file
