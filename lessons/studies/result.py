"""What one run of a study gave: measured in any process, kept as one JSON file."""

from __future__ import annotations

import hashlib
import json
import platform
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ... import __version__
from ...agents.training.files import checksum, write_atomically
from ...envs.typechecked import fits
from .study import Job, Measure, Row, job_key
from .table import tidy

VERSIONS = {
    "python": platform.python_version(),
    "torch": torch.__version__,
    "numpy": np.__version__,
    "cogdyn": __version__,
}
OWN_COLUMNS = ("seconds", "failed", *VERSIONS)
"""What is in every row of a table besides the job and what was measured."""


@dataclass(frozen=True)
class Result:
    """A run that ended.

    Attributes:
        job: What was to be run.
        rows: What was measured; empty if the run failed.
        seconds: How long it took; None if that is not known.
        failed: Why it failed, in one line; None if it did not.
        traceback: Where it failed.
        versions: Versions of what it ran on; of this process if the run was lost.
    """

    job: Row
    rows: list[Row]
    seconds: float | None
    failed: str | None
    traceback: str | None
    versions: dict[str, str]


def measured(measure: Measure, job: Job) -> Result:
    """Do a run, on one thread of torch; an error of the run is part of the result."""
    torch.set_num_threads(1)
    start = time.perf_counter()
    try:
        given = measure(dict(job))
        rows = [tidy(row) for row in ([given] if isinstance(given, Mapping) else given)]
        taken = {*job, *OWN_COLUMNS} & {name for row in rows for name in row}
        if taken:
            raise ValueError(f"what is measured cannot be called {', '.join(sorted(taken))}: the table has that.")
        if not rows:
            raise ValueError("nothing was measured.")
    except Exception as error:
        return failure(job, error, _seconds_since(start))
    return Result(dict(job), rows, _seconds_since(start), None, None, VERSIONS)


def failure(job: Job, error: BaseException, seconds: float | None = None) -> Result:
    """The result of a run that ended with an error."""
    failed = " ".join(f"{type(error).__name__}: {error}".split())
    return Result(dict(job), [], seconds, failed, "".join(traceback.format_exception(error)), VERSIONS)


def _seconds_since(start: float) -> float:
    return round(time.perf_counter() - start, 3)


class Results:
    """The results of a study in a folder, each in a file that is there whole or not at all.

    The name of the file is a hash of study and job. So results of other jobs, which an earlier version of the study
    asked for, lie there untouched and unseen.
    """

    def __init__(self, folder: Path, study: str):
        self.folder = folder
        self.study = study

    def read(self, job: Job) -> Result | None:
        """The result of the job; None if there is none, or one that is damaged or of another job."""
        try:
            kept = json.loads(self._path(job).read_text(encoding="utf-8"))
            stated = kept.pop("checksum", None)  # earlier versions kept none
            result = Result(**kept)
            sound = stated in (None, checksum(kept)) and job_key(result.job) == job_key(job) and _is_whole(result)
        except (FileNotFoundError, AttributeError, TypeError, ValueError, RecursionError):
            return None
        return result if sound else None

    def write(self, result: Result) -> None:
        """Keep a result; it takes the place of an earlier one of the same job."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = asdict(result)
        kept["checksum"] = checksum(kept)
        write_atomically(self._path(result.job), json.dumps(kept, indent=1).encode())

    def _path(self, job: Job) -> Path:
        name = hashlib.sha256(f"{self.study} {job_key(job)}".encode()).hexdigest()[:20]
        return self.folder / f"{name}.json"


def _is_whole(result: Result) -> bool:
    """Whether all parts of a result are of their types, so that a table can be made of it."""
    texts = {"failed": result.failed, "traceback": result.traceback}
    return (
        (fits(result.seconds, float | None) and all(fits(text, str | None) for text in texts.values()))
        and (fits(result.versions, dict[str, str]) and result.versions.keys() == VERSIONS.keys())
        and (fits(result.rows, list[dict[str, Any]]) and bool(result.rows) != bool(result.failed))
        and all(tidy(row) == row and not {*result.job, *OWN_COLUMNS} & row.keys() for row in result.rows)
    )


def table_of(results: Sequence[Result]) -> list[Row]:
    """One row for each measurement, and one for each run that failed; all have the same columns."""
    asked = dict.fromkeys(name for result in results for name in result.job)
    found = dict.fromkeys(name for result in results for row in result.rows for name in row)
    empty = dict.fromkeys((*asked, *found, *OWN_COLUMNS))
    return [
        {**empty, **result.job, **row, "seconds": result.seconds, "failed": result.failed, **result.versions}
        for result in results
        for row in result.rows or [{}]
    ]
