"""Learning with local signals: how well local credit agrees with the exact gradient."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ....agents.credit.credit_rule import CreditRule
from ....agents.measures.gradient_alignment import alignment
from ....agents.network.rate_rnn import RateRNN
from ....agents.rules import BPTT
from ....envs.numbers import whole_number
from ....envs.painted_task import PaintedTask
from ....envs.trial import TrialBatch
from ....envs.typechecked import typechecked
from ...figures.style import FAINT, PALETTE, RC, new_figure, note, values_to_draw


@typechecked
def cue_alignment(
    task: PaintedTask, network: RateRNN, rule: CreditRule, delays: Sequence[float], n_trials: int = 16
) -> np.ndarray:
    """How well a rule credits the synapses that carry the cue, by the delay over which the credit must go.

    Errors of the response alone count, and of the input synapses those that are silent except for the cue. All that
    they did was before the delay.

    Args:
        task: A task with a cue and a delay, whose own duration does not matter.
        network: The network; its noise is left out.
        rule: The rule.
        delays: Delays (ms).
        n_trials: Number of trials.

    Returns:
        Cosine with the exact gradient, (len(delays),).

    Raises:
        ValueError: If the task has no cue, no delay, or no input that is silent except for the cue.
    """
    n_trials = whole_number("n_trials", n_trials, minimum=1)
    missing = {"cue", "delay"} - set(task.periods)
    if missing:
        raise ValueError(f"{task.name} has no {' and no '.join(sorted(missing))}; its periods are {task.periods}.")
    cosines = []
    for delay in delays:
        batch = dataclasses.replace(task, delay_ms=delay, noise=0.0).sample(n_trials, seed=0)
        batch = dataclasses.replace(batch, mask=batch.mask * _within(batch, task.response_period))
        outside = batch.inputs * (1 - _within(batch, "cue"))[..., None]
        carries = (batch.inputs != 0).any(axis=(0, 1)) & ~outside.any(axis=(0, 1))
        if not carries.any():
            raise ValueError(f"no input of {task.name} is silent except for the cue.")
        quiet, own_rule = _quiet(network, rule)
        gradients = [one.gradient(quiet, batch)["input"][:, carries] for one in (own_rule, BPTT())]
        local, exact = ({"cue": gradient} for gradient in gradients)
        cosines.append(alignment(local, exact, {"cue": ("cue",)})["cue"])
    return np.array(cosines)


def _within(batch: TrialBatch, period: str) -> np.ndarray:
    """1 in the bins of a period, else 0, (T, B)."""
    start, stop = batch.periods[period]
    bins = np.arange(len(batch.inputs))[:, None]
    return ((start <= bins) & (bins < stop)).astype(batch.mask.dtype)


def _quiet(network: RateRNN, rule: CreditRule) -> tuple[RateRNN, CreditRule]:
    """A copy of the network without noise, and one of the rule, which knows it as the rule knows the network."""
    quiet, own_rule = copy.deepcopy((network, rule))
    quiet.noise = 0.0
    return quiet, own_rule


@typechecked
def feedback_alignment(network: RateRNN, rule: CreditRule) -> float:
    """Cosine of the weights by which a rule sends errors back and those of the readout: 1 if they are the same."""
    weights = {"back": rule.knowing(network).feedback_weights.of(network)}, {"back": network.readout_weights.detach()}
    return alignment(*weights, {"back": ("back",)})["back"]


@typechecked
def draw_cue_alignment(delays: Sequence[float], cosines: Mapping[str, np.ndarray]) -> Figure:
    """Draw the cosine with the exact gradient against the delay: thin lines for networks, thick ones for their mean.

    Args:
        delays: Delays (ms).
        cosines: Cosines (networks, len(delays)) for each name.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.1)
        axes = figure.subplots()
        for colour, (name, values) in zip(PALETTE, cosines.items(), strict=False):
            values = values_to_draw("cosines", values, None, len(delays))
            axes.plot(delays, values.T, color=colour, lw=0.6, alpha=0.4)
            axes.plot(delays, values.mean(axis=0), "o-", color=colour, lw=2.2, ms=4, label=name)
        for level, words, height in ((1, "the exact gradient", 1), (0, "0: at right angles to it", -0.27)):
            axes.axhline(level, color=FAINT, lw=0.7, zorder=0)
            note(axes, words, (1, height), ("axes fraction", "data"), "right", -2)
        figure.legend(loc="outside upper left", ncols=len(cosines))
        axes.set(xlabel="delay (ms)", ylabel="cosine of RFLO\nand the exact gradient", ylim=(-0.3, 1.15))
    return figure
