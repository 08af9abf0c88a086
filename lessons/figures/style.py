"""The look of all figures: colours that the colour-blind tell apart, few lines, no clutter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from ...envs.errors import ArgumentError

INK, FAINT = "#222222", "#9a9a9a"
ACCENT, SECOND = "#0072B2", "#D55E00"
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7F3C8D", "#5B5B5B")
"""Okabe and Ito's colours, with violet and grey in place of yellow and black."""

RC: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.labelsize": 9,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.dpi": 110,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "savefig.dpi": 130,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


def values_to_draw(name: str, values: Any, *shape: int | None) -> np.ndarray:
    """Values as an array of the given shape, in which None stands for any length.

    Raises:
        ArgumentError: If they have another shape.
    """
    array = np.asarray(values)
    lengths = zip(array.shape, shape, strict=False)
    if array.ndim != len(shape) or any(length != expected for length, expected in lengths if expected is not None):
        expected = ", ".join("any" if length is None else str(length) for length in shape)
        raise ArgumentError(f"{name} has shape {array.shape}; expected ({expected}).")
    return array


def new_figure(width: float, height: float) -> Figure:
    """An empty figure (inches) that belongs to no window."""
    return Figure(figsize=(width, height), layout="constrained")


def colours(n: int) -> list[tuple[float, float, float, float]]:
    """One colour for each of n conditions: the palette while it lasts, else a path through viridis."""
    if n <= len(PALETTE):
        return [to_rgba(colour) for colour in PALETTE[:n]]
    return [tuple(colour) for colour in colormaps["viridis"](np.linspace(0.05, 0.92, n))]


def note(
    axes: Axes, text: str, at: tuple[float, float], coordinates: Any, align: str = "center", shift: float = 0
) -> None:
    """Write a small grey note a little above a point, in the coordinates that Matplotlib calls xycoords."""
    where = {"xycoords": coordinates, "textcoords": "offset points", "ha": align, "va": "bottom"}
    axes.annotate(text, at, (shift, 2), fontsize=7.5, color="#555555", **where)


def mark_periods(
    axes: Axes, names: Sequence[str], starts: Sequence[float], stops: Sequence[float], label: bool
) -> None:
    """Draw the boundaries of named periods (ms), and their names above the axes."""
    for name, start, stop in zip(names, starts, stops, strict=True):
        if name and start > 0:
            axes.axvline(start, color=FAINT, lw=0.7, ls=(0, (2, 2)), zorder=0)
        if name and label:
            note(axes, name, ((start + stop) / 2, 1.0), ("data", "axes fraction"))
