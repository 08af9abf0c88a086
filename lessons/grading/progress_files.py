"""Files that students save on the page "Your course": a line for each in a table of the class."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

LARGEST = 2_000_000
"""Bytes of a file, at most."""


class NotProgress(ValueError):
    """The file was not saved by the page "Your course", or cannot be read."""


@dataclass(frozen=True)
class Progress:
    """What a student did, counted over what the course asks.

    Attributes:
        lessons: Number of lessons begun.
        predictions: Number of predictions made.
        right: Number of questions whose last answer is right.
        at_once: Number of questions whose first answer was right.
        answers: Number of questions answered.
        exercises: Number of exercises that the student ticked.
        last: Date of the last of all this, empty where there is none.
    """

    lessons: int
    predictions: int
    right: int
    at_once: int
    answers: int
    exercises: int
    last: str


def read_progress(file: Path, course: Sequence[Mapping[str, Any]]) -> Progress:
    """Count what a file says of the lessons of this course; it is taken at its word.

    Args:
        file: Saved by the page "Your course".
        course: What the lessons ask, as :func:`cogdyn.lessons.pages.your_course.course_contents` lists it.

    Raises:
        NotProgress: If it is no such file; it says why.
        OSError: If it cannot be read.
    """
    if file.stat().st_size > LARGEST:
        raise NotProgress(f"larger than {LARGEST // 1_000_000} MB")
    try:
        stored = json.loads(file.read_bytes())
        if stored["format"] != "cogdyn progress" or stored["version"] != 1:
            raise NotProgress("of another kind or version")
        entries = {(part, one["key"]): one for lesson in stored["lessons"] for part in _PARTS for one in lesson[part]}
    except NotProgress:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotProgress('not saved by the page "Your course"') from error
    course_keys = [[(part, one["key"]) for part in _PARTS for one in lesson[part]] for lesson in course]
    answered = {name: entries[name] for names in course_keys for name in names if name in entries}
    answers = [one for (part, _), one in answered.items() if part == "answers"]
    return Progress(
        lessons=sum(any(name in answered for name in names) for names in course_keys),
        predictions=sum(part == "predictions" for part, _ in answered),
        right=sum(one.get("right") is True for one in answers),
        at_once=sum(one.get("first") is True for one in answers),
        answers=len(answers),
        exercises=sum(part == "exercises" for part, _ in answered),
        last=max(filter(None, (_day(one.get("at")) for one in answered.values())), default=""),
    )


_PARTS = ("predictions", "answers", "exercises")


def _day(at: object) -> str:
    """The day of a time in ISO's form, or nothing."""
    try:
        return datetime.fromisoformat(str(at)).date().isoformat()
    except ValueError:
        return ""
