"""The page of a student: what was seen, what was expected, and the hint that helps."""

from __future__ import annotations

from .assignment import Assignment
from .follow_through import Mark
from .pages import page, words
from .table import Line


def feedback_page(which: Assignment, line: Line) -> bytes:
    """The feedback on a submission as a page of HTML; whatever comes from the submission is text in it.

    Args:
        which: The assignment.
        line: The line of the student in the table.
    """
    titles = {exercise.name: exercise.title for exercise in which.work.exercises}
    parts = [
        f"<h1>{words(which.title)}</h1>",
        f"<p><strong>{words(line.student)}</strong>: {_result(which, line)}</p>",
    ]
    parts += [f"<p>{words(note)}</p>" for note in line.notes]
    parts += [_section(number, titles[mark.exercise], mark) for number, mark in enumerate(line.marks, 1)]
    if line.remarks:
        parts.append("<h2>What happened in the cells</h2>")
        parts.append("<ul>" + "".join(f"<li>{words(remark)}</li>" for remark in line.remarks) + "</ul>")
        if line.marks:
            parts.append(
                "<p><small>A cell that fails costs nothing in itself, only what it should have defined.</small></p>"
            )
    if line.protections is not None:
        parts.append(f"<p><small>Run in a process of its own; {words(line.protections.in_words())}.</small></p>")
    return page(f"{which.title}: {line.student}", "\n".join(parts))


def _result(which: Assignment, line: Line) -> str:
    return f"{line.points} of {which.points} points" if line.marks else "not graded"


def _section(number: int, title: str, mark: Mark) -> str:
    found = mark.judgement
    colour, word = ("right", "Right") if found.passed else ("wrong", "Not yet")
    lines = [
        f'<section class="{colour}"><h2>{number}. {words(title)}: {mark.earned} of {mark.points} points</h2>',
        f"<p><b>{word}:</b> {words(found.reason)}</p>",
    ]
    if mark.note:
        lines.append(f"<p>{words(mark.note)}</p>")
    if found.seen:
        lines.append(f"<p>Seen: <code>{words(found.seen)}</code><br>Expected: <code>{words(found.expected)}</code></p>")
    if found.hint:
        lines.append(f"<p><em>{words(found.hint)}</em></p>")
    return "\n".join([*lines, "</section>"])
