"""The console of the commands."""

from __future__ import annotations

import os
import sys

from rich.console import Console

WIDE = 10_000
"""Columns of a file or a pipe: nothing is wrapped there."""


def terminal_console() -> Console:
    """A console that wraps lines at words: in a terminal, or where the variable ``COLUMNS`` states how wide it is."""
    narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if narrow else WIDE)
