"""A student's own check of a whole notebook: run and judged as by the grader, on other inputs."""

from __future__ import annotations

from pathlib import Path

from .assignment import Assignment, assignment
from .exercises import MODULES
from .marking import Marking, mark
from .protections import Limits
from .recognition import notes_on, number_of
from .sandbox import Nursery, why_not_isolated
from .submissions import read_notebook

OWN_SEED = -1
"""Of the inputs: the grader takes others, since its seeds are not negative."""


def check_notebook(path: Path, limits: Limits | None = None) -> tuple[Assignment, Marking, list[str]]:
    """Run a notebook from its first cell to its last, and judge it.

    Args:
        path: The notebook.
        limits: What it may take.

    Returns:
        The assignment, the marks, and what else there is to say.

    Raises:
        ValueError: If it is no notebook, or of no assignment.
        SandboxError: If it cannot be run here.
    """
    notebook = read_notebook(path)
    number = number_of(notebook)
    if number not in MODULES:
        raise ValueError(f"{path.name} is of no assignment that is known; see cogdyn assignment list.")
    which = assignment(number)
    modules = which.work.imports, which.work.hidden
    with Nursery(*modules, why_not_isolated(*modules) is None, limits or Limits()) as nursery:
        marked = mark(nursery, which.work, notebook.cells, notebook.digest, OWN_SEED)
    if not marked.marks:
        raise ValueError(f"{path.name}: {' '.join(marked.notes)}")
    return which, marked, notes_on(notebook, which)
