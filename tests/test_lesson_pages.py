"""What holds for the page of every lesson: suggestions run, questions are answered, nothing is cut off."""

import ast
import builtins
import re

import pytest
from lesson_page import code_cells, defined, exercises, suggestion

from cogdyn.lessons.pages.notebooks import lesson_pages

PAGES = lesson_pages()
NAMES = [page.stem for page in PAGES]
WIDEST_CODE = 80  # letters: what fits beside both side bars in a window of 1,200 pixels
WIDEST_FORMULA = 90  # letters of TeX in a row


def names_made(tree):
    """Names that a piece of code defines, wherever in it."""
    made = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    made |= {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)
             for alias in node.names}  # fmt: skip
    made |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return made | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def names_used(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_solutions_pass_and_stubs_do_not(page):
    for name, check, stub, solution in exercises(page):
        assert solution.splitlines()[0] == stub.splitlines()[0]
        right, empty = (check(defined(source)[name]) for source in (solution, stub))
        assert right.passed, right
        assert not empty.passed
        assert "nothing is written" in empty.reason


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_what_is_suggested_next_knows_all_its_names(page):
    known = {*dir(builtins)}
    for _, source in code_cells(page):
        known |= names_made(ast.parse(source))
    tree = ast.parse(suggestion(page))
    assert names_used(tree) - names_made(tree) - known == set()


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_question_about_a_widget_is_answered(page):
    text = page.read_text("utf-8")
    answers = re.findall(r"<details><summary>What (?:we found|there is to find)</summary>\n(.*?)</details>", text, re.S)
    asked = re.findall(r"^(\d)\. ", re.sub(r"<details>.*?</details>", "", text, flags=re.S), re.M)
    assert len(asked) >= 3
    assert re.findall(r"^(\d)\. ", "\n".join(answers), re.M) == asked


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_line_of_code_or_formula_is_wider_than_the_page(page):
    text = page.read_text("utf-8")
    shown = [source for hidden, source in code_cells(page) if not hidden]
    shown += re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert [line for source in shown for line in source.splitlines() if len(line) > WIDEST_CODE] == []
    formulas = re.findall(r"\$\$(.*?)\$\$", text, re.S)
    rows = [row for formula in formulas for row in re.split(r"\\\\", " ".join(formula.split()))]
    plain = [re.sub(r"\\(begin|end)\{\w+\}|\\[a-zA-Z]+|[{}&\s\\]", lambda found: "x" * (found[0][1:2].isalpha()), row)
             for row in rows]  # fmt: skip
    assert [row for row in plain if len(row) > WIDEST_FORMULA] == []


OWN = sorted(PAGES[0].parents[1].glob("your-own-*.md"))


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.stem)
def test_no_line_of_code_of_one_s_own_is_wider_than_the_page(page):
    cells = [source for _, source in code_cells(page)]
    assert len(cells) >= 5
    assert [line for source in cells for line in source.splitlines() if len(line) > WIDEST_CODE] == []
