"""A study: what a paper claims, the runs that test it, what is measured in each, and how that is reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

Job = Mapping[str, Any]
"""One run to do: words, numbers and truth values by name, such as arm, task, delay and seed."""

Row = dict[str, Any]
"""One row of a table: words, numbers and truth values by the name of the column; None where a cell is empty."""

Measure = Callable[[Job], Mapping[str, Any] | Sequence[Mapping[str, Any]]]
"""From a job to one row of measurements or several."""


@dataclass(frozen=True)
class Report:
    """What a study has to say.

    Attributes:
        text: Tables and sentences.
        figures: Figures by the name of their file, without ``.png``.
    """

    text: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A paper's experiment, as :func:`cogdyn.lessons.studies.runner.run_study` runs it.

    Attributes:
        name: Name on the command line.
        claim: What the paper claims, in a sentence or two.
        paper: DOI of the paper.
        jobs: From "quick?" to the runs. A job holds all that its result depends on, so that a result found
            on disk can stand for the run.
        measure: From a job to one row of measurements or several. A function at the top level of its module, because
            it runs in other processes; it draws randomness from the job's seed alone.
        report: From the rows of the runs that did not fail, as :func:`cogdyn.lessons.studies.table.read_table`
            reads them, to tables and figures.
    """

    name: str
    claim: str
    paper: str
    jobs: Callable[[bool], Sequence[Job]]
    measure: Measure
    report: Callable[[list[Row]], Report]


def job_key(job: Job) -> str:
    """The job as canonical JSON: equal jobs, equal keys, whatever the order of their names."""
    return json.dumps(dict(job), sort_keys=True, separators=(",", ":"), allow_nan=False)
