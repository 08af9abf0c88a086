"""The first picture a user sees: a trained network at a glance."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...agents.dynamics import principal_components
from ...agents.training.evaluation import Evaluation, evaluate
from ...agents.training.files import write_atomically
from ...agents.training.run import Run
from ...envs.task import Task
from ...envs.typechecked import typechecked
from ...envs.typical import typical
from .conditions import Groups, group, mean_interval
from .style import ACCENT, FAINT, INK, RC, SECOND, colours, new_figure, note
from .trial import draw_trial_on

N_FRESH = 1000
"""Trials by which a run is scored."""


def fresh_trials(run: Run) -> Evaluation:
    """Trials that no training of this run has seen or scored; the same whenever it is scored, by any command.

    Args:
        run: The run; its trials and noise follow from the seed of its training.
    """
    return evaluate(run.task, run.network, N_FRESH, _seed(run), number=1)


def _seed(run: Run) -> int:
    return run.config.get("training", {}).get("seed", 0)


@typechecked
def draw_summary(run: Run, evaluation: Evaluation | None = None) -> Figure:
    """Draw an example trial, the learning curve, performance by condition, and trajectories of the rates.

    Args:
        run: The trained network.
        evaluation: Trials to show the performance of; those of :func:`fresh_trials` when None.

    Returns:
        The figure; write it with :func:`write_figure`.
    """
    task = run.task
    fresh = fresh_trials(run) if evaluation is None else evaluation
    aligned = evaluate(typical(task), run.network, 400, _seed(run), number=2)
    with matplotlib.rc_context(RC):
        figure = new_figure(11.5, 7.2)
        top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 1.05], hspace=0.03).flat
        example, learning = top.subfigures(1, 2, squeeze=False, width_ratios=[1.25, 1]).flat
        conditions, space = bottom.subfigures(1, 2, squeeze=False, width_ratios=[1, 1.25]).flat
        shown = int(np.argmax(aligned.scores))
        draw_trial_on(example, task, aligned.batch, aligned.outputs, shown)
        example.suptitle("An example trial (pale: target)", x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        _draw_learning(learning.subplots(), run)
        _draw_performance(conditions.subplots(), task, fresh)
        title = f"Performance: {fresh.score:.1%} of {len(fresh.scores):,} fresh trials"
        conditions.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        _draw_trajectories(space.subplots(1, 2, width_ratios=[1, 1]), task, aligned)
        space.suptitle(
            "Rates in the space of their principal components", x=0.01, ha="left", fontsize=10.5, fontweight="bold"
        )
    return figure


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=RC["savefig.dpi"])
    write_atomically(path, picture.getvalue())


def _draw_learning(axes: Axes, run: Run) -> None:
    steps = [row["step"] for row in run.metrics]
    axes.plot(steps, [row["score"] for row in run.metrics], color=ACCENT, lw=2, marker="o", ms=3)
    for level, name in ((run.task.chance, "chance"), (run.task.ceiling, "ceiling")):
        axes.axhline(level, color=FAINT, lw=0.8, ls=(0, (4, 3)), zorder=0)
        note(axes, name, (1, level), ("axes fraction", "data"), "right", -2)
    axes.set(xlabel="updates", ylim=(-0.03, 1.09), title="Learning", xlim=(0, None))
    axes.set_ylabel("score on test trials", color=ACCENT)
    right = axes.twinx()
    right.plot(steps, [row["loss"] for row in run.metrics], color=SECOND, lw=1.3)
    right.set_ylabel("training loss", color=SECOND)
    right.set_ylim(0, None)
    right.spines["right"].set_visible(True)
    right.spines["right"].set_color(FAINT)


def _draw_performance(axes: Axes, task: Task, evaluation: Evaluation) -> None:
    groups = group(task, evaluation.batch)
    for c, colour in enumerate(colours(len(groups.labels))):
        scores = evaluation.scores[groups.index == c]
        low, high = mean_interval(scores)
        axes.barh(c, scores.mean(), color=colour, height=0.68, alpha=0.85)
        axes.plot([low, high], [c, c], color=INK, lw=1.4, solid_capstyle="butt")
        axes.annotate(
            f"n = {len(scores)}", (0, c), (4, 0), textcoords="offset points", va="center", fontsize=7.5, color="white"
        )
    axes.axvline(task.chance, color=INK, lw=0.9, ls=(0, (4, 3)))
    note(axes, "chance", (task.chance, 1), ("data", "axes fraction"))
    axes.set_yticks(range(len(groups.labels)), groups.labels)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.0), xlabel="score (95 % interval)")


def _draw_trajectories(panels: np.ndarray, task: Task, evaluation: Evaluation) -> None:
    groups = group(task, evaluation.batch)
    lengths = _lengths(evaluation, groups)
    means = groups.means(evaluation.rates)
    for c, length in enumerate(lengths):
        means[length:, c] = np.nan
    pcs = principal_components(means, 3)
    paths = pcs.project(means)
    markers = "os^Dv*PX"
    names = _period_names(evaluation, task)
    for axes, (i, j) in zip(panels, ((0, 1), (0, 2)), strict=True):
        for c, colour in enumerate(colours(len(groups.labels))):
            axes.plot(paths[:, c, i], paths[:, c, j], color=colour, lw=1.5)
            first = int(np.argmax(groups.index == c))
            for number, name in enumerate(names):
                start = int(evaluation.batch.periods[name][0][first])
                axes.plot(
                    paths[start, c, i],
                    paths[start, c, j],
                    markers[number % 8],
                    color=colour,
                    ms=5,
                    mec="white",
                    mew=0.7,
                )
        axes.set_xlabel(f"PC {i + 1} ({pcs.variance_fraction[i]:.0%} of variance)")
        axes.set_ylabel(f"PC {j + 1} ({pcs.variance_fraction[j]:.0%})")
        axes.set_xticks([])
        axes.set_yticks([])
    handles = [
        Line2D([], [], ls="", marker=markers[k % 8], color="#555555", ms=5, label=f"{name.replace('_', ' ')} on")
        for k, name in enumerate(names)
    ]
    panels[1].legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.2)


def _lengths(evaluation: Evaluation, groups: Groups) -> list[int]:
    return [int(evaluation.batch.lengths[groups.index == c].min()) for c in range(len(groups.labels))]


def _period_names(evaluation: Evaluation, task: Task) -> list[str]:
    names = list(evaluation.batch.periods)
    return names if task.n_segments == 1 else [name for name in names if name.startswith(task.response_period)][:8]
