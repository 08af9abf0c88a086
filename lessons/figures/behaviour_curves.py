"""Curves of behaviour: choices and times by the stimulus, accuracy by a condition and over a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...agents.measures.behaviour import accuracy_by, chronometric_curve, learning_curve, psychometric_curve
from ...agents.measures.behaviour.proportions import Proportion
from ...agents.measures.behaviour.trials import rows_by
from ...envs.errors import ArgumentError
from ...envs.typechecked import typechecked
from .style import FAINT, RC, colours, new_figure

MAX_LABEL = 16
"""Number of letters of a label up to which three fit next to each other."""


def tables_by_name(trials: Any) -> dict[str, Any]:
    """Tables by name: those of a mapping of tables, or one alone, without a name.

    Raises:
        ArgumentError: If there is none.
    """
    named = isinstance(trials, Mapping) and not any(isinstance(value, np.ndarray) for value in trials.values())
    if named and not trials:
        raise ArgumentError("there are 0 tables of trials to draw; give one, or several by name.")
    return {str(name): table for name, table in trials.items()} if named else {"": trials}


def points(axes: Axes, x: Any, proportions: Any, colour: Any, label: str = "", line: bool = False) -> None:
    """Draw proportions with their intervals."""
    value = np.array([p.value for p in proportions])
    ends = np.array([[p.value - p.low, p.high - p.value] for p in proportions]).T
    style = {"fmt": "o-" if line else "o", "color": colour, "ms": 4, "lw": 1.2, "capsize": 0, "label": label}
    axes.errorbar(x, value, np.maximum(ends, 0), **style)


def finish(figure: Figure, axes: Axes, n_labels: int, **settings: Any) -> Figure:
    """Name the axes, and the tables where there are several."""
    axes.set(**settings)
    if n_labels > 1:
        longest = max(map(len, axes.get_legend_handles_labels()[1]))
        figure.legend(loc="outside upper left", ncols=min(n_labels, 3) if longest < MAX_LABEL else 1)
    return figure


@typechecked
def draw_psychometric(
    trials: Any, strength: str = "coherence", *, by: str | None = None, lapses: bool = False
) -> Figure:
    """Draw how often right is chosen against the signed strength of the stimulus, with fits and 95 % intervals.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
        strength: Column of the strength of the stimulus.
        by: Name of a column, as ``"block"``, for a curve for each of its values; of a single table.
        lapses: Whether lapse rates are fitted too.
    """
    tables = tables_by_name(trials)
    if by is not None:
        if len(tables) > 1:
            raise ArgumentError(f"by is {by!r} and there are {len(tables)} tables; give one table, or leave by out.")
        tables = {f"{by} {value:g}": rows for value, rows in rows_by(next(iter(tables.values())), by)}
    with matplotlib.rc_context(RC):
        figure = new_figure(4.2, 3.2)
        axes = figure.subplots()
        axes.axhline(0.5, color=FAINT, lw=0.7, zorder=0)
        axes.axvline(0, color=FAINT, lw=0.7, zorder=0)
        for colour, (name, table) in zip(colours(len(tables)), tables.items(), strict=True):
            curve = psychometric_curve(table, strength, lapses=lapses)
            label = f"{name}  midpoint {curve.fit.bias:.3f} ± {curve.errors['bias']:.3f}".strip()
            points(axes, curve.stimulus, curve.right, colour, label)
            x = np.linspace(curve.stimulus.min(), curve.stimulus.max(), 200)
            axes.plot(x, curve.fit.probability(x), color=colour, lw=1.4)
        return finish(
            figure,
            axes,
            len(tables),
            xlabel=f"{strength} (right positive)",
            ylabel="share of right",
            ylim=(-0.03, 1.03),
        )


@typechecked
def draw_chronometric(trials: Any, strength: str = "coherence", *, correct_only: bool = True) -> Figure:
    """Draw the mean reaction time against the strength of the stimulus, with fits and 95 % intervals.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
        strength: Column of the strength of the stimulus.
        correct_only: Whether correct choices alone are counted.
    """
    tables = tables_by_name(trials)
    with matplotlib.rc_context(RC):
        figure = new_figure(4.2, 3.2)
        axes = figure.subplots()
        for colour, (name, table) in zip(colours(len(tables)), tables.items(), strict=True):
            curve = chronometric_curve(table, strength, correct_only=correct_only)
            style = {"fmt": "o", "color": colour, "ms": 4, "label": name}
            axes.errorbar(curve.strength, curve.reaction_ms, 1.96 * curve.error_ms, **style)
            if curve.fit is not None:
                x = np.linspace(curve.strength.min(), curve.strength.max(), 200)
                axes.plot(x, curve.fit.reaction_ms(x), color=colour, lw=1.4)
        return finish(figure, axes, len(tables), xlabel=strength, ylabel="reaction time (ms)")


@typechecked
def draw_accuracy(trials: Any, condition: str, *, chance: float | None = None) -> Figure:
    """Draw the share of correct trials for each value of a condition, with 95 % intervals.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
        condition: Name of a column.
        chance: Score of a responder that guesses, drawn as a line where it is given.
    """
    return _accuracy(trials, lambda table: accuracy_by(table, condition), condition, chance)


@typechecked
def draw_accuracy_in_session(trials: Any, window: int = 10, *, chance: float | None = None) -> Figure:
    """Draw the share of correct trials in the course of a session, with 95 % intervals: what is learned in it.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
        window: Number of trials of each session that are taken together.
        chance: Score of a responder that guesses, drawn as a line where it is given.
    """
    return _accuracy(trials, lambda table: learning_curve(table, window), "trial of the session", chance)


def _accuracy(trials: Any, measure: Any, xlabel: str, chance: float | None) -> Figure:
    tables = tables_by_name(trials)
    with matplotlib.rc_context(RC):
        figure = new_figure(4.2, 3.0)
        axes = figure.subplots()
        if chance is not None:
            axes.axhline(chance, color=FAINT, lw=0.9, ls=(0, (4, 3)), zorder=0)
        for colour, (name, table) in zip(colours(len(tables)), tables.items(), strict=True):
            found: dict[Any, Proportion] = measure(table)
            points(axes, list(found), found.values(), colour, name, line=True)
        return finish(figure, axes, len(tables), xlabel=xlabel, ylabel="share correct", ylim=(-0.03, 1.03))
