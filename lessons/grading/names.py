"""Names of people: when two are alike, and what files are called after them."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable

from .printable import JOINERS

LONGEST = 100
"""Bytes of a file's name without its ending. Some file systems take no more than 143, and a file that is being
written has a longer name for a while."""
_NOT_IN_FILES = '<>:"/\\|?*%#~'
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""What Windows keeps for itself."""


def alike(name: str) -> str:
    """The same text for names that differ only in capitals, composed letters, or spaces and dots around them.

    Args:
        name: A name.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in folded if unicodedata.category(c) != "Cf").strip(" .")


def file_names(people: Iterable[str], longest: int = LONGEST) -> dict[str, str]:
    """A name of a file, without its ending, for each person; no two are the same on any file system.

    It is the person's own name where that is short and plain enough, and no other person's is alike. Otherwise it is
    what can be kept of it, and a hash.

    Args:
        people: Their names.
        longest: Bytes that are kept of a name, at most.
    """
    people = set(people)
    count = Counter(map(alike, people))
    return {
        name: _kept(name, longest) + ("" if _is_plain(name, longest) and count[alike(name)] == 1 else _hash(name))
        for name in people
    }


def _is_plain(name: str, longest: int) -> bool:
    kept = _kept(name, longest)
    return kept != "" and kept == unicodedata.normalize("NFC", name) and kept.split(".")[0].casefold() not in _DEVICES


def _kept(name: str, longest: int) -> str:
    """What a file can be called of a name: letters of any script, as many as there is room for."""
    shown = ["_" if c in _NOT_IN_FILES or not (c.isprintable() or c in JOINERS) else c for c in name.strip()]
    shown[:1] = ["_" if c in ".-" else c for c in shown[:1]]
    return unicodedata.normalize("NFC", "".join(shown)).encode()[:longest].decode(errors="ignore").strip()


def _hash(name: str) -> str:
    return f"~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
