"""Where submissions run: each in a process of its own, shut off as far as the system allows.

The grader talks to it in plain data, and believes nothing: see :mod:`cogdyn.lessons.grading.inside`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from ...agents.training.files import temporary_folder
from .child import PATIENCE, Child
from .inside import plain
from .namespaces import remedy
from .printable import printable
from .protections import ENDS, Ended, Limits, OutOfTime, Protections, SandboxError
from .view import clean_environment, covered, readable_by_all, visible


class Nursery:
    """A process that has imported what submissions need, and starts each of them as a copy of itself.

    Use it as a context manager.

    Args:
        imports: Modules to import before.
        hidden: Modules that submissions may not use.
        isolate: Whether to shut submissions off; with False only limits are set.
        limits: What each submission may take.
        core: Which of the processor's cores submissions run on, counted from 0, and again from 0 beyond the last one;
            any if None. On a core of its own, one that starts many processes takes nothing from its neighbours.

    Attributes:
        closed: Whether it was ended.
        on_close: What to call then, for each submission at work in another thread.
    """

    def __init__(
        self, imports: Sequence[str], hidden: Sequence[str], isolate: bool, limits: Limits, core: int | None = None
    ):
        self.imports, self.hidden, self.isolate, self.limits = list(imports), list(hidden), isolate, limits
        self.core = core
        self.on_close: set[Callable[[], None]] = set()
        self._child: Child | None = None

    def __enter__(self) -> Nursery:
        """Start the process."""
        if not hasattr(os, "fork"):
            raise SandboxError("submissions are run on Linux or macOS; on Windows use the Windows subsystem for Linux.")
        self._temporary = temporary_folder("cogdyn-grading-")
        self._base = self._temporary.__enter__()
        self._base.chmod(0o755)
        self.closed = False
        try:
            self._child = self._started()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it, and the submissions that are at work for other threads."""
        self.closed = True
        for hang_up in list(self.on_close):
            hang_up()
        if self._child is not None:
            self._child.stop()
        self._temporary.__exit__(None, None, None)

    def _started(self) -> Child:
        settings = {
            "imports": self.imports,
            "hidden": self.hidden,
            "isolate": self.isolate,
            "limits": asdict(self.limits),
            "core": self.core,
            "visible": visible(),
            "here": str(Path(__file__).parent),
            "covered": covered(self.hidden),
        }
        if not self.isolate and hasattr(os, "geteuid") and os.geteuid() == 0 and not readable_by_all():
            raise SandboxError(
                "without isolation, submissions of a grader who is root run as nobody, and nobody cannot read Python "
                f"in {sys.base_prefix}; grade as an ordinary user."
            )
        program = f"import sys; sys.path.insert(0, {settings['here']!r}); import inside.nursery as n; n.main()"
        return Child(program, json.dumps(settings), clean_environment(), self._base)

    def submission(self, seed: int) -> Submission:
        """Start a submission; its global generators are seeded.

        Raises:
            SandboxError: If it cannot be started.
        """
        submission = Submission(*self.begin(seed), self.limits)
        submission.on_close = lambda: self.on_close.discard(submission.hang_up)
        self.on_close.add(submission.hang_up)
        return submission

    def begin(self, seed: int) -> tuple[socket.socket, socket.socket, Path]:
        """Begin a submission: the line on which it answers, the one that keeps it alive, and its folder.

        Raises:
            SandboxError: If it cannot be started.
        """
        if self.closed or self._child is None:
            raise SandboxError("grading was stopped.")
        if not self._child.is_alive:  # possible only where submissions are not shut off
            self._child.stop()
            self._child = self._started()
        folder = Path(tempfile.mkdtemp(dir=self._base))
        folder.chmod(0o777)  # it may run as another user
        line, its_line = socket.socketpair()
        life, its_life = socket.socketpair()
        with its_line, its_life:
            request = json.dumps({"folder": str(folder), "seed": seed}).encode()
            socket.send_fds(self._child.line, [request], [its_line.fileno(), its_life.fileno()])
        return line, life, folder


