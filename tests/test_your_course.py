"""Progress stays in the browser, is shown on the page "Your course", saved as a file, and read by an instructor."""

import json

import pytest
from browser import browser_page, find_chromium
from node import evaluate, needs_node
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading.progress_files import NotProgress, Progress, read_progress
from cogdyn.lessons.pages.notebooks import lesson_pages
from cogdyn.lessons.pages.your_course import course_contents, show_course
from cogdyn.lessons.widgets.choice import ask

LESSON = {
    "name": "one",
    "title": "1. One",
    "page": "lessons/01-one.html",
    "predictions": [{"key": "one/p", "question": "What?"}],
    "answers": [{"key": "one/a", "question": "Why `x`?"}, {"key": "one/b", "question": "How?"}],
    "exercises": [{"key": "one/f", "question": "f"}],
}
AT = "2026-03-05T10:00:00.000Z"
OTHER = {"name": "two", "predictions": [{"key": "two/p", "question": "?"}], "answers": [], "exercises": []}


def file_of(folder, name="anna", **parts):
    lesson = {"name": "one", "title": "1. One", "predictions": [], "answers": [], "exercises": [], **parts}
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"format": "cogdyn progress", "version": 1, "exported": AT, "lessons": [lesson]}))
    return file


def test_the_course_lists_what_every_lesson_asks():
    course = course_contents()
    assert [lesson["name"] for lesson in course] == [page.stem[3:] for page in lesson_pages()]
    assert all(lesson[part] for lesson in course for part in ("predictions", "answers", "exercises"))
    keys = [one["key"] for lesson in course for part in ("predictions", "answers") for one in lesson[part]]
    assert len({*keys}) == len(keys)
    assert all(ask(one["key"]).question == one["question"] for lesson in course for one in lesson["answers"])


def test_a_question_of_a_page_has_a_key_to_be_kept_under():
    assert ask("remembering/alive").key == "remembering/alive"


@needs_node
def test_an_answer_is_kept_with_its_tries_and_whether_the_first_was_right():
    answers = "['a', 'a', 'b'].forEach((text) => module.keepAnswer('k', text, text === 'b'))"
    record = evaluate("choice.mjs", f"({answers}, globalThis.cogdynProgress.get('cogdyn.answer.k'))")
    assert record.pop("at").startswith("20")
    assert record == {"text": "b", "right": True, "tries": 2, "first": False}


@needs_node
def test_a_prediction_keeps_the_time_of_its_choice_and_older_ones_are_read():
    kept = "globalThis.cogdynProgress"
    again = f"({kept}.set('cogdyn.prediction.k', {{text: 'this', at: 'then'}}), module.keepChoice('k', 'this'))"
    assert evaluate("choice.mjs", f"({again}, {kept}.get('cogdyn.prediction.k').at)") == "then"
    old = f"({kept}.set('cogdyn.prediction.k', 'this'), module.recallChoice('k'))"
    assert evaluate("choice.mjs", old) == "this"


@needs_node
def test_the_file_has_what_was_done_and_an_instructor_reads_it(tmp_path):
    did = {
        "prediction.one/p": {"text": "That.", "at": AT},
        "answer.one/a": {"text": "So.", "right": True, "tries": 2, "first": False, "at": AT},
        "exercise.one/f": {"at": "2026-03-06T10:00:00.000Z"},
    }
    records = json.dumps([[f"cogdyn.{key}", one] for key, one in did.items()])
    kept = f"{records}.forEach((one) => globalThis.cogdynProgress.set(...one)), "
    file, words = evaluate(
        "course.mjs", f"({kept}[module.exported(data), module.summary(module.progressOf(data)[0])])", [LESSON]
    )
    assert words == "1 of 1 predicted, 1 of 2 questions right, 1 of 1 exercises"
    (lesson,) = file["lessons"]
    assert [one["key"] for part in ("predictions", "answers", "exercises") for one in lesson[part]] == [
        "one/p", "one/a", "one/f"]  # fmt: skip
    saved = tmp_path / "anna.json"
    saved.write_text(json.dumps(file))
    assert read_progress(saved, [LESSON, OTHER]) == Progress(1, 1, 1, 0, 1, 1, "2026-03-06")


