"""Bridges through time: what is left of an error across a delay, and how networks learn that start differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ....envs.errors import ArgumentError
from ....envs.typechecked import typechecked
from ...figures.style import FAINT, PALETTE, RC, new_figure, note, values_to_draw


@typechecked
def draw_error_left(delays: Sequence[float], left: Mapping[str, np.ndarray], dt: float, tau: float) -> Figure:
    """Draw what is left of an error against the delay, on a logarithmic axis.

    Args:
        delays: Delays (ms).
        left: Singular values (len(delays), N) for each name.
        dt: Bin width (ms).
        tau: Time constant of the units (ms): alone, they keep 1 - dt / tau in each bin.
    """
    if not (dt > 0 and tau > 0):
        raise ArgumentError(f"dt is {dt} and tau is {tau}; both must be above 0 (ms).")
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.4)
        axes = figure.subplots()
        for colour, values in zip(PALETTE, left.values(), strict=False):
            values = values_to_draw("left", values, len(delays), None)
            axes.semilogy(delays, values[:, 1:], color=colour, lw=0.5, alpha=0.35)
            axes.semilogy(delays, values[:, 0], color=colour, lw=2.2)
        alone = (1 - dt / tau) ** (np.asarray(delays) / dt)
        axes.semilogy(delays, alone, color=FAINT, lw=1.2, ls=(0, (4, 3)))
        lines = [Line2D([], [], color=colour, lw=2.2, label=name) for colour, name in zip(PALETTE, left, strict=False)]
        lines.append(Line2D([], [], color=FAINT, lw=1.2, ls=(0, (4, 3)), label=f"a unit alone (tau = {tau:g} ms)"))
        axes.legend(handles=lines, loc="lower left")
        note(axes, "nothing is lost", (1, 1), ("axes fraction", "data"), "right", -2)
        axes.axhline(1, color=FAINT, lw=0.7, zorder=0)
        axes.set(xlabel="delay (ms)", ylabel="singular values:\nwhat is left of an error", ylim=(1e-10, 10))
    return figure
