"""Cells as Jupyter runs them: Python stays as it is, and only what IPython would rewrite is rewritten."""

import pytest
from homework import hand_in, homework, shut_off, source_of
from hypothesis import given, settings
from hypothesis import strategies as st

from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.inside import answers
from cogdyn.lessons.grading.inside.answers import run_cell

BROKEN_LINES = """
label = ("%d units"
    % 5)
differs = (label
    != "x"
    )
text = '''
%matplotlib inline
!rm -r *
?help
'''
rest = (7
%time
) if (time := 4) else 0
"""


def ran(*cells):
    """The namespace after cells that all must succeed."""
    space = {"__name__": "__main__"}
    for number, source in enumerate(cells, 1):
        assert run_cell(source, f"cell {number}", space) is None, source
    return space


def test_python_is_left_alone():
    space = ran(BROKEN_LINES)
    assert (space["label"], space["differs"], space["rest"]) == ("5 units", True, 3)
    assert space["text"] == "\n%matplotlib inline\n!rm -r *\n?help\n"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from("%!?"), st.text(" \tab%!?", max_size=9), st.sampled_from(["'''", '"""']))
def test_strings_keep_what_looks_like_a_magic(mark, rest, quotes):
    assert ran(f"x = {quotes}\n{mark}{rest}\n{quotes}")["x"] == f"\n{mark}{rest}\n"


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "!pip install x",
        "!echo it's",
        "?forward",
        "forward?",
        "forward??",
        "%pip install x",
        "!!ls",
    ],
)
def test_magics_and_commands_do_nothing(magic):
    assert ran(f"{magic}\nx = 1\nif x:\n    {magic}\n    y = ('%d'\n  % 2)\n{magic}")["y"] == "2"


@pytest.mark.parametrize(
    ("source", "x"),
    [
        ("%%time\nx = 3", 3),
        ("\n\n%%time\n%matplotlib inline\nx = 3", 3),
        ("%%capture out\nx = 3", 3),
        ("%time x = 3", 3),
        ("x = %time 1 + 2", 3),
        ("x = !ls", []),
        ("x = get_ipython().run_line_magic('matplotlib', 'inline')", None),
        ("x = 1\n%timeit x = 2", 1),
        ("  x = 1\n  y = 2", 1),
        ("display(3)\nx = 3", 3),
    ],
)
def test_what_jupyter_does_beyond_python(source, x):
    assert ran(source)["x"] == x


@pytest.mark.parametrize("source", ["%%bash\nls -l '", "%%html\n<b>", "%%writefile x.py\nx = 1", "%%timeit\nx = 1"])
def test_cells_that_are_not_run_in_the_notebook_are_left_out(source):
    assert "x" not in ran(source)


def test_errors_name_the_line_of_the_cell():
    for above in ("%%time\n%matplotlib inline", "\n%matplotlib inline", "%%time\nx = 1", "x = 1\n!ls"):
        said = run_cell(f"{above}\n1 / 0", "cell 7", {})
        assert (said["error"], said["where"]) == ("ZeroDivisionError", "cell 7, line 3: 1 / 0")
    said = run_cell("%matplotlib inline\nx = 1\n%time 1 / 0", "cell 7", {})
    assert said["where"] == "cell 7, %time, line 1: 1 / 0"
    assert run_cell("%matplotlib inline\nx = = 1", "cell 7", {})["error"] == "SyntaxError"


def test_cells_are_compiled_as_in_a_notebook():
    """Annotations are values, unless the notebook itself puts them off."""
    first, second = "def f(x: int): pass", "def g(x: nowhere): pass"
    assert ran(first)["f"].__annotations__ == {"x": int}
    assert ran("from __future__ import annotations", second)["g"].__annotations__ == {"x": "nowhere"}
    assert run_cell(second, "cell 1", {})["error"] == "NameError"
    assert ran("annotations = 1", first)["f"].__annotations__ == {"x": int}


@shut_off
def test_a_right_solution_with_magics_and_broken_lines_has_all_points(tmp_path):
    notebook = homework(2, solved=True, forward="%%time\n" + source_of(2, "bptt-forward") + BROKEN_LINES)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first["source"] = "%matplotlib inline\n!pip install x\n?forward\n" + first["source"] + BROKEN_LINES
    hand_in(tmp_path / "in" / "x.ipynb", notebook)
    _, (line,) = grade(tmp_path / "in", tmp_path / "grades.csv", jobs=1)
    assert (line.points, line.remarks) == (12, ())


def test_without_ipython_nothing_is_graded(monkeypatch):
    """Marks would depend on what is installed where it is graded."""
    monkeypatch.setattr(answers, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'cogdyn\[lessons\]'"):
        answers.prepare([])
