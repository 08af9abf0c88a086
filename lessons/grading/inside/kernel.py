"""Calls of the Linux kernel that Python 3.11 has no names for."""

from __future__ import annotations

import ctypes
import errno
import os

NEW_MOUNTS, NEW_HOST_NAME, NEW_IPC, NEW_USERS, NEW_PROCESSES, NEW_NETWORK = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
NO_SETUID, NO_DEVICES, NO_EXECUTION, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
DETACH = 2
READ_ONLY = 1
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES, _SUBREAPER, _DROP_CAPABILITY = 1, 38, 36, 24
_MOUNT_SETATTR, _PIVOT_ROOT, _CAPSET = 442, {"x86_64": 155, "aarch64": 41}, {"x86_64": 126, "aarch64": 91}
_KEYCTL, _JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}, 1
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ALL_CAPABILITIES = range(64)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _system_call(numbers: dict[str, int] | int, *arguments: object) -> int:
    number = numbers if isinstance(numbers, int) else numbers[os.uname().machine]
    return int(_libc().syscall(ctypes.c_long(number), *arguments))


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name for new ones."""
    _call(_libc().unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """Mount a file system, or bind a part of the tree to another place."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, options)]
    _call(_libc().mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def restrict(target: str, flags: int, recursive: bool = True) -> None:
    """Add restrictions (read-only, no setuid, no devices, no execution) to a mount and all below it; Linux 5.12."""
    attributes = (ctypes.c_uint64 * 4)(flags, 0, 0, 0)
    where, deep = os.fsencode(target), _AT_RECURSIVE if recursive else 0
    size = ctypes.c_size_t(32)
    result = _system_call(_MOUNT_SETATTR, ctypes.c_int(_AT_FDCWD), where, ctypes.c_uint(deep), attributes, size)
    _call(result, f"restrict {target}")


def change_root(folder: str) -> None:
    """Make the folder, a mount, the root of all, and let go of the old one."""
    os.chdir(folder)
    _call(_system_call(_PIVOT_ROOT, b".", b"."), "pivot_root")
    _call(_libc().umount2(b".", DETACH), "umount")
    os.chdir("/")


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends."""
    _call(_libc().prctl(_DEATH_SIGNAL, 9, 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    _call(_libc().prctl(_SUBREAPER, 1, 0, 0, 0), "prctl")


def leave_keyring() -> None:
    """Have a session keyring of our own: the one before holds keys of the user, and of others in the session."""
    result = _system_call(_KEYCTL, ctypes.c_int(_JOIN_SESSION_KEYRING), None)
    if result < 0 and ctypes.get_errno() in (errno.ENOSYS, errno.EPERM):
        return  # nobody here can use keys at all
    _call(result, "keyctl")


def give_up_privileges() -> None:
    """Drop all capabilities, for good: no program can bring them back."""
    libc = _libc()
    for capability in _ALL_CAPABILITIES:
        libc.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)  # fails beyond the last one, and where there are none left
    _call(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _call(_system_call(_CAPSET, header, nothing), "capset")
