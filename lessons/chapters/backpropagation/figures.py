"""Figures of errors that run back through time."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ....envs.errors import ArgumentError
from ....envs.numbers import finite_number, whole_number
from ....envs.typechecked import typechecked
from ...figures.style import ACCENT, FAINT, INK, PALETTE, RC, SECOND, new_figure, note, values_to_draw


@typechecked
def draw_there_and_back(n_bins: int = 5) -> Figure:
    """Draw a network bin by bin: activity runs forward along the bins, the error runs back along the same arrows.

    Args:
        n_bins: Number of bins.

    Raises:
        ValueError: If there are fewer than two bins, or more than a page has room for.
    """
    if not 2 <= whole_number("n_bins", n_bins, minimum=2) <= 12:
        raise ArgumentError(f"n_bins is {n_bins}; allowed: 2 to 12.")
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 2.3)
        axes = figure.subplots()
        for t in range(n_bins):
            axes.add_patch(Circle((t, 0), 0.19, facecolor="white", edgecolor=INK, lw=1.4, zorder=2))
            axes.text(t, 0, f"bin {t + 1}", ha="center", va="center", fontsize=7)
            if t + 1 < n_bins:
                _arrow(axes, (t + 0.22, 0.07), (t + 0.8, 0.07), ACCENT, 0.35)
                _arrow(axes, (t + 0.8, -0.07), (t + 0.22, -0.07), SECOND, 0.35)
        last = n_bins - 1
        _arrow(axes, (last + 0.2, 0.07), (last + 0.75, 0.07), ACCENT, 0.0)
        _arrow(axes, (last + 0.75, -0.07), (last + 0.2, -0.07), SECOND, 0.0)
        axes.text(last + 0.8, 0, "answer,\nloss", va="center", fontsize=9)
        _arrow(axes, (0, 0.62), (0, 0.2), INK, 0.0)
        axes.text(0, 0.66, "light", ha="center", fontsize=9)
        axes.text(last / 2 + 0.2, 0.5, "forward: activity", color=ACCENT, ha="center", fontsize=10, weight="bold")
        axes.text(last / 2 + 0.2, -0.6, "back: the error, through the same synapses", color=SECOND, ha="center",
                  fontsize=10, weight="bold")  # fmt: skip
        axes.set(xlim=(-0.5, last + 1.6), ylim=(-0.85, 0.95), aspect="equal")
        axes.set_axis_off()
    return figure


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, bend: float) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11}
    axes.annotate("", end, start, arrowprops=style | {"connectionstyle": f"arc3,rad={-bend}"})


@typechecked
def draw_errors_back(errors: Mapping[str, np.ndarray], answer: int, dt: float = 20.0) -> Figure:
    """Draw how large the error of a trial is in each bin, on a logarithmic axis, for each network by its name.

    Args:
        errors: Norms of p_t, (T,), by the name of the network.
        answer: First bin of the answer.
        dt: Bin width (ms).

    Raises:
        ValueError: If there is no network, or a number makes no sense.
    """
    whole_number("answer", answer, minimum=0)
    if finite_number("dt", dt) <= 0:
        raise ArgumentError(f"dt is {dt:g}; it must be above 0 (ms).")
    if not errors:
        raise ArgumentError("errors is empty; give the errors of at least one network, by its name.")
    curves = {name: values_to_draw("errors", values, None) for name, values in errors.items()}
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.1)
        axes = figure.subplots()
        end = max(map(len, curves.values())) * dt
        axes.axvspan(answer * dt, end, color="#E8EEF4", zorder=0)
        note(axes, "answer", ((answer * dt + end) / 2, 1.0), ("data", "axes fraction"))
        for (name, values), colour in zip(curves.items(), PALETTE, strict=False):
            axes.semilogy((np.arange(len(values)) + 1) * dt, values, color=colour, lw=2, label=name)
        axes.axvline(0, color=FAINT, lw=0.7)
        axes.set(xlabel="time in the trial (ms); the error runs from right to left", ylabel="size of the error")
        axes.legend(loc="lower right")
    return figure
