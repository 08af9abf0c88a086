"""The command ``cogdyn assignment progress``: a class at a glance, from the files of the page "Your course"."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from .errors import guarded
from .options import Debug
from .questions import assignments_app, console
from .settings import folder as path


@assignments_app.command(epilog="Example: **cogdyn assignment progress anna.json ben.json**")
def progress(
    files: Annotated[list[Path], typer.Argument(parser=path, help="Saved by students on the page Your course.")],
    debug: Debug = False,
) -> None:
    """Show what students did in the lessons: lessons begun, predictions, quiz, exercises, from the files they saved."""

    def work() -> None:
        from ..grading.printable import printable
        from ..grading.progress_files import read_progress
        from ..pages.your_course import course_contents

        course = course_contents()
        n_asked = {
            part: sum(len(lesson[part]) for lesson in course) for part in ("predictions", "answers", "exercises")
        }
        table = Table("student", "lessons", "predicted", "quiz right", "at once", "exercises", "last", box=None)
        for file in files:
            name = Text(printable(file.stem))
            try:
                one = read_progress(file, course)
            except (OSError, ValueError) as error:
                failed.append(f"{printable(file.name)} is {error}" if isinstance(error, ValueError) else str(error))
                continue
            table.add_row(
                name,
                f"{one.lessons}/{len(course)}",
                f"{one.predictions}/{n_asked['predictions']}",
                f"{one.right}/{n_asked['answers']}",
                f"{one.at_once}",
                f"{one.exercises}/{n_asked['exercises']}",
                one.last,
            )
        if table.row_count:
            console.print(table)
        if failed:
            raise ValueError("; ".join(failed))

    failed: list[str] = []
    guarded(work, debug)
