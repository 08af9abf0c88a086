"""What Jupyter understands in a cell besides Python: magics, shell commands, questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WATCHING = frozenset({"time", "capture", "prun"})
"""Magics of a cell that run what is in it, and keep what it defines."""


def as_python(source: str) -> str:
    """A cell as IPython rewrites it: what is Python in it stays as it is, the rest becomes calls of ``get_ipython``.

    Args:
        source: A cell that is no Python.

    Raises:
        ModuleNotFoundError: If IPython is missing.
        SyntaxError: If it is nothing that IPython understands either.
    """
    from IPython.core.inputtransformer2 import TransformerManager  # few submissions need it, and it takes a while

    blank = len(source) - len(source.lstrip("\n"))  # IPython drops them; the numbers of lines are to stay
    return "\n" * blank + TransformerManager().transform_cell(source)


class NoShell:
    """What ``get_ipython`` returns: a shell that runs what ``%time`` and the like watch, and else does nothing.

    Args:
        run_line: Runs a line, and returns its value if it is an expression.
        run_cell: Runs a cell.
    """

    def __init__(self, run_line: Callable[[str], Any], run_cell: Callable[[str], Any]):
        self._run_line, self._run_cell = run_line, run_cell

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> Any:
        """The value of what ``%time`` measures; None of any other magic."""
        return self._run_line(line) if name == "time" else None

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Run a cell that the magic only watches; leave out any other."""
        if name in WATCHING:
            self._run_cell(f"\n{cell}")  # in place of the line of the magic: the numbers of the others stay

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        """No lines: no command is run."""
        return []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return do_nothing


def do_nothing(*_: Any, **__: Any) -> None:
    """What is left of functions that belong to Jupyter, not to Python."""
