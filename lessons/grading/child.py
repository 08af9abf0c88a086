"""A Python process that does some work for the grader, who talks to it on a line."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .protections import SandboxError

PATIENCE = 60
"""Seconds in which it has to be ready."""
_ON_THREE = "import os; os.dup2({0}, 3); ({0} == 3) or os.close({0}); "


class Child:
    """A Python process at the other end of a line, which is its descriptor 3; it says when it is ready, by one byte.

    Args:
        program: What it runs, on one line.
        argument: Its first argument.
        environment: Its environment.
        folder: Where it runs; here if None.

    Attributes:
        line: Our end of the line.

    Raises:
        SandboxError: If it does not get ready.
    """

    def __init__(self, program: str, argument: str, environment: Mapping[str, str], folder: Path | None = None):
        self.line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-B", "-c", _ON_THREE.format(theirs.fileno()) + program, argument],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.line.settimeout(PATIENCE)
        try:
            ready = self.line.recv(1)
        except OSError:
            ready = b""
        if not ready:
            said = self.stop().strip().splitlines()
            raise SandboxError(f"submissions cannot be run here: {said[-1] if said else 'Python does not start'}.")

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def stop(self) -> str:
        """End it; returns what it printed."""
        self.line.close()
        self._process.kill()
        return self._process.communicate()[1].decode(errors="replace")
