"""The seed of the inputs, which nobody knows who could try out answers until one is right."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SEED = "seed"
"""Name of the file in the folder of the results that holds it."""
BITS = 128


def secret_seed(desk: Path) -> int:
    """The seed in the folder of the results; a new one, which its owner alone can read, if there is none yet.

    Args:
        desk: The folder; nobody else may write to it.

    Raises:
        ValueError: If the file holds no seed.
        OSError: If it can be neither read nor written.
    """
    path = desk / SEED
    try:
        kept = path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return _new_seed(path)
    if not (kept.isascii() and kept.isdigit()):
        raise ValueError(f"{path} holds no seed; remove it, and all are graded again with another one.")
    return int(kept)


def _new_seed(path: Path) -> int:
    seed = secrets.randbits(BITS)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{seed}\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return seed
