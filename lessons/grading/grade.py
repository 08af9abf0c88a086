"""Grading a folder of submissions: a table, a page for each student, a page of the class.

Each result is kept as one file as soon as it is there. A grader that was killed resumes with ``resume``, and ends
with the same table.
"""

from __future__ import annotations

import hashlib
import json
import queue
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from joblib import cpu_count

from ... import __version__
from ...agents.training.files import locked, remove_parts, write_atomically
from ...envs.numbers import whole_number
from .assignment import Assignment
from .feedback import feedback_page
from .markers import mark_apart
from .marking import Marking, marked_from
from .names import file_names
from .protections import Limits, SandboxError
from .recognition import read_class
from .sandbox import Nursery, why_not_isolated
from .secret_seed import secret_seed
from .submissions import Notebook
from .summary import summary_page
from .table import Line, table_as_csv

Progress = Callable[[int, int], None]
"""Called at the start and after each submission, with how many are done and how many could not be graded."""


def grade(
    folder: Path,
    out: Path,
    *,
    only: int | None = None,
    roster: Path | None = None,
    jobs: int | None = None,
    resume: bool = False,
    require_isolation: bool = False,
    seed: int | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> tuple[Assignment, list[Line]]:
    """Grade a folder of submissions.

    Args:
        folder: Holds a folder, a notebook or a zip for each student; or a zip of such a folder.
        out: The table; the pages and the results go into the folder next to it that has its name without ending.
        only: Number of the assignment; that of most notebooks if None.
        roster: A list of the class, a name on each line or a table with a column of names (CSV): those on it who
            handed in nothing get a line too.
        jobs: Submissions at once; as many as there are cores when None.
        resume: Keep the results of notebooks that have not changed since.
        require_isolation: Refuse to run submissions that cannot be shut off.
        seed: Of the inputs; another one gives other inputs. If None, one that nobody knows: it is drawn once, and
            kept in the file ``seed`` next to the results, so that whoever is graded there again gets the same marks.
        limits: What each submission may take.
        progress: Called at the start and after each submission.

    Returns:
        The assignment, and a line for each student in the order of their names.

    Raises:
        ValueError: If there is nothing to grade.
        SandboxError: If no submission can be run here, or they cannot be shut off and that is required.
        OSError: If the results cannot be written; those that were are kept.
    """
    at_once = cpu_count() if jobs is None else whole_number("jobs", jobs, 1)
    seed = None if seed is None else whole_number("seed", seed, 0)
    limits = limits or Limits()
    desk = out.with_suffix("") if out.name else out
    if desk == out:
        raise ValueError(f"{out} is the name of a folder; name a table, for example {out / 'grades.csv'}.")
    if folder.resolve() in (desk.resolve(), *desk.resolve().parents):
        raise ValueError(f"the pages would go to {desk}, among the submissions; name a table that lies elsewhere.")
    which, lines = read_class(folder, only, roster)
    jobs_left = {student: found for student, (line, found) in lines.items() if found is not None}
    reason = why_not_isolated(which.work.imports, which.work.hidden)
    isolate = reason is None
    if require_isolation and not isolate:
        raise SandboxError(f"submissions cannot be shut off here, as --require-isolation asks: {reason}.")
    results = desk / "results"
    results.mkdir(parents=True, exist_ok=True)
    judges = _judges()
    done: dict[str, Line] = {student: line for student, (line, found) in lines.items() if found is None}
    with locked(desk):
        seed = secret_seed(desk) if seed is None else seed
        remove_parts(results)
        remove_parts(desk / "feedback")
        keys = {}
        for student, notebook in jobs_left.items():
            stated = [notebook.digest, which.release, judges, __version__, seed, isolate, asdict(limits)]
            keys[student] = hashlib.sha256(json.dumps(stated).encode()).hexdigest()[:24]
            if resume and (kept := _kept(results / f"{keys[student]}.json")) is not None:
                done[student] = _with_marks(lines[student][0], kept)
        _report(progress, done)
        waiting = {student: notebook for student, notebook in jobs_left.items() if student not in done}
        for student, marked, seconds in _marked(waiting, which, isolate, limits, seed, at_once):
            if marked.marks:
                kept = {"student": student, "seconds": round(seconds, 3), **asdict(marked)}
                write_atomically(results / f"{keys[student]}.json", json.dumps(kept, indent=1).encode())
            done[student] = _with_marks(lines[student][0], marked)
            _report(progress, done)
        table = [done[student] for student in sorted(done)]
        (desk / "feedback").mkdir(exist_ok=True)
        pages = file_names(done)
        for line in table:
            write_atomically(desk / "feedback" / f"{pages[line.student]}.html", feedback_page(which, line))
        write_atomically(desk / "summary.html", summary_page(which, table))
        write_atomically(out, table_as_csv(which, table))
    return which, table


def _report(progress: Progress | None, done: dict[str, Line]) -> None:
    if progress is not None:
        graded = sum(bool(line.marks) for line in done.values())
        progress(graded, len(done) - graded)


def _marked(
    waiting: dict[str, Notebook], which: Assignment, isolate: bool, limits: Limits, seed: int, jobs: int
) -> Iterator[tuple[str, Marking, float]]:
    """Run submissions, several at once, and yield each as it is done; those that the clock stopped again, alone."""
    late = {}
    for student, marked, seconds in _at_once(waiting, which, isolate, limits, seed, jobs):
        if marked.late:
            late[student] = waiting[student]
        else:
            yield student, marked, seconds
    for student, marked, seconds in _at_once(late, which, isolate, limits, seed, 1):
        too = ", and ran out of it alone too" if marked.late else ""
        note = f"it ran out of time by the clock, so it was run again, alone{too}."
        yield student, replace(marked, notes=(*marked.notes, note)), seconds


def _at_once(
    waiting: dict[str, Notebook], which: Assignment, isolate: bool, limits: Limits, seed: int, jobs: int
) -> Iterator[tuple[str, Marking, float]]:
    """Run submissions, several at once, and yield each as it is done."""
    if not waiting:
        return
    free: queue.SimpleQueue[Nursery] = queue.SimpleQueue()

    def run(notebook: Notebook) -> tuple[Marking, float]:
        nursery = free.get()
        start = time.perf_counter()
        try:
            marked = mark_apart(nursery, which.number, notebook.cells, notebook.digest, seed)
            return marked, time.perf_counter() - start
        finally:
            free.put(nursery)

    with ExitStack() as stack:
        workers = stack.enter_context(ThreadPoolExecutor(jobs))
        for core in range(min(jobs, len(waiting))):
            free.put(stack.enter_context(Nursery(which.work.imports, which.work.hidden, isolate, limits, core)))
        futures: dict[Future[tuple[Marking, float]], str] = {
            workers.submit(run, notebook): student for student, notebook in waiting.items()
        }
        stack.callback(workers.shutdown, wait=False, cancel_futures=True)
        for future in as_completed(futures):
            yield futures[future], *future.result()


def _kept(path: Path) -> Marking | None:
    """A result on disk; None if there is none that can be read."""
    try:
        return marked_from(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _with_marks(line: Line, marked: Marking) -> Line:
    notes = (*line.notes, *marked.notes)
    return replace(line, marks=marked.marks, notes=notes, remarks=marked.remarks, protections=marked.protections)


def _judges() -> str:
    """Hash of all that judges: results of other judges are not kept."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
