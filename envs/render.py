"""Pictures of a trial as far as it has gone. Matplotlib is loaded when the first one is drawn."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from .task import Task
from .trial import TrialBatch

INK, PAPER, UNSEEN = "#1f2430", "#ffffff", "#edeff3"


def draw_trial_so_far(
    task: Task,
    trial: TrialBatch,
    seen: int,
    actions: Sequence[Any],
    caption: str = "",
    size: tuple[int, int] = (640, 360),
) -> np.ndarray:
    """Draw what has been seen and done in a trial, as an image (H, W, 3) uint8.

    Args:
        task: The task that was painted.
        trial: A batch of one trial.
        seen: Number of bins whose input has been seen.
        actions: What was done in the bins so far: classes, or vectors (n_out,).
        caption: What to write above the picture.
        size: Width and height (pixels).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size[0] / 100, size[1] / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    draw_on(figure, task, trial, seen, actions, caption)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def draw_on(figure: Any, task: Task, trial: TrialBatch, seen: int, actions: Sequence[Any], caption: str) -> None:
    """Draw a trial so far: inputs above, actions below, a row for each, the periods on top."""
    figure.clear()
    figure.set_facecolor(PAPER)
    n_in, n_out = task.n_inputs, task.n_outputs
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[min(max(n_in / n_out, 1), 3), 1])
    figure.subplots_adjust(left=0.19, right=0.97, top=0.81, bottom=0.13, hspace=0.1)
    figure.text(0.02, 0.92, task.name, fontsize=11, fontweight="bold", color=INK)
    figure.text(0.97, 0.92, caption, fontsize=9, color=INK, ha="right")
    done = np.eye(n_out)[list(actions)] if task.kind == "choice" and actions else np.reshape(actions, (-1, n_out))
    _draw_rows(upper, trial.inputs[:seen, 0], task.input_names, trial)
    _draw_rows(lower, done, task.output_names, trial)
    lower.set_xlabel("time (ms)", fontsize=8, color=INK)
    _mark_periods(upper, lower, trial, seen)


def _draw_rows(axes: Any, values: np.ndarray, names: Sequence[str], trial: TrialBatch) -> None:
    """Draw values (t, n) as a heat map with a named row for each of the n, red above 0, blue below."""
    axes.set_facecolor(UNSEEN)
    if len(values):
        extent = (0, len(values) * trial.dt, len(names) - 0.5, -0.5)
        axes.imshow(values.T, "RdBu_r", vmin=-1.3, vmax=1.3, aspect="auto", extent=extent, interpolation="none")
    axes.set_xlim(0, len(trial.inputs) * trial.dt)
    axes.set_ylim(len(names) - 0.5, -0.5)
    # Every row is named while there is room for it, else every few.
    step = -(-len(names) // 12)
    axes.set_yticks(range(0, len(names), step), names[::step])
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=PAPER, linewidth=1.0 if step == 1 else 0.3)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)


def _mark_periods(upper: Any, lower: Any, trial: TrialBatch, seen: int) -> None:
    """Write the name of each period that has begun, and draw where it began."""
    for name, (start, stop) in trial.periods.items():
        if start[0] >= seen or start[0] == stop[0]:
            continue
        onset = start[0] * trial.dt
        for axes in (upper, lower):
            axes.axvline(onset, color=INK, linewidth=0.8)
        label = name.rstrip("0123456789 ") or name
        # Some 500 pixels for all bins, and 6 for a letter of 8 points.
        room = 500 * (stop[0] - start[0]) / len(trial.inputs) / (6 * len(label))
        upper.annotate(
            label,
            (onset, 1),
            (2, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=8 * min(max(room, 0.6), 1),
            color=INK,
        )


class Window:
    """A window on the screen; where there is none to be had it says so, once."""

    def __init__(self) -> None:
        from matplotlib import get_backend, pyplot
        from matplotlib.backends.registry import BackendFilter, backend_registry

        self._figure = pyplot.figure(figsize=(6.4, 3.6))
        backend = get_backend().lower()
        if backend in backend_registry.list_builtin(BackendFilter.INTERACTIVE) or "ipympl" in backend:
            self._figure.show()
            return
        self.close()
        logging.getLogger(__name__).warning(
            'render_mode="human" needs a window, and the Matplotlib backend %r has none: nothing will be shown. '
            'Use a backend that has (MPLBACKEND=tkagg; in Jupyter %%matplotlib widget), or render_mode="rgb_array".',
            backend,
        )

    def show(self, *picture: Any) -> None:
        """Draw a trial so far; the arguments are those of :func:`draw_on` after the figure."""
        if self._figure is not None:
            draw_on(self._figure, *picture)
            self._figure.canvas.draw()
            self._figure.canvas.flush_events()

    def close(self) -> None:
        """Close the window."""
        from matplotlib import pyplot

        if self._figure is not None:
            pyplot.close(self._figure)
        self._figure = None
