"""The nursery: one process that has imported what submissions need, and begets a fresh one for each of them.

It is started with its settings as JSON in the first argument, and gets for each submission two lines: one on which
the submission answers, one that keeps it alive. Between them stands a guard, which ends the submission with all that
it started when the second line is closed, when it takes too much memory or CPU time, or when it ends itself. On the
second line the grader says how much CPU time the cell or answer that begins may take.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import select
import shutil
import signal
import socket
import struct
import sys
import time
from typing import Any, NoReturn

from . import answers, isolation, kernel, plain, system_calls, usage

PACE = 0.05
"""Seconds between two looks at what a submission takes."""
NICENESS = 5
"""How far a submission stands back behind the grader and its guards."""


def main() -> None:
    """Serve submissions until the grader closes the line, which is descriptor 3."""
    settings = json.loads(sys.argv[1])
    desk = socket.socket(fileno=3)
    sys.path.remove(settings["here"])
    os.umask(0o022)  # whatever the grader's is: what is built here is for another user too
    answers.prepare(settings["hidden"])
    for name in settings["imports"]:
        importlib.import_module(name)
    answers.begin(0)  # what it imports is there for all
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    desk.send(b"!")
    while True:
        request, lines, _, _ = socket.recv_fds(desk, 2**16, 2)
        if not request:  # the grader is gone; what it had no time for is done here
            shutil.rmtree(os.getcwd(), ignore_errors=True)
            return
        line, life = (socket.socket(fileno=number) for number in lines)
        if os.fork() == 0:
            desk.close()
            _guard(settings | json.loads(request), line, life)
        line.close()
        life.close()


def _guard(settings: dict[str, Any], line: socket.socket, life: socket.socket) -> None:
    """Start a submission, watch over it, and leave nothing of it behind."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    linux = sys.platform == "linux"
    protections = ["own_process", "limits"]
    if linux:
        protections.append("memory_limit")
        kernel.adopt_orphans()
    if settings["isolate"]:
        try:
            isolation.leave_namespaces()
        except OSError as error:
            _refuse(line, error)
        protections += ["own_processes", "no_network", "read_only_files"]
    first = os.fork()
    if first == 0:
        life.close()
        try:
            try:
                _enter(settings, line, protections)
                answers.begin(settings["seed"])
            except Exception as error:
                _refuse(line, error)
            answers.serve(line, protections)
        finally:
            os._exit(1)
    line.close()
    root = f"/proc/{first}/root" if settings["isolate"] else None
    reason = _watch(first, life, settings["limits"], root)
    _sweep(first)
    try:
        life.send(reason.encode())
    finally:
        os._exit(0)


def _watch(first: int, life: socket.socket, limits: dict[str, Any], root: str | None) -> str:
    """Wait until a submission has to end, or has ended; returns why."""
    linux = sys.platform == "linux"
    buffer = life.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    spent, until, everything = 0.0, math.inf, math.inf
    while True:
        if _has_ended(first):
            return "ended"
        said = life.recv(2**12) if select.select([life], [], [], PACE)[0] else None
        if said == b"":
            return "closed"
        below = isolation.descendants(os.getpid()) if linux else []
        spent = max(spent, usage.cpu_time(below) if linux else time.monotonic())
        if said:  # the last that was said counts
            everything = min(everything, spent + limits["total_s"])
            until = spent + struct.unpack("!d", said[-8:])[0]
        if until == math.inf:
            continue  # nothing of the submission runs yet
        if spent > min(until, everything):
            return "time" if until <= everything else "total"
        if linux and usage.more_memory_than(limits["memory_of_all"], below, buffer, root):
            return "memory"


def _refuse(line: socket.socket, error: Exception) -> NoReturn:
    """Tell the grader, before any code of the submission ran, what the system does not allow; and end."""
    plain.write(line, {"refused": f"{type(error).__name__}: {error}"})
    os._exit(1)


def _has_ended(process: int) -> bool:
    """Whether a child has ended; its number stays taken, so that nobody else's process can be killed by it."""
    if sys.platform == "linux":
        return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return os.waitpid(process, os.WNOHANG)[0] != 0


def _sweep(first: int) -> None:
    """Kill the first process of a submission, its session and all that has come down to us."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for process in {first, *isolation.descendants(os.getpid())}:
            for kill in (os.killpg, os.kill):
                try:
                    kill(process, signal.SIGKILL)
                except OSError:
                    continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _enter(settings: dict[str, Any], line: socket.socket, protections: list[str]) -> None:
    """In the first process of a submission: shut the door, then begin."""
    os.setsid()
    isolate = settings["isolate"]
    limits = settings["limits"]
    os.nice(NICENESS)
    if sys.platform == "linux":
        isolation.prefer_for_oom_killer()
        kernel.leave_keyring()
        if settings["core"] is not None:
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[settings["core"] % len(cores)]})
    if isolate:
        isolation.build_root(settings["folder"], settings["visible"], settings["covered"], limits["file"])
    if os.geteuid() == 0:
        isolation.become_nobody()
        protections.append("other_user")
    if sys.platform == "linux":
        kernel.die_with_parent()  # anew: the kernel forgets it with the user
    os.chdir(isolation.HOME if isolate else settings["folder"])
    _close_all_but(line)
    if isolate and (student := os.fork()):  # this one is the init of the namespace: it buries orphans
        line.close()
        while os.wait()[0] != student:
            pass
        os._exit(0)
    if isolate and isolation.count_anew():
        protections.append("processes_counted")
    if isolate and os.getuid() != isolation.NOBODY:
        kernel.restrict("/proc", kernel.READ_ONLY, recursive=False)  # what is ours there, it could change back
    if sys.platform == "linux":
        kernel.give_up_privileges()
    home = isolation.HOME if isolate else settings["folder"]
    os.environ.update(HOME=home, TMPDIR=home)
    isolation.limit(limits, "processes_counted" in protections)
    if system_calls.refuse():
        protections.append("system_call_filter")
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _close_all_but(line: socket.socket) -> None:
    """Keep the line and the three standard descriptors, which lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    keep = line.fileno()
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)


if __name__ == "__main__":
    main()
