"""The commands ``cogdyn assignment questions`` and ``cogdyn assignment exam``: the bank, and papers drawn from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .assignments import assignments_app, console
from .errors import guarded
from .options import Debug, in_options
from .settings import folder as path

Lessons = Annotated[
    list[str] | None, typer.Option("--lesson", help="Name of a lesson, to have only its questions; may be repeated.")
]


@assignments_app.command(epilog="Example: **cogdyn assignment questions question-bank**")
def questions(
    folder: Annotated[Path, typer.Argument(parser=path, help="Where to put the bank.")],
    lesson: Lessons = None,
    debug: Debug = False,
) -> None:
    """Write the question bank for Moodle (GIFT) and for Canvas (QTI), with an explanation of each answer."""

    def work() -> None:
        from ...agents.training.files import write_atomically
        from ..grading.questions.bank import bank
        from ..grading.questions.canvas import canvas
        from ..grading.questions.gift import gift

        entries = bank(lesson)
        files = {"questions.gift.txt": gift(entries).encode(), "questions-canvas.zip": canvas("cogdyn", entries)}
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_atomically(folder / name, content)
        console.print(f"{len(entries)} questions: {folder / 'questions.gift.txt'} for Moodle (import as GIFT),")
        console.print(f"{folder / 'questions-canvas.zip'} for Canvas (import as QTI)")

    guarded(work, debug)


@assignments_app.command(epilog="Example: **cogdyn assignment exam exam --students students.txt**")
def exam(
    folder: Annotated[Path, typer.Argument(parser=path, help="Where to put papers and key.")],
    students: Annotated[Path, typer.Option(parser=path, help="A name on each line, or a CSV with a column of names.")],
    n_questions: Annotated[int, typer.Option(help="Number of questions of each paper.")] = 20,
    lesson: Lessons = None,
    title: Annotated[str, typer.Option(help="Name of the exam.")] = "Exam",
    seed: Annotated[
        int | None, typer.Option(help="Seed of the exam; by default a secret one, kept in the folder's file seed.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Draw an exam from the question bank: a page to print for each student, other questions for each, and the key."""

    def work() -> None:
        from ..grading.questions.bank import bank
        from ..grading.questions.exam import write_exam

        try:
            papers = write_exam(folder, students, bank(lesson), title, n_questions, seed)
        except ValueError as error:
            raise ValueError(in_options(str(error), ["n_questions", "seed"])) from error
        console.print(f"{len(papers)} papers in {folder / 'papers'}; {folder / 'key.csv'}: the right answers")

    guarded(work, debug)
