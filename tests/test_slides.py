"""Slides are cut from pages so that nothing overflows, load nothing from elsewhere, and live without a kernel."""

import re
import shutil
import sys

import pytest
from browser import browser_page, find_chromium
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cogdyn.lessons.pages.notebooks import lesson_notebook, lesson_pages
from cogdyn.lessons.pages.slide_cells import FULL, Piece, packed, slide_cells
from cogdyn.lessons.pages.slides import STAMP, slides_of, write_slides

WIDGET = "application/vnd.jupyter.widget-view+json"
LONG = "It is one sentence of a paragraph that says little, and says it at some length. " * 5


def page(*cells):
    return new_notebook(cells=[new_markdown_cell(one) if isinstance(one, str) else one for one in cells])


def widget(model="m"):
    still = new_output("display_data", data={"text/html": '<div class="cogdyn-still">x</div>'})
    return [new_output("display_data", data={WIDGET: {"model_id": model, "version_major": 2}}), still]


def kinds(cells):
    return [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in cells]


def shown(cells):
    """Texts of each slide, its title first."""
    slides = []
    for kind, cell in zip(kinds(cells), cells, strict=True):
        if kind in ("slide", "subslide"):
            slides.append([cell.source])
        elif kind != "notes":
            slides[-1].append(cell.source)
    return slides


def test_a_section_is_a_slide_and_long_text_is_divided_between_paragraphs():
    cells = slide_cells(page("# Title\n\n*Minutes.*", f"## One\n\n{LONG}\n\n{LONG}\n\n{LONG}\n\n## Two\n\nEnd."))
    assert kinds(cells) == ["slide", "-", "slide", "-", "-", "subslide", "-", "slide", "-"]
    titles = [slide[0] for slide in shown(cells)]
    assert titles == ["# Title", "## One", '<p class="cogdyn-running">One</p>', "## Two"]


def test_hints_and_solutions_are_notes_of_the_speaker():
    text = "## Exercise\n\nWrite it.\n\n<details><summary>Hint 1: where?</summary>\n\nThere.\n\n</details>\n\nAfter."
    cells = slide_cells(page(text))
    assert shown(cells) == [["## Exercise", "Write it.", "After."]]
    (note,) = [cell.source for cell in cells if cell.metadata.get("slideshow", {}).get("slide_type") == "notes"]
    assert note == "**Hint 1: where?**\n\nThere."


def test_code_its_output_and_a_living_picture():
    printed = [new_output("stream", text="one\n"), new_output("stream", text="two\n")]
    hidden = new_code_cell("ask()", outputs=widget(), metadata={"tags": ["hide-input"]})
    stub = new_code_cell("def f(): ...", outputs=printed, metadata={"tags": ["exercise"]})
    cells = slide_cells(page("## Run", new_code_cell("x = 1", outputs=printed), hidden, stub))
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == ["x = 1", "", "", "def f(): ..."]
    assert [len(cell.outputs) for cell in code] == [0, 1, 1, 0]
    assert code[1].outputs[0].text == "one\ntwo\n"
    assert WIDGET in code[2].outputs[0].data
    assert [cell.metadata.get("transient") for cell in code] == [None, *2 * [{"remove_source": True}], None]
    assert kinds(cells).count("subslide") == 2  # the picture has one to itself


def test_a_question_takes_the_room_of_its_longest_explanation():
    def asked(words):
        state = {
            "_model_module": "anywidget",
            "question": "Why?",
            "options": 3 * [{"text": "So.", "explanation": words}],
        }
        notebook = page(f"## Quiz\n\n{LONG}", new_code_cell("q", outputs=widget(), metadata={"tags": ["hide-input"]}))
        notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"m": {"state": state}}}}
        return len(shown(slide_cells(notebook)))

    assert (asked("Therefore."), asked(LONG)) == (1, 2)


def test_what_ends_in_a_colon_goes_with_what_it_announces():
    texts = [Piece(new_markdown_cell("long"), FULL - 2), Piece(new_markdown_cell("namely:"), 1)]
    listing = Piece(new_markdown_cell("code"), 4)
    assert [len(group) for group in packed([*texts, listing])] == [1, 2]
    texts[1].cell.source = "The law is"
    assert [len(group) for group in packed([*texts, listing])] == [2, 1]
    listing.cell.source = "$$x = 1$$"
    assert [len(group) for group in packed([*texts, listing])] == [1, 2]


