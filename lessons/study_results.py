"""What studies have found so far: the tables that travel with the package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from .studies import Report, Study
from .studies.study import Row
from .studies.table import finished, read_table

_RESULTS = Path(__file__).parent / "studies" / "results"


def study_results(study: Study) -> list[Row]:
    """The rows of the runs of a study that are done, from the table that travels with the package.

    Raises:
        FileNotFoundError: If the study has no such table.
    """
    return finished(read_table(_RESULTS / f"{study.name}.csv"))


def how_much_is_done(study: Study, rows: list[Row]) -> str:
    """How many networks of a study have been trained, of how many that it asks for, task by task.

    Args:
        study: A study whose jobs name their task, delay and number of networks.
        rows: Its rows, one for each network.
    """
    asked: dict[tuple[str, float], int] = {}
    for job in study.jobs(False):
        cell = job["task"], job["delay_ms"]
        asked[cell] = asked.get(cell, 0) + job["networks"]
    found = [(row["task"], row["delay_ms"]) for row in rows]
    lines = [f"{len(rows)} of {sum(asked.values())} networks of the study are trained:"]
    for (task, delay), n in asked.items():
        about = f"{task}, {delay:g} ms" if delay else task
        lines.append(f"{found.count((task, delay)):>5} of {n:<4} {about}")
    return "\n".join(lines)


@dataclass(frozen=True)
class ReportTable:
    """The text of a report, whose table a page shows as a table; what is the same in every row is told once.

    Attributes:
        report: Sentences, an empty line, and a table of aligned columns.
    """

    report: Report

    def __str__(self) -> str:
        """The text as it is."""
        return self.report.text

    def _repr_html_(self) -> str:
        sentences, _, table = self.report.text.strip().partition("\n\n")
        header, *rows = (re.split(r" {2,}", line.strip()) for line in table.splitlines())
        same = [k for k, column in enumerate(zip(*rows, strict=True)) if len(rows) > 1 and len({*column}) == 1]
        told = [k for k in range(len(header)) if k not in same]
        shared = ", ".join(f"{header[k]} {rows[0][k]}" for k in same)
        head = "".join(f'<th scope="col">{escape(header[k])}</th>' for k in told)
        body = "".join("<tr>" + "".join(f"<td>{escape(row[k])}</td>" for k in told) + "</tr>" for row in rows)
        return (
            f"<p>{escape(sentences)}</p><p>{escape(f'In every row: {shared}.') if same else ''}</p>"
            '<div class="cogdyn-report" style="overflow-x:auto" tabindex="0" role="region" aria-label="report">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
