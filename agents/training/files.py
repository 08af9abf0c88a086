"""Files that are written whole or not at all, and folders that one process at a time may write to."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ...envs.errors import ArgumentError

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        file.seek(1 << 30)  # a byte beyond the text, which others may still read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOCK, PART = ".lock", ".part"


class FolderInUse(RuntimeError):
    """Another process works in the folder."""


def checksum(values: Any, content: Iterable[Any] = ()) -> str:
    """SHA-256 of JSON values and of bytes, in hexadecimal digits; kept beside them, it shows when they are damaged."""
    total = hashlib.sha256(json.dumps(values).encode())
    for part in content:
        total.update(part)
    return total.hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also where the power fails: beside it first, then renamed over it.

    Raises:
        OSError: If it cannot be written; it names the file, also where the disk is full.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        finally:
            with suppress(OSError):
                beside.unlink()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def remove_parts(folder: Path) -> None:
    """Remove what killed processes left of files that they were writing; nobody else may write to the folder."""
    for part in folder.glob(f".*{PART}"):
        part.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within the block the folder is ours; its file ``.lock`` holds the number of our process, and goes at the end.

    The operating system holds the lock and frees it when the process ends, however it ends: what a killed process
    leaves behind keeps nobody out.

    Raises:
        FolderInUse: If another process has it.
    """
    with _locked_file(folder / LOCK) as file:
        with suppress(OSError):  # the number is for people; a full disk has no room for it
            file.truncate(0)
            os.write(file.fileno(), str(os.getpid()).encode())
        remove_parts(folder)
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no file that is open
                (folder / LOCK).unlink()


def _locked_file(path: Path) -> IO[str]:
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            _take(file)
        except (BlockingIOError, PermissionError):
            file.seek(0)
            with file:
                raise FolderInUse(
                    f"process {file.read().strip() or '?'} is at work in {path.parent}; wait for it, or name another "
                    "folder."
                ) from None
        # The one who had it may have removed the file between our opening and locking it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder that goes at the end; those of this prefix that killed processes left go too."""
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        # Of others nothing is touched, nor what is no folder: a link could lead anywhere.
        ours = stat.S_ISDIR(left.lstat().st_mode) and (os.name == "nt" or left.lstat().st_uid == os.getuid())
        if ours and (left / LOCK).is_file():
            with suppress(FolderInUse, OSError), locked(left):
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        with locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_unicode(name: str, path: Path) -> None:
    """Refuse a path that is not Unicode: it can be written to, but safetensors reads nothing from it.

    Args:
        name: What the path is; the message names it.
        path: The path.

    Raises:
        ArgumentError: If it holds bytes that are not UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{name} is {str(path)!r}, which is not UTF-8; allowed: a path that is Unicode.") from error


@contextmanager
def folder_made(folder: Path, exist_ok: bool = True) -> Iterator[None]:
    """Within the block the folder is there, made with those above it if need be; if still empty, they go at the end.

    Raises:
        FileExistsError: If it is there already and must not be.
        NotADirectoryError: If a file is in its place, or in that of a folder above it.
        OSError: If it cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=exist_ok)
    except (FileExistsError, NotADirectoryError) as error:
        if folder.is_dir():
            raise
        raise NotADirectoryError(f"{folder} cannot be a folder: there is a file in its place.") from error
    try:
        yield
    finally:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
