"""The folder of a built book: recognised by our stamp, and replaced only when the new book is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ...agents.training.files import folder_made, locked, write_atomically

STAMP = ".cogdyn-book"
"""A list of all files of a book, in its folder: what is not on it is not ours."""
OF_THE_SYSTEM = (".DS_Store", "Thumbs.db")
"""Files that file managers put into folders they show."""


class BookError(RuntimeError):
    """The book cannot be built; the message says what is missing, in the way, or which page failed."""


@contextmanager
def replacing(site: Path) -> Iterator[Callable[[Path], None]]:
    """Claim the folder of a book, and yield the function that puts a built site in its place.

    All happens in a hidden folder next to it. The book that was there is renamed away, the new one takes its place, and
    only then the old one is removed; what an interruption left of that is repaired at the next call.

    Args:
        site: Where the book goes; there is nothing, or a book of ours.

    Raises:
        BookError: If something else is there.
        OSError: If nothing can be written there.
        FolderInUse: If another process builds the same book.
    """
    check_site(site)
    beside = site.with_name(f".{site.name}.cogdyn")
    new, old = beside / "new", beside / "old"

    def replace(built: Path) -> None:
        copy_folder(built, new)
        write_atomically(new / STAMP, "\n".join(sorted(files_in(new))).encode())
        check_site(site)
        if site.exists():
            site.rename(old)
        new.rename(site)

    try:
        with folder_made(beside), locked(beside):
            _settle(site, new, old)
            check_site(site)
            try:
                yield replace
            finally:
                _settle(site, new, old)
    finally:
        with suppress(OSError):
            beside.rmdir()


def check_site(site: Path) -> None:
    """Refuse to replace what is no book of ours, or holds more than one.

    Raises:
        BookError: If the folder is none, holds files that no book of ours has, or cannot be renamed.
    """
    if not site.exists():
        return
    if not site.is_dir():
        raise BookError(f"{site} is a file; name a folder for the book")
    if os.path.ismount(site) or Path.cwd().is_relative_to(site):
        what = "where a disk is mounted" if os.path.ismount(site) else "the folder you are in, or one above it"
        raise BookError(f"{site} is {what}, and cannot be replaced; name a folder in it, such as {site / 'book'}")
    found = files_in(site)
    if found and STAMP not in found:
        raise BookError(
            f"{site} is not empty and holds no book of this cogdyn, for {STAMP} is missing; name another folder"
        )
    ours = (site / STAMP).read_text(encoding="utf-8", errors="replace").splitlines() if found else []
    foreign = sorted(path for path in found - {*ours, STAMP} if Path(path).name not in OF_THE_SYSTEM)
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise BookError(f"{site} holds {foreign[0]}{more}, not of the book, and would be replaced; move what you keep")


def files_in(folder: Path) -> set[str]:
    """All files and links of a folder, and folders in it that are empty, by their paths below it."""
    found = set()
    for parent, folders, files in os.walk(folder, onerror=_raise):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        if not folders and not files and Path(parent) != folder:
            found.add(Path(parent).relative_to(folder).as_posix())
        found |= {(Path(parent) / name).relative_to(folder).as_posix() for name in files + links}
    return found


def copy_folder(source: Path, target: Path, ignore: Callable[[Any, list[str]], set[str]] | None = None) -> None:
    """Copy a folder.

    Args:
        source: The folder.
        target: Its copy, which is not there yet.
        ignore: As :func:`shutil.copytree` takes it.

    Raises:
        OSError: If a file cannot be copied; it names the file.
    """
    try:
        shutil.copytree(source, target, ignore=ignore)
    except shutil.Error as error:  # it lists all that failed, as source, target and reason
        raise OSError(f"{target} cannot be written: {error.args[0][0][2]}") from error


def _settle(site: Path, new: Path, old: Path) -> None:
    """End an interrupted replacement: the old book returns if the new one has not taken its place, else it goes."""
    shutil.rmtree(new, ignore_errors=True)
    if old.exists() and not (site.exists() and any(site.iterdir())):
        with suppress(FileNotFoundError):
            site.rmdir()
        old.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def _raise(error: OSError) -> None:
    raise error
