"""Why a system lets nobody shut submissions off, and the command with which an administrator allows it."""

from __future__ import annotations

from pathlib import Path

SETTINGS = Path("/proc/sys")
"""Where the kernel reports its settings."""
SWITCHES = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "10000"),
)
"""Settings that forbid user namespaces: name, value that forbids them, value that allows them.

The first is Ubuntu's, from 23.10 on by default; the second of older Debian; the third that of all.
"""


def remedy() -> str:
    """What forbids user namespaces here, and what allows them; empty where none of the known settings does."""
    found = [(name, allows) for name, forbids, allows in SWITCHES if _setting(name) == forbids]
    if not found:
        return ""
    names = " and ".join(name for name, _ in found)
    command = " ".join(f"{name}={allows}" for name, allows in found)
    return f"user namespaces are forbidden by {names}; an administrator allows them with: sudo sysctl -w {command}"


def _setting(name: str) -> str | None:
    try:
        return SETTINGS.joinpath(*name.split(".")).read_text(encoding="utf-8").strip()
    except OSError:
        return None
