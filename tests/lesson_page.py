"""A lesson as its tests see it: run as a notebook, and its exercise with and without the solution."""

import importlib
import json
import re

import jupytext
import numpy as np
from nbclient import NotebookClient

from cogdyn.lessons.pages.notebooks import write_notebooks


def code_cells(page):
    """Code of a page, cell by cell: whether its input is hidden, and its source."""
    cells = re.findall(r"^```\{code-cell\} ipython3\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [
        ("hide-input" in cell, re.sub(r"\A(---\n.*?\n---\n|(:[^\n]*\n)+)", "", cell, flags=re.DOTALL)) for cell in cells
    ]


def suggestion(page):
    """The code that a page suggests to try next."""
    (code,) = re.findall(r"^\*\*Next\.\*\*.*?^```python\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return code


def executed_lesson(page, folder, last, steps=2):
    """The notebook of a page after a run in a folder, then what it suggests to try next, then ``last``.

    What the reader sees is kept; the last cell hands the numbers behind it to the test. What is suggested trains for
    so many steps, None for as many as it says.
    """
    (file,) = (path for path in write_notebooks(folder) if path.stem.endswith(page.stem))
    notebook = jupytext.read(file)
    tried = suggestion(page) if steps is None else re.sub(r"\bsteps=\d+", f"steps={steps}", suggestion(page))
    notebook.cells.append(jupytext.reads(tried, "py:percent").cells[0])
    notebook.cells.append(jupytext.reads(last, "py:percent").cells[0])
    NotebookClient(notebook, timeout=1800, kernel_name="python3").execute(cwd=str(folder))
    return notebook


def told(notebook):
    """What the last cell of an executed notebook printed, as JSON."""
    (line,) = (out["text"] for out in notebook.cells[-1]["outputs"])
    return json.loads(line)


def kinds_shown(notebook):
    """Kinds of all that the cells of the page show, without the stills of widgets."""
    outputs = [out.get("data", {}) for cell in notebook.cells[:-2] for out in cell.get("outputs", [])]
    return [kind for data in outputs if "cogdyn-still" not in data.get("text/html", "") for kind in data]


def chapter_of(page):
    """The module of a page: that of ``01-NAME.md`` is ``cogdyn.lessons.chapters.NAME``."""
    return importlib.import_module(f"cogdyn.lessons.chapters.{page.stem[3:].replace('-', '_')}")


def exercises(page):
    """The exercises of a page: name of the function to write, its check, the stub, the solution."""
    text = page.read_text("utf-8")
    solutions = re.findall(r"<summary>Solution</summary>\s+```python\n(.*?)```", text, re.DOTALL)
    stubs = re.findall(r":tags: \[exercise\]\n\n(.*?)\n\n\n\w+\.(check_\w+)\((\w+)\)", text, re.DOTALL)
    assert len(solutions) == len(stubs) == text.count("[exercise]"), "an exercise is its stub, its check, its solution"
    return [
        (n, getattr(chapter_of(page), check), stub, s) for (stub, check, n), s in zip(stubs, solutions, strict=True)
    ]


def defined(source):
    """What a piece of code defines, by name."""
    space = {"np": np}
    exec(source, space)
    return space
