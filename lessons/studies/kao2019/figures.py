"""A figure for each claim of the study of two mechanisms behind one reach, from its table alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, ScalarFormatter

from ...figures.style import FAINT, INK, PALETTE, RC, new_figure, note
from ..study import Row
from .perturbations import KINDS, LEVELS, PERIODS, SWITCHES_MS, error_name
from .predicates import TASK_R2, WINDOW, mean_of, settings_of
from .robustness import sign_figure

MARKERS = {"held": "o", "extinguished_at_go": "^"}
LINES = {"held": "-", "extinguished_at_go": "--"}
NULLS = {"shuffles": "shuffle", "CMPT": "cmpt", "TME": "tme"}


def figures(rows: Sequence[Row]) -> dict[str, Figure]:
    """The figures, by the name of their file, of the networks that do the task, or of all where none does.

    Networks with a channel for each target are left to the tables.
    """
    alike = [row for row in rows if row["code"] == "xy"] or rows
    alike = [row for row in alike if row["task_r2"] >= TASK_R2] or alike
    with matplotlib.rc_context(RC):
        return {
            "claim_a": single_and_population(alike),
            "claim_b": two_mechanisms(alike),
            "claim_c": robustness(alike),
            "claim_c_sign": sign_figure(alike),
            "claim_d": generalisation(alike),
        }


def by_activation(rows: Sequence[Row]) -> dict[str, str]:
    """A colour for each activation in the table."""
    return dict(zip(dict.fromkeys(row["activation"] for row in rows), PALETTE, strict=False))


def network_kinds(rows: Sequence[Row]) -> list[tuple[list[Row], dict[str, Any]]]:
    """The networks of each activation and target, and how they are drawn, with a label."""
    found = []
    for (activation,), mine in settings_of(rows, ["activation"]).items():
        for (target,), networks in settings_of(mine, ["target"]).items():
            label = f"{activation}, {target}".replace("_", " ")
            style = {"color": by_activation(rows)[str(activation)], "marker": MARKERS[str(target)], "label": label}
            found.append((networks, style | {"linestyle": LINES[str(target)]}))
    return found


def _legend(figure: Figure, rows: Sequence[Row]) -> None:
    """Every kind under the figure, a column for each activation."""
    lines = [Line2D([], [], markersize=5, **style) for _, style in network_kinds(rows)]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(by_activation(rows)), handlelength=2.6)


def _dots(
    axis: Axes, x: Sequence[float], values: Sequence[float | None], style: dict[str, Any], size: float = 3
) -> None:
    """Every network small and pale, without a line."""
    plain = {name: value for name, value in style.items() if name not in ("label", "linestyle")}
    kept = [(place, value) for place, value in zip(x, values, strict=True) if value is not None]
    axis.plot(*zip(*kept, strict=True) if kept else ((), ()), linestyle="", markersize=size, alpha=0.35, mew=0, **plain)


def single_and_population(rows: Sequence[Row]) -> Figure:
    """Claim A: single units, rotations and tangling of networks by rate penalty."""
    figure = new_figure(7.6, 3.3)
    axes = figure.subplots(1, 3)
    penalties = sorted({row["rate_penalty"] for row in rows})
    columns = {"tuning_correlation": "tuning correlation", f"r2_skew_{WINDOW}": "R² of rotations"}
    columns |= {"q90_neural": "tangling, Q90 (1/s²)"}
    groups = network_kinds(rows)
    for axis, (column, label) in zip(axes, columns.items(), strict=True):
        for k, (networks, style) in enumerate(groups):
            beside = 0.09 * (k - (len(groups) - 1) / 2)
            _dots(
                axis,
                [penalties.index(r["rate_penalty"]) + beside for r in networks],
                [r[column] for r in networks],
                style,
            )
            levels = settings_of(networks, ["rate_penalty"])
            there = [place for place, p in enumerate(penalties) if (p,) in levels]
            means = [mean_of(levels[penalties[place],], column) for place in there]
            axis.plot([place + beside for place in there], means, markersize=4.5, lw=1.2, **style)
        axis.set(xticks=range(len(penalties)), xticklabels=[f"{p:g}" for p in penalties])
        axis.set(xlabel="rate penalty", title=label)
    for name, null in NULLS.items():
        level = mean_of(rows, f"null_{null}_{WINDOW}")
        axes[1].axhline(level, color=FAINT, linestyle=":", lw=1)
        ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6}
        axes[1].annotate(
            f"95 % of {name}", (1, level), xycoords=("axes fraction", "data"), fontsize=7, ha="right", va="center",
            color="#555555", bbox=ground,
        )  # fmt: skip
    axes[1].set_ylim(0, 1.02)
    axes[2].set_yscale("log")
    axes[2].yaxis.set_major_formatter(ScalarFormatter())
    axes[2].yaxis.set_minor_formatter(NullFormatter())
    axes[2].set_yticks([q for q in (50, 100, 200, 500, 1000, 2000, 5000, 10000) if _within(q, axes[2].get_ylim())])
    for axis in axes:
        axis.title.set(fontsize=9.5)
    _legend(figure, rows)
    return figure


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def two_mechanisms(rows: Sequence[Row]) -> Figure:
    """Claim B: what rotations and alignment say about a network, and what its autonomy says."""
    figure = new_figure(7.6, 4.0)
    left, right = figure.subplots(1, 2, sharey=True)
    noises = sorted({row["noise"] for row in rows})
    for networks, style in network_kinds(rows):
        for (noise,), mine in settings_of(networks, ["noise"]).items():
            plain = {"marker": style["marker"], "mec": style["color"], "ms": 5, "linestyle": "", "alpha": 0.75}
            plain["mfc"] = style["color"] if noise == noises[-1] and len(noises) > 1 else "none"
            for axis, column in ((left, f"r2_skew_{WINDOW}"), (right, "alignment_2")):
                axis.plot([row[column] for row in mine], [row["autonomy_zeroed"] for row in mine], **plain)
    left.set(xlabel="R² of rotations", ylabel="autonomy (R², target zeroed at go)")
    right.set(xlabel="alignment of preparation and movement")
    for axis in (left, right):
        axis.axhline(0, color=FAINT, lw=0.7, zorder=0)
    if len(noises) > 1:
        shapes = [(f"trained with input noise {noise:g}", "none") for noise in noises[:-1]]
        shapes.append((f"with {noises[-1]:g}", INK))
        marks = [Line2D([], [], linestyle="", marker="o", mec=INK, mfc=fill, label=label) for label, fill in shapes]
        figure.legend(handles=marks, loc="outside upper right", ncols=len(marks))
    _legend(figure, rows)
    return figure


def robustness(rows: Sequence[Row]) -> Figure:
    """Claim C: endpoint error with noise, by its kind and period; a point for each network, a line for their mean."""
    figure = new_figure(7.6, 5.2)
    cells = [(kind, period) for kind in KINDS for period in PERIODS] + [("white", "whole trial")]
    groups = settings_of(rows, ["target", "noise"])
    for axis, sd in zip(figure.subplots(len(LEVELS), 1, sharex=True), LEVELS, strict=True):
        for k, ((target, noise), mine) in enumerate(groups.items()):
            x = np.arange(len(cells)) + 0.8 * (k + 0.5) / len(groups) - 0.4
            names = [error_name(kind, period, sd) for kind, period in cells]
            style = {"color": PALETTE[k], "marker": MARKERS[str(target)]}
            for place, name in zip(x, names, strict=True):
                spread = place + 0.1 * np.linspace(-0.5, 0.5, len(mine))
                _dots(axis, list(spread), [row[name] for row in mine], style)
            label = f"{target}, trained with {noise:g}".replace("_", " ")
            means = [mean_of(mine, name) for name in names]
            axis.plot(x, means, "_", color=INK, markersize=13, mew=1.4)
            axis.plot([], [], linestyle="", label=label, **style)
        axis.set(ylabel="miss / distance", ylim=(0, None), title=f"SD {sd:g}")
        for edge in range(1, len(cells)):
            axis.axvline(edge - 0.5, color=FAINT, lw=0.5, zorder=0)
    figure.axes[-1].set(xticks=range(len(cells)), xticklabels=[f"{kind}\n{period}" for kind, period in cells])
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def generalisation(rows: Sequence[Row]) -> Figure:
    """Claim D: R² for the new target by the latency of the switch, and for targets never trained."""
    figure = new_figure(7.6, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
    groups = network_kinds(rows)
    for k, (networks, style) in enumerate(groups):
        beside = 0.12 * (k - (len(groups) - 1) / 2)
        columns = [f"switch_{ms}" for ms in SWITCHES_MS]
        for ms, column in zip(SWITCHES_MS, columns, strict=True):
            _dots(left, [ms + 30 * beside] * len(networks), [row[column] for row in networks], style)
        means = [mean_of(networks, column) for column in columns]
        left.plot([ms + 30 * beside for ms in SWITCHES_MS], means, markersize=4.5, lw=1.2, **style)
        for place, column in enumerate(("novel_angle", "novel_radius")):
            _dots(right, [place + beside] * len(networks), [row[column] for row in networks], style, 4)
            right.plot(place + beside, mean_of(networks, column), "_", color=INK, markersize=8, mew=1.4)
    left.axvline(400, color=FAINT, linestyle=":")
    note(left, "go", (400, 1.0), ("data", "axes fraction"))
    left.axhline(0, color=FAINT, lw=0.7, zorder=0)
    left.set(xlabel="switch after the first target (ms)", ylabel="R² for the new target")
    right.set(xticks=(0, 1), xticklabels=("new angle", "new radius"), ylabel="R² for the new target")
    _legend(figure, rows)
    return figure
