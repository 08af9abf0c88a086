"""An assignment: the instructor's page in ``book/assignments/``, and the exercises that judge it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...envs.names import unknown_name
from .exercises import MODULES, Work, work

PAGES = Path(__file__).resolve().parents[2] / "book" / "assignments"
"""Where the pages lie: ``02-bptt-by-hand.md`` and the like, with solutions and hidden tests."""


@dataclass(frozen=True)
class Assignment:
    """What there is to hand out, and to hand in.

    Attributes:
        number: Its number.
        name: Its name, as that of its file.
        title: What it is called.
        minutes: How long it takes.
        objectives: What one can do after it.
        rubric: What earns the points.
        page: The instructor's page.
        release: Which text it is: changes with every change of the page.
        work: Its exercises and how they are run.
    """

    number: int
    name: str
    title: str
    minutes: int
    objectives: tuple[str, ...]
    rubric: str
    page: Path
    release: str
    work: Work

    @property
    def points(self) -> int:
        """What all exercises together are worth."""
        return sum(exercise.points for exercise in self.work.exercises)

    @property
    def stem(self) -> str:
        """Name of its files, without ending."""
        return self.page.stem


@cache
def assignment(number: int) -> Assignment:
    """The assignment of this number.

    Raises:
        ValueError: If there is none, or its page lacks something.
    """
    if number not in MODULES:
        raise unknown_name("assignment", str(number), map(str, MODULES))
    pages = sorted(PAGES.glob(f"{number:02d}-*.md"))
    if len(pages) != 1:
        raise ValueError(
            f"{PAGES} has {len(pages)} pages of assignment {number}; it must be one, {number:02d}-name.md."
        )
    text = pages[0].read_text(encoding="utf-8")
    return Assignment(
        number=number,
        name=pages[0].stem.split("-", 1)[1],
        title=_one(r"^# (.+)$", text, "title", pages[0]),
        minutes=int(_one(r"About (\d+) minutes", text, "number of minutes", pages[0])),
        objectives=tuple(
            re.findall(
                r"^- (.+(?:\n  .+)*)",
                _one(r"After this assignment you can\n\n((?:[- ].*\n)+)", text, "objectives", pages[0]),
                re.M,
            )
        ),
        rubric=_one(r"^## Rubric\n\n((?:.*\n)+?)(?=\+\+\+|## |\Z)", text, "rubric", pages[0]).strip(),
        page=pages[0],
        release=hashlib.sha256(text.encode()).hexdigest()[:12],
        work=work(number),
    )


def assignments() -> list[Assignment]:
    """All assignments in order."""
    return [assignment(number) for number in sorted(MODULES)]


def _one(pattern: str, text: str, what: str, page: Path) -> str:
    found = re.search(pattern, text, re.M)
    if found is None:
        raise ValueError(f"{page} has no {what}; see the other assignments.")
    return found[1]
