"""Pictures of a trial as far as it has gone. Pillow and Matplotlib are loaded when the first one is drawn."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..task import Task
from ..trial import TrialBatch

INK, PAPER, UNSEEN = "#1f2430", "#ffffff", "#edeff3"
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM, GAP = 122, 620, 69, 313, 10
"""Edges of the two fields, inputs above and actions below, and the gap between them (pixels)."""
LINE = 14
"""Height of a line of text (pixels); rows that are lower are not all named."""
BLUE_TO_RED = np.array(
    [[5, 48, 97], [67, 147, 195], [209, 229, 240], [247, 247, 247], [253, 219, 199], [214, 96, 77], [103, 0, 31]]
)
LIMIT = 1.3
"""Activity with the deepest colour."""


def draw_trial_so_far(
    task: Task, trial: TrialBatch, n_seen: int, actions: Sequence[Any], caption: str = ""
) -> np.ndarray:
    """Draw what has been seen and done in a trial, as an image (H, W, 3) uint8.

    Inputs are above, actions below, with a row for each, red above 0 and blue below; the periods are on top.

    Args:
        task: The task that was painted.
        trial: A batch of one trial.
        n_seen: Number of bins whose input has been seen.
        actions: What was done in the bins so far: classes, or vectors (n_out,).
        caption: What to write above the picture.
    """
    from PIL import Image, ImageDraw

    n_in, n_out, n_bins = task.n_inputs, task.n_outputs, len(trial.inputs)
    done = np.eye(n_out)[list(actions)] if task.kind == "choice" and actions else np.reshape(actions, (-1, n_out))
    share = min(max(n_in / n_out, 1), 3)
    middle = TOP + round((BOTTOM - TOP - GAP) * share / (share + 1))
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    _paint_rows(pixels[TOP:middle, LEFT:RIGHT], trial.inputs[:n_seen, 0], n_bins)
    _paint_rows(pixels[middle + GAP : BOTTOM, LEFT:RIGHT], done, n_bins)
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    draw.text((13, 20), task.name, INK, _font(15, bold=True), anchor="lm")
    draw.text((RIGHT, 20), caption, INK, _font(12), anchor="rm")
    _name_rows(draw, task.input_names, TOP, middle)
    _name_rows(draw, task.output_names, middle + GAP, BOTTOM)
    _mark_periods(draw, trial, n_seen, middle)
    _mark_times(draw, n_bins * trial.dt)
    return np.array(picture)


def _paint_rows(field: np.ndarray, values: np.ndarray, n_bins: int) -> None:
    """Paint values (t, n) as a heat map with a row for each of the n, as far as t of n_bins go."""
    height, width = field.shape[:2]
    field[:] = _rgb(UNSEEN)
    n_seen, n_rows = values.shape
    if n_seen:
        columns = np.arange(-(-width * n_seen // n_bins)) * n_bins // width
        level = np.clip((values.T + LIMIT) / (2 * LIMIT) * 255, 0, 255).astype(np.uint8)
        rows = np.arange(height) * n_rows // height
        field[:, : len(columns)] = _palette()[level][:, columns][rows]
    if n_rows * LINE <= height:
        field[np.arange(1, n_rows) * height // n_rows] = 255


def _name_rows(draw: Any, names: Sequence[str], top: int, bottom: int) -> None:
    """Name every row while there is room for it, else every few."""
    step, height = -(-len(names) * LINE // (bottom - top)), (bottom - top) / len(names)
    for row in range(0, len(names), step):
        draw.text((LEFT - 6, top + (row + 0.5) * height), names[row], INK, _font(11), anchor="rm")


def _mark_periods(draw: Any, trial: TrialBatch, seen: int, middle: int) -> None:
    """Write the name of each period that has begun, and draw where it began."""
    scale = (RIGHT - LEFT) / len(trial.inputs)
    for name, (start, stop) in trial.periods.items():
        if start[0] >= seen or start[0] == stop[0]:
            continue
        onset, label = LEFT + round(start[0] * scale), name.rstrip("0123456789 ") or name
        for top, bottom in ((TOP, middle), (middle + GAP, BOTTOM)):
            draw.line([(onset, top), (onset, bottom - 1)], INK)
        fitting = (stop[0] - start[0]) * scale / (6 * len(label))
        draw.text((onset + 2, TOP - 3), label, INK, _font(round(11 * min(max(fitting, 0.6), 1))), anchor="ls")


def _mark_times(draw: Any, duration: float) -> None:
    """Write round times below, in ms."""
    step = next(s for e in range(9) for s in (10**e, 2 * 10**e, 5 * 10**e) if duration / s <= 8)
    for time in range(0, int(duration) + 1, step):
        x = LEFT + round(time / duration * (RIGHT - LEFT))
        draw.text((x, BOTTOM + 5), str(time), INK, _font(11), anchor="mt")
    draw.text(((LEFT + RIGHT) / 2, BOTTOM + 22), "time (ms)", INK, _font(11), anchor="mt")


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


@cache
def _palette() -> np.ndarray:
    """Colours of 256 levels, from blue over white to red, (256, 3) uint8."""
    at = np.linspace(0, len(BLUE_TO_RED) - 1, 256)
    return np.stack([np.interp(at, range(len(BLUE_TO_RED)), c) for c in BLUE_TO_RED.T], axis=1).astype(np.uint8)


@cache
def _font(size: int, bold: bool = False) -> Any:
    """Matplotlib's own font, which is the same on every machine."""
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(Path(get_data_path(), "fonts", "ttf", f"DejaVuSans{'-Bold' * bold}.ttf"), size)


class Window:
    """A window on the screen; where there is none to be had it says so, once."""

    def __init__(self) -> None:
        from matplotlib import get_backend, pyplot
        from matplotlib.backends.registry import BackendFilter, backend_registry

        self._figure = pyplot.figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
        backend = get_backend().lower()
        if backend in backend_registry.list_builtin(BackendFilter.INTERACTIVE) or "ipympl" in backend:
            axes = self._figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            self._image = axes.imshow(np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
            self._figure.show()
            return
        self.close()
        logging.getLogger(__name__).warning(
            'render_mode="human" needs a window, and the Matplotlib backend %r has none: nothing will be shown. '
            'Use a backend that has (MPLBACKEND=tkagg; in Jupyter %%matplotlib widget), or render_mode="rgb_array".',
            backend,
        )

    def show(self, *picture: Any) -> None:
        """Draw a trial so far; arguments as for :func:`draw_trial_so_far`."""
        if self._figure is not None:
            self._image.set_data(draw_trial_so_far(*picture))
            self._figure.canvas.draw()
            self._figure.canvas.flush_events()

    def close(self) -> None:
        """Close the window."""
        from matplotlib import pyplot

        if self._figure is not None:
            pyplot.close(self._figure)
        self._figure = None
