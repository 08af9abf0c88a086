"""The commands ``cogdyn assignment ...``: list, release, check, grade."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from .options import Debug
from .settings import folder as path
from .terminal import terminal_console

assignments_app = typer.Typer(
    help="Assignments that grade themselves: hand out, check, grade.", no_args_is_help=True, rich_markup_mode="markdown"
)
console = terminal_console()


@assignments_app.command("list", epilog="Example: **cogdyn assignment list**")
def list_(debug: Debug = False) -> None:
    """List the assignments: number, title, minutes, points, and where their pages are."""

    def work() -> None:
        from ..grading.assignment import PAGES, assignments

        table = Table("", "assignment", "minutes", "points", "exercises", box=None, padding=(0, 2, 0, 0))
        for one in assignments():
            titles = ", ".join(exercise.title for exercise in one.work.exercises)
            table.add_row(str(one.number), one.title, str(one.minutes), str(one.points), titles)
        console.print(table)
        console.print(f"\nPages with solutions: {PAGES}")

    _guarded(work, debug)


@assignments_app.command(epilog="Example: **cogdyn assignment release homework --only 2 --student anna --student ben**")
def release(
    folder: Annotated[Path, typer.Argument(parser=path, help="Where to put the notebooks.")],
    only: Annotated[int | None, typer.Option(help="Number of one assignment; all by default.")] = None,
    student: Annotated[
        list[str] | None,
        typer.Option(
            help="A student, who gets a notebook whose checks and examples have numbers of their own; may be repeated.",
            metavar="NAME",
        ),
    ] = None,
    students: Annotated[Path | None, typer.Option(parser=path, help="A file with a name on each line.")] = None,
    instructor: Annotated[
        bool, typer.Option("--instructor", help="With solutions and hidden tests, in the form that nbgrader reads.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Write the notebooks for students: without solutions, without hidden tests."""

    def work() -> None:
        from ..grading.assignment import assignment, assignments
        from ..grading.release import write_release, write_source

        names = list(student or [])
        if students is not None:
            names += [line.strip() for line in students.read_text(encoding="utf-8").splitlines() if line.strip()]
        if instructor and names:
            raise ValueError("the instructor's notebooks are for no student; leave out --student or --instructor.")
        for one in assignments() if only is None else [assignment(only)]:
            written = [write_source(one, folder)] if instructor else write_release(one, folder, names or None)
            where = str(written[0]) if len(written) == 1 else f"{len(written)} notebooks in {folder}"
            console.print(f"{one.number} {one.title}: {where}")

    _guarded(work, debug)


@assignments_app.command(epilog="Example: **cogdyn assignment check 02-bptt-by-hand.ipynb**")
def check(
    notebook: Annotated[Path, typer.Argument(parser=path, help="The notebook to be handed in.")],
    debug: Debug = False,
) -> None:
    """Check a notebook as the grader will, on other inputs, and report what is not right yet."""

    def work() -> None:
        from ..grading.own_check import check_notebook

        which, marked, notes = check_notebook(notebook)
        for note in notes:
            _print(f"note: {note}")
        for one, exercise in zip(marked.marks, which.work.exercises, strict=True):
            found = one.judgement
            _print(f"{one.earned}/{one.points}  {exercise.title}: {found}")
            for more in [f"seen: {found.seen}; expected: {found.expected}" if found.seen else "", one.note]:
                if more:
                    _print(f"     {more}")
        for remark in marked.remarks:
            _print(f"note: {remark}")
        earned = sum(one.earned for one in marked.marks)
        console.print(f"{earned} of {which.points} points, if it were graded now")
        complete.append(earned == which.points)

    complete: list[bool] = []
    _guarded(work, debug)
    if not all(complete):
        raise typer.Exit(1)


@assignments_app.command(epilog="Example: **cogdyn assignment grade submissions --out grades.csv --require-isolation**")
def grade(
    folder: Annotated[
        Path, typer.Argument(parser=path, help="Folder with a folder, a notebook or a zip of each student.")
    ],
    out: Annotated[Path, typer.Option(parser=path, help="The table; pages go into the folder next to it.")] = Path(
        "grades.csv"
    ),
    only: Annotated[
        int | None, typer.Option(help="Number of the assignment; by default the one of most notebooks.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(help="A name on each line, or a CSV: students who handed in nothing get a line too."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Submissions at once; one for each core by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Grade only what is new or has changed.")] = False,
    require_isolation: Annotated[
        bool,
        typer.Option("--require-isolation", help="Grade nothing where submissions cannot be isolated, and say why."),
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of the inputs; by default a secret one, kept in the file seed next to the pages."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Grade submissions: a table, a page of feedback for each student, a page of the class."""

    def work() -> None:
        from ..grading.grade import grade as grade_folder
        from ..grading.intake import find_submissions
        from ..grading.protections import NOT_SHUT_OFF
        from ..grading.sandbox import why_not_isolated
        from .progress import RunsProgress

        with RunsProgress(len(find_submissions(folder)), what="submissions") as progress:
            try:
                which, lines = grade_folder(
                    folder,
                    out,
                    only=only,
                    roster=roster,
                    jobs=jobs,
                    resume=resume,
                    require_isolation=require_isolation,
                    seed=seed,
                    progress=progress,
                )
            except KeyboardInterrupt as stop:
                stop.args = ("Stopped. What is graded is kept; the same command with --resume continues.",)
                raise
        for line in lines:
            for note in line.notes:
                _print(f"{line.student}: {note}")
        graded = [line for line in lines if line.marks]
        console.print(f"{which.title}: {len(graded)} of {len(lines)} submissions graded")
        for words in sorted({line.protections.in_words() for line in graded if line.protections is not None}):
            console.print(f"protections {words}", markup=False)
        if not all(line.protections.isolated for line in graded if line.protections is not None):
            reason = why_not_isolated(which.work.imports, which.work.hidden)
            console.print(f"{NOT_SHUT_OFF}. The reason: {reason}.", markup=False)
        desk = out.with_suffix("")
        console.print(
            f"{out}: the table; {desk / 'summary.html'}: the class; {desk / 'feedback'}: a page for each student"
        )

    _guarded(work, debug)


def _print(text: str) -> None:
    """Print a line that holds words of a submission."""
    from ..grading.printable import printable

    console.print(printable(text, 2000), markup=False)


def _guarded(work: Callable[[], None], debug: bool) -> None:
    from .errors import guarded

    guarded(work, debug)
