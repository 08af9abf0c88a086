"""What runs in the process that makes markers, and in each of them: a marker judges one submission, under limits.

The process imports the judges once and begets each marker as a copy of itself. A marker that takes too much memory or
time while it judges costs its own submission only. The submission itself runs elsewhere, in the grader's nursery.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .exercises import work
from .inside import isolation, plain
from .marking import mark, not_graded
from .protections import Limits, SandboxError
from .sandbox import Submission

MUCH = "judging its answers took too much {}"
GRACE = 5
"""Seconds of CPU time in which a marker that has used up its own can say so."""


def main() -> None:
    """Make markers until the grader closes the line, which is descriptor 3.

    For each of them it gets the number of the assignment, in one byte, and two lines: one to talk on, one that keeps
    the marker alive.
    """
    desk = socket.socket(fileno=3)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    desk.send(b"!")
    while True:
        request, lines, _, _ = socket.recv_fds(desk, 1, 2)
        if not request:
            return
        work(request[0])  # imported once, for all markers
        line, life = (socket.socket(fileno=number) for number in lines)
        if os.fork() == 0:
            desk.close()
            try:
                _judge(line, life)
            finally:
                os._exit(0)
        line.close()
        life.close()


class LentNursery:
    """The grader's nursery, as a marker sees it.

    Args:
        line: To the grader.
        limits: What each submission may take.
    """

    def __init__(self, line: socket.socket, limits: Limits):
        self._line, self.limits = line, limits

    def submission(self, seed: int) -> Submission:
        """Have the grader start a submission.

        Raises:
            SandboxError: If it cannot be started.
        """
        plain.write(self._line, {"begin": seed})
        folder, lines, _, _ = socket.recv_fds(self._line, 2**12, 2)
        if len(lines) < 2:
            raise SandboxError("grading was stopped.")
        line, life = (socket.socket(fileno=number) for number in lines)
        return Submission(line, life, Path(os.fsdecode(folder)), self.limits)


def _judge(line: socket.socket, life: socket.socket) -> None:
    """In a marker: judge a submission, and report to the grader what came of it."""
    threading.Thread(target=_end_with, args=(life,), daemon=True).start()
    with suppress(OSError):  # where memory runs out, it is not the grader who is to go
        Path("/proc/self/oom_score_adj").write_text("500", encoding="utf-8")
    plain.write(line, {"ready": True})
    job = plain.read(line)
    limits = Limits(**job["limits"])
    _limit(limits, line)
    nursery, which = LentNursery(line, limits), work(job["assignment"])
    try:
        marked = mark(nursery, which, job["cells"], job["digest"], job["seed"], lambda one: job["references"][one.name])
        plain.write(line, {"marked": asdict(marked)})
    except MemoryError:
        _refuse(line, MUCH.format("memory"))
    except SandboxError as error:
        plain.write(line, {"error": str(error)})


def _limit(limits: Limits, line: socket.socket) -> None:
    """Set limits on this process, for good; the limit of time lets it report to the grader before it is killed."""

    def end(signal_number: int, frame: Any) -> None:
        _refuse(line, MUCH.format("time"))
        os._exit(0)

    signal.signal(signal.SIGXCPU, end)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.judging_s, limits.judging_s + GRACE))
    if sys.platform == "linux":
        memory = isolation.memory_in_use(os.getpid())[0] + limits.judging_memory
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _refuse(line: socket.socket, reason: str) -> None:
    plain.write(line, {"marked": asdict(not_graded(reason))})


def _end_with(life: socket.socket) -> None:
    """End this process as soon as the grader, who says nothing on this line, closes it or ends."""
    with suppress(OSError):
        life.recv(1)
    os._exit(1)
