"""A folder that one process at a time may write to."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

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


class FolderInUse(RuntimeError):
    """Another process works in the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within the block the folder is ours; its file ``.lock`` tells the number of our process.

    The operating system holds the lock and frees it when the process ends, however it ends: what a killed process
    leaves behind keeps nobody out.

    Raises:
        FolderInUse: If another process has it.
    """
    with (folder / ".lock").open("a+", encoding="utf-8") as file:
        try:
            _take(file)
        except (BlockingIOError, PermissionError):
            file.seek(0)
            raise FolderInUse(
                f"process {file.read().strip() or '?'} is at work in {folder}; wait for it, or name another folder."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)
