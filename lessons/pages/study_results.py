"""What studies have found so far: the tables that travel with the package, and how a page shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from ...envs.names import check_name
from ...envs.typechecked import typechecked
from ..studies import Report, Study
from ..studies.study import Row
from ..studies.table import finished, read_table, table_cells, text_table
from ..studies.verdict import Verdict

_RESULTS = Path(__file__).parents[1] / "studies" / "results"


@typechecked
def study_results(study: Study) -> list[Row]:
    """The rows of the runs of a study that are done, from the table that travels with the package.

    Raises:
        FileNotFoundError: If the study has no such table.
    """
    return finished(read_table(_RESULTS / f"{study.name}.csv"))


@typechecked
def how_much_is_done(study: Study, rows: list[Row], by: Sequence[str] = ("task", "delay_ms")) -> str:
    """How many networks of a study have been trained, of how many that it asks for, cell by cell.

    Args:
        study: A study whose jobs name their number of networks.
        rows: Its rows, one for each network.
        by: What of a job a cell is made of.
    """
    asked: dict[tuple[Any, ...], int] = {}
    for job in study.jobs(False):
        for name in by:
            check_name("by", name, job)
        cell = tuple(job[name] for name in by)
        asked[cell] = asked.get(cell, 0) + job["networks"]
    found = [tuple(row[name] for name in by) for row in rows]
    lines = [f"{len(rows)} of {sum(asked.values())} networks of the study are trained:"]
    for cell, n in asked.items():
        about = ", ".join(filter(None, (_level(name, value) for name, value in zip(by, cell, strict=True))))
        lines.append(f"{found.count(cell):>5} of {n:<4} {about}")
    return "\n".join(lines)


def _level(name: str, value: Any) -> str:
    """A factor and its level in words; no duration is no word."""
    if isinstance(value, str):
        return value.replace("_", " ")
    if name == "dt":
        return f"bins of {value:g} ms"
    if name.endswith("_ms"):
        return f"{value:g} ms" if value else ""
    return f"{name.replace('_', ' ')} {value:g}"


LONG = 40
"""Characters from which on a cell holds a list or a sentence, which may take several lines."""


@dataclass(frozen=True)
class ResultTable:
    """Rows that share their columns, which a page shows as a table; what is the same in every row is stated once.

    Attributes:
        rows: Words, numbers and None by the name of the column.
    """

    rows: Sequence[Mapping[str, Any]]

    def __str__(self) -> str:
        """The table as aligned text."""
        return text_table(self.rows)

    def _repr_html_(self) -> str:
        if not self.rows:
            return "<p>Nothing yet.</p>"
        header, *rows = table_cells(self.rows)
        return _table(header, rows)


@dataclass(frozen=True)
class ReportTable:
    """The text of a report, whose table a page shows as a table; what is the same in every row is stated once.

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
        return f"<p>{escape(sentences)}</p>{_table(header, rows)}"


@dataclass(frozen=True)
class VerdictTable:
    """What became of expectations or claims, one line for each.

    Attributes:
        verdicts: What was expected, what was found, and whether it holds.
    """

    verdicts: Sequence[Verdict]

    def __str__(self) -> str:
        """A line of text for each."""
        return "\n".join(map(str, self.verdicts))

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th scope="row">{escape(verdict.name)}</th><td>{escape(verdict.says)}</td>'
            f'<td><strong class="cogdyn-{verdict.word.lower().replace(" ", "-")}">{escape(verdict.word)}</strong></td>'
            f"<td>{escape(verdict.numbers)}</td></tr>"
            for verdict in self.verdicts
        )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("", "expected", "", "found"))
        return _scrolling(f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>", "cogdyn-report cogdyn-verdicts")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; what is the same in every row is stated once above it."""
    same = [k for k, column in enumerate(zip(*rows, strict=True)) if len(rows) > 1 and len({*column}) == 1]
    told = [k for k in range(len(header)) if k not in same]
    shared = ", ".join(f"{header[k]} {rows[0][k]}" for k in same)
    words = {k: ' class="cogdyn-words"' if any(len(row[k]) > LONG for row in rows) else "" for k in told}
    head = "".join(f'<th scope="col"{words[k]}>{escape(header[k])}</th>' for k in told)
    body = "".join("<tr>" + "".join(f"<td{words[k]}>{escape(row[k])}</td>" for k in told) + "</tr>" for row in rows)
    return (
        f"<p>{escape(f'In every row: {shared}.') if same else ''}</p>"
        f"{_scrolling(f'<thead><tr>{head}</tr></thead><tbody>{body}</tbody>', 'cogdyn-report')}"
    )


def _scrolling(table: str, name: str) -> str:
    """A table that scrolls within itself where the page is narrow."""
    return (
        f'<div class="{name}" style="overflow-x:auto" tabindex="0" role="region" aria-label="report">'
        f"<table>{table}</table></div>"
    )
