"""One trial: what came in, what was asked, what the network answered."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from scipy.special import softmax

from ...envs.errors import ArgumentError
from ...envs.task import Task
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from .style import FAINT, INK, PALETTE, RC, SECOND, colours, mark_periods, new_figure, values_to_draw


@typechecked
def draw_trial(task: Task, batch: TrialBatch, outputs: np.ndarray | None = None, trial: int = 0) -> Figure:
    """Draw inputs, target and output of one trial over time.

    Args:
        task: The task.
        batch: Trials of the task.
        outputs: A network's outputs, (T, B, n_out); only the target is drawn when None.
        trial: Which trial of the batch.
    """
    if not 0 <= trial < batch.batch_size:
        raise ArgumentError(f"trial is {trial}; the batch has trials 0 to {batch.batch_size - 1}.")
    if outputs is not None:
        outputs = values_to_draw("outputs", outputs, *batch.mask.shape, task.n_outputs)
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
    rows = [min(max(0.16 * n, least), 3.0) for n, least in ((task.n_inputs, 0.8), (task.n_outputs, 1.1))]
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=rows)
    names = ["" if name.endswith(tuple("0123456789")) else name for name in one.periods]
    starts, stops = zip(*((start[0] * one.dt, stop[0] * one.dt) for start, stop in one.periods.values()), strict=True)
    _draw_inputs(above, task, one)
    _draw_outputs(below, task, one, answer)
    mark_periods(above, names, starts, stops, label=True)
    mark_periods(below, names, starts, stops, label=False)
    below.set_xlabel("time (ms)")


def _draw_inputs(axes: Axes, task: Task, one: TrialBatch) -> None:
    limit = max(1.0, float(np.abs(one.inputs).max()))
    _draw_image(axes, one.inputs[:, 0], task.input_names, one, limit, _is_signed(task, one.inputs[:, 0]))
    axes.set_ylabel("inputs")


def _is_signed(task: Task, values: np.ndarray) -> bool:
    """Whether values (T, n) fall below 0 by more than noise: on the average of some bins, by five of its deviations."""
    width = min(5, len(values))
    total = np.cumsum(np.concatenate([np.zeros((1, values.shape[1])), values]), axis=0)
    lowest = ((total[width:] - total[:-width]) / width).min()
    return bool(lowest < -max(0.3, 5 * getattr(task, "noise_std", 0.0) / np.sqrt(width)))


def _draw_image(
    axes: Axes, values: np.ndarray, names: Sequence[str], one: TrialBatch, limit: float, signed: bool
) -> None:
    """Draw values (T, n) as an image with a row for each name, every few of them written out."""
    n = len(names)
    axes.imshow(
        values.T,
        aspect="auto",
        interpolation="nearest",
        cmap="RdBu_r" if signed else "Greys",
        vmin=-limit if signed else 0,
        vmax=limit,
        extent=(0, len(one.inputs) * one.dt, n - 0.5, -0.5),
    )
    step = max(1, int(np.ceil(n / 10)))
    axes.set_yticks(range(0, n, step), names[::step])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def _draw_outputs(axes: Axes, task: Task, one: TrialBatch, outputs: np.ndarray | None) -> None:
    choice = task.kind == "choice"
    target = np.eye(task.n_outputs)[one.targets[:, 0]] if choice else one.targets[:, 0]
    if outputs is not None and task.kind != "continuous":
        outputs = softmax(outputs, axis=-1)
    several = choice and len(one.windows(task.response_period)) > 3
    if (choice and outputs is None) or several or task.n_outputs > len(PALETTE):
        _draw_many_outputs(axes, task, one, target, outputs)
        return
    time = np.append(one.times, len(one.inputs) * one.dt)
    for i, (name, colour) in enumerate(zip(task.output_names, colours(task.n_outputs), strict=True)):
        axes.stairs(target[:, i], time, baseline=None, color=colour, lw=4.5, alpha=0.28)
        if outputs is not None:
            axes.plot(one.times + one.dt / 2, outputs[:, i], color=colour, lw=1.6, label=name)
        else:
            axes.plot([], [], color=colour, lw=4.5, alpha=0.28, label=name)
    axes.set_ylabel("target" if outputs is None else "output" if task.kind == "continuous" else "p(answer)")
    if choice:
        axes.set_ylim(-0.06, 1.06)
        axes.set_yticks([0, 1])
    else:
        axes.axhline(0, color=FAINT, lw=0.6, zorder=0)
    axes.legend(loc="center left", ncols=1, labelcolor=INK, handlelength=1.2)


def _draw_many_outputs(axes: Axes, task: Task, one: TrialBatch, target: np.ndarray, outputs: np.ndarray | None) -> None:
    """Draw outputs (T, n_out), or targets where there are none, as an image; dots mark where a target is high."""
    shown = target if outputs is None else outputs
    limit = max(float(np.abs(shown).max()), 1e-9)
    _draw_image(axes, shown, task.output_names, one, limit, bool(shown.min() < -0.3 * limit))
    if outputs is not None:
        bins, rows = np.nonzero(target > 0.5 * target.max())
        axes.scatter((bins + 0.5) * one.dt, rows, s=3, color=SECOND, linewidths=0)
    axes.set_ylabel("targets" if outputs is None else "outputs, targets dotted")