def test_what_the_course_does_not_ask_does_not_count(tmp_path):
    made_up = [{"key": f"one/{k}", "right": True, "first": True, "at": AT} for k in range(50)]
    twice = [{"key": "one/a", "right": True, "at": "yesterday"}] * 2
    assert read_progress(file_of(tmp_path, answers=made_up), [LESSON]) == Progress(0, 0, 0, 0, 0, 0, "")
    assert read_progress(file_of(tmp_path, answers=twice), [LESSON]) == Progress(1, 0, 1, 0, 1, 0, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "not saved by the page"),
        ("{", "not saved by the page"),
        ("[" * 100_000, "not saved by the page"),
        ('{"format": "cogdyn progress", "version": 2}', "of another kind or version"),
        ('{"format": "cogdyn progress", "version": 1, "lessons": [3]}', "not saved by the page"),
        (" " * 2_000_001, "larger than 2 MB"),
    ],
)
def test_a_file_that_is_no_progress_is_named_and_the_others_are_shown(tmp_path, content, words):
    bad = tmp_path / "ben.json"
    bad.write_text(content)
    with pytest.raises(NotProgress, match=words):
        read_progress(bad, [LESSON])
    key = course_contents()[0]["answers"][0]["key"]
    good = file_of(tmp_path, answers=[{"key": key, "right": True, "first": True, "at": AT}])
    result = CliRunner().invoke(app, ["assignment", "progress", str(bad), str(good), str(tmp_path / "none.json")])
    assert result.exit_code == 1
    assert words in result.stderr
    assert "none.json" in result.stderr
    assert "anna" in result.stdout
    assert "2026-03-05" in result.stdout


@pytest.mark.skipif(find_chromium() is None, reason="chromium is missing")
def test_the_page_shows_what_was_done_and_saves_it_by_keyboard(tmp_path):
    page = tmp_path / "your-course.html"
    page.write_text(f'<!DOCTYPE html><html lang="en"><title>x</title><link rel="icon" href="data:,">'
                    f"<main>{show_course().data}</main></html>")  # fmt: skip
    (tmp_path / "lessons").mkdir()
    lesson = course_contents()[0]
    key = lesson["answers"][0]["key"]
    other = tmp_path / "lessons" / "other.html"
    other.write_text('<!DOCTYPE html><link rel="icon" href="data:,">')
    record = {"text": "So it is.", "right": True, "tries": 2, "first": False, "at": AT}
    with browser_page() as browser:
        browser.open(other.as_uri())  # files share what Chromium keeps
        browser.read(f"localStorage.setItem('cogdyn.answer.{key}', {json.dumps(json.dumps(record))})")
        browser.open(page.as_uri())
        status = "document.querySelector('.cogdyn-course [role=status]').textContent"
        browser.wait(f"{status}.startsWith('1 of ')")
        assert ", 1 of " in browser.read(status)
        browser.press("Tab")
        assert browser.read("document.activeElement.tagName") == "SUMMARY"
        browser.press("Enter")
        assert browser.wait("document.querySelector('details').open")
        assert "✓ right:" in browser.read("document.querySelector('details').textContent")
        assert "after 2 answers)" in browser.read("document.querySelector('details').textContent")
        assert "So it is. (" in browser.read("document.querySelector('details').textContent")
        browser.press("Tab")
        assert browser.read("document.activeElement.type") == "checkbox"
        browser.read("document.activeElement.click()")
        browser.wait("document.querySelector('summary').textContent.includes('1 of 1 exercises')")
        assert browser.read("document.activeElement.checked")  # the focus stays
        assert browser.read("document.querySelector('details').open")
        browser.read("""{const real = URL.createObjectURL; URL.createObjectURL = (blob) => {
            blob.text().then((text) => (window.saved = text)); return real.call(URL, blob)}}""")
        browser.read("HTMLAnchorElement.prototype.click = function () { window.name_ = this.download }")
        browser.read("document.querySelector('.cogdyn-course input[type=text]').value = 'anna'")
        browser.read("[...document.querySelectorAll('.cogdyn-course button')][0].click()")
        saved = tmp_path / browser.wait("window.saved && window.name_")
        assert saved.name == "anna.json"
        saved.write_text(browser.read("window.saved"))
        assert read_progress(saved, course_contents()).right == 1
        forget = "[...document.querySelectorAll('.cogdyn-course button')][1]"
        browser.read(f"{forget}.click()")
        assert browser.read(status).startswith("1 of ")
        browser.read(f"{forget}.click()")
        assert browser.read(status).startswith("0 of ")
        assert browser.read("localStorage.length") == 0
        assert browser.complaints == []
        assert [url for url in browser.requests if not url.startswith(("file:", "data:", "blob:"))] == []
