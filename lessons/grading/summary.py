"""The page of the class: how many got each exercise right, a picture, and the commonest wrong answers."""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .assignment import Assignment
from .judging import NOT_WRITTEN
from .names import file_names
from .pages import page, words
from .protections import NOT_SHUT_OFF
from .table import Line

MOST = 5
"""Wrong answers listed for each exercise."""
RIGHT, WRONG, BLANK = "#009E73", "#D55E00", "#BBBBBB"


def summary_page(which: Assignment, lines: Sequence[Line]) -> bytes:
    """The summary of a class as a page of HTML.

    Args:
        which: The assignment.
        lines: The lines of its table.
    """
    graded = [line for line in lines if line.marks]
    parts = [f"<h1>{words(which.title)}: the class</h1>", f"<p>{_overview(which, lines, graded)}</p>"]
    if graded:
        rates, picture = _rates(which, graded), base64.b64encode(_png(draw_class(which, lines))).decode()
        shares = "; ".join(f"{name}: {share:.0%} right" for name, share in rates)
        parts += [
            f'<img alt="Bars of right, wrong and unwritten answers for each exercise, and a histogram of the points. '
            f'{words(shares)}." src="data:image/png;base64,{picture}">',
            "<h2>Exercises</h2>",
            _table(
                ["exercise", "points", "right"],
                [[e.title, e.points, f"{r:.0%}"] for e, (_, r) in zip(which.work.exercises, rates, strict=True)],
            ),
            "<h2>The commonest wrong answers</h2>",
            _table(["exercise", "students", "what"], wrong_answers(which, graded)) or "<p>None.</p>",
        ]
    if bad := [[line.student, " ".join(line.notes)] for line in lines if line.notes]:
        parts += ["<h2>To look at</h2>", _table(["student", "note"], bad)]
    parts += ["<h2>Students</h2>", _students(lines)]
    shut = sorted({line.protections.in_words() for line in graded if line.protections is not None})
    parts += [f"<p><small>Protections {words(protections)}.</small></p>" for protections in shut]
    if not all(line.protections.isolated for line in graded if line.protections is not None):
        parts.append(f"<p><small>{words(NOT_SHUT_OFF)}.</small></p>")
    return page(f"{which.title}: the class", "\n".join(parts))


def _overview(which: Assignment, lines: Sequence[Line], graded: Sequence[Line]) -> str:
    points = sorted(line.points for line in graded)
    middle = f", half of them with {np.median(points):g} of {which.points} points or more" if points else ""
    rest = len(lines) - len(graded)
    return f"{len(graded)} submissions were graded{middle}." + (f" {rest} could not be graded." if rest else "")


def _rates(which: Assignment, graded: Sequence[Line]) -> list[tuple[str, float]]:
    return [
        (exercise.name, float(np.mean([line.marks[k].judgement.passed for line in graded])))
        for k, exercise in enumerate(which.work.exercises)
    ]


def wrong_answers(which: Assignment, lines: Sequence[Line]) -> list[list[object]]:
    """Exercise, number of students and reason, the commonest first; numbers in reasons are left out."""
    rows: list[list[object]] = []
    for k, exercise in enumerate(which.work.exercises):
        judgements = [line.marks[k].judgement for line in lines]
        counts = Counter(
            re.sub(r"\d[\d.e+-]*\d\.?|\d\.?", "…", judgement.reason) for judgement in judgements if not judgement.passed
        )
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        rows += [[exercise.title, count, reason] for reason, count in ranked[:MOST]]
    return rows


def draw_class(which: Assignment, lines: Sequence[Line]) -> Figure:
    """Right, wrong and unwritten answers of each exercise, and how the points are distributed.

    Args:
        which: The assignment.
        lines: The lines of its table.
    """
    graded = [line for line in lines if line.marks]
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    bars, spread = figure.subplots(1, 2)
    names = [exercise.title for exercise in which.work.exercises]
    found = [[line.marks[k].judgement for line in graded] for k in range(len(names))]
    right = np.array([sum(judgement.passed for judgement in some) for some in found])
    blank = np.array([sum(judgement.reason == NOT_WRITTEN for judgement in some) for some in found])
    left = np.zeros(len(names))
    for counts, colour, label in (
        (right, RIGHT, "right"),
        (len(graded) - right - blank, WRONG, "not yet"),
        (blank, BLANK, "not written"),
    ):
        bars.barh(names, counts, left=left, color=colour, label=label)
        left = left + counts
    bars.invert_yaxis()
    bars.set_xlabel("students")
    bars.legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    spread.hist([line.points for line in graded], bins=np.arange(which.points + 2) - 0.5, color="#56B4E9")
    for axis in (bars.xaxis, spread.xaxis, spread.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    spread.set_xlabel(f"points of {which.points}")
    spread.set_ylabel("students")
    return figure


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120, metadata={"Software": None})
    return content.getvalue()


def _students(lines: Sequence[Line]) -> str:
    """Each student with the points and the page of feedback, which is in the folder ``feedback`` next to this page."""
    pages = file_names(line.student for line in lines)
    items = [
        f'<li><a href="feedback/{quote(pages[line.student])}.html">{words(line.student)}</a>'
        f"{f': {line.points}' if line.marks else ''}</li>"
        for line in lines
    ]
    return f"<ul>{''.join(items)}</ul>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{words(name)}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(f"<td{' class=number' if isinstance(cell, int) else ''}>{words(str(cell))}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"
