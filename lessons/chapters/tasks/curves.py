"""Psychometric curves of a perceptual decision: the ideal observer's in closed form, a network's as measured."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from scipy.special import ndtr

from ....agents.network.rate_rnn import RateRNN
from ....envs.durations import pmf
from ....envs.errors import ArgumentError
from ....envs.numbers import whole_number
from ....envs.tasks.perceptual_decisions import PerceptualDecisionMaking
from ....envs.trial import TrialBatch
from ....envs.typechecked import typechecked
from ...figures.style import FAINT, PALETTE, RC, new_figure, values_to_draw


@typechecked
def ideal_curve(task: PerceptualDecisionMaking, strengths: np.ndarray) -> np.ndarray:
    r"""How often the ideal observer answers "right", :math:`\Phi(c \sqrt{n / 2} / \sigma)`, for each strength c.

    Args:
        task: The task, whose stimulus has n bins and whose channels have noise sigma in each.
        strengths: Signed coherences, positive to the right, (k,).

    Returns:
        Proportions, (k,).

    Raises:
        ValueError: If there are no strengths, or the task has no noise: then there is nothing to average.
    """
    strengths = values_to_draw("strengths", strengths, None)
    if not len(strengths):
        raise ArgumentError("strengths is empty; give at least one coherence.")
    if task.noise == 0:
        raise ArgumentError("the task has noise 0; its ideal observer is always right.")
    bins, p = pmf(task.stimulus_ms, task.dt, "stimulus_ms")
    return ndtr(np.multiply.outer(strengths, np.sqrt(bins / 2)) / task.noise_std) @ p


@typechecked
def choices_of(network: RateRNN, task: PerceptualDecisionMaking, batch: TrialBatch) -> np.ndarray:
    """What a network answers in each trial of a batch, (B,): 1 left, 2 right; its noise is the same each time."""
    generator = torch.Generator(network.recurrent.device).manual_seed(0)
    with torch.no_grad():
        outputs = network(torch.from_numpy(batch.inputs).to(network.recurrent), generator=generator).outputs
    (choices,) = task.choices(outputs.cpu().numpy(), batch)
    return choices


@typechecked
def choose_right(
    task: PerceptualDecisionMaking, network: RateRNN, n_trials: int = 2000, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """How often a network answers "right" at each strength: signed coherences (k,) in order, and proportions (k,).

    Args:
        task: The task.
        network: A network that has learned it.
        n_trials: Number of trials.
        seed: Seed of the trials.
    """
    whole_number("n_trials", n_trials, minimum=1)
    batch = task.sample(n_trials, seed)
    signed = batch.conditions["coherence"] * np.where(batch.conditions["side"] == 2, 1, -1)
    right = choices_of(network, task, batch) == 2
    strengths = np.unique(signed)
    return strengths, np.array([right[signed == strength].mean() for strength in strengths])


@typechecked
def draw_choice_curves(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw psychometric curves: how often "right" is chosen against the signed strength of the evidence.

    Args:
        curves: Strengths (k,) and proportions (k,), by the name of who chose.
    """
    if not curves:
        raise ArgumentError("curves is empty; give at least one, by its name.")
    points = {name: [values_to_draw(name, values, None) for values in curve] for name, curve in curves.items()}
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.1)
        axes = figure.subplots()
        axes.axhline(0.5, color=FAINT, lw=0.8, ls=(0, (4, 3)), zorder=0)
        axes.axvline(0, color=FAINT, lw=0.8, ls=(0, (4, 3)), zorder=0)
        for (name, (strengths, proportions)), colour in zip(points.items(), PALETTE, strict=False):
            marker = "o" if len(strengths) < 20 else None
            axes.plot(strengths, proportions, color=colour, lw=2, marker=marker, ms=5, label=name)
        axes.set(xlabel="coherence: negative to the left, positive to the right", ylabel="answered “right”")
        axes.legend(loc="upper left")
    return figure


@typechecked
def running_sums(batch: TrialBatch) -> np.ndarray:
    """What "right" has had more than "left" up to each bin of the stimulus, in trials in which right is right, (T, k).

    Args:
        batch: Trials of a perceptual decision, with a stimulus of the same length in all.

    Raises:
        ValueError: If no trial has the answer "right".
    """
    trials = np.flatnonzero(batch.conditions["side"] == 2)
    if not len(trials):
        raise ArgumentError("in none of the trials is the answer right; give more trials.")
    ((start, stop),) = batch.windows("stimulus")
    stimulus = batch.inputs[start[0] : stop[0], trials]
    return np.cumsum(stimulus[..., 2] - stimulus[..., 1], axis=0)


@typechecked
def draw_running_sums(sums: np.ndarray, dt: float = 20.0) -> Figure:
    """Draw running sums of evidence, a line for each trial; those that end below zero mislead.

    Args:
        sums: As of :func:`running_sums`, (T, k).
        dt: Bin width (ms).
    """
    sums = values_to_draw("sums", sums, None, None)
    if not (dt > 0 and sums.size):
        raise ArgumentError(
            f"dt is {dt:g} and there are {sums.shape[1]} trials of {len(sums)} bins; all must be above 0."
        )
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 2.9)
        axes = figure.subplots()
        for one in sums.T:
            axes.plot(dt * np.arange(1, len(one) + 1), one, color=PALETTE[int(one[-1] < 0)], lw=0.8, alpha=0.6)
        axes.axhline(0, color=FAINT, lw=1)
        axes.set(xlabel="time in the stimulus (ms)", ylabel="sum of right − left")
    return figure
