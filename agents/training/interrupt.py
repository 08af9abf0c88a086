"""Signals that wait for the end of an update, so that a checkpoint is never taken in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

ENDING = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in signal.Signals.__members__)
"""Signals that end a program: Ctrl-C, the end of a cluster's time, and a terminal that closes."""


class DeferredSignals:
    """Within the block, a signal that would end the program is only noted; later it acts as it would without the block.

    A signal that is ignored stays ignored. A second Ctrl-C acts at once; further ones of the others do nothing, since
    ``timeout`` and clusters send them twice. Outside the main thread, which alone receives signals, none is noted.

    Attributes:
        pending: The signal that waits, or None.
    """

    def __init__(self) -> None:
        self.pending: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> DeferredSignals:
        """Begin to note signals."""
        if threading.current_thread() is threading.main_thread():
            handlers = {number: signal.getsignal(number) for number in ENDING}
            self._before = {n: handler for n, handler in handlers.items() if handler not in (None, signal.SIG_IGN)}
            for number in self._before:
                signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let signals act again; one that waits acts now."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.pending is not None:
            signal.raise_signal(self.pending)

    def act(self) -> None:
        """Let the signal that waits act: its handler is called, and if it returns, so does this.

        Raises:
            KeyboardInterrupt: If there is no handler, so that the signal ends the program; it does at the end of the
                block.
        """
        assert self.pending is not None
        handler: Callable[[int, FrameType | None], object] | signal.Handlers = self._before[self.pending]
        if not callable(handler):
            raise KeyboardInterrupt
        number, self.pending = self.pending, None
        handler(number, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self.pending is not None:
            raise KeyboardInterrupt
        self.pending = number
