"""The lessons as notebooks, and the promise that what a learner wrote is never lost."""

import json
import re
import sys
import tomllib

import nbformat
import pytest

from cogdyn.lessons.pages import notebooks
from cogdyn.lessons.pages.notebooks import lesson_pages, write_notebooks

BOOK = notebooks._BOOK

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
    file = tmp_path / "book" / "lessons" / "01-one.md"
    file.parent.mkdir(parents=True)
    file.write_text(PAGE)
    monkeypatch.setattr(notebooks, "_BOOK", tmp_path / "book")
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
    assert [file.stem for file in files] == [page.stem for page in lesson_pages()]
    assert sorted(files) == files, "JupyterLab sorts by name"
    for number, file in enumerate(files, 1):
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"
        assert {cell.cell_type for cell in notebook.cells} == {"markdown", "code"}
        assert notebook.cells[0].source.startswith(f"# {number}. ")
    assert sorted((tmp_path / "new" / "folder").iterdir()) == files


@pytest.fixture(scope="module")
def all_written(tmp_path_factory):
    return write_notebooks(tmp_path_factory.mktemp("all"), say=lambda line: None)


def test_no_cell_of_a_notebook_shows_the_answer_to_a_question(all_written):
    for file, page in zip(all_written, lesson_pages(), strict=True):
        notebook = nbformat.read(file, as_version=4)
        hidden = [cell for cell in notebook.cells if "hide-input" in cell.metadata.get("tags", [])]
        asking = [cell for cell in notebook.cells if re.search(r"^(ask|predict|recall)\(", cell.source, re.MULTILINE)]
        assert len(asking) > 1
        assert [cell for cell in asking if cell not in hidden] == []
        assert all(cell.metadata["jupyter"] == {"source_hidden": True} for cell in hidden)
        sources = json.dumps([cell.source for cell in notebook.cells], ensure_ascii=False)
        quizzes = tomllib.loads(page.with_suffix(".toml").read_text("utf-8"))
        assert [name for name in quizzes if f"{page.stem[3:]}/{name}" not in sources] == []
        assert [o["why"] for one in quizzes.values() for o in one["options"] if o["why"] in sources] == []


def test_links_of_a_notebook_lead_to_notebooks_and_no_markup_of_the_book_is_left(all_written):
    names = {file.name for file in all_written}
    for file in all_written:
        for cell in nbformat.read(file, as_version=4).cells:
            if cell.cell_type == "markdown":
                links = re.findall(r"\]\(([^)]+)\)", re.sub(r"\$[^$]*\$", "", cell.source))
                assert [link for link in links if link not in names and not link.startswith("https:")] == []
                assert not re.search(r"\{\w[\w:-]*\}`|^:::|^```\{", cell.source, re.MULTILINE)


def test_a_lesson_is_called_by_the_number_that_it_has():
    for page in sorted(BOOK.rglob("*.md")):
        if "_build" in page.parts or page.name == "index.md":  # whose cards tests/test_course_map.py holds
            continue
        text = page.read_text("utf-8")
        linked = re.findall(r"\[[Ll]esson (\d+)\]\(([^)]+)\)", text)
        assert [(number, name) for number, name in linked if int(name.split("/")[-1][:2]) != int(number)] == []
        assert len(re.findall(r"\blessons? \d", text, re.IGNORECASE)) == len(linked), f"a number without a link: {page}"


@pytest.mark.parametrize("former", ["one.ipynb", "07-one.ipynb"])
def test_a_notebook_of_another_number_is_renamed(written, former):
    mine = edit(written)
    written.rename(written.with_name(former))
    answer, said = again(written)
    assert [*written.parent.iterdir()] == [answer] == [written]
    assert written.read_bytes() == mine
    assert "kept, with your changes" in said


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
        assert answer.name == "01-one (new).ipynb"
        assert answer.name in said
        assert nbformat.read(answer, as_version=4).cells[-1].source == "x = 3"
    newer = edit(answer, "x = 30")
    page.write_text(PAGE.replace("x = 1", "x = 4"))
    latest, _ = again(written)
    assert latest.name == "01-one (new 2).ipynb"
    assert answer.read_bytes() == newer


def test_a_file_that_is_no_notebook_of_ours_is_kept(written):
    written.write_text("my shopping list")
    answer, _ = again(written)
    assert written.read_text() == "my shopping list"
    assert answer.name == "01-one (new).ipynb"


def test_without_jupytext_one_line_says_what_to_install(page, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'cogdyn\[lessons\]'"):
        write_notebooks(tmp_path)
