"""The page of the study of bridges: it runs from the tables that travel with the package, and holds no outcome."""

import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from cogdyn import lessons
from cogdyn.lessons.pages.study_results import ResultTable, VerdictTable
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.runner import plan

PAGE = Path(__file__).parent.parent / "book/studies/soo2023.md"
CELL = re.compile(r"```\{code-cell\} ipython3\n(?::tags:[^\n]*\n\n|---\n.*?\n---\n)?(.*?)```", re.DOTALL)
TABLES = ("soo2023", "soo2023-tuning", "soo2023-transmission", "soo2023-errors", "soo2023-default")


@pytest.mark.slow
def test_every_cell_runs_and_tells_something(capsys):
    space, shown = {}, []
    cells = CELL.findall(PAGE.read_text())
    assert len(cells) > 10
    for cell in cells:
        *before, last = cell.strip().splitlines()
        lines = "\n".join(before) if last.startswith(("lessons.", "study.", "transmission.", "errors.")) else cell
        exec(lines, space)
        if lines is not cell:
            shown.append(eval(last, space))
    printed = capsys.readouterr().out
    assert "networks of the study are trained" in printed
    assert "0.958" in printed
    tables = [each for each in shown if isinstance(each, ResultTable | VerdictTable)]
    assert all("<td>" in table._repr_html_() for table in tables)
    assert sum(isinstance(each, Figure) for each in shown) == 3
    assert space["begin"] < 1
    lost = [row for row in space["fate"] if row["mean rate at the end"] > 1e3]
    assert 0 < len(lost) < len(space["fate"])
    least = min(row["gradient"] for row in space["fate"] if row not in lost)
    assert all(row["largest eigenvalue"] > 1 and row["score"] < 0.5 for row in lost)
    assert all(row["gradient"] < 0.01 * least for row in lost)


def test_the_tables_of_the_page_hold_only_runs_that_its_studies_ask_for():
    for name in TABLES:
        study = load_study(name)
        jobs = list(plan(study, quick=False).values())
        rows = lessons.study_results(study)
        assert rows
        for row in rows:
            assert {name: row[name] for name in jobs[0]} in jobs


def test_sentences_hold_no_outcome():
    """Numbers of the text are settings or follow from enumeration, never from a table of results."""
    prose = re.sub(r"```.*?```", "", PAGE.read_text(), flags=re.DOTALL)
    assert not re.findall(r"\d+ of \d+ networks|p [=<] ?0|median of \d", prose)
