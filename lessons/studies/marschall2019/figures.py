"""The figures of the study of local plasticity, drawn from its table alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from ...figures.style import ACCENT, FAINT, PALETTE, RC, SECOND, new_figure
from ..study import Row
from .learners import COMPARED, LEARNERS, SETTINGS
from .levels import levels
from .measures import BATCH, MOMENTS, updates_by

Cells = Mapping[str, Mapping[str, list[Row]]]
"""Rows by setting and learner."""

IN_COLOUR: tuple[str, ...] = ("readout only", "BPTT", "RFLO", "UORO", "KF-RTRL", "DNI", "compartments")


def figures(cells: Cells) -> dict[str, Figure]:
    """All figures, by the name of their file."""
    drawn = {"learning": learning, "losses": losses, "agreement": agreement, "alignment": by_alignment, "cost": by_cost}
    with matplotlib.rc_context(RC):
        return {name: draw(cells) for name, draw in drawn.items()}


def learning(cells: Cells) -> Figure:
    """Loss against trials: median of the networks for some learners in colour, for the other rules in grey."""
    figure, panels = _panels(cells)
    colour_of = dict(zip(IN_COLOUR, PALETTE, strict=False))
    for axis, (setting, learners) in zip(panels, cells.items(), strict=True):
        rules = [name for name in LEARNERS if name in learners and LEARNERS[name].of is None]
        for name in sorted(rules, key=lambda name: name in colour_of):
            found = learners[name]
            at = [updates_by(moment, found[0]["updates"]) * BATCH for moment in MOMENTS]
            columns = [f"loss_{k}" for k in range(len(MOMENTS) - 1)] + ["loss"]
            course = [_median(row[column] for row in found) for column in columns]
            look = {"color": colour_of.get(name, FAINT), "label": name if name in colour_of else None}
            axis.plot(at, course, lw=1.8 if name in colour_of else 0.8, marker=".", ms=3, **look)
        _levels_across(axis, setting)
        axis.set(xlabel="trials seen", ylabel="loss on unseen trials", title=setting)
        axis.set_xscale("symlog", linthresh=100)
        axis.set_xlim(0, None)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=len(IN_COLOUR))
    return figure


def losses(cells: Cells) -> Figure:
    """Every network's loss at the end, with the levels."""
    names = _learners(cells)
    figure = new_figure(2.2 + 1.55 * len(cells), 0.9 + 0.22 * len(names))
    axes = figure.subplots(1, len(cells), squeeze=False, sharey=True)[0]
    for axis, (setting, learners) in zip(axes, cells.items(), strict=True):
        for name, level in levels(setting).items():
            axis.axvline(level, color=FAINT, linewidth=0.8, linestyle=":")
            axis.annotate(name, (level, 1.0), xycoords=("data", "axes fraction"), fontsize=6, rotation=90, va="bottom")
        for place, name in enumerate(names):
            found = [row["loss"] for row in learners.get(name, []) if row["loss"] is not None]
            axis.plot(found, [place] * len(found), ".", color=_colour(name), alpha=0.5)
            if found:
                axis.plot([np.median(found)] * 2, [place - 0.35, place + 0.35], color="k", linewidth=1.2)
        axis.set(xlabel="loss", yticks=range(len(names)), yticklabels=names)
        axis.set_title(setting, pad=38)
    axes[0].invert_yaxis()
    return figure


def agreement(cells: Cells) -> Figure:
    """Cosine of what the rule that trained does and what other rules would do, on the trained networks; medians."""
    names = [name for name in _learners(cells) if name != "readout only"]
    figure = new_figure(2.6 + 1.5 * len(cells), 1.9 + 0.2 * len(names))
    panels = figure.subplots(1, len(cells), squeeze=False, sharey=True)[0]
    for axis, (setting, learners) in zip(panels, cells.items(), strict=True):
        matrix = [[_agreement(learners.get(name, []), other) for other in COMPARED] for name in names]
        axis.imshow(np.array(matrix, dtype=float), cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
        axis.set_xticks(range(len(COMPARED)), [name.removesuffix(" feedback") for name in COMPARED], rotation=90)
        axis.set_yticks(range(len(names)), names)
        axis.set_title(setting)
        axis.spines[:].set_visible(False)
    panels[0].set_ylabel("the rule that trained")
    figure.colorbar(ScalarMappable(Normalize(-1, 1), "RdBu_r"), ax=panels, label="cosine", shrink=0.6)
    return figure


def by_alignment(cells: Cells) -> Figure:
    """Loss against alignment with the exact gradient: a point for each learner, medians of its networks."""
    return _against(cells, "alignment", "alignment with the gradient")


def by_cost(cells: Cells) -> Figure:
    """Loss against the time of the processor that the updates of a network took."""
    figure = _against(cells, "cpu_seconds", "CPU seconds a network")
    for axis in figure.axes:
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_formatter(NullFormatter())
    return figure


def _against(cells: Cells, what: str, words: str) -> Figure:
    figure, panels = _panels(cells)
    shown = dict(zip(IN_COLOUR, PALETTE, strict=False))
    for axis, (setting, learners) in zip(panels, cells.items(), strict=True):
        for name in sorted(learners, key=lambda name: name in shown):
            x, y = (_median(row[column] for row in learners[name]) for column in (what, "loss"))
            if not np.isfinite([x, y]).all():
                continue
            marker = "s" if LEARNERS[name].of == "compartments" else "o"
            axis.plot(x, y, marker, ls="", color=shown.get(name, FAINT), label=name if name in shown else None, ms=5)
        axis.set(title=setting, xlabel=words, ylabel="loss at the end")
    handles: dict[str, Artist] = {}
    for axis in panels:
        for handle, name in zip(*axis.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=max(1, len(handles)))
    return figure


def _panels(cells: Cells) -> tuple[Figure, list[Axes]]:
    """A panel for each setting, three in a row."""
    columns = min(3, max(1, len(cells)))
    rows = -(-len(cells) // columns) or 1
    figure = new_figure(3.2 * columns + 0.4, 2.6 * rows + 0.5)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in panels[len(cells) :]:
        axis.remove()
    return figure, panels[: len(cells)]


def _agreement(found: list[Row], other: str) -> float:
    return _median(row["alignment" if other == "BPTT" else f"with {other}"] for row in found)


def _learners(cells: Cells) -> list[str]:
    return [name for name in LEARNERS if any(name in learners for learners in cells.values())]


def _colour(name: str) -> str:
    return SECOND if "compart" in name else ACCENT


def _levels_across(axis: Axes, setting: str) -> None:
    for name, level in levels(setting).items():
        axis.axhline(level, color=FAINT, linewidth=0.8, linestyle=":", zorder=0)
        axis.annotate(name, (1, level), xycoords=("axes fraction", "data"), fontsize=6, ha="right", va="bottom")


def _median(values: Iterable[float | None]) -> float:
    """Median of those that are there; NaN if none is."""
    there = [value for value in values if value is not None]
    return float(np.median(there)) if there else float("nan")


def by_cell(table: Iterable[Row]) -> dict[str, dict[str, list[Row]]]:
    """Rows by setting and learner, settings in the order of the study."""
    cells: dict[str, dict[str, list[Row]]] = {}
    for row in table:
        cells.setdefault(row["setting"], {}).setdefault(row["learner"], []).append(row)
    return {setting: cells[setting] for setting in SETTINGS if setting in cells}
