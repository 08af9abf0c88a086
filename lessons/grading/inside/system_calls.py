"""System calls that no homework needs, refused by a seccomp filter: they reach what namespaces and limits do not."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

try:
    import pyseccomp
except (ImportError, RuntimeError, OSError):  # not Linux, or libseccomp is missing
    pyseccomp: Any = None

KEYS = ("add_key", "request_key", "keyctl")
"""The kernel's keyrings belong to no namespace."""
MEMORY = ("memfd_create", "memfd_secret", "shmget", "msgget", "semget")
"""Memory that no process has to map, so that it counts for none."""
KERNEL = (
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("fanotify_init", "syslog", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
)
"""What attacks on the kernel and on other processes are made of."""
NAMESPACES = (
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot"),
    *("open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
)
"""What could undo the isolation."""
PROCESSOR = ("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
"""What would let a process leave the core that it was given."""
NEWER = {"memfd_secret": 447, "mount_setattr": 442, "pidfd_getfd": 438}
"""Numbers of the calls for which older versions of libseccomp have no name; the same on every processor."""
NEW_NAMESPACE = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
"""Flags of clone; each makes a namespace."""
BUFFERS = (7, 8, 32, 33)
"""Options that enlarge the buffers of a socket: SO_SNDBUF, SO_RCVBUF, and the same by force."""
PROCESSORS = ("x86_64", "aarch64")
"""Where the arguments of these calls are in the order that the rules take for granted."""


def refuse() -> bool:
    """Refuse these calls to this process and all that it starts, for good; False where that cannot be.

    A call that is refused fails with EPERM, and the process continues. Of sockets there are only connected pairs of
    local ones, as pipes in both directions need them: some families of sockets belong to no namespace, and sockets
    with many senders hold more memory than their buffers.
    """
    if pyseccomp is None or os.uname().machine not in PROCESSORS:
        return False
    try:
        _filter().load()
    except OSError:
        return False
    return True


def _filter() -> Any:
    no = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, no)
    for name in (*KEYS, *MEMORY, *KERNEL, *NAMESPACES, *PROCESSOR, "socket"):
        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
        rules.add_rule(no, NEWER.get(name, number) if number == -1 else number)
    for flag in NEW_NAMESPACE:
        rules.add_rule(no, "clone", _bits(0, flag, flag))
    # The flags of clone3 are out of a filter's sight; where there is no such call, the C library calls clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(no, "socketpair", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    for kind in set(range(16)) - {socket.SOCK_STREAM}:
        rules.add_rule(no, "socketpair", _bits(1, 0xF, kind))
    for option in BUFFERS:
        rules.add_rule(no, "setsockopt", _bits(1, 0xFFFFFFFF, socket.SOL_SOCKET), _bits(2, 0xFFFFFFFF, option))
    return rules


def _bits(argument: int, mask: int, value: int) -> Any:
    """The condition that an argument has this value where the mask has ones."""
    return pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, mask, value)
