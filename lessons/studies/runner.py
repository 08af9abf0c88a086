"""Running a study: what is not done yet is done, each result is kept at once, and the report is drawn from the table.

The folder of a study holds ``results/`` (a JSON file for each run), ``table.csv`` (all of them, tidy), ``report.txt``
and the figures. Running the study again in the same folder resumes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from ...agents.training.files import locked, remove_parts, write_atomically
from ..figures.summary import write_figure
from .result import OWN_COLUMNS, Result, Results, table_of
from .study import Row, Study, job_key
from .table import finished, read_table, tidy, write_csv
from .workers import open_workers

RESULTS, TABLE, REPORT = "results", "table.csv", "report.txt"

Progress = Callable[[int, int], None]
"""Called at the start and after each run, with the number of runs that are done and of those that failed just now."""


def run_study(
    study: Study,
    out: Path,
    quick: bool = False,
    *,
    jobs: int | None = None,
    backend: str = "local",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Do the runs of a study that its folder does not hold yet, and those that failed before.

    Results in the folder of jobs that the study does not ask for, or of another study, stay there and are ignored.

    Args:
        study: The study.
        out: Its folder.
        quick: Do the small version.
        jobs: Number of local processes; as many as there are cores when None.
        backend: ``"local"`` or ``"dask"``.
        scheduler: Address of the scheduler of the Dask cluster.
        progress: Called at the start and after each run.

    Returns:
        The table, in the order of the jobs; a run that failed is one row with the reason in ``failed``.

    Raises:
        ValueError: If an argument makes no sense, or a job is not one that a table can hold.
        RuntimeError: If another process is at work in the folder, or the workers are lost.
        KeyboardInterrupt: After Ctrl-C; what was finished is kept.
    """
    planned = plan(study, quick)
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out} is a file; name a folder for the study.")
    with open_workers(backend, jobs, scheduler) as work:
        out.mkdir(parents=True, exist_ok=True)
        with locked(out):
            remove_parts(out / RESULTS)
            store = Results(out / RESULTS, study.name)
            known = {key: result for key, job in planned.items() if (result := store.read(job)) is not None}
            waiting = [job for key, job in planned.items() if key not in known or known[key].failed]
            done, failed = len(planned) - len(waiting), 0
            if progress is not None:
                progress(done, failed)
            try:
                with closing(work(study.measure, waiting)) as results:
                    for result in results:
                        store.write(result)
                        known[job_key(result.job)] = result
                        _write_table(out, planned, known)
                        done, failed = (done, failed + 1) if result.failed else (done + 1, failed)
                        if progress is not None:
                            progress(done, failed)
            except KeyboardInterrupt as stop:
                # It may have come between keeping a result and counting it.
                known = {key: result for key, job in planned.items() if (result := store.read(job)) is not None}
                _write_table(out, planned, known)
                done = sum(not result.failed for result in known.values())
                stop.args = (
                    f"Stopped. {done} of {len(planned)} runs are kept in {out}; the same command does the rest.",
                )
                raise
            _write_table(out, planned, known)
            return read_table(out / TABLE)


def plan(study: Study, quick: bool) -> dict[str, Row]:
    """The jobs of a study by their keys.

    Raises:
        ValueError: If there are none, one is there twice, or one cannot be in a table.
    """
    planned: dict[str, Row] = {}
    for job in map(tidy, study.jobs(quick)):
        if taken := set(job) & set(OWN_COLUMNS):
            raise ValueError(f"a job cannot have {', '.join(sorted(taken))}: the table has that.")
        if job_key(job) in planned:
            raise ValueError(f"the study {study.name!r} asks twice for the run {job_key(job)}.")
        planned[job_key(job)] = job
    if not planned:
        raise ValueError(f"the study {study.name!r} has no runs.")
    return planned


def write_report(study: Study, out: Path) -> str:
    """Write the report of a study next to its table, from which alone it is drawn; returns the text."""
    report = study.report(finished(read_table(out / TABLE)))
    text = f"{study.name}: {study.claim}\nhttps://doi.org/{study.paper}\n\n{report.text.strip()}\n"
    write_atomically(out / REPORT, text.encode())
    for name, figure in report.figures.items():
        write_figure(figure, out / f"{name}.png")
    return text


def _write_table(out: Path, keys: Iterable[str], known: dict[str, Result]) -> None:
    table = table_of([known[key] for key in keys if key in known])
    write_atomically(out / TABLE, write_csv(table).encode())