@pytest.mark.parametrize("file", lesson_pages(), ids=lambda file: file.stem)
def test_every_lesson_is_cut_and_nothing_of_it_is_lost(file):
    notebook = lesson_notebook(file)
    cells = slide_cells(notebook)
    assert kinds(cells)[0] == "slide"
    assert len(shown(cells)) >= len(re.findall("^## ", "\n".join(c.source for c in notebook.cells), re.M)) + 1

    def words(cells):
        text = "\n".join(c.source for c in cells if "hide-input" not in c.metadata.get("tags", []))
        text = re.sub("</?(details|summary|p class=.*?)>|[*#]", " ", text)
        return set(text.split())

    assert words(notebook.cells) - words(cells) == set()


def test_the_page_of_slides_has_no_address_of_another_host():
    notebook = page("# Title\n\n$x$", new_code_cell("q", outputs=widget()))
    notebook.metadata |= {
        "title": "Title",
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"m": {}}}},
    }
    notebook["cells"] = slide_cells(notebook)
    html = slides_of(notebook)
    assert "Title</h1>" in html
    assert re.findall(r"""(?:src|href)=["'](?!scripts/w/|data:|#)[^"']*""", html) == []
    assert re.findall(r"https?://", html) == []
    assert "scripts/w/embed-amd.js" in html


def test_a_folder_with_other_things_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(RuntimeError, match="is not empty and holds no slides"):
        write_slides(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_unknown_lesson_gets_the_nearest_name(tmp_path):
    with pytest.raises(ValueError, match="Did you mean 'bridges'"):
        write_slides(tmp_path, ["bridgse"])


def test_without_nbconvert_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbconvert", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'cogdyn\[lessons\]'"):
        write_slides(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_without_npm_one_line_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match="npm, which comes with"):
        write_slides(tmp_path / "new")


@pytest.mark.slow
@pytest.mark.skipif(find_chromium() is None, reason="chromium is missing")
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing")
def test_the_slides_of_a_lesson_fit_and_live_opened_from_disk(tmp_path):
    name = lesson_pages()[0].stem
    (tmp_path / f"09-{name[3:]}.html").write_text("of another number")
    (tmp_path / STAMP).touch()
    (file,) = write_slides(tmp_path, [name[3:]], say=lambda line: None)
    assert sorted(one.name for one in tmp_path.glob("*.html")) == [f"{name}.html", "index.html"]
    assert file.stat().st_size < 3_000_000
    assert f'href="{file.name}"' in (tmp_path / "index.html").read_text()
    with browser_page() as browser:
        browser.resize(1280, 720)
        browser.open(file.as_uri())
        browser.wait("Reveal.isReady() && document.querySelector('mjx-container svg')")
        browser.wait("document.querySelector('.cogdyn-answer')?.textContent.startsWith('answer: ')")
        for _ in range(browser.wait("Reveal.getTotalSlides()")):
            slide = "Reveal.getCurrentSlide()"
            tall, frame, zoom = browser.read(f"""new Promise((done) => setTimeout(() => done(
                [{slide}.scrollHeight, {slide}.clientHeight, +{slide}.style.getPropertyValue('--zoom')]), 100))""")
            assert tall <= frame
            assert zoom > 0.6
            browser.read("Reveal.next()")
        browser.read("Reveal.slide(...Object.values(Reveal.getIndices(document.querySelector('.cogdyn-live')"
                     ".closest('section'))))")  # fmt: skip
        answer = browser.read("document.querySelector('.cogdyn-answer').textContent")
        where = browser.read("location.hash")
        browser.read("document.querySelectorAll('.cogdyn-slider input')[2].focus()")
        browser.press("End")
        browser.wait(f"document.querySelector('.cogdyn-answer').textContent !== {answer!r}")
        assert browser.read("location.hash") == where  # keys of the picture do not turn pages
        browser.read("document.querySelector('[data-kind=quiz] input').click()")
        browser.wait("/^[✓✗]/.test(document.querySelector('.cogdyn-verdict').textContent)")
        assert "<svg" in browser.read("document.querySelector('aside.notes mjx-container').innerHTML")
        assert browser.complaints == []
        assert [url for url in browser.requests if not url.startswith(("file:", "data:", "blob:"))] == []
