"""Claim C: which network noise disturbs less, the sign of the difference over kind, period and size of the noise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.figure import Figure

from ...figures.style import FAINT, INK, PALETTE, new_figure
from ..study import Row
from .perturbations import KINDS, LEVELS, PERIODS, error_name
from .predicates import level_differences

CELLS = (*product(KINDS, PERIODS, LEVELS), *(("white", "whole trial", sd) for sd in LEVELS))
"""Kinds, periods and standard deviations of the noise."""
CONTRASTS = {
    "target out at go - held": ("target", "extinguished_at_go", "held"),
    "held targets: trained with noise - without": ("noise", 0.5, 0.02),
}
"""Less input-driven networks less more input-driven ones: by construction, and as training with noise made them."""


def effects(rows: Sequence[Row], contrast: str, cell: tuple[str, str, float]) -> list[float]:
    """Difference in endpoint error with a noise, for all settings that are else the same; negative: errs less.

    Args:
        rows: Rows of the study.
        contrast: One of the contrasts.
        cell: Kind, period and standard deviation of the noise.
    """
    factor, first, second = CONTRASTS[contrast]
    compared = rows if factor == "target" else [row for row in rows if row["target"] == "held"]
    return level_differences(compared, factor, first, second, error_name(*cell))


def sign_table(rows: Sequence[Row]) -> list[Row]:
    """A line for each noise: in how many settings the first networks of a contrast err less, and by how much."""
    lines = []
    for cell in CELLS:
        line: Row = dict(zip(("noise", "period", "SD"), cell, strict=True))
        for contrast in CONTRASTS:
            gaps = effects(rows, contrast, cell)
            less = f"{sum(gap < 0 for gap in gaps)} of {len(gaps)}, {np.mean(gaps):+.3f}" if gaps else None
            line[contrast] = less
        lines.append(line)
    return lines


def sign_figure(rows: Sequence[Row]) -> Figure:
    """The difference for every noise and setting: a dot for each setting, a line for the mean."""
    figure = new_figure(7.6, 3.7)
    panels = figure.subplots(1, len(CONTRASTS), sharey=True)
    places = list(dict.fromkeys(cell[:2] for cell in CELLS))
    for axis, contrast in zip(panels, CONTRASTS, strict=True):
        for cell in CELLS:
            gaps, level = effects(rows, contrast, cell), LEVELS.index(cell[2])
            x = places.index(cell[:2]) + 0.4 * (level - (len(LEVELS) - 1) / 2)
            spread = x + 0.14 * np.linspace(-1, 1, len(gaps))
            axis.plot(spread, gaps, "o", color=PALETTE[level], ms=2.6, mew=0, alpha=0.5)
            if gaps:
                axis.plot(x, np.mean(gaps), "_", color=INK, ms=12, mew=1.5)
        axis.axhline(0, color=INK, lw=0.8, zorder=0)
        for edge in range(1, len(places)):
            axis.axvline(edge - 0.5, color=FAINT, lw=0.5, zorder=0)
        axis.set_yscale("symlog", linthresh=0.05, linscale=0.7)
        axis.set_yticks([-0.5, -0.1, 0, 0.1, 0.5], ["-0.5", "-0.1", "0", "0.1", "0.5"])
        axis.set_xticks(range(len(places)), ["\n".join((kind, *period.split())) for kind, period in places])
        axis.set_title(contrast, fontsize=9, loc="left")
    panels[0].set_ylabel("difference in miss / distance\n(below 0: errs less)")
    for level, sd in enumerate(LEVELS):
        panels[0].plot([], [], "o", color=PALETTE[level], ms=4, mew=0, label=f"SD {sd:g}")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(LEVELS))
    return figure
