"""The map of the lessons on the first page agrees with them; each lesson says what it needs and what comes next."""

import re

import pytest

from cogdyn.lessons.pages.notebooks import lesson_pages

PAGES = lesson_pages()
INDEX = (PAGES[0].parents[1] / "index.md").read_text("utf-8")
CARD = re.compile(
    r"^:::\{grid-item-card\} (\d+)\. (.+)\n:link: lessons/(\S+)\n:link-type: doc\n\n"
    r".+\n\n(\d+) minutes · needs (.+)\n",
    re.MULTILINE,
)


def test_every_lesson_has_its_card_in_order():
    found = [card.groups()[:4] for card in CARD.finditer(INDEX)]
    expected = []
    for number, page in enumerate(PAGES, 1):
        text = page.read_text("utf-8")
        title = re.search(r"^# (.+)$", text, re.M)[1]
        minutes = re.search(r"^\*About (\d+) minutes", text, re.M)[1]
        expected.append((str(number), title, page.stem, minutes))
    assert found == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_card_names_the_lessons_that_its_page_needs(page):
    needs = {match[3]: match[5] for match in CARD.finditer(INDEX)}[page.stem]
    text = re.search(r"\*\*What you need\.\*\*(.*?)\n\n", page.read_text("utf-8"), re.S)[1]
    linked = {int(number) for number in re.findall(r"\]\((\d+)-[a-z-]+\.md\)", text)}
    assert {int(number) for number in re.findall(r"\d+", needs)} == linked
    assert all(number < int(page.stem[:2]) for number in linked), "a lesson needs none that comes later"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_link_to_a_lesson_has_its_number(page):
    text = page.read_text("utf-8")
    assert re.findall(r"\[[Ll]esson\s+(\d+)\]\(0*(\d+)-", text) == [
        (number, number) for number in re.findall(r"\[[Ll]esson\s+\d+\]\(0*(\d+)-", text)
    ]
    assert "**What comes next.**" in text
