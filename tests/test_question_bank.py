"""The question bank: what it holds, what Moodle and Canvas get of it, and exams drawn from it."""

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter

import pytest
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading.questions.bank import QUESTIONS, BankQuestion, Option, bank
from cogdyn.lessons.grading.questions.canvas import canvas
from cogdyn.lessons.grading.questions.exam import draw_paper, key_table, paper_page
from cogdyn.lessons.grading.questions.gift import gift

BANK = bank()
ODD = BankQuestion(
    "odd",
    "signs",
    "Is `a = {1: ~b}` # odd \\ or not?",
    (Option("x = y", "{no}", True), Option("~", "a: b"), Option("#", "-")),
)


def test_every_question_has_one_right_answer_and_a_reason_with_each():
    assert len(BANK) >= 30
    for question in BANK:
        assert sum(option.correct for option in question.options) == 1
        assert len({option.text for option in question.options}) == len(question.options) >= 3
        assert all(option.why.strip() for option in question.options)
        assert "\n" not in question.text
    assert len({question.text for question in BANK}) == len(BANK)


def test_every_lesson_has_questions_that_are_not_on_its_page():
    pages = {page.stem[3:]: page.read_text() for page in (QUESTIONS.parent / "lessons").glob("*.toml")}
    assert {question.lesson for question in BANK} <= set(pages)
    for question in BANK:
        assert question.text not in pages[question.lesson]
    assert {question.lesson for question in bank(["bridges"])} == {"bridges"}
    with pytest.raises(ValueError, match=r"unknown lesson of the bank 'bridge'\. Did you mean 'bridges'"):
        bank(["bridge"])


def plain(text):
    return re.sub(r"\\(.)", r"\1", text)


def read_gift(text):
    """Questions as Moodle's format describes them: an empty line ends one, a backslash takes a sign's meaning away."""
    found, category = [], None
    for part in text.strip().split("\n\n"):
        if part.startswith("$CATEGORY: "):
            category = part.removeprefix("$CATEGORY: cogdyn/")
            continue
        title, body = re.fullmatch(r"::((?:[^:\\]|\\.)*)::\[markdown\](.*)", part, re.DOTALL).groups()
        stem, answers = re.fullmatch(r"((?:[^{\\]|\\.)*)\{(.*)(?<!\\)\}", body, re.DOTALL).groups()
        options = [
            Option(plain(one).strip(), plain(why).strip(), sign == "=")
            for sign, one, why in re.findall(r"([=~])((?:[^=~#\\]|\\.)*)#((?:[^=~#\\]|\\.)*)", answers)
        ]
        lesson, name = plain(title).split(": ")
        assert lesson == category
        found.append(BankQuestion(lesson, name, plain(stem).strip(), tuple(options)))
    return found


def test_moodle_reads_what_the_bank_holds():
    assert read_gift(gift([*BANK, ODD])) == [*BANK, ODD]


def test_canvas_reads_what_the_bank_holds():
    with zipfile.ZipFile(io.BytesIO(canvas("cogdyn", BANK))) as archive:
        names = archive.namelist()
        assert "imsmanifest.xml" in names
        (file,) = (n for n in names if n.endswith(".xml") and n.count("assessment_") == 2 and "meta" not in n)
        items = ET.fromstring(archive.read(file)).findall(".//{*}item")
    assert len(items) == len(BANK)
    for item, question in zip(items, BANK, strict=True):
        labels = {one.get("ident"): "".join(one.itertext()).strip() for one in item.findall(".//{*}response_label")}
        right = [
            labels[condition.find("{*}conditionvar/{*}varequal").text]
            for condition in item.findall(".//{*}respcondition")
            if (score := condition.find("{*}setvar")) is not None and score.text == "100"
        ]
        shown = [re.sub(r"<[^>]+>|`", "", text) for text in right]
        assert len(labels) == len(question.options)
        assert shown == [re.sub("`", "", option.text) for option in question.options if option.correct]


def test_a_paper_follows_from_seed_and_student():
    assert draw_paper(BANK, "Anna", 1) == draw_paper(BANK, "Anna", 1)
    others = [draw_paper(BANK, "Ben", 1), draw_paper(BANK, "Anna", 2)]
    assert all(other.questions != draw_paper(BANK, "Anna", 1).questions for other in others)


def test_a_paper_asks_of_all_lessons_alike_and_no_letter_is_right_more_often():
    letters, lessons = Counter(), Counter()
    for number in range(200):
        paper = draw_paper(BANK, f"student {number}", 3)
        assert len({(one.lesson, one.name) for one in paper.questions}) == 20
        asked = Counter(one.lesson for one in paper.questions)
        assert max(asked.values()) - min(asked.values()) <= 1
        lessons.update(asked)
        letters.update(paper.key)
        for letter, options in zip(paper.key, paper.options, strict=True):
            assert options["abc".index(letter)].correct
    assert set(letters) == {"a", "b", "c"}
    # Of 4,000 letters a third each, with a standard deviation of 30. What is left over when all lessons have as many
    # falls to each in a share of 200 papers, with a standard deviation of 7 at most.
    assert all(abs(count - 4000 / 3) < 5 * 30 for count in letters.values())
    assert all(abs(count - 4000 / len(lessons)) < 5 * 7 for count in lessons.values())


def test_a_paper_says_no_answer_and_the_key_says_all():
    paper = draw_paper(BANK, "=Anna <b>", 1, 5)
    page = paper_page("Exam", paper).decode()
    assert "&lt;b&gt;" in page
    assert "<b>Anna" not in page
    assert not any(option.why in page for options in paper.options for option in options)
    head, row = csv.reader(io.StringIO(key_table([paper]).decode()))
    assert row[0].startswith("'=")
    assert row[1::2] == paper.key
    assert row[2::2] == [f"{one.lesson}/{one.name}" for one in paper.questions]
    assert head[:3] == ["student", "1", "question 1"]


def test_there_are_not_more_questions_than_the_bank_has():
    with pytest.raises(ValueError, match="n_questions is 9, and there are 6 questions"):
        draw_paper(bank(["bridges"]), "Anna", 1, 9)


def test_the_commands_write_bank_and_exam(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = lambda *words: CliRunner().invoke(app, ["assignment", *words])  # noqa: E731
    assert run("questions", "bank", "--lesson", "bridges").exit_code == 0
    assert len(read_gift((tmp_path / "bank/questions.gift.txt").read_text())) == len(bank(["bridges"]))
    assert zipfile.is_zipfile(tmp_path / "bank/questions-canvas.zip")
    (tmp_path / "students.txt").write_text("Anna\nBen\n")
    assert run("exam", "exam", "--students", "students.txt").exit_code == 0
    key = (tmp_path / "exam/key.csv").read_bytes()
    assert sorted(file.name for file in (tmp_path / "exam/papers").iterdir()) == ["Anna.html", "Ben.html"]
    assert run("exam", "exam", "--students", "students.txt").exit_code == 0
    assert (tmp_path / "exam/key.csv").read_bytes() == key
    refused = run("exam", "exam", "--students", "students.txt", "--n-questions", "500")
    assert refused.exit_code == 1
    assert "n-questions is 500" in refused.output
