"""A figure for each claim of the study of two mechanisms behind one reach, from its table alone."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..style import ACCENT, FAINT, PALETTE, RC, SECOND, new_figure
from .kao2019_perturbations import KINDS, LEVELS, PERIODS, SWITCHES_MS, error_name
from .kao2019_predicates import WINDOW, mean_of, settings_of
from .study import Row

MARKERS = {"held": "o", "extinguished_at_go": "^"}
COLOURS = {"held": ACCENT, "extinguished_at_go": SECOND}


def figures(rows: Sequence[Row]) -> dict[str, Figure]:
    """The four figures, by the name of their file; networks with a channel for each target are left to the tables."""
    alike = [row for row in rows if row["code"] == "xy"] or rows
    with matplotlib.rc_context(RC):
        return {
            "claim_a": single_and_population(alike),
            "claim_b": two_mechanisms(alike),
            "claim_c": robustness(alike),
            "claim_d": generalisation(alike),
        }


def by_activation(rows: Sequence[Row]) -> dict[str, str]:
    """A colour for each activation in the table."""
    return dict(zip(dict.fromkeys(row["activation"] for row in rows), PALETTE, strict=False))


def single_and_population(rows: Sequence[Row]) -> Figure:
    """Claim A: rotations and tangling of networks that all solve the task, by rate penalty."""
    figure = new_figure(9.5, 3.1)
    axes = figure.subplots(1, 3)
    penalties = sorted({row["rate_penalty"] for row in rows})
    columns = ("tuning_correlation", f"r2_skew_{WINDOW}", "q90_neural")
    for axis, column, label in zip(
        axes, columns, ("tuning, preparation and movement", "R² of rotations", "tangling, Q90 (1/s²)"), strict=True
    ):
        for (activation,), mine in settings_of(rows, ["activation"]).items():
            for (target,), found in settings_of(mine, ["target"]).items():
                style = {"color": by_activation(rows)[str(activation)], "marker": MARKERS[str(target)]}
                _points(axis, found, penalties, column, style | {"label": f"{activation}, {target}".replace("_", " ")})
        axis.set(xticks=range(len(penalties)), xticklabels=[f"{p:g}" for p in penalties])
        axis.set(xlabel="rate penalty", ylabel=label)
    null = np.mean([mean_of(rows, f"null_{name}_{WINDOW}") for name in ("shuffle", "cmpt")])
    axes[1].axhline(null, color=FAINT, linestyle=":")
    axes[1].annotate("95 % of shuffles, CMPT", (0, null), fontsize=7, va="bottom")
    axes[2].set_yscale("log")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _points(axis: Axes, rows: Sequence[Row], penalties: list[float], column: str, style: dict) -> None:
    """Every network small, the means joined."""
    kept = [row for row in rows if row[column] is not None]
    places = [penalties.index(row["rate_penalty"]) for row in kept]
    plain = {name: value for name, value in style.items() if name != "label"}
    axis.plot(places, [row[column] for row in kept], linestyle="", markersize=3, alpha=0.35, **plain)
    levels = settings_of(kept, ["rate_penalty"])
    there = [place for place, p in enumerate(penalties) if (p,) in levels]
    axis.plot(there, [mean_of(levels[penalties[place],], column) for place in there], markersize=5, **style)


def two_mechanisms(rows: Sequence[Row]) -> Figure:
    """Claim B: what rotations tell of a network, and what its autonomy tells."""
    figure = new_figure(7.5, 3.2)
    left, right = figure.subplots(1, 2)
    for (target,), mine in settings_of(rows, ["target"]).items():
        style = {"linestyle": "", "alpha": 0.6, "color": COLOURS[str(target)], "label": str(target).replace("_", " ")}
        for axis, column in ((left, f"r2_skew_{WINDOW}"), (right, "alignment_2")):
            axis.plot([row[column] for row in mine], [row["autonomy_zeroed"] for row in mine], "o", **style)
    left.set(xlabel="R² of rotations", ylabel="autonomy (R², target zeroed)")
    right.set(xlabel="alignment of preparation and movement")
    left.legend()
    return figure


def robustness(rows: Sequence[Row]) -> Figure:
    """Claim C: endpoint error with noise, by its kind and period; a line for each SD, a point for each network."""
    figure = new_figure(9.5, 3.1)
    cells = [(kind, period) for kind in KINDS for period in PERIODS] + [("white", "whole trial")]
    for axis, sd in zip(figure.subplots(1, len(LEVELS), sharey=True), LEVELS, strict=True):
        kinds = settings_of(rows, ["target", "noise"])
        for k, ((target, noise), mine) in enumerate(kinds.items()):
            x = np.arange(len(cells)) + 0.8 * (k + 0.5) / len(kinds) - 0.4
            names = [error_name(kind, period, sd) for kind, period in cells]
            for place, name in zip(x, names, strict=True):
                axis.plot([place] * len(mine), [row[name] for row in mine], ".", color=PALETTE[k], alpha=0.3)
            label = f"{target}, trained with {noise:g}".replace("_", " ")
            axis.plot(x, [mean_of(mine, name) for name in names], "_", color=PALETTE[k], markersize=12, label=label)
        axis.set(xticks=range(len(cells)), xticklabels=[f"{kind}\n{period}" for kind, period in cells])
        axis.set_title(f"SD {sd:g}")
    figure.axes[0].set_ylabel("endpoint error / distance")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def generalisation(rows: Sequence[Row]) -> Figure:
    """Claim D: R² for the new target by the latency of the switch, and for targets never trained."""
    figure = new_figure(8.5, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    kinds = settings_of(rows, ["activation", "target"])
    for k, ((activation, target), mine) in enumerate(kinds.items()):
        colour = by_activation(rows)[str(activation)]
        style = {"color": colour, "linestyle": "-" if target == "held" else "--", "marker": MARKERS[str(target)]}
        means = [mean_of(mine, f"switch_{ms}") for ms in SWITCHES_MS]
        left.plot(SWITCHES_MS, means, label=f"{activation}, {target}".replace("_", " "), **style)
        for place, column in enumerate(("novel_angle", "novel_radius")):
            values = [row[column] for row in mine]
            x = place + 0.12 * (k - (len(kinds) - 1) / 2)
            right.plot([x] * len(values), values, MARKERS[str(target)], color=colour, alpha=0.5)
    left.axvline(400, color=FAINT, linestyle=":")
    left.set(xlabel="switch after the first target (ms); go at 400", ylabel="R² for the new target")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    right.set(xticks=(0, 1), xticklabels=("new angle", "new radius"))
    return figure
