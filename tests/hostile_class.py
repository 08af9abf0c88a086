"""A class of twenty, ten of them hostile, graded to the end in little memory, on one and on four workers.

``python tests/hostile_class.py`` grades it and says what was found; where it may, in a cgroup of 2.5 GB, else with that
much address space for the grader.
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from homework import hand_in, homework
from hostile import CHEATING, HOARDING, inside

MEMORY = 2_500_000_000
"""Bytes for the grader and all that it starts."""


def to_every_line(message, times=1):
    """Source that writes a message where the process that answers would."""
    return (
        f"import json, os, struct\nfor k in range({times}):\n    text = json.dumps({message}).encode()\n"
        "    for number in range(3, 30):\n        try:\n"
        "            os.write(number, struct.pack('!I', len(text)) + text)\n        except OSError:\n            pass"
    )


FORWARD = {
    "words as long as the longest": inside("return (['a' * 10**6] + ['b'] * 5000,) * 2"),
    "long words of many cells": to_every_line("{'failed': k, 'message': 'x' * 15_000_000}", 40),
    "a long word of an error": inside(to_every_line("{'error': 'E', 'message': 'x' * 14_000_000}")),
    "a comment of 3 million letters": "# " + "é" * 3_000_000,
    "a megabyte of blank lines": "\n" * 1_000_000 + "x = 1",
    "files that no process maps": "import os\nfor k in range(70):\n    os.write(os.memfd_create('x'), bytes(60 << 20))",
    "processes that spin": (
        "import os\nfor k in range(31):\n    if os.fork() == 0:\n        os.setsid()\n        break\n"
        "while True:\n    pass"
    ),
    "System V memory": HOARDING["System V memory"],
    "large buffers of sockets": HOARDING["large buffers of sockets"],
    "forged answers": CHEATING["forged answers"],
}
"""What the hostile ones do in place of the first exercise; the second is right in all of them."""

LONG = "Ж" * 20 + " " + "Ж" * 22 + "  _1234567_assignsubmission_file_"
"""The name of an honest student as a learning platform writes it."""


def classroom(folder: Path) -> Path:
    """Write the submissions of ten hostile students and of ten honest ones, whose cell computes for a second."""
    for number, (name, source) in enumerate(FORWARD.items()):
        hand_in(folder / f"hostile {number}" / "work.ipynb", homework(2, solved=True, forward=source) | {"n": name})
    busy = "total = sum(k * k for k in range(10_000_000))"
    for number in range(10):
        student = LONG if number == 9 else f"honest {number}"
        hand_in(folder / student / "work.ipynb", homework(2, solved=True, think=busy) | {"n": number})
    return folder


@contextmanager
def little_memory() -> Iterator[tuple[Callable[[], object], str]]:
    """What a process calls to be limited, with all that it starts, and what limits it."""
    group = memory_group()
    if group is None:
        yield lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)), "address space"
        return
    try:
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid())), "cgroup"
    finally:
        with suppress(OSError):
            group.rmdir()


def memory_group() -> Path | None:
    """A new cgroup with little memory below our own; None where none can be made."""
    where = {"memory": ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), "": ("/sys/fs/cgroup", "memory.max")}
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controller, own = line.split(":", 2)
            if controller not in where:
                continue
            top, limit = where[controller]
            group = Path(top) / own.lstrip("/") / f"cogdyn-{os.getpid()}"
            group.mkdir()
            with suppress(OSError):
                (group / limit).write_text(str(MEMORY))
                return group
            group.rmdir()
    return None


def graded(folder: Path, out: Path, jobs: int, limited: Callable[[], object]) -> list[dict[str, str]]:
    """Grade the class by the command, in a process of its own; returns the rows of the table."""
    command = [sys.executable, "-m", "cogdyn", "assignment", "grade", folder, "--out", out, "--jobs", str(jobs)]
    command += ["--seed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, check=False)
    if done.returncode:
        sys.exit(f"with {jobs} workers the grader ended with {done.returncode}: {done.stderr[-2000:]}")
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    with tempfile.TemporaryDirectory() as parent, little_memory() as (limited, by):
        folder = classroom(Path(parent) / "class")
        tables = {jobs: graded(folder, Path(parent) / f"{jobs}.csv", jobs, limited) for jobs in (1, 4)}
    for row in tables[1]:
        print("  ".join(f"{value:.40}" for value in row.values()))
    if tables[1] != tables[4]:
        differ = [one for one, other in zip(tables[1], tables[4], strict=True) if one != other]
        sys.exit(f"the tables of 1 and 4 workers differ, first in {differ[0]}")
    honest = [row for row in tables[1] if not row["student"].startswith("hostile")]
    if len(tables[1]) != 20 or any(row["points"] != row["out_of"] for row in honest):
        sys.exit(f"{len(tables[1])} lines; honest ones have {[row['points'] for row in honest]} points")
    print(f"20 submissions graded under a limit of memory by {by}; 10 honest ones at full marks; one table")


if __name__ == "__main__":
    main()
