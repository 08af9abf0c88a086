"""Marking each submission in a process of its own, so that what it takes to judge it costs that submission only."""

from __future__ import annotations

import atexit
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from .child import PATIENCE, Child
from .exercises import work
from .inside import plain
from .marking import Marking, marked_from, not_graded
from .protections import SandboxError
from .references import reference_cell
from .sandbox import Nursery
from .view import clean_environment

READY = 5 * PATIENCE
"""Seconds in which a marker has to be ready; the first of an assignment waits until its judges are imported."""
SLOWEST = 10
"""Seconds by the clock for each second that a submission and its judges may take; then the marker is left alone."""

# Of lessons and agents only what judges import is loaded: all that these packages gather would take seconds.
_PROGRAM = """import json, sys, types
sys.path[:] = json.loads(sys.argv[1])
import cogdyn
for room in ("lessons", "agents"):
    package = types.ModuleType(f"cogdyn.{room}")
    package.__path__ = [f"{cogdyn.__path__[0]}/{room}"]
    sys.modules[package.__name__] = package
from cogdyn.lessons.grading.marker_process import main
main()
"""


class Office:
    """The process that makes markers; it starts when the first is wanted, and serves as long as this one runs."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def marker(self, number: int) -> tuple[socket.socket, socket.socket]:
        """Have a marker made: the line to talk on, and the one that keeps it alive.

        Args:
            number: Number of the assignment.

        Raises:
            SandboxError: If there can be none.
        """
        with self._lock:
            if self._child is None or not self._child.is_alive:
                self.close()
                path = [os.path.abspath(folder) for folder in sys.path]
                self._child = Child(_PROGRAM, json.dumps(path), clean_environment())
            line, its_line = socket.socketpair()
            life, its_life = socket.socketpair()
            with its_line, its_life, suppress(OSError):  # where it has just ended, no marker gets ready
                socket.send_fds(self._child.line, [bytes([number])], [its_line.fileno(), its_life.fileno()])
        try:
            plain.read(line, time.monotonic() + READY)
        except (EOFError, OSError, plain.NotPlain):
            line.close()
            life.close()
            with self._lock:
                said = self.close().strip().splitlines()
            reason = said[-1] if said else "no judge answers"
            raise SandboxError(f"submissions cannot be judged here: {reason}.") from None
        return line, life

    def close(self) -> str:
        """End it; returns what it printed."""
        child, self._child = self._child, None
        return "" if child is None else child.stop()


OFFICE = Office()


def mark_apart(
    nursery: Nursery, number: int, cells: Sequence[tuple[int, str]], digest: str, seed: int, office: Office = OFFICE
) -> Marking:
    """As :func:`cogdyn.lessons.grading.marking.mark`, in a process of its own, with limits on time and memory.

    Nothing of the submission reaches this process but the texts of its marks, which are cut.

    Args:
        nursery: Where it runs.
        number: Number of the assignment.
        cells: Number and source of each code cell.
        digest: Hash of the file.
        seed: Seed of the grader.
        office: Makes the process.

    Raises:
        SandboxError: If it cannot be run or judged; it is not to blame.
    """
    line, life = office.marker(number)

    def hang_up() -> None:
        for end in (line, life):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    job = {
        "assignment": number,
        "cells": cells,
        "digest": digest,
        "seed": seed,
        "limits": asdict(nursery.limits),
        "references": {exercise.name: reference_cell(exercise) for exercise in work(number).exercises},
    }
    nursery.on_close.add(hang_up)
    try:
        return _served(nursery, line, job)
    finally:
        nursery.on_close.discard(hang_up)
        line.close()
        life.close()


def _served(nursery: Nursery, line: socket.socket, job: dict[str, Any]) -> Marking:
    """Give a marker its job, and a submission whenever it wants one, until it is done or gone."""
    until = time.monotonic() + SLOWEST * (nursery.limits.total_s + nursery.limits.judging_s)
    try:
        plain.write(line, job)
    except plain.NotPlain:
        return not_graded("its cells are too large")
    except OSError:
        return _gone(nursery)
    while True:
        try:
            said = plain.read(line, until)
            if "begin" in said:
                _lend(nursery, line, said["begin"])
                continue
        except (EOFError, OSError, plain.NotPlain):
            return _gone(nursery)
        if "error" in said:
            raise SandboxError(said["error"])
        return marked_from(said["marked"])


def _lend(nursery: Nursery, line: socket.socket, seed: int) -> None:
    """Have a submission begin, and pass on the lines to it; they are none of ours then."""
    its_line, its_life, folder = nursery.begin(seed)
    with its_line, its_life:
        socket.send_fds(line, [os.fsencode(folder)], [its_line.fileno(), its_life.fileno()])


def _gone(nursery: Nursery) -> Marking:
    """What came of a submission whose marker is gone.

    Raises:
        SandboxError: If that is because grading was stopped.
    """
    if nursery.closed:
        raise SandboxError("grading was stopped.")
    return not_graded("judging its answers took too much time or memory")
