"""Progress bars with the figures that matter: loss, score, runs, time left."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TrainingProgress:
    """Shows how a training goes, on a terminal; silent where nobody watches.

    Use it as a context manager, and pass it to :func:`cogdyn.agents.train` as ``progress``.

    Args:
        steps: Number of updates to come.
        console: Where to draw; standard error when None.
    """

    def __init__(self, steps: int, console: Console | None = None):
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}  score {task.fields[score]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=steps, loss="-", score="-")

    def __enter__(self) -> TrainingProgress:
        """Start to draw."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop drawing and leave the last line."""
        with suppress(OSError):  # the terminal may be gone
            self._bar.stop()

    def __call__(self, step: int, metrics: dict[str, float]) -> None:
        """Show the state after an update."""
        loss, score = (f"{metrics[name]:.3f}" if name in metrics else "-" for name in ("loss", "score"))
        self._bar.update(self._task, completed=step, loss=loss, score=score)


class RunsProgress:
    """Shows how many runs of a study are done, on a terminal; silent where nobody watches.

    Use it as a context manager, and pass it to :func:`cogdyn.lessons.studies.runner.run_study` as ``progress``.

    Args:
        runs: Number of runs of the study.
        console: Where to draw; standard error when None.
        what: What is counted.
    """

    def __init__(self, runs: int, console: Console | None = None, what: str = "runs"):
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn(what),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._runs = runs
        self._task = self._bar.add_task(what, total=runs, failed="", left="")
        self._began: tuple[float, int] | None = None

    def __enter__(self) -> RunsProgress:
        """Start to draw."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop drawing and leave the last line."""
        with suppress(OSError):  # the terminal may be gone
            self._bar.stop()

    def __call__(self, done: int, failed: int) -> None:
        """Show the state at the start and after a run; what is left takes as long for each run as those so far."""
        if self._began is None:
            self._began = time.monotonic(), done
        began, before = self._began
        ended, left = done + failed - before, self._runs - done - failed
        guess = timedelta(seconds=round((time.monotonic() - began) / ended * left)) if ended else None
        self._bar.update(
            self._task,
            completed=done + failed,
            failed=f"{failed} failed" if failed else "",
            left="" if guess is None else f"{guess} left",
        )
