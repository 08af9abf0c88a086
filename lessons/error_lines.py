"""Errors of a command: one line each, and an exit code."""

from __future__ import annotations

import re
from collections.abc import Callable

import typer

from .options import import_named

LONG_NUMBER = re.compile(r"\d{31,}")


def guarded(work: Callable[[], None], debug: bool, modules: list[str] | None = None) -> None:
    """Import modules, do the work of a command; an expected error ends it with one line, Ctrl-C with exit code 130."""
    try:
        import_named(modules or [])
        work()
    except KeyboardInterrupt as stop:
        typer.echo(f"\n{str(stop) or 'Stopped.'}", err=True)
        raise typer.Exit(130) from None
    except (ValueError, OSError, ImportError, RuntimeError, MemoryError, ArithmeticError) as error:
        if debug:
            raise
        typer.echo(f"error: {LONG_NUMBER.sub(_shortened, str(error))}", err=True)
        raise typer.Exit(1) from None


def _shortened(number: re.Match[str]) -> str:
    return f"{number[0][:6]}... ({len(number[0])} digits)"
