"""The list of a class: so that who hands in nothing is in the table too."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from .names import alike

WHOLE = ("student", "name", "full name", "display name")
"""Heads of the column of names; a head for first names and one for last names do as well."""
FIRST, LAST = ("first name", "firstname", "given name"), ("last name", "lastname", "surname", "family name")

Found = TypeVar("Found")


@dataclass(frozen=True)
class Entry:
    """A student on the list.

    Attributes:
        name: As the table is to have it.
        keys: What the student may be called by a learning platform: the name in either order, user name, number.
    """

    name: str
    keys: frozenset[str]


def read_roster(file: Path) -> list[Entry]:
    """Read a list of students: a name on each line, or a table (CSV) with a column of names.

    The first row of a table is its head if one of its cells is ``student``, ``name`` or the like, or if there is a
    column of first and one of last names. A submission called as another cell of a row, such as a number or a user
    name, is that student's.

    Raises:
        ValueError: If it holds no name, or one twice.
    """
    rows = [row for row in csv.reader(_lines(file)) if any(cell.strip() for cell in row)]
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    whole, first, last = (next((heads.index(h) for h in some if h in heads), None) for some in (WHOLE, FIRST, LAST))
    has_head = whole is not None or (first is not None and last is not None)
    entries = []
    for row in rows[has_head:]:
        cells = [cell.strip() for cell in row] + [""] * len(heads)
        if whole is None and first is not None and last is not None:
            name = f"{cells[first]} {cells[last]}".strip()
        else:
            name = cells[whole or 0] if has_head or file.suffix.lower() == ".csv" else ",".join(row).strip()
        if name:
            entries.append(Entry(name, frozenset((_keys(name) | {_squashed(cell) for cell in cells}) - {""})))
    names = [entry.name for entry in entries]
    if not names:
        raise ValueError(f"{file} holds no name: a name on each line, or a table with a column of names.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{file} has {twice[0]!r} twice; add what distinguishes them to the name.")
    return entries


def by_roster(
    roster: list[Entry], handed_in: Mapping[str, Found]
) -> tuple[dict[str, Found], dict[str, str], list[str]]:
    """What was handed in, by the names of the list.

    Args:
        roster: The list.
        handed_in: What each student handed in.

    Returns:
        What was handed in by name; a note on each name that is not on the list; names that handed in nothing.
    """
    by_key: dict[str, set[str]] = {}
    for entry in roster:
        for key in entry.keys:
            by_key.setdefault(key, set()).add(entry.name)
    known: dict[str, Found] = {}
    strangers, notes = {}, {}
    for name, found in handed_in.items():
        fits = by_key.get(_squashed(name), set())
        listed = next(iter(fits)) if len(fits) == 1 else None
        if listed is None:
            near = get_close_matches(name, [entry.name for entry in roster], n=1)
            nearest = f"; the nearest name there is {near[0]!r}" if near else ""
            strangers[name] = found, f"{name!r} is not on the roster{nearest}."
        elif listed in known:
            strangers[name] = found, f"{name!r} fits {listed!r} on the roster, and so does another submission."
        else:
            known[listed] = found
    for name, (found, note) in strangers.items():
        unique = name
        while unique in known:
            unique += " (not on the roster)"
        known[unique], notes[unique] = found, note
    return known, notes, [entry.name for entry in roster if entry.name not in known]


def _keys(name: str) -> set[str]:
    """A name in either order, as platforms write it."""
    words = name.replace(",", " ").split()
    turned = [words[-1:] + words[:-1], words[1:] + words[:1]]
    return {_squashed(" ".join(some)) for some in (words, *turned)}


def _squashed(name: str) -> str:
    """Letters, their marks, and digits: of many scripts the vowels are marks."""
    return "".join(c for c in alike(name) if c.isalnum() or unicodedata.category(c)[0] == "M")


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8-sig").splitlines()
