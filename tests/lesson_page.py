"""A lesson as its tests see it: run as a notebook, and its exercise with and without the solution."""

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


def check_exercises(page, checks):
    """The solutions on a page pass the checks of its exercises, by name; the stubs are told that nothing is written."""
    text = page.read_text()
    solutions = re.findall(r"<summary>Solution</summary>\s+```python\n(.*?)```", text, re.DOTALL)
    stubs = re.findall(r":tags: \[exercise\]\n\n(.*?)\n\n\n\w+\.check_", text, re.DOTALL)
    for (name, check), solution, stub in zip(checks.items(), solutions, stubs, strict=True):
        assert solution.splitlines()[0] == stub.splitlines()[0]
        right, empty = (check(_defined(source)[name]) for source in (solution, stub))
        assert right.passed, right
        assert not empty.passed
        assert "nothing is written" in empty.reason


def _defined(source):
    space = {"np": np}
    exec(source, space)
    return space
