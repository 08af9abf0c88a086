"""Bridges through time: what is left of an error across a delay, and how networks learn that start differently."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from ..agents.dynamics import Bridge, jacobian_product
from ..agents.evaluation import check_fit
from ..agents.rate_rnn import RateRNN
from ..agents.run import Run
from ..envs.errors import ArgumentError
from ..envs.painted_task import PaintedTask
from ..envs.typechecked import typechecked
from .conditions import typical
from .style import FAINT, PALETTE, RC, new_figure, note, values_to_draw


@dataclass(frozen=True)
class DelayDynamics:
    """Rectified units that leak on the rate, in the delay of a trial, without noise and in double precision.

    Attributes:
        dt: Bin width (ms).
        alpha: dt / tau, (N,).
        recurrent: W, (N, N).
        drive: What the inputs of the delay and the biases add to the recurrent input, (N,).
        h0: Rates when the delay begins, (N,).
    """

    dt: float
    alpha: Tensor
    recurrent: Tensor
    drive: Tensor
    h0: Tensor

    def step(self, h: Tensor) -> Tensor:
        """Rates (K, N) one bin later."""
        return h + self.alpha * (torch.relu(h @ self.recurrent.T + self.drive) - h)


def delay_dynamics(network: RateRNN, task: PaintedTask) -> DelayDynamics:
    """The dynamics of a network from the moment at which the delay of a trial begins.

    Raises:
        ValueError: If the units are not rectified or do not leak on the rate, or the task does not fit the network or
            has no delay of unchanging inputs.
    """
    if network.activation != "relu" or network.leak != "rate":
        raise ValueError("the delay is drawn for activation='relu' and leak='rate'.")
    check_fit(network, task)
    if "delay" not in task.periods:
        raise ValueError(f"{task.name} has no delay.")
    batch = typical(dataclasses.replace(task, noise=0.0)).sample(1, seed=0)
    start, stop = (int(edge[0]) for edge in batch.periods["delay"])
    if np.ptp(batch.inputs[start:stop, 0], axis=0).max() > 0:
        raise ValueError(f"the inputs of {task.name} change within the delay.")
    inputs = torch.from_numpy(batch.inputs).to(network.recurrent)
    with torch.no_grad():
        h0 = network(inputs[:start], noise=0.0).state[0]
        drive = network.input_weights @ inputs[start, 0] + network.bias
        weights = network.alpha, network.recurrent_weights, drive, h0
    return DelayDynamics(network.dt, *(tensor.detach().double().cpu() for tensor in weights))


@typechecked
def error_left(
    network: RateRNN, task: PaintedTask, delays: Sequence[float], bridge: Bridge | None = None
) -> np.ndarray:
    """What is left of an error that goes back across delays (ms): the singular values of the Jacobian.

    Args:
        network: The network.
        task: A task with a delay, whose own duration does not matter.
        delays: Delays (ms), each a multiple of dt.
        bridge: A bridge, its lag in bins; None for none.

    Returns:
        (len(delays), N), the largest first: what is left of the error that keeps most, of the next, ...

    Raises:
        ValueError: As :func:`delay_dynamics` does.
    """
    dynamics = delay_dynamics(network, task)
    bins = [round(delay / dynamics.dt) for delay in delays]
    return np.linalg.svd(jacobian_product(dynamics.step, dynamics.h0, bins, bridge), compute_uv=False)


@typechecked
def draw_error_left(delays: Sequence[float], left: Mapping[str, np.ndarray], dt: float, tau: float) -> Figure:
    """Draw what is left of an error against the delay, on a logarithmic axis.

    Args:
        delays: Delays (ms).
        left: Singular values (len(delays), N) for each name.
        dt: Bin width (ms).
        tau: Time constant of the units (ms): alone, they keep 1 - dt / tau in each bin.
    """
    if not (dt > 0 and tau > 0):
        raise ArgumentError(f"dt is {dt} and tau is {tau}; both must be above 0 (ms).")
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.4)
        axes = figure.subplots()
        for colour, values in zip(PALETTE, left.values(), strict=False):
            values = values_to_draw("left", values, len(delays), None)
            axes.semilogy(delays, values[:, 1:], color=colour, lw=0.5, alpha=0.35)
            axes.semilogy(delays, values[:, 0], color=colour, lw=2.2)
        alone = (1 - dt / tau) ** (np.asarray(delays) / dt)
        axes.semilogy(delays, alone, color=FAINT, lw=1.2, ls=(0, (4, 3)))
        lines = [Line2D([], [], color=colour, lw=2.2, label=name) for colour, name in zip(PALETTE, left, strict=False)]
        lines.append(Line2D([], [], color=FAINT, lw=1.2, ls=(0, (4, 3)), label=f"a unit alone (tau = {tau:g} ms)"))
        axes.legend(handles=lines, loc="lower left")
        note(axes, "nothing is lost", (1, 1), ("axes fraction", "data"), "right", -2)
        axes.axhline(1, color=FAINT, lw=0.7, zorder=0)
        axes.set(xlabel="delay (ms)", ylabel="singular values:\nwhat is left of an error", ylim=(1e-10, 10))
    return figure


@typechecked
def draw_learning(
    runs: Mapping[str, Sequence[Run]],
    chance: float,
    changes: Sequence[int] = (),
    score: str = "score, without a bridge",
) -> Figure:
    """Draw the score of each network against the number of updates, one colour for each way to train.

    Args:
        runs: Runs by the way they were trained.
        chance: Score of a responder that guesses.
        changes: Updates after which a bridge got weaker, marked by lines.
        score: What the scores are called.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.1)
        axes = figure.subplots()
        axes.axhline(chance, color=FAINT, lw=0.9, ls=(0, (4, 3)), zorder=0)
        note(axes, "chance", (1, chance), ("axes fraction", "data"), "right", -2)
        for step in changes:
            axes.axvline(step, color=FAINT, lw=0.7, ls=(0, (2, 2)), zorder=0)
        for colour, (name, networks) in zip(PALETTE, runs.items(), strict=False):
            for number, run in enumerate(networks):
                steps, scores = ([row[key] for row in run.metrics] for key in ("step", "score"))
                axes.plot(steps, scores, "o-", color=colour, lw=1.4, ms=3, alpha=0.8, label="" if number else name)
        figure.legend(loc="outside upper left", ncols=len(runs))
        axes.set(xlabel="updates", ylabel=score, xlim=(0, None), ylim=(-0.03, 1.05))
    return figure
