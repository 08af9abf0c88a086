"""The lesson on two mechanisms behind one reach: its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ....agents.dynamics import (
    Rotations,
    alignment_index,
    autonomy_score,
    jpca,
    motifs,
    random_alignments,
    soft_normalised,
    tangling,
    without_cross_condition_mean,
)
from ....envs.tasks.kinematics import MEAN_SPEED
from ....envs.typechecked import typechecked
from ...figures.style import ACCENT, FAINT, INK, PALETTE, RC, SECOND, colours, mark_periods, new_figure, note
from .reachers import Reacher, Tampering, tampered

COLOURS = {"held": ACCENT, "extinguished": SECOND, "stranger": PALETTE[6], "noisy": PALETTE[2]}


def hand_paths(velocity: np.ndarray, dt: float = 10, movement_ms: float = 400) -> np.ndarray:
    """Positions (T, B, 2) of a hand from its velocity, in distances of the target."""
    return np.cumsum(velocity, axis=0) * dt / (MEAN_SPEED * movement_ms)


@typechecked
def population_measures(reacher: Reacher) -> dict[str, str | float]:
    """What single units and the population do, by the names under which a page reports them.

    Rotations: -50 to 250 ms from the onset of movement. Tangling: from 100 ms before go to 50 ms after the movement,
    its 90th percentile, 1/s². Alignment: of the two main directions of preparation with movement.
    """
    early, late = reacher.window("delay", 100, 400), reacher.window("movement", -50, 250)
    moving = reacher.window("reaction", 0, 550)
    units = motifs(reacher.rates, (early.start, early.stop), (moving.start, moving.stop), reacher.batch.dt)
    rates = soft_normalised(reacher.rates)
    turning = jpca(rates[late], reacher.batch.dt, null="CMPT")
    prepared, moved = (without_cross_condition_mean(reacher.rates[window]) for window in (early, late))
    return {
        "network": reacher.name,
        "multiphasic": round(units.multiphasic_fraction, 2),
        "tuning kept": round(float(np.nanmedian(units.tuning_correlation)), 2),
        "R² of rotations": round(turning.r2_skew, 2),
        "surrogates": round(float(np.quantile(turning.r2_null, 0.95)), 2),
        "tangling": round(float(np.quantile(tangling(rates[reacher.window("reaction", -100, 600)]), 0.9))),
        "alignment": round(alignment_index(prepared, moved, 2), 2),
        "chance": round(float(random_alignments(prepared, moved, 2, 1000).mean()), 2),
    }


@typechecked
def draw_reaches(reachers: Sequence[Reacher], target: int = 3) -> Figure:
    """Draw what each network sees and does in one trial, and the paths of its hand to all targets.

    Args:
        reachers: The networks, one row for each.
        target: The target of the trial.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(7.2, 1.9 * len(reachers) + 0.2)
        grid = figure.subplots(len(reachers), 3, squeeze=False, width_ratios=(1.25, 1.25, 1))
        for row, (one, (inputs_axes, moved, plane)) in enumerate(zip(reachers, grid, strict=True)):
            _over_time(inputs_axes, one, one.batch.inputs[:, target], ("target x", "target y", "hold cue"), not row)
            _over_time(moved, one, one.outputs[:, target], ("velocity x", "velocity y"), not row)
            moved.plot(_ms(one), one.batch.targets[:, target], color=FAINT, lw=4, alpha=0.4, zorder=0)
            _hands(plane, one.outputs, one.batch.dt)
            inputs_axes.set_ylabel(one.name, fontweight="bold", color=COLOURS[one.name])
            if not row:
                for axes, title in ((inputs_axes, "what it sees"), (moved, "what it does"), (plane, "its hand")):
                    axes.set_title(title, pad=18 if axes is not plane else None)
        for axes in grid[-1, :2]:
            axes.set_xlabel("time (ms)")
        for axes, place in zip(grid[-1, :2], ("upper right", "upper left"), strict=True):
            axes.legend(loc=place, handlelength=1.2, labelspacing=0.2, borderaxespad=0.1)
    return figure


def _ms(one: Reacher) -> np.ndarray:
    return np.arange(len(one.outputs)) * one.batch.dt


def _over_time(axes: Axes, one: Reacher, values: np.ndarray, names: Sequence[str], label: bool) -> None:
    """Lines (T, k) over the periods of a trial."""
    for k, name in enumerate(names):
        axes.plot(_ms(one), values[:, k], color=(INK, PALETTE[3], FAINT)[k], lw=1.6, label=name)
    short = {"hold": "", "delay": "delay", "reaction": "", "movement": "movement", "end": ""}
    starts, stops = zip(*((start[0], stop[0]) for start, stop in one.batch.periods.values()), strict=True)
    dt = one.batch.dt
    mark_periods(axes, list(one.batch.periods), [s * dt for s in starts], [s * dt for s in stops], False)
    for name, start, stop in zip(one.batch.periods, starts, stops, strict=True):
        if label and short[name]:
            note(axes, short[name], ((start + stop) / 2 * dt, 1.0), ("data", "axes fraction"))
    axes.set(xlim=(0, len(values) * dt), ylim=(-1.05, 1.2), yticks=(-1, 0, 1))


