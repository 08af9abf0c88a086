"""The book builds from clean, works with no network and no kernel, and its widgets compute."""

import functools
import http.server
import re
import shutil
import threading

import pytest
from browser import browser_page, find_chromium

from cogdyn.envs import task_names
from cogdyn.lessons.pages import build as book_build
from cogdyn.lessons.pages.build import BookError, build_book
from cogdyn.lessons.pages.notebooks import lesson_pages

LESSON = "lessons/01-remembering.html"
BRIDGES = "lessons/06-bridges.html"
LOCAL = "lessons/07-local-signals.html"
COMPARTMENTS = "lessons/09-compartments.html"
KAO = "studies/kao2019.html"
ANSWER = "document.querySelector('.cogdyn-answer')?.textContent"
SETTLED = f"document.querySelector('.cogdyn-spoken')?.textContent.startsWith({ANSWER} + ';')"

slow_and_real = [
    pytest.mark.slow,
    pytest.mark.skipif(find_chromium() is None, reason="chromium is missing"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing"),
]


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site and notes what it could not find."""

    def do_GET(self):
        if self.path == "/favicon.ico":  # asked for by the browser, not by a page
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format, *args):
        pass

    def send_error(self, code, message=None, explain=None):
        self.server.missing.append(self.path)
        super().send_error(code, message, explain)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build_book(tmp_path_factory.mktemp("book") / "site").parent


@pytest.fixture(scope="module")
def server(site):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=site)) as server:
        server.missing = []
        server.address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with browser_page() as page:
        yield page


@pytest.fixture(params=["served", "opened from disk"])
def lesson(request, site, server, browser):
    """The lesson with its widgets at rest, as a reader finds it who was never here."""
    browser.resize(1100)
    address = server.address if request.param == "served" else site.as_uri() + "/"
    browser.open(address + LESSON)
    browser.read("localStorage.clear()")
    browser.open("about:blank")
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(address + LESSON)
    browser.wait(SETTLED)
    yield browser
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith((address, "data:", "blob:"))] == []
    assert server.missing == []


def pages(site):
    folders = (site, site / "api", site / "lessons", site / "studies")
    return sorted(str(file.relative_to(site)) for folder in folders for file in folder.glob("*.html"))


class TestBook:
    pytestmark = slow_and_real

    def test_every_page_loads_whole_with_no_other_host_and_no_complaint(self, site, server, browser):
        known = {
            "index.html",
            *(f"lessons/{page.stem}.html" for page in lesson_pages()),
            KAO,
            "tasks.html",
            "api.html",
            "api/rules.html",
            "notation.html",
        }
        assert known <= {*pages(site)}
        for page in pages(site):
            for width in (1100, 390, 360):
                browser.resize(width)
                browser.requests.clear()
                browser.complaints.clear()
                browser.open(f"{server.address}{page}?{width}")
                browser.wait("!document.querySelector('.math') || document.querySelector('mjx-container svg')")
                browser.wait(f"!document.querySelector('script[type*=widget-view]') || {ANSWER}")
                assert browser.complaints == [], page
                away = [url for url in browser.requests if not url.startswith((server.address, "data:", "blob:"))]
                assert away == [], page
                too_wide = browser.read("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert too_wide <= 0, f"{page} is wider than a window of {width} pixels"
        assert server.missing == []

    def test_nothing_is_cut_off(self, site, server, browser):
        """Code, formulas and printed tables fit beside the side bars; only tables of studies scroll, with a bar."""
        shown = "mjx-container[display='true'], .cell_input pre, .highlight pre, .cell_output pre"
        wide = f"""[...document.querySelectorAll("article :is({shown})")]
            .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
            .map((one) => `${{one.scrollWidth}} in ${{one.clientWidth}}: ${{one.textContent.slice(0, 60)}}`)"""
        browser.resize(1200)
        for page in pages(site):
            browser.open(server.address + page)
            browser.wait("!document.querySelector('.math') || document.querySelector('mjx-container svg')")
            assert browser.read(wide) == [], page

    def test_every_lesson_is_a_notebook_to_download(self, site):
        for number, page in enumerate(lesson_pages(), 1):
            text = (site / "lessons" / f"{page.stem}.html").read_text()
            (target,) = re.findall(r'href="\.\./(_sources/lessons/[^"]+)"', text)
            assert target == f"_sources/lessons/{page.stem}.ipynb"
            assert (site / target).exists()
            titles = re.findall("<h1>(.*?)</h1>", text, re.DOTALL)
            assert any(re.sub("<[^>]+>", "", title).startswith(f"{number}. ") for title in titles)

    def test_pages_are_light_until_they_are_scrolled(self, site):
        assert (site / "tasks.html").stat().st_size < 1_000_000
        text = (site / "tasks.html").read_text()
        assert "data:image" not in text
        assert text.count('loading="lazy"') == len(task_names())

    def test_figures_are_pictures_and_not_the_words_for_them(self, site):
        shown = [page for page in pages(site) if page.startswith(("lessons", "studies"))]
        assert [page for page in shown if "<img" not in (site / page).read_text()] == []
        assert [page for page in shown if "&lt;Figure size" in (site / page).read_text()] == []

    def test_pictures_have_alternative_texts(self, site, server, browser):
        for page in pages(site):
            browser.open(server.address + page)
            browser.wait(f"!document.querySelector('script[type*=widget-view]') || {SETTLED}")
            assert browser.read("[...document.images].filter((image) => !image.alt).length") == 0, page

    @pytest.mark.parametrize("width", [1100, 390])
    def test_pictures_keep_their_proportions(self, site, server, browser, width):
        stretch = "(image) => image.clientWidth / image.clientHeight / (image.naturalWidth / image.naturalHeight) - 1"
        for page in pages(site):
            browser.resize(width)
            browser.open(server.address + page)
            browser.wait(f"!document.querySelector('script[type*=widget-view]') || {SETTLED}")
            browser.read("for (const image of document.images) image.loading = 'eager'")
            browser.wait("[...document.images].every((image) => image.complete)")
            shown = "[...document.images].filter((image) => image.clientWidth > 50)"
            assert browser.read(f"Math.max(0, ...{shown}.map({stretch}).map(Math.abs))") < 0.03, page

    def test_the_network_answers_and_a_moved_slider_changes_the_answer(self, lesson):
        before = lesson.read(ANSWER)
        assert before.startswith("answer: ")
        label = "document.querySelector('.cogdyn-live canvas').ariaLabel"
        assert before in lesson.read(label)
        lesson.read("document.querySelectorAll('.cogdyn-slider input')[2].focus()")
        lesson.press("End")
        lesson.wait(f"/over [45]\\d\\d\\d ms/.test({label})")
        text = "document.querySelector('.cogdyn-spoken').textContent"
        calm = lesson.wait(f"{SETTLED} && {text}")
        lesson.read("document.querySelectorAll('.cogdyn-slider input')[1].focus()")
        lesson.press("End")
        lesson.wait(f"{SETTLED} && {text} !== {calm!r}")
        assert "σ = 0.50" in lesson.read("document.querySelectorAll('.cogdyn-slider')[1].textContent")
        lesson.read(
            "[...document.querySelectorAll('.cogdyn-live button')].find((b) => b.textContent === 'Reset').click()"
        )
        lesson.wait(f"{ANSWER} === {before!r}")

    def test_units_are_silenced_by_keyboard_and_all_at_once(self, lesson):
        picture = "document.querySelector('.cogdyn-live canvas').toDataURL()"
        count = "document.querySelectorAll('.cogdyn-strip [aria-pressed=true]').length"
        intact = lesson.read(picture)
        lesson.read("document.querySelector('.cogdyn-strip [tabindex=\"0\"]').focus()")
        lesson.press("ArrowRight")
        lesson.press("Enter")
        lesson.wait(f"{count} === 1")
        assert lesson.read("document.activeElement.ariaPressed") == "true"
        lesson.read("document.querySelector('.cogdyn-silence input').select()")
        lesson.call("Input.insertText", text="9")
        lesson.wait(f"{count} === 9 && {SETTLED}")
        assert lesson.read(picture) != intact
        lesson.read("[...document.querySelectorAll('.cogdyn-live button')].at(-1).click()")
        lesson.read("document.activeElement.blur()")
        lesson.wait(f"{count} === 0 && {picture} === {intact!r}")

    def test_what_takes_keys_is_spared_by_the_command_keys_of_jupyterlab(self, lesson):
        controls = "[...document.querySelectorAll(':is(.cogdyn-live, .cogdyn-choice) :is(input, select, button)')]"
        assert lesson.read(f"{controls}.length") > 100
        assert lesson.read(f"{controls}.every((control) => control.hasAttribute('data-lm-suppress-shortcuts'))")

    def test_a_bridge_is_chosen_and_moved_by_keyboard(self, site, server, browser):
        browser.resize(1100)
        browser.complaints.clear()
        browser.open(server.address + BRIDGES)
        before = browser.wait(f"{SETTLED} && {ANSWER}")
        assert "authors' start 0.064" in before
        assert before in browser.read("document.querySelector('.cogdyn-live canvas').ariaLabel")
        browser.read("document.querySelector('.cogdyn-live select').focus()")
        browser.press("ArrowDown")
        dasc = browser.wait(f"{SETTLED} && {ANSWER} !== {before!r} && {ANSWER}")
        assert browser.read("document.querySelector('.cogdyn-live select').value") == "DASC"
        browser.read("document.querySelectorAll('.cogdyn-slider input')[1].focus()")
        browser.press("End")
        browser.wait(f"{SETTLED} && /authors' start 8.6 × 10⁻⁵/.test({ANSWER})")
        assert dasc != browser.read(ANSWER)
        browser.read("document.querySelector('.cogdyn-live button').click()")
        browser.wait(f"{ANSWER} === {before!r}")
        assert browser.complaints == []

    def test_a_synapse_is_chosen_and_its_error_moved_by_keyboard(self, server, browser):
        browser.resize(1100)
        browser.complaints.clear()
        browser.open(server.address + LOCAL)
        before = browser.wait(f"{SETTLED} && {ANSWER}")
        assert before.startswith("credit of this synapse: RFLO 0.")
        assert before in browser.read("document.querySelector('.cogdyn-live canvas').ariaLabel")
        browser.read("document.querySelector('.cogdyn-live select').focus()")
        browser.press("ArrowDown")
        browser.wait(f"{SETTLED} && {ANSWER} !== {before!r}")
        browser.read("document.querySelectorAll('.cogdyn-slider input')[1].focus()")
        browser.press("Home")
        browser.wait(f"{SETTLED} && document.querySelector('.cogdyn-many').textContent.endsWith('cosine 1.00')")
        browser.read("document.querySelectorAll('.cogdyn-slider input')[2].focus()")
        browser.press("Home")
        browser.wait(f"{SETTLED} && {ANSWER} === 'credit of this synapse: RFLO 0.0000, exact 0.0000'")
        browser.read("document.querySelector('.cogdyn-live button').click()")
        browser.wait(f"{ANSWER} === {before!r}")
        assert browser.complaints == []

    def test_compartments_learn_and_are_shut(self, server, browser):
        browser.resize(1100)
        browser.complaints.clear()
        browser.open(server.address + COMPARTMENTS)
        before = browser.wait(f"{SETTLED} && {ANSWER}")
        assert before.startswith("after 0 trials: loss 0.")
        assert before in browser.read("document.querySelector('.cogdyn-live canvas').ariaLabel")
        button = "[...document.querySelectorAll('.cogdyn-live button')].find((one) => one.textContent === '{}')"
        browser.read(f"{button.format('Learn')}.click()")
        browser.wait(f"parseInt({ANSWER}.slice(6)) >= 80")
        browser.read("document.querySelectorAll('.cogdyn-gate input')[0].click()")
        browser.read(f"{button.format('Pause')}.click()")
        browser.wait(SETTLED)
        assert "the error says 0.000" in browser.read("document.querySelectorAll('.cogdyn-phases dd')[1].textContent")
        browser.read("document.querySelectorAll('.cogdyn-slider input')[1].focus()")
        browser.press("Home")
        browser.wait("document.querySelectorAll('.cogdyn-phases dd')[1].textContent.startsWith('there is no bin')")
        browser.read(f"{button.format('Start again')}.click()")
        browser.wait(f"{ANSWER} === {before!r}")
        assert browser.complaints == []

    def test_a_prediction_is_kept_and_recalled(self, lesson):
        asked, shown = ".cogdyn-choice[data-kind=predict]", ".cogdyn-choice[data-kind=recall]"
        assert "No prediction yet" in lesson.read(f"document.querySelector('{shown}').textContent")
        option = lesson.read(f"document.querySelectorAll('{asked} .cogdyn-option')[1].textContent")
        lesson.read(f"document.querySelectorAll('{asked} input')[1].click()")
        lesson.wait(f"document.querySelector('{shown}').textContent === 'You predicted: ' + {option!r}")
        assert "Kept." in lesson.read(f"document.querySelector('{asked}').textContent")
        lesson.reload()
        lesson.wait(f"document.querySelectorAll('{asked} input')[1]?.checked")
        lesson.wait(f"document.querySelector('{shown}')?.textContent.endsWith({option!r})")

    def test_every_answer_to_a_quiz_is_explained(self, lesson):
        quizzes = "document.querySelectorAll('.cogdyn-choice[data-kind=quiz]')"
        assert lesson.read(f"{quizzes}.length") > 0
        for number in range(lesson.read(f"{quizzes}.length")):
            quiz, explanations = f"{quizzes}[{number}]", set()
            options = lesson.read(f"{quiz}.querySelectorAll('input').length")
            for option in range(options):
                lesson.read(f"{quiz}.querySelectorAll('input')[{option}].click()")
                words = lesson.wait(f"{quiz}.querySelector('.cogdyn-verdict').textContent")
                assert words.startswith(("✓ Right. ", "✗ Not this one. "))
                explanations.add(words)
            assert len(explanations) == options

    def test_your_course_knows_what_was_predicted_and_answered(self, lesson):
        lesson.read("document.querySelector('.cogdyn-choice[data-kind=predict] input').click()")
        lesson.read("document.querySelector('.cogdyn-choice[data-kind=quiz] input').click()")
        lesson.open(lesson.read("new URL('../your-course.html', location.href).href"))
        begun = "document.querySelector('.cogdyn-course [role=status]')?.textContent.startsWith('1 of ')"
        lesson.wait(begun)
        first = lesson.read("document.querySelector('.cogdyn-course details').textContent")
        assert ": 1 of 1 predicted, " in first
        assert "(20" in first or ", 20" in first  # the year

    def test_on_paper_there_are_text_and_pictures_and_no_navigation(self, lesson):
        lesson.call("Emulation.setEmulatedMedia", media="print")
        screens = ".bd-header, .bd-sidebar-primary, .bd-sidebar-secondary, .prev-next-area, .cogdyn-slider input"
        seen = "(one) => one.getBoundingClientRect().height > 0"
        assert lesson.read(f"document.querySelectorAll('{screens}').length") > 4
        assert lesson.read(f"[...document.querySelectorAll('{screens}')].filter({seen}).length") == 0
        assert lesson.read(f"[...document.querySelectorAll('.cogdyn-live canvas')].every({seen})")
        for theme in ("light", "dark"):
            lesson.read(f"document.documentElement.dataset.theme = {theme!r}")
            for ink in (".bd-article p", ".bd-article h2", ".bd-article li"):
                assert lesson.read(f"getComputedStyle(document.querySelector('{ink}')).color") == "rgb(0, 0, 0)"
        assert len(lesson.call("Page.printToPDF")["data"]) > 100_000
        lesson.call("Emulation.setEmulatedMedia", media="")

    def test_dark_pages_have_light_ink(self, lesson):
        lesson.resize(1100, dark=True)
        ink = "getComputedStyle(document.querySelector('.cogdyn-live')).color.match(/\\d+/g).map(Number)"
        lesson.wait(f"Math.min(...{ink}) > 128")
        lesson.wait("document.querySelector('.cogdyn-live').classList.contains('cogdyn-dark')")


@pytest.mark.slow
def test_a_failing_cell_fails_the_build(tmp_path, monkeypatch, capfd):
    source = tmp_path / "source"
    shutil.copytree(book_build._SOURCE, source, ignore=book_build._NOT_SOURCE)
    with (source / LESSON).with_suffix(".md").open("a") as page:
        page.write("\n```{code-cell} ipython3\n1 / 0\n```\n")
    monkeypatch.setattr(book_build, "_SOURCE", source)
    monkeypatch.setattr(book_build, "fill_vendor", lambda folder: (folder / "vendor").mkdir(exist_ok=True))
    with pytest.raises(BookError, match="not built"):
        build_book(tmp_path / "site")
    out, err = capfd.readouterr()
    assert "ZeroDivisionError" in out + err
    assert not (tmp_path / "site").exists()


def test_without_npm_one_line_says_what_is_missing(tmp_path, monkeypatch):
    shutil.copytree(book_build._SOURCE, tmp_path / "book", ignore=shutil.ignore_patterns("_build", "vendor"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BookError, match="npm, which comes with"):
        book_build.fill_vendor(tmp_path / "book")


def test_without_jupyter_book_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BookError, match=r"pip install 'cogdyn\[book\]'"):
        build_book(tmp_path)


def test_a_folder_with_other_things_in_it_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BookError, match="holds no book"):
        build_book(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
