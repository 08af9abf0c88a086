"""The lessons as slides: made from their pages by nbconvert and reveal.js, and shown without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from ...agents.training.files import locked, temporary_folder, write_atomically
from ...envs.names import check_name
from .build import fill_vendor
from .notebooks import lesson_notebook, lesson_pages
from .site import BookError
from .slide_cells import slide_cells

STAMP = ".cogdyn-slides"
"""A file in a folder of slides: what has the name of one of them is ours."""
_BOOK = Path(__file__).parents[2] / "book"
_SCRIPTS = "scripts"
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\.ipynb[^)]*\)")  # other lessons need not be there


def write_slides(
    folder: Path, lessons: Sequence[str] | None = None, say: Callable[[str], object] = print
) -> list[Path]:
    """Run lessons and write the slides of each, with the scripts they need next to them, and return their files.

    A page becomes a slide for each of its sections, in as many sub-slides as it takes. Living pictures and questions
    work without a kernel, all of it without a network and opened from disk. What was there of other lessons stays.

    Args:
        folder: Where to write; new, empty, or a folder of slides.
        lessons: Names of lessons, as ``["bridges", "fixed-points"]``; None for all.
        say: Called with a line for each lesson.

    Raises:
        ArgumentError: If there is no lesson of a name.
        BookError: If the folder holds something else, npm is missing, or a lesson does not run.
        ModuleNotFoundError: If what the lessons need is missing.
        FolderInUse: If another process writes slides there.
    """
    pages = {page.stem[3:]: page for page in lesson_pages()}
    names = [*pages] if lessons is None else [check_name("lesson", name, pages) for name in dict.fromkeys(lessons)]
    _check_folder(folder)
    _check_extra()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        write_atomically(folder / STAMP, b"")
        fill_vendor(_BOOK, folder / _SCRIPTS)
        files = []
        for name in names:
            for former in folder.glob(f"[0-9][0-9]-{name}.html"):  # it may have had another number
                former.unlink()
            notebook = run_lesson(pages[name])
            write_atomically(folder / f"{pages[name].stem}.html", slides_of(notebook).encode())
            files.append(folder / f"{pages[name].stem}.html")
            say(f"{files[-1]}: {_count(notebook)} slides")
        write_atomically(folder / "index.html", _contents(folder).encode())
    return files


def run_lesson(page: Path) -> Any:
    """The notebook of a lesson with what its cells show, states of widgets among them, cut into slides.

    Args:
        page: The page of the lesson.

    Raises:
        BookError: If a cell fails; it says which, and how.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = lesson_notebook(page)
    with temporary_folder("cogdyn-slides-") as work:
        try:
            NotebookClient(notebook, timeout=None, kernel_name="python3").execute(cwd=str(work))
        except CellExecutionError as error:
            raise BookError(f"{page.name} does not run: {error.ename}: {error.evalue}") from error
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell["source"] = _LINK.sub(r"\1", cell["source"])
    notebook.metadata["title"] = re.sub(r"^# ", "", notebook.cells[0]["source"].splitlines()[0])
    notebook["cells"] = slide_cells(notebook)
    return notebook


def slides_of(notebook: Any) -> str:
    """The page of slides that nbconvert makes of a notebook cut into slides, with our template."""
    from nbconvert import SlidesExporter

    exporter = SlidesExporter(
        extra_template_basedirs=[str(_BOOK)],
        template_name="slides",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    html, _ = exporter.from_notebook_node(notebook, resources={"scripts": f"{_SCRIPTS}/w"})
    return html


def _count(notebook: Any) -> int:
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in notebook.cells]
    return kinds.count("slide") + kinds.count("subslide")


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BookError(f"{folder} is a file; name a folder for the slides")
    if folder.exists() and any(folder.iterdir()) and not (folder / STAMP).exists():
        raise BookError(f"{folder} is not empty and holds no slides, for {STAMP} is missing; name another folder")


def _check_extra() -> None:
    for name in ("jupytext", "nbconvert", "anywidget"):
        try:
            import_module(name)
        except ModuleNotFoundError:
            raise ModuleNotFoundError(f"slides need {name}: pip install 'cogdyn[lessons]'", name=name) from None


def _contents(folder: Path) -> str:
    """A page with a link to the slides of each lesson that are there."""
    title = re.compile(r"<title>(.*?)</title>")
    files = sorted(folder.glob("[0-9][0-9]-*.html"))
    titles = [found[1] if (found := title.search(file.read_text("utf-8"))) else file.stem for file in files]
    links = "\n".join(
        f'<li><a href="{escape(file.name)}">{name}</a></li>' for file, name in zip(files, titles, strict=True)
    )
    style = (_BOOK / "slides" / "contents.css").read_text("utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides of the course</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<main>
<h1>Slides of the course</h1>
<ul>
{links}
</ul>
<p>Arrows lead from slide to slide, <kbd>Esc</kbd> shows all of them, <kbd>S</kbd> opens the speaker's window with the
hints and answers, <kbd>T</kbd> changes between light and dark, <kbd>?</kbd> lists the other keys. To print, add
<code>?print-pdf</code> to the address of the slides.</p>
</main>
</body>
</html>
"""