def _hands(axes: Axes, velocity: np.ndarray, dt: float) -> None:
    """Paths of the hand (T, 8, 2) to eight targets, each in its colour."""
    paths, angles = hand_paths(velocity, dt), np.radians(45 * np.arange(velocity.shape[1]))
    for path, angle, colour in zip(paths.swapaxes(0, 1), angles, colours(velocity.shape[1]), strict=True):
        axes.plot(np.cos(angle), np.sin(angle), "o", ms=8, mfc="none", mec=colour, mew=1, alpha=0.8)
        axes.plot(*path.T, color=colour, lw=1.6)
        axes.plot(*path[-1], "o", ms=3.5, color=colour)
    axes.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=(), yticks=())
    for spine in axes.spines.values():
        spine.set_visible(False)


@typechecked
def draw_units(reachers: Sequence[Reacher], n: int = 4) -> Figure:
    """Draw the rates of some units over time, one line for each target: those that change most, n for each network."""
    with matplotlib.rc_context(RC):
        figure = new_figure(7.2, 1.5 * len(reachers) + 0.4)
        grid = figure.subplots(len(reachers), n, squeeze=False, sharex=True, sharey=True)
        for row, (one, panels) in enumerate(zip(reachers, grid, strict=True)):
            for axes, unit in zip(panels, np.ptp(one.rates, axis=(0, 1)).argsort()[::-1], strict=False):
                for c, colour in enumerate(colours(one.rates.shape[1])):
                    axes.plot(_ms(one), one.rates[:, c, unit], color=colour, lw=1.1)
                for period, label in (("delay", "target"), ("reaction", "go")):
                    axes.axvline(one.batch.first_bin(period) * one.batch.dt, color=FAINT, lw=0.7, ls=(0, (2, 2)))
                    if not row:
                        note(axes, label, (one.batch.first_bin(period) * one.batch.dt, 1.0), ("data", "axes fraction"))
                axes.set(yticks=(-1, 0, 1))
            panels[0].set_ylabel(one.name, fontweight="bold", color=COLOURS[one.name])
        figure.supxlabel("time (ms)", fontsize=9)
    return figure


@typechecked
def draw_rotations(reachers: Sequence[Reacher], rotations: Sequence[Rotations]) -> Figure:
    """Draw the plane in which each network rotates most, and R² of its rotations next to its surrogates'.

    Args:
        reachers: The networks.
        rotations: The rotations of each.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(7.2, 4.4)
        planes, nulls = figure.subplots(2, len(reachers), squeeze=False, height_ratios=(2.1, 1))
        for one, fit, plane, null in zip(reachers, rotations, planes, nulls, strict=True):
            for path, colour in zip(fit.projections[:, :, 0].swapaxes(0, 1), colours(8), strict=True):
                plane.plot(*path.T, color=colour, lw=1.6)
                plane.plot(*path[0], "o", ms=4, color=colour)
                plane.annotate(
                    "", path[-1], path[-3], arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.2, "shrinkB": 0}
                )
            plane.set(aspect="equal", xticks=(), yticks=(), xlabel="first axis of the plane", ylabel="second axis")
            plane.set_title(f"{one.name}: {fit.frequency_hz[0]:.1f} Hz", color=COLOURS[one.name])
            plane.margins(0.08)
            null.hist(fit.r2_null, bins=np.linspace(0, 1, 41), color=FAINT, alpha=0.7)
            null.axvline(fit.r2_skew, color=COLOURS[one.name], lw=2.2)
            null.set(xlim=(0, 1), yticks=(), xlabel="R² of rotations")
            null.spines["left"].set_visible(False)
            note(null, "surrogates", (float(np.median(fit.r2_null)), 1.0), ("data", "axes fraction"))
            note(null, "the network", (fit.r2_skew, 1.0), ("data", "axes fraction"), "right", 6)
    return figure


@typechecked
def draw_tampered(reachers: Sequence[Reacher], ways: Sequence[Tampering]) -> Figure:
    """Draw the paths of each network's hand where the target was tampered with, and R² for the right target.

    Args:
        reachers: The networks, one row for each.
        ways: What was done, one column for each.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(1.8 * len(ways), 1.95 * len(reachers) + 0.2)
        grid = figure.subplots(len(reachers), len(ways), squeeze=False)
        for one, panels in zip(reachers, grid, strict=True):
            for how, axes in zip(ways, panels, strict=True):
                inputs, goal = tampered(one, how)
                moved = one.respond(inputs)
                _hands(axes, moved, one.batch.dt)
                axes.set_xlabel(f"R² {autonomy_score(moved, goal):.2f}".replace("-", "−"))
                if one is reachers[0]:
                    axes.set_title(how, fontsize=9)
            panels[0].set_ylabel(one.name, fontweight="bold", color=COLOURS[one.name])
    return figure


@typechecked
def draw_noise(errors: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the miss of each network by the kind of noise and its period.

    Args:
        errors: What :func:`noise_errors` found, by the name of the network.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 2.6)
        axes = figure.subplots()
        cells = list(next(iter(errors.values())))
        for k, (name, misses) in enumerate(errors.items()):
            x = np.arange(len(cells)) + 0.8 * (k + 0.5) / len(errors) - 0.4
            axes.bar(x, [misses[cell] for cell in cells], 0.7 / len(errors), color=COLOURS[name], label=name)
        axes.set(xticks=range(len(cells)), xticklabels=[f"{cell} go".replace(" go go", " go") for cell in cells])
        axes.set_ylabel("miss / distance")
        axes.legend(loc="upper left")
    return figure