class Submission:
    """A submission at work; use it as a context manager.

    Attributes:
        protections: What was in force when it began.
        on_close: Called when it is closed.
    """

    def __init__(self, line: socket.socket, life: socket.socket, folder: Path, limits: Limits):
        self._line, self._life, self._folder, self._limits = line, life, folder, limits
        self.on_close: Callable[[], None] = lambda: None
        self._end = time.monotonic() + limits.patience * limits.total_s
        try:
            said = plain.read(line, time.monotonic() + PATIENCE)
        except (EOFError, OSError, plain.NotPlain) as error:
            said = {"refused": f"{type(error).__name__}: {error}"}
        if "refused" in said:
            self.close()
            raise SandboxError(f"a submission could not be shut off, {said['refused']}.")
        self.protections = Protections.reported(said.get("ready"))

    def __enter__(self) -> Submission:
        """The submission itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it with all that it has started."""
        self.close()

    def run(self, cells: Sequence[tuple[int, str]], began: Callable[[int], None]) -> dict[int, dict[str, str]]:
        """Run cells, each under its number; returns the errors of those that failed.

        Args:
            cells: Number and source.
            began: Called with the number of each cell that begins.

        Raises:
            Ended: If the submission is gone.
            NotPlain: If the cells are too large to be sent.
        """
        self._allow(self._limits.cell_s)
        self._send({"cells": [list(cell) for cell in cells]})
        failed: dict[int, dict[str, str]] = {}
        coming, now = [number for number, _ in cells], None
        while True:
            said = self._hear()
            if coming and _is(said.get("begins"), coming[0]):
                self._allow(self._limits.cell_s)
                began(now := coming.pop(0))
            elif now is not None and now not in failed and _is(said.get("failed"), now):
                failed[now] = _error(said)
            elif not coming and said.get("done") is True:
                return failed
            else:
                raise Ended("it spoke out of turn")

    def ask(self, probe: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Ask a probe about something that the submission defines: ``{"value": ...}``, or an error in words.

        Raises:
            Ended: If the submission is gone.
            NotPlain: If the inputs are too large to be sent.
        """
        self._allow(self._limits.answer_s)
        self._send({"probe": probe, "name": name, "inputs": plain.pack(inputs)})
        said = self._hear()
        if "error" in said:
            return _error(said)
        if "value" not in said:
            raise Ended("it spoke out of turn")
        try:
            return {"value": plain.unpack(said["value"])}
        except (plain.NotPlain, MemoryError) as error:
            return {"error": "not plain", "message": str(error) or "it is too large", "where": ""}

    def hang_up(self) -> None:
        """Have whoever waits for it, in whichever thread, find that it is gone."""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, and wait until nothing is left of it."""
        self.on_close()
        self._line.close()
        with suppress(OSError):
            self._life.shutdown(socket.SHUT_WR)
            self._life.settimeout(PATIENCE)
            while self._life.recv(64):  # its guard hangs up when all is swept
                pass
        self._life.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _allow(self, seconds: float) -> None:
        """Give a cell or an answer its time from now on: CPU time, which the guard measures, and time by the clock."""
        self._seconds = seconds
        self._until = min(self._end, time.monotonic() + self._limits.patience * seconds)
        with suppress(OSError):
            self._life.sendall(struct.pack("!d", seconds))

    def _send(self, message: dict[str, Any]) -> None:
        self._line.settimeout(max(self._until - time.monotonic(), 1e-3))
        try:
            plain.write(self._line, message)
        except TimeoutError:
            raise self._late() from None
        except OSError:
            raise Ended(self._reason()) from None

    def _hear(self) -> dict[str, Any]:
        try:
            return plain.read(self._line, self._until, plain.MOST)
        except MemoryError:
            raise Ended("what it sent is too large") from None
        except TimeoutError:
            raise self._late() from None
        except plain.NotPlain as error:
            raise Ended(str(error)) from None
        except (EOFError, OSError):
            raise Ended(self._reason()) from None

    def _late(self) -> OutOfTime:
        allowed, words = (self._limits.total_s, " in all") if self._until == self._end else (self._seconds, "")
        return OutOfTime(f"it took longer than {self._limits.patience * allowed:g} s by the clock{words}")

    def _reason(self) -> str:
        reason = b""
        with suppress(OSError):
            self._life.settimeout(5)
            reason = self._life.recv(64)
        return ENDS.get(reason, ENDS[b""]).format(seconds=self._seconds, total=self._limits.total_s)


def _is(said: Any, number: int) -> bool:
    """Whether a submission printed this number, and not what only equals it."""
    return type(said) is int and said == number


def _error(said: Mapping[str, Any]) -> dict[str, str]:
    """An error that a submission reports: its kind, its message and where it was raised, as printable text, cut."""
    longest = {"error": 80, "message": plain.LONGEST, "where": plain.LONGEST}
    texts = {name: said.get(name) for name in longest}
    return {name: printable(text, longest[name]) if isinstance(text, str) else "" for name, text in texts.items()}


def why_not_isolated(imports: Sequence[str] = (), hidden: Sequence[str] = ()) -> str | None:
    """Why this system does not let submissions be shut off; None if it does, as one is to prove.

    Args:
        imports: Modules that submissions find imported already.
        hidden: Modules that they may not use.
    """
    if sys.platform != "linux":
        return f"that takes Linux, and this is {sys.platform}"
    try:
        with Nursery(imports, hidden, True, Limits()) as nursery, nursery.submission(0) as submission:
            return None if submission.protections.isolated else submission.protections.in_words()
    except SandboxError as error:
        return "; ".join(filter(None, [str(error).rstrip("."), remedy()]))
