"""The lesson on fixed points: the states at which a trained network stands still, found and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from ....agents.dynamics import FixedPoints, PrincipalComponents, fixed_points, sample_candidates
from ....agents.network.rate_rnn import RateRNN
from ....agents.network.recording import step_at
from ....envs.errors import ArgumentError
from ....envs.typechecked import typechecked
from ...figures.point_marks import MARKS, mark_points, point_kinds, point_mark
from ...figures.style import FAINT, INK, PALETTE, RC, new_figure


@typechecked
def points_at(
    network: RateRNN, inputs: np.ndarray, states: np.ndarray, n_candidates: int = 500, noise: float = 0.1
) -> FixedPoints:
    """Fixed points of a network while an input is held, searched from states of its trials.

    Args:
        network: The network.
        inputs: u, (n_in,).
        states: States from which candidates are drawn, (..., N), see :func:`~cogdyn.agents.states_in_trials`.
        n_candidates: Number of candidates.
        noise: Standard deviation of what is added to each unit of a candidate.
    """
    candidates = sample_candidates(states, n_candidates, noise=noise, seed=0)
    return fixed_points(step_at(network, inputs), candidates, dt=network.dt)


@typechecked
def signs_at(network: RateRNN, points: FixedPoints) -> np.ndarray:
    """Signs of the outputs at each point, (K, n_out)."""
    with torch.no_grad():
        return np.sign(network.outputs(torch.from_numpy(points.points).to(network.recurrent)).cpu().numpy()).astype(int)


@typechecked
def draw_points(
    points: FixedPoints, states: np.ndarray, plane: PrincipalComponents, labels: Sequence[str] = ()
) -> Figure:
    """Draw the paths of trials on a plane, and the points between which they move, a shape for each kind.

    Args:
        points: Fixed points.
        states: States of trials, (T, B, N).
        plane: Its first two components are the axes.
        labels: What is written next to the points, (K,); nothing if empty.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 4.4)
        axes = figure.subplots()
        paths = plane.project(states)
        axes.plot(paths[:, :, 0], paths[:, :, 1], color=FAINT, lw=0.6, alpha=0.35)
        which = point_kinds(points)
        mark_points(axes, plane.project(points.points), which)
        for label, at in zip(labels, plane.project(points.points), strict=False):
            axes.annotate(label, at[:2], (7, 6), textcoords="offset points", fontsize=8.5, weight="bold")
        handles: list[Any] = [point_mark(kind, label=kind) for kind in MARKS if kind in which]
        figure.legend(
            handles=[*handles, Line2D([], [], color=FAINT, label="trials")], loc="outside upper left", ncols=4
        )
        axes.set(xlabel="first principal component", ylabel="second principal component", aspect="equal")
    return figure


@typechecked
def draw_modes(eigenvalues: Mapping[str, np.ndarray], dt: float, tau: float) -> Figure:
    """Draw the eigenvalues of a few points in the complex plane, a panel each, with the circle of modulus one.

    Args:
        eigenvalues: Eigenvalues (N,) by the name of the point.
        dt: Bin width (ms).
        tau: Time constant of the units (ms): alone, they keep 1 - dt / tau in each bin.
    """
    if not (dt > 0 and tau > 0):
        raise ArgumentError(f"dt is {dt} and tau is {tau}; both must be above 0 (ms).")
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 2.7)
        panels = figure.subplots(1, len(eigenvalues), sharey=True, squeeze=False)[0]
        for axes, (name, values) in zip(panels, eigenvalues.items(), strict=True):
            axes.add_patch(Circle((0, 0), 1, fill=False, color=INK, lw=0.9))
            axes.axvline(1 - dt / tau, color=FAINT, lw=0.8, ls=(0, (3, 2)), zorder=0)
            grows = np.abs(values) > 1
            axes.plot(np.real(values[~grows]), np.imag(values[~grows]), "o", ms=4, color=PALETTE[0])
            axes.plot(np.real(values[grows]), np.imag(values[grows]), "^", ms=7, mfc="none", color=PALETTE[1], mew=1.6)
            axes.set(title=name, xlim=(0.3, 1.3), ylim=(-0.5, 0.5), aspect="equal", xlabel=r"real part of $\lambda$")
        panels[0].set_ylabel("imaginary part")
        handles: list[Any] = [
            Line2D([], [], ls="", marker="o", ms=4, color=PALETTE[0], label="decays"),
            Line2D([], [], ls="", marker="^", ms=7, mfc="none", mew=1.6, color=PALETTE[1], label="grows"),
            Line2D([], [], color=INK, lw=0.9, label="modulus 1"),
            Line2D([], [], color=FAINT, lw=0.8, ls=(0, (3, 2)), label="a unit alone"),
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=4)
    return figure
