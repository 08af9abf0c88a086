"""One trial: what came in, what was asked, what the network answered."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from scipy.special import softmax

from ..envs.task import Task
from ..envs.trial import TrialBatch
from .style import FAINT, INK, RC, colours, mark_periods, new_figure


def draw_trial(task: Task, batch: TrialBatch, outputs: np.ndarray | None = None, trial: int = 0) -> Figure:
    """Draw inputs, target and output of one trial over time.

    Args:
        task: The task.
        batch: Trials of the task.
        outputs: A network's outputs, (T, B, n_out); only the target is drawn when None.
        trial: Which trial of the batch.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.6)
        draw_trial_on(figure, task, batch, outputs, trial)
    return figure


def draw_trial_on(
    figure: Figure | SubFigure, task: Task, batch: TrialBatch, outputs: np.ndarray | None, trial: int
) -> None:
    """Draw a trial, as :func:`draw_trial` does, as part of another figure."""
    one = batch.trial(trial)
    answer = None if outputs is None else np.asarray(outputs)[: len(one.inputs), trial]
    rows = max(len(task.input_names) * 0.16, 0.8)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[rows, 1.1])
    names = ["" if name.endswith(tuple("0123456789")) else name for name in one.periods]
    starts, stops = zip(*((start[0] * one.dt, stop[0] * one.dt) for start, stop in one.periods.values()), strict=True)
    _draw_inputs(above, task, one)
    _draw_outputs(below, task, one, answer)
    mark_periods(above, names, starts, stops, label=True)
    mark_periods(below, names, starts, stops, label=False)
    below.set_xlabel("time (ms)")


def _draw_inputs(axes: Axes, task: Task, one: TrialBatch) -> None:
    n = len(task.input_names)
    limit = max(1.0, float(np.abs(one.inputs).max()))
    signed = bool(np.percentile(one.inputs, 5) < -0.5)  # not by noise alone
    axes.imshow(
        one.inputs[:, 0].T,
        aspect="auto",
        interpolation="nearest",
        cmap="RdBu_r" if signed else "Greys",
        vmin=-limit if signed else 0,
        vmax=limit,
        extent=(0, len(one.inputs) * one.dt, n - 0.5, -0.5),
    )
    step = max(1, int(np.ceil(n / 12)))
    axes.set_yticks(range(0, n, step), task.input_names[::step])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_ylabel("inputs")


def _draw_outputs(axes: Axes, task: Task, one: TrialBatch, outputs: np.ndarray | None) -> None:
    time = np.append(one.times, len(one.inputs) * one.dt)
    choice = task.kind == "choice"
    target = np.eye(task.n_outputs)[one.targets[:, 0]] if choice else one.targets[:, 0]
    if outputs is not None and choice:
        outputs = softmax(outputs, axis=-1)
    for i, (name, colour) in enumerate(zip(task.output_names, colours(task.n_outputs), strict=True)):
        axes.stairs(target[:, i], time, baseline=None, color=colour, lw=4.5, alpha=0.28)
        if outputs is not None:
            axes.plot(one.times + one.dt / 2, outputs[:, i], color=colour, lw=1.6, label=name)
        else:
            axes.plot([], [], color=colour, lw=4.5, alpha=0.28, label=name)
    axes.set_ylabel("p(answer)" if choice and outputs is not None else "target" if outputs is None else "output")
    if choice:
        axes.set_ylim(-0.06, 1.06)
        axes.set_yticks([0, 1])
    else:
        axes.axhline(0, color=FAINT, lw=0.6, zorder=0)
    axes.legend(loc="center left", ncols=1, labelcolor=INK, handlelength=1.2)
