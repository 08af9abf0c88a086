"""The lessons as Jupyter notebooks, written from the pages of the book; what a learner wrote is never lost."""

import hashlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...agents.training.files import locked, write_atomically

LINK_TO_PAGE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\.md\)")  # other pages are not beside a notebook
_LINK_TO_LESSON = re.compile(r"\]\(([^/)#]+)\.md([^)]*)\)")
_BOOK = Path(__file__).parents[2] / "book"


def write_notebooks(folder: Path, say: Callable[[str], object] = print) -> list[Path]:
    """Write every lesson of the book as a notebook and return their files, in the order of the course.

    Names and titles carry the lesson's number, as its page does. A notebook that was written when the lesson had
    another number, or none, is renamed. A notebook that is already there is kept if the learner changed it or if
    nothing in the lesson is new. Where both changed, the new lesson is written next to it as ``NAME (new).ipynb``.
    Running a notebook does not count as a change: its outputs can be had again.

    Args:
        folder: Where to write; made if it is missing.
        say: Called with a line for every notebook.

    Raises:
        NotADirectoryError: If the folder is a file.
        ModuleNotFoundError: If jupytext is missing.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; name a folder for the notebooks.")
    load_jupytext()  # before anything is made
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(page, _renamed(folder, page), say) for page in lesson_pages()]


def lesson_pages() -> list[Path]:
    """The pages of the lessons in the order of the course: ``01-NAME.md``, ``02-NAME.md``, ..."""
    return sorted((_BOOK / "lessons").glob("*.md"))


def _renamed(folder: Path, page: Path) -> Path:
    """The lesson's file in the folder, which gets the notebook that the lesson had under another number."""
    file, name = folder / f"{page.stem}.ipynb", page.stem[3:]
    former = [old for old in folder.iterdir() if re.fullmatch(rf"(\d+-)?{re.escape(name)}\.ipynb", old.name)]
    if former and not file.exists():
        max(former, key=lambda old: old.stat().st_mtime).rename(file)
    return file


def open_notebooks(folder: Path) -> None:
    """Open JupyterLab on a folder, and return when it is closed.

    Args:
        folder: Folder of the notebooks.

    Raises:
        ModuleNotFoundError: If JupyterLab is missing.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ModuleNotFoundError(
            "opening notebooks needs JupyterLab: pip install 'cogdyn[lessons]'", name="jupyterlab"
        )
    subprocess.run([sys.executable, "-m", "jupyterlab", str(folder)], check=False)


def _write(page: Path, file: Path, say: Callable[[str], object]) -> Path:
    notebook = lesson_notebook(page)
    edition = notebook["metadata"]["cogdyn"]["edition"]
    if not file.exists():
        save_notebook(notebook, file)
        say(f"{file.name}: written")
        return file
    written, now = _editions(file)
    if written == edition:
        say(f"{file.name}: kept, {'nothing is new' if now == edition else 'with your changes'}")
        return file
    if now is not None and now == written:
        save_notebook(notebook, file)
        say(f"{file.name}: brought up to date")
        return file
    beside = file.with_name(f"{file.stem} (new){file.suffix}")
    number = 2
    while beside.exists() and edition not in _editions(beside):
        beside = file.with_name(f"{file.stem} (new {number}){file.suffix}")
        number += 1
    if not beside.exists():
        save_notebook(notebook, beside)
    say(f"{file.name}: kept with your changes; the lesson has changed too, its new text is in {beside.name}")
    return beside


def lesson_notebook(page: Path) -> Any:
    """The page as a notebook which remembers what it was written from."""
    jupytext = load_jupytext()
    notebook = jupytext.read(page, fmt="md:myst")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        if cell.cell_type == "markdown":
            source = LINK_TO_PAGE.sub(r"\1", cell["source"])
            cell["source"] = _LINK_TO_LESSON.sub(r"](\1.ipynb\2)", source)
        if "hide-input" in cell.metadata.get("tags", []):
            cell["metadata"]["jupyter"] = {"source_hidden": True}  # JupyterLab's word for it
    title = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    title["source"] = re.sub(r"^# ", f"# {int(page.stem[:2])}. ", title["source"], count=1)
    notebook.metadata.pop("jupytext", None)  # it would tie the learner's file to a page that is not there
    notebook.metadata["cogdyn"] = {"edition": _digest(notebook)}
    return notebook


def _editions(file: Path) -> tuple[str | None, str | None]:
    """The edition that a notebook on disk was written as, and the one that its cells are now."""
    try:
        notebook = load_jupytext().read(file)
    except (OSError, ValueError, KeyError):
        return None, None
    return notebook.metadata.get("cogdyn", {}).get("edition"), _digest(notebook)


def _digest(notebook: Any) -> str:
    cells = [f"{cell.cell_type}\n{cell.source.rstrip()}\n" for cell in notebook.cells]
    return hashlib.sha256("\0".join(cells).encode()).hexdigest()[:16]


def save_notebook(notebook: Any, file: Path) -> None:
    """Write a notebook whole or not at all, and remove what a killed process left in its folder of others.

    Args:
        notebook: The notebook.
        file: Where to write it; its folder is there.

    Raises:
        OSError: If it cannot be written; it names the file.
        FolderInUse: If another process writes into the folder.
    """
    with locked(file.parent):
        write_atomically(file, load_jupytext().writes(notebook, fmt="ipynb").encode())


def load_jupytext() -> Any:
    """The module jupytext, or an error that says how to get it."""
    try:
        import jupytext
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "writing notebooks needs jupytext: pip install 'cogdyn[lessons]'", name="jupytext"
        ) from None
    return jupytext
