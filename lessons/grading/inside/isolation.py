"""Shutting a process off: users, processes, network and files of its own, and limits on what it takes."""

from __future__ import annotations

import errno
import math
import os
import resource
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from . import kernel

NOBODY = 65534
HOME = "/home/student"
HOST = "student"
WRITABLE = (HOME, "/tmp", "/dev/shm")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("null", "zero", "full", "random", "urandom")
NAMESPACES = kernel.NEW_PROCESSES | kernel.NEW_NETWORK | kernel.NEW_IPC | kernel.NEW_HOST_NAME


def leave_namespaces() -> None:
    """Give the children of this process a network, processes and a host name of their own.

    Raises:
        OSError: If the system does not allow it.
    """
    if os.geteuid() != 0:
        _new_users()
    kernel.unshare(NAMESPACES)
    socket.sethostname(HOST)


def _new_users() -> None:
    """Become the only user of a new user namespace, with the number that we had."""
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.NEW_USERS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(text, encoding="utf-8")


def build_root(folder: str, visible: Sequence[str], hidden: Sequence[str], room: int) -> None:
    """Make a root that holds Python and the libraries, all read-only, and an empty home; nothing else is there.

    Args:
        folder: An empty folder to build it on.
        visible: Files and folders to be seen besides the system's libraries.
        hidden: Files and folders among them that are to look empty.
        room: Bytes that can be written.
    """
    kernel.unshare(kernel.NEW_MOUNTS)
    kernel.mount("none", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    devices = kernel.NO_SETUID | kernel.NO_EXECUTION
    kernel.mount("tmpfs", folder, "tmpfs", kernel.NO_SETUID | kernel.NO_DEVICES, "size=1m,mode=755")
    for path, size in zip(WRITABLE, (room, room // 4, room // 4), strict=True):
        os.makedirs(folder + path, exist_ok=True)
        limits = f"size={size},nr_inodes=4096,mode=1777"
        kernel.mount("tmpfs", folder + path, "tmpfs", kernel.NO_SETUID | kernel.NO_DEVICES, limits)
    shown: list[str] = []
    for path in [*SYSTEM, *sorted(set(visible))]:
        if os.path.lexists(path) and not any(path == above or path.startswith(above + "/") for above in shown):
            _show(path, folder)
            shown.append(path)
    for path in hidden:
        if os.path.lexists(folder + path):
            _cover(folder + path)
    for name in DEVICES:
        _show(f"/dev/{name}", folder, extra=0)
    os.makedirs(f"{folder}/proc")
    kernel.mount("proc", f"{folder}/proc", "proc", devices | kernel.NO_DEVICES)
    for name in ("keys", "key-users"):
        if os.path.exists(f"{folder}/proc/{name}"):
            _cover(f"{folder}/proc/{name}")
    kernel.change_root(folder)
    kernel.restrict("/", kernel.READ_ONLY, recursive=False)


def _show(path: str, folder: str, extra: int = kernel.NO_DEVICES) -> None:
    """Bind a file or folder, read-only, to the same place below another root."""
    target = folder + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.mount(path, target, flags=kernel.BIND | kernel.RECURSIVE)
    kernel.restrict(target, (kernel.READ_ONLY if extra else 0) | kernel.NO_SETUID | extra)


def _cover(path: str) -> None:
    if os.path.isdir(path):
        kernel.mount("tmpfs", path, "tmpfs", kernel.NO_SETUID | kernel.NO_DEVICES, "size=4k,mode=755")
        kernel.restrict(path, kernel.READ_ONLY)
    else:
        kernel.mount("/dev/null", path, flags=kernel.BIND)


def prefer_for_oom_killer() -> None:
    """Where memory is short on the whole machine, have the kernel end this process and its children before others."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")


def become_nobody() -> None:
    """Where we are root: go on as a user to whom nothing belongs."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def limit(limits: Mapping[str, float], isolated: bool) -> None:
    """Set limits on what each process takes, for good.

    Args:
        limits: ``total_s``; ``memory`` and ``file`` (bytes); ``processes``; ``files``.
        isolated: Whether processes are counted in a namespace of their own; else those that the user has already
            are added, because the kernel counts them too.
    """
    room = {
        "RLIMIT_CPU": 2 * math.ceil(limits["total_s"]),  # the guard is first
        "RLIMIT_FSIZE": limits["file"],
        "RLIMIT_NOFILE": limits["files"],
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_MEMLOCK": 2**16,
        "RLIMIT_AS": limits["memory"] + memory_in_use(os.getpid())[0],
        "RLIMIT_NPROC": limits["processes"] + (0 if isolated else _processes_of_user()),
    }
    for name, value in room.items():
        number = getattr(resource, name, None)
        if number is None or (name == "RLIMIT_AS" and sys.platform != "linux"):
            continue
        hard = resource.getrlimit(number)[1]
        value = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        resource.setrlimit(number, (value, value))


def count_anew() -> bool:
    """Have the processes of this one counted from none, and allow no further namespaces; False if that cannot be."""
    try:
        if os.getuid() == NOBODY:  # else we are in a user namespace of our own already
            _new_users()
        Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="utf-8")
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENOENT):
            raise
        return False
    return True


def memory_in_use(process: int) -> tuple[int, int]:
    """Address space and resident memory of a process (bytes); zeros where the system does not report it."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()
    except OSError:
        return 0, 0
    return int(pages[0]) * os.sysconf("SC_PAGE_SIZE"), int(pages[1]) * os.sysconf("SC_PAGE_SIZE")


def descendants(process: int) -> list[int]:
    """Numbers of all processes below one, as /proc lists them: each behind its parent."""
    found: list[int] = []
    waiting = [process]
    while waiting:
        above = waiting.pop()
        try:
            threads = os.listdir(f"/proc/{above}/task")
            for thread in threads:
                text = Path(f"/proc/{above}/task/{thread}/children").read_text(encoding="utf-8")
                waiting += (below := [int(word) for word in text.split()])
                found += below
        except OSError:
            continue
    return list(dict.fromkeys(found))  # a thread that ends while we look leaves its children to another


def _processes_of_user() -> int:
    """Number of threads that this user has on the whole machine."""
    count, user = 0, os.getuid()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == user:
                    count += len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
    return count
