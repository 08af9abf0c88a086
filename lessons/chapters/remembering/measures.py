"""A network that remembers: how long a network remembers, and what its recurrent synapses add to its time constants."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure

from ....agents.network.rate_rnn import RateRNN
from ....agents.training.evaluation import evaluate
from ....envs.numbers import whole_number
from ....envs.tasks.matching import DelayMatchSample
from ....envs.typechecked import typechecked
from ...figures.conditions import wilson_interval
from ...figures.style import ACCENT, FAINT, INK, PALETTE, RC, SECOND, new_figure, note, values_to_draw


@typechecked
def score_by_delay(
    task: DelayMatchSample, network: RateRNN, delays: Sequence[float], n_trials: int = 300, seed: int = 0
) -> np.ndarray:
    """Score on fresh trials for each delay (ms), whatever the delays of training were; (len(delays),)."""
    return np.array(
        [evaluate(dataclasses.replace(task, delay_ms=delay), network, n_trials, seed).score for delay in delays]
    )


@typechecked
def decode_sample(
    task: DelayMatchSample, network: RateRNN, delay_ms: float, n_trials: int = 300, seed: int = 0
) -> float:
    """How often the rates at the end of the delay reveal which sample was shown, in noisy trials.

    The decoder takes the sample whose mean rates, in other trials, are nearest to those of the trial.

    Args:
        task: Its task.
        network: The network.
        delay_ms: Delay (ms).
        n_trials: Trials to learn the means from, and as many others to decode.
        seed: Seed of the test stream.

    Returns:
        Proportion decoded correctly; chance is 1 / n_stimuli.
    """
    longer = dataclasses.replace(task, delay_ms=delay_ms)
    known, fresh = (evaluate(longer, network, n_trials, seed, number=number) for number in (3, 4))
    last = int(known.batch.periods["delay"][1][0]) - 1
    shown = known.batch.conditions["sample"]
    means = np.stack([known.rates[last, shown == stimulus].mean(axis=0) for stimulus in range(task.n_stimuli)])
    distances = np.linalg.norm(fresh.rates[last][:, None] - means, axis=-1)
    return float(np.mean(distances.argmin(axis=1) == fresh.batch.conditions["sample"]))


@dataclass(frozen=True)
class MemoryTrace:
    """How far apart two samples keep a network, from the onset of the sample to the end of the delay.

    Attributes:
        times: Time since the end of the sample (ms), (T,).
        network: Distance between the rates after the two samples, without any noise, (T,).
        isolated: The same for the same units without recurrent synapses, (T,).
    """

    times: np.ndarray
    network: np.ndarray
    isolated: np.ndarray


@typechecked
def memory_trace(task: DelayMatchSample, network: RateRNN, delay_ms: float = 2000) -> MemoryTrace:
    """Distance ``|r_A(t) - r_B(t)|`` between the rates after stimulus 0 and after stimulus 1."""
    quiet = dataclasses.replace(task, delay_ms=delay_ms, noise=0.0)
    batch = quiet.sample(200, seed=0)
    first = [int(np.argmax(batch.conditions["sample"] == stimulus)) for stimulus in (0, 1)]
    inputs = torch.from_numpy(batch.inputs[:, first]).to(network.recurrent.device, torch.float64)
    # In double precision, since what isolated units keep is soon below the rounding of single precision.
    whole, isolated = (copy.deepcopy(network).double() for _ in range(2))
    isolated.recurrent_mask.zero_()
    with torch.no_grad():
        distances = [
            torch.linalg.vector_norm(rates[:, 0] - rates[:, 1], dim=-1).cpu().numpy()
            for rates in (net(inputs, noise=0.0).rates for net in (whole, isolated))
        ]
    start, stop = (int(batch.periods[name][i][0]) for name, i in (("sample", 0), ("delay", 1)))
    times = (np.arange(start, stop) + 1 - batch.periods["sample"][1][0]) * task.dt
    return MemoryTrace(times, distances[0][start:stop], distances[1][start:stop])


@typechecked
def draw_score_by_delay(
    delays: Sequence[float], scores: np.ndarray, trained: tuple[float, float], n_trials: int = 300
) -> Figure:
    """Draw score against delay for one network or several.

    Args:
        delays: Delays (ms).
        scores: (len(delays),) or (networks, len(delays)).
        trained: Shortest and longest delay of training (ms).
        n_trials: Trials behind each score, for its 95 % interval.
    """
    curves = values_to_draw("scores", np.atleast_2d(scores), None, len(delays))
    whole_number("n_trials", n_trials, minimum=1)
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.1)
        axes = figure.subplots()
        axes.axvspan(*trained, color="#E8EEF4", zorder=0)
        note(axes, "delays of training", (sum(trained) / 2, 1.0), ("data", "axes fraction"))
        axes.axhline(0.5, color=FAINT, lw=0.9, ls=(0, (4, 3)), zorder=0)
        note(axes, "chance", (1, 0.5), ("axes fraction", "data"), "right", -2)
        for number, curve in enumerate(curves):
            colour = PALETTE[number % len(PALETTE)]
            low, high = np.array([wilson_interval(score * n_trials, n_trials) for score in curve]).T
            axes.fill_between(delays, low, high, color=colour, alpha=0.15, lw=0)
            axes.plot(delays, curve, "o-", color=colour, lw=1.8, ms=4, label=f"network {number + 1}")
        if np.ndim(scores) > 1:
            axes.legend(loc="lower left")
        axes.set(xlabel="delay (ms)", ylabel="score", ylim=(-0.03, 1.05))
    return figure


@typechecked
def draw_memory_trace(trace: MemoryTrace, tau: float, trained: tuple[float, float] | None = None) -> Figure:
    """Draw how a memory fades, on a logarithmic axis where exponential forgetting is a straight line.

    Args:
        trace: What :func:`memory_trace` measured.
        tau: Time constant of the units (ms), named in the legend.
        trained: Shortest and longest delay of training (ms), shaded.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.1)
        axes = figure.subplots()
        if trained is not None:
            axes.axvspan(*trained, color="#E8EEF4", zorder=0)
        axes.axvline(0, color=FAINT, lw=0.7, ls=(0, (2, 2)))
        note(axes, "sample off", (0, 1.0), ("data", "axes fraction"))
        axes.semilogy(trace.times, trace.network, color=ACCENT, lw=2, label="the trained network")
        axes.semilogy(trace.times, trace.isolated, color=SECOND, lw=2, label=f"its units alone (tau = {tau:g} ms)")
        top = float(max(trace.network.max(), trace.isolated.max()))
        axes.set(xlabel="time since the sample (ms)", ylabel="distance between\nthe two memories")
        axes.set_ylim(top * 1e-5, top * 2)
        axes.legend(loc="lower left", labelcolor=INK)
    return figure
