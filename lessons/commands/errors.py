"""Errors of a command: one line each, and an exit code."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import typer

from .options import import_named

LONG_NUMBER = re.compile(r"\d{31,}")


def guarded(work: Callable[[], None], debug: bool, modules: list[str] | None = None) -> None:
    """Import modules, do the work of a command; an expected error ends it with one line.

    Ctrl-C, SIGTERM and SIGHUP raise a KeyboardInterrupt in it, and end it with exit code 128 + the signal's number.
    """
    try:
        with _signals_raised():
            import_named(modules or [])
            work()
    except KeyboardInterrupt as stop:
        with suppress(OSError):  # the terminal may be gone
            typer.echo(f"\n{str(stop) or 'Stopped.'}", err=True)
        raise typer.Exit(128 + (stop.number if isinstance(stop, Terminated) else signal.SIGINT)) from None
    except (ValueError, OSError, ImportError, RuntimeError, MemoryError, ArithmeticError) as error:
        if debug:
            raise
        typer.echo(f"error: {LONG_NUMBER.sub(_shortened, str(error))}", err=True)
        raise typer.Exit(1) from None


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP, which end a command as Ctrl-C does.

    Attributes:
        number: Number of the signal.
    """

    def __init__(self, number: int):
        super().__init__()
        self.number = number


@contextmanager
def _signals_raised() -> Iterator[None]:
    before = {}

    def end(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)  # they often come twice; what ends has to tidy up undisturbed
        raise Terminated(number)

    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup has it ignored
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _shortened(number: re.Match[str]) -> str:
    return f"{number[0][:6]}... ({len(number[0])} digits)"
