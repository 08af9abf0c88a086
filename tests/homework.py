"""Submissions for the tests of grading: notebooks as students hand them in."""

import copy
import json
from functools import cache

import pytest

from cogdyn.lessons.grading.assignment import assignment
from cogdyn.lessons.grading.protections import Limits
from cogdyn.lessons.grading.release import instructor_notebook, student_notebook
from cogdyn.lessons.grading.sandbox import why_not_isolated

TIGHT = Limits(memory=3 * 2**27, memory_of_all=2**29, file=2**22, processes=24)
"""Limits for submissions that mean harm: little of anything but time, which a busy machine takes from honest ones.

One process alone meets its own limit before that of all together, whose end takes the other exercises with it.
"""

shut_off = pytest.mark.skipif(
    why_not_isolated() is not None, reason=f"submissions cannot be shut off: {why_not_isolated()}"
)


@cache
def _notebook(number, solved):
    which = assignment(number)
    return instructor_notebook(which) if solved else student_notebook(which)


def homework(number=2, solved=False, **cells):
    """The notebook of an assignment, solved or untouched, with other sources in the cells of these names.

    A name is that of the cell without that of the assignment: ``forward`` for ``bptt-forward``.
    """
    notebook = copy.deepcopy(_notebook(number, solved))
    for name, source in cells.items():
        (cell,) = [
            cell
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")[2] == name.replace("_", "-")
        ]
        cell["source"] = source
    return notebook


def source_of(number, name):
    """The solution in a cell."""
    (cell,) = [c for c in _notebook(number, True).cells if c.metadata.get("nbgrader", {}).get("grade_id") == name]
    return cell["source"]


def hand_in(path, notebook):
    """Write a notebook where a student would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = notebook if isinstance(notebook, str) else json.dumps(notebook)
    path.write_text(text, encoding="utf-8")
    return path
