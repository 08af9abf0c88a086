"""What all processes of a submission take together: CPU time and memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .isolation import taken


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


def more_memory_than(limit: int, processes: Sequence[int]) -> bool:
    """Whether processes together hold more memory than that (bytes)."""
    if sum(taken(process)[1] for process in processes) <= limit:
        return False
    return sum(map(_share, processes)) > limit  # what copies of a process still share counts once


def _share(process: int) -> int:
    """Memory of a process (bytes), each page divided by the number of processes that share it.

    Where the system does not tell, as to a root without the right to trace: all that is resident, which is more.
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return taken(process)[1]
