"""What all processes of a submission take together: CPU time and memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .isolation import WRITABLE, memory_in_use


def cpu_time(processes: Sequence[int]) -> float:
    """CPU time of processes and of the children that they have waited for (s).

    Args:
        processes: Each behind its parent. What a process took moves up to its parent when it ends, so whoever looks at
            parents first may miss it once, but never counts it twice.
    """
    ticks = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        ticks += sum(int(word) for word in text.rpartition(")")[2].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def more_memory_than(limit: int, processes: Sequence[int], buffer: int, root: str | None) -> bool:
    """Whether processes together hold more memory than that, in files and sockets too (bytes).

    Args:
        limit: The limit.
        processes: All of a submission.
        buffer: What a socket can hold (bytes).
        root: Where their root is seen from here, if their files are in memory.
    """
    besides = buffer * _sockets(processes) + (_files_in_memory(root) if root else 0)
    if besides + sum(memory_in_use(process)[1] for process in processes) <= limit:
        return False
    return besides + sum(map(_share, processes)) > limit  # what copies of a process still share counts once


def _files_in_memory(root: str) -> int:
    """Size of all files that a submission has written (bytes)."""
    size = 0
    for path in WRITABLE:
        try:
            found = os.statvfs(root + path)
        except OSError:
            continue
        size += (found.f_blocks - found.f_bfree) * found.f_frsize
    return size


def _sockets(processes: Sequence[int]) -> int:
    """Number of sockets that are open in these processes."""
    found = set()
    for process in processes:
        with suppress(OSError):
            for entry in os.scandir(f"/proc/{process}/fd"):
                with suppress(OSError):
                    found.add(os.readlink(entry.path))
    return sum(name.startswith("socket:") for name in found)


def _share(process: int) -> int:
    """Memory of a process (bytes), each page divided by the number of processes that share it.

    Where the system does not report it, as to a root without the right to trace: all that is resident, which is more.
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return memory_in_use(process)[1]
