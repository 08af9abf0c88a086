"""The lessons as notebooks, and the promise that what a learner wrote is never lost."""

import sys

import nbformat
import pytest

from cogdyn.lessons import notebooks
from cogdyn.lessons.notebooks import write_notebooks

PAGE = """---
kernelspec:
  name: python3
  display_name: Python 3
---

# One lesson

```{code-cell} ipython3
x = 1
```
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    folder = tmp_path / "pages"
    folder.mkdir()
    monkeypatch.setattr(notebooks, "_PAGES", folder)
    file = folder / "one.md"
    file.write_text(PAGE)
    return file


@pytest.fixture
def written(page, tmp_path):
    (file,) = write_notebooks(tmp_path / "mine", say=lambda line: None)
    return file


def again(file):
    said = []
    (answer,) = write_notebooks(file.parent, say=said.append)
    return answer, said[0]


def edit(file, source="x = 2"):
    notebook = nbformat.read(file, as_version=4)
    notebook.cells[-1].source = source
    nbformat.write(notebook, file)
    return file.read_bytes()


def test_every_lesson_of_the_book_becomes_a_valid_notebook(tmp_path):
    files = write_notebooks(tmp_path / "new" / "folder", say=lambda line: None)
    assert [file.stem for file in files] == sorted(page.stem for page in notebooks._PAGES.glob("*.md"))
    for file in files:
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"
        assert {cell.cell_type for cell in notebook.cells} == {"markdown", "code"}
    assert sorted((tmp_path / "new" / "folder").iterdir()) == files


def test_the_same_lesson_gives_the_same_bytes(page, tmp_path):
    one, other = (write_notebooks(tmp_path / name, say=lambda line: None)[0] for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_a_changed_notebook_is_kept(written):
    mine = edit(written)
    answer, said = again(written)
    assert (answer, written.read_bytes()) == (written, mine)
    assert "kept, with your changes" in said
    assert [*written.parent.iterdir()] == [written]


def test_a_notebook_that_was_only_run_is_brought_up_to_date(written, page):
    notebook = nbformat.read(written, as_version=4)
    notebook.cells[-1].execution_count = 1
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="done")]
    nbformat.write(notebook, written)
    ran = written.read_bytes()
    assert "nothing is new" in again(written)[1]
    assert written.read_bytes() == ran
    page.write_text(PAGE.replace("x = 1", "x = 3"))
    assert "brought up to date" in again(written)[1]
    assert nbformat.read(written, as_version=4).cells[-1].source == "x = 3"


def test_where_lesson_and_notebook_changed_both_are_kept(written, page):
    mine = edit(written)
    page.write_text(PAGE.replace("x = 1", "x = 3"))
    for _ in range(2):
        answer, said = again(written)
        assert written.read_bytes() == mine
        assert answer.name == "one (new).ipynb"
        assert answer.name in said
        assert nbformat.read(answer, as_version=4).cells[-1].source == "x = 3"
    newer = edit(answer, "x = 30")
    page.write_text(PAGE.replace("x = 1", "x = 4"))
    latest, _ = again(written)
    assert latest.name == "one (new 2).ipynb"
    assert answer.read_bytes() == newer


def test_a_file_that_is_no_notebook_of_ours_is_kept(written):
    written.write_text("my shopping list")
    answer, _ = again(written)
    assert written.read_text() == "my shopping list"
    assert answer.name == "one (new).ipynb"


def test_without_jupytext_one_line_says_what_to_install(page, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'cogdyn\[lessons\]'"):
        write_notebooks(tmp_path)
