"""A progress bar with the figures that matter: loss, score, time left."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


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
        self._bar.stop()

    def __call__(self, step: int, metrics: dict[str, float]) -> None:
        """Show the state after an update."""
        loss, score = (f"{metrics[name]:.3f}" if name in metrics else "-" for name in ("loss", "score"))
        self._bar.update(self._task, completed=step, loss=loss, score=score)
