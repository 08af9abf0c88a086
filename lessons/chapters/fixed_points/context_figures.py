"""Figures of a decision that depends on the context: lines, selection vectors, and what is left of a pulse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ....envs.tasks.context_decisions import MODALITIES
from ....envs.typechecked import typechecked
from ...figures.point_marks import MARKS, mark_points, point_kinds, point_mark
from ...figures.style import FAINT, INK, PALETTE, RC, new_figure, note
from .context import ContextLine, Selection

_SIDES = (("left", "left"), ("left", "right"), ("right", "left"), ("right", "right"))
_COLOURS = {"motion": PALETTE[0], "colour": PALETTE[1]}


@typechecked
def draw_context_lines(lines: Sequence[ContextLine], selections: Sequence[Selection]) -> Figure:
    """Draw mean paths of trials and slow points in each context, on the plane of the choice and the ignored evidence.

    The abscissa is the direction of the choice, the ordinate what else the evidence that is to be ignored pushes.

    Args:
        lines: The points of each context.
        selections: What is selected there.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.8, 3.5)
        panels = figure.subplots(1, len(lines), squeeze=False)[0]
        kinds_shown: set[str] = set()
        for axes, there, chosen in zip(panels, lines, selections, strict=True):
            (other,) = set(MODALITIES) - {there.context}
            ignored = chosen.pushes[other] - (chosen.pushes[other] @ there.choice) * there.choice
            plane = np.stack([there.choice, ignored / np.linalg.norm(ignored)])
            centre = there.slow_points.points.mean(axis=0)
            paths = (there.paths - centre) @ plane.T
            for k, sides in enumerate(_SIDES):
                relevant, irrelevant = (sides[MODALITIES.index(modality)] for modality in (there.context, other))
                style: dict[str, Any] = {
                    "color": PALETTE[0] if relevant == "left" else PALETTE[1],
                    "ls": "-" if irrelevant == "left" else (0, (4, 2)),
                }
                axes.plot(*paths[:, k].T, lw=1.8, **style)
                axes.plot(*paths[-1, k], marker=">", ms=4, color=style["color"])
            which = point_kinds(there.slow_points)
            kinds_shown |= set(which)
            mark_points(axes, (there.slow_points.points - centre) @ plane.T, which, size=4.5)
            axes.set(title=f"{there.context} counts", xlabel="direction of the choice", ylabel=f"push of {other}")
        handles: list[Any] = [
            Line2D([], [], color=PALETTE[0], label="counts: left"),
            Line2D([], [], color=PALETTE[1], label="counts: right"),
            Line2D([], [], color=INK, label="other: left"),
            Line2D([], [], color=INK, ls=(0, (4, 2)), label="other: right"),
            *(point_mark(kind, label=kind) for kind in MARKS if kind in kinds_shown),
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=4)
    return figure


@typechecked
def draw_selection(selections: Mapping[str, Sequence[Selection]]) -> Figure:
    """Draw what is selected of motion and of colour in each context, a dot for each network.

    Args:
        selections: Those of all networks, by context.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.0)
        axes = figure.subplots()
        axes.axhline(0, color=FAINT, lw=0.8)
        note(axes, "nothing of it is kept", (1, 0), ("axes fraction", "data"), "right", -2)
        for place, (context, each) in enumerate(selections.items()):
            for k, modality in enumerate(MODALITIES):
                values = [float(np.nanmedian(one.cosines[modality])) for one in each]
                across = 3 * place + k + np.linspace(-0.18, 0.18, len(values))
                counts = modality == context
                axes.plot(
                    across, values, "o" if counts else "s", ms=6, color=_COLOURS[modality],
                    mfc=_COLOURS[modality] if counts else "none", mew=1.5,
                )  # fmt: skip
        places = [3 * place + k for place in range(len(selections)) for k in range(2)]
        labels = [f"{modality},\n{context} counts" for context in selections for modality in MODALITIES]
        axes.set_xticks(places, labels)
        axes.set(ylabel="cosine of push\nand selection vector", ylim=(-0.45, 1.05))
    return figure


@typechecked
def draw_pulses(left: Mapping[tuple[str, str], np.ndarray], dt: float) -> Figure:
    """Draw what is left of a pulse of evidence, by context and modality.

    Args:
        left: Remaining fractions, (networks, T), by context and modality of the pulse.
        dt: Bin width (ms).
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.0)
        contexts = list(dict.fromkeys(context for context, _ in left))
        panels = figure.subplots(1, len(contexts), sharey=True, squeeze=False)[0]
        for axes, context in zip(panels, contexts, strict=True):
            for modality in MODALITIES:
                values = np.asarray(left[context, modality])
                times = dt * np.arange(values.shape[1])
                style: Any = "-" if modality == context else (0, (4, 2))
                axes.plot(times, values.T, color=_COLOURS[modality], lw=0.7, alpha=0.5, ls=style)
                axes.plot(times, np.median(values, axis=0), color=_COLOURS[modality], lw=2.4, ls=style)
            axes.set(title=f"{context} counts", xlabel="time since the pulse (ms)", ylim=(0, None))
        panels[0].set_ylabel("left of the push")
        handles: list[Any] = [Line2D([], [], color=_COLOURS[m], lw=2.4, label=f"pulse of {m}") for m in MODALITIES]
        figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure
