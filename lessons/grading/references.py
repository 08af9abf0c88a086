"""Reference answers from the instructor's pages, to replace wrong ones when what builds on them is marked."""

from __future__ import annotations

import ast
from functools import cache

from .assignment import Assignment, assignment
from .exercises import MODULES, work
from .judging import Exercise
from .release import instructor_notebook

_IN_CLASS = {
    "task/draws": ("channels", "responses", "factors"),
    "task/paints": ("contrast", "fixation_ms", "lamps_ms", "delay_ms", "decision_ms", "periods", "paint"),
    "task/observes": ("ideal",),
}
"""What of the class of assignment 1 belongs to each exercise."""


@cache
def reference_cell(exercise: Exercise) -> str:
    """Source of a cell that replaces an answer by the reference, which has a namespace of its own.

    It holds no solution of a later exercise, which a submission could call from there.

    Args:
        exercise: The exercise whose answer is replaced; of a class only the part that belongs to it.
    """
    number = next(number for number in MODULES if exercise in work(number).exercises)
    start, *solutions = _definitions(assignment(number))
    name, part = exercise.answer, _IN_CLASS.get(exercise.name)
    earlier = solutions[: 1 + next(i for i, source in enumerate(solutions) if name in map(_name, _body(source)))]
    source = "\n\n".join([start, *(earlier if part is None else _subclass(solutions, name, part))])
    known = "{}" if part is None else f"{{{name!r}: {name}, '__name__': {name}.__module__}}"
    return f"_reference = {known}\nexec({source!r}, _reference)\n{name} = _reference[{name!r}]"


def _definitions(which: Assignment) -> list[str]:
    """The first cell, and those whose solutions define something."""
    cells = [(cell.metadata.get("nbgrader", {}), cell["source"]) for cell in instructor_notebook(which).cells]
    return [
        source
        for marks, source in cells
        if marks.get("grade_id", "").endswith("-start")
        or (marks.get("solution") and any(isinstance(line, ast.FunctionDef | ast.ClassDef) for line in _body(source)))
    ]


def _subclass(solutions: list[str], name: str, part: tuple[str, ...]) -> list[str]:
    """The submission's own class with a part of the reference's, which is registered if that one is."""
    cls = next(one for source in solutions for one in _body(source) if isinstance(one, ast.ClassDef))
    docstring = ast.parse(f"__doc__ = {name}.__doc__").body
    body = [*docstring, *(line for line in cls.body if _name(line) in part)]
    cls.bases, cls.body = [ast.Name(name, ast.Load())], body
    registered = f"from cogdyn.envs.registry import TASKS\nregistered = TASKS.get({name!r}) is {name}"
    made = ast.unparse(ast.fix_missing_locations(cls))
    return [registered, made, f"if registered:\n    register_task({name})"]


def _body(source: str) -> list[ast.stmt]:
    return ast.parse(source).body


def _name(line: ast.stmt) -> str:
    """What a line of a class defines; empty if it defines nothing."""
    if isinstance(line, ast.FunctionDef | ast.ClassDef):
        return line.name
    target = (
        line.target if isinstance(line, ast.AnnAssign) else line.targets[0] if isinstance(line, ast.Assign) else None
    )
    return target.id if isinstance(target, ast.Name) else ""
