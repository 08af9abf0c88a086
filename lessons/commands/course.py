"""The commands of the course: ``cogdyn lessons``, notebooks; ``cogdyn book``, pages; ``cogdyn slides``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .errors import guarded
from .options import Debug
from .settings import folder as path
from .terminal import terminal_console

console = terminal_console()


def lessons(
    folder: Annotated[Path, typer.Argument(parser=path, help="Where to put the notebooks.")] = Path("cogdyn-lessons"),
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open JupyterLab on them.")] = True,
    debug: Debug = False,
) -> None:
    """Write the lessons as notebooks, and open them in JupyterLab."""

    def work() -> None:
        from ..pages.notebooks import open_notebooks, write_notebooks

        write_notebooks(folder, say=console.print)
        if open_:
            open_notebooks(folder)

    guarded(work, debug)


def book(
    out: Annotated[
        Path | None, typer.Option(parser=path, help="Where to build; next to its source by default.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Build the book: every lesson is run, every page works without a network."""

    def work() -> None:
        from ..pages.build import build_book

        console.print(f"built: open {build_book(out)}")

    guarded(work, debug)


def slides(
    folder: Annotated[Path, typer.Argument(parser=path, help="Where to put the slides.")],
    lesson: Annotated[
        list[str] | None, typer.Option("--lesson", help="Name of a lesson, such as bridges; may be repeated.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Make slides of the lessons: each is run, its pictures are alive, all works without a network."""

    def work() -> None:
        from ..pages.slides import write_slides

        write_slides(folder, lesson, say=console.print)
        console.print(f"open {folder / 'index.html'}")

    guarded(work, debug)
