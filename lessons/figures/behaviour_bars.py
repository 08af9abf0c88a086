"""Bars and weights of behaviour: how trials end, sides, and what earlier choices do to a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ...agents.measures.behaviour import (
    history_regression,
    outcome_rates,
    side_bias,
    stay_probabilities,
    win_stay_lose_shift,
)
from ...agents.measures.behaviour.proportions import Proportion
from ...envs.typechecked import typechecked
from .behaviour_curves import finish, tables_by_name
from .style import ACCENT, FAINT, RC, SECOND, colours, new_figure


@typechecked
def draw_outcomes(trials: Any) -> Figure:
    """Draw how many trials end correct, in an error, without a choice, or with an action too early.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
    """
    found = {name: outcome_rates(table) for name, table in tables_by_name(trials).items()}
    return _bars(found, "share of trials")


@typechecked
def draw_win_stay(trials: Any) -> Figure:
    """Draw how often a choice that earned something is repeated, and one that earned nothing is left.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
    """
    found = {name: win_stay_lose_shift(table) for name, table in tables_by_name(trials).items()}
    return _bars(found, "share of choices", 0.5)


@typechecked
def draw_side_bias(trials: Any, by: str | None = None) -> Figure:
    """Draw how much more often right is chosen than left, where each is correct as often; for each value of a column.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
        by: Name of a column, as ``"block"``.
    """
    tables = tables_by_name(trials)
    found = {
        name: {value if by is None else f"{by} {value:g}": bias for value, bias in side_bias(table, by).items()}
        for name, table in tables.items()
    }
    return _bars(found, "bias to the right", 0.0, (-1.03, 1.03))


@typechecked
def draw_stay_probabilities(trials: Any) -> Figure:
    """Draw how often the first choice of the two-step task is repeated, by transition and reward.

    Args:
        trials: A table of ``DawTwoStep``, as of :func:`behaviour`, or several by name.
    """
    tables = tables_by_name(trials)
    with matplotlib.rc_context(RC):
        figure = new_figure(2.6 * len(tables) + 1.0, 3.0)
        for axes, (name, table) in zip(figure.subplots(1, len(tables), squeeze=False)[0], tables.items(), strict=True):
            stays = stay_probabilities(table)
            for shift, transition, colour in ((-0.2, "common", ACCENT), (0.2, "rare", SECOND)):
                shown = [stays[transition, outcome] for outcome in ("rewarded", "unrewarded")]
                axes.bar(np.arange(2) + shift, _heights(shown), 0.36, yerr=_ends(shown), color=colour, label=transition)
            axes.set(title=name, ylabel="share of repeated choices", ylim=(0, 1.03))
            axes.set_xticks(range(2), ["rewarded", "unrewarded"])
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


@typechecked
def draw_history(trials: Any, n_back: int = 3, strength: str | None = "coherence") -> Figure:
    """Draw the weights of earlier choices in a choice, one to n trials back, with 95 % intervals.

    Args:
        trials: A table, as of :func:`behaviour`, or several by name.
        n_back: Number of trials back.
        strength: Column of the strength of the stimulus; None for tasks without one.
    """
    tables = tables_by_name(trials)
    with matplotlib.rc_context(RC):
        figure = new_figure(4.6, 3.0)
        axes = figure.subplots()
        axes.axhline(0, color=FAINT, lw=0.7, zorder=0)
        back = np.arange(1, n_back + 1)
        for colour, (name, table) in zip(colours(len(tables)), tables.items(), strict=True):
            found = history_regression(table, n_back, strength)
            for what, mark in (("win", "o-"), ("lose", "s--")):
                style = {"fmt": mark, "color": colour, "ms": 4, "label": f"{name} {what}".strip()}
                axes.errorbar(back, getattr(found, what), 1.96 * found.errors[what], **style)
        axes.set_xticks(back)
        return finish(figure, axes, 2 * len(tables), xlabel="trials back", ylabel="weight (log odds)")


def _bars(
    found: dict[str, dict[Any, Proportion]], ylabel: str, level: float | None = None, ylim: Sequence[float] = (0, 1.03)
) -> Figure:
    """Bars with 95 % intervals, a group for each name within and a colour for each table."""
    groups = list(dict.fromkeys(key for one in found.values() for key in one))
    with matplotlib.rc_context(RC):
        figure = new_figure(max(3.4, 0.9 * len(groups) + 1.6), 3.0)
        axes = figure.subplots()
        if level is not None:
            axes.axhline(level, color=FAINT, lw=0.9, ls=(0, (4, 3)), zorder=0)
        width = 0.8 / len(found)
        for i, (colour, (name, one)) in enumerate(zip(colours(len(found)), found.items(), strict=True)):
            shown = [one[key] for key in groups if key in one]
            at = np.array([k for k, key in enumerate(groups) if key in one]) + (i - (len(found) - 1) / 2) * width
            axes.bar(at, _heights(shown), 0.9 * width, yerr=_ends(shown), color=colour, label=name)
        axes.set_xticks(range(len(groups)), [str(key) for key in groups])
        return finish(figure, axes, len(found), ylabel=ylabel, ylim=tuple(ylim))


def _heights(shown: list[Proportion]) -> np.ndarray:
    return np.nan_to_num([one.value for one in shown])


def _ends(shown: list[Proportion]) -> np.ndarray:
    """How far the intervals reach below and above, (2, K); nothing where there are no trials."""
    return np.nan_to_num(np.maximum([[one.value - one.low, one.high - one.value] for one in shown], 0)).T
