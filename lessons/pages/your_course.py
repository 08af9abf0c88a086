"""The page "Your course": what there is to predict, answer and write, and what the reader did of it."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.display import HTML

from ..widgets.browser_module import browser_module, source
from .notebooks import lesson_notebook, lesson_pages


def course_contents() -> list[dict[str, Any]]:
    """What each lesson asks, in the order of the course.

    Returns:
        For each lesson ``name``, ``title``, the address of its ``page`` in the book, and three lists,
        ``predictions``, ``answers`` and ``exercises``, of a ``key`` and the ``question``.
    """
    return [_contents(page) for page in lesson_pages()]


def show_course() -> HTML:
    """The course with what the reader did, which the browser keeps and nobody else has; it needs no kernel."""
    lessons = json.dumps(course_contents(), ensure_ascii=False).replace("<", r"\u003c")
    module = browser_module("element.mjs", "progress.mjs", "course.mjs")
    return HTML(
        f'<style>{source("course.css")}</style>\n<div class="cogdyn-course"></div>\n'
        f'<script type="module">\n{module}\n'
        f'mountCourse(document.querySelector(".cogdyn-course"), {lessons});\n</script>'
    )


def _contents(page: Path) -> dict[str, Any]:
    notebook = lesson_notebook(page)
    name = page.stem[3:]
    quizzes = tomllib.loads(page.with_suffix(".toml").read_text("utf-8"))
    predictions, answers, exercises = [], [], []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        predictions += [{"key": key, "question": question} for key, question, *_ in _called(tree, "predict")]
        answers += [
            {"key": key, "question": quizzes[key.partition("/")[2]]["question"]}
            for key, *_ in _called(tree, "ask")
            if key.partition("/")[0] == name
        ]
        if "exercise" in cell.metadata.get("tags", []):
            functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
            exercises += [{"key": f"{name}/{function}", "question": function} for function in functions[-1:]]
    title = re.sub(r"^# ", "", next(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
    return {
        "name": name,
        "title": title.splitlines()[0],
        "page": f"lessons/{page.stem}.html",
        "predictions": predictions,
        "answers": answers,
        "exercises": exercises,
    }


def _called(tree: ast.Module, name: str) -> Iterator[list[str]]:
    """The arguments of each call of a function that are texts: the key, and the question if it has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]
