"""Lesson 3: how well local credit agrees with the exact gradient, and the check of the reader's own RFLO."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure

from ..agents.alignment import alignment
from ..agents.bins import bins_of
from ..agents.data import tensors
from ..agents.output_error import OutputError
from ..agents.rate_rnn import RateRNN
from ..agents.rules import BPTT, RFLO
from ..agents.rules.credit_rule import CreditRule
from ..envs.numbers import whole_number
from ..envs.painted_task import PaintedTask
from ..envs.registry import make_task
from ..envs.trial import TrialBatch
from ..envs.typechecked import typechecked
from .checks import Answer, Verdict, judged
from .style import FAINT, PALETTE, RC, new_figure, note, values_to_draw


@typechecked
def cue_alignment(
    rule: CreditRule, network: RateRNN, task: PaintedTask, delays: Sequence[float], n_trials: int = 16
) -> np.ndarray:
    """How well a rule credits the synapses that carry the cue, by the delay over which the credit must go.

    Errors of the response alone count, and of the input synapses those that are silent but for the cue. All that they
    did lies before the delay.

    Args:
        rule: The rule.
        network: The network; its noise is left out.
        task: A task with a cue and a delay, whose own duration does not matter.
        delays: Delays (ms).
        n_trials: Number of trials.

    Returns:
        Cosine with the exact gradient, (len(delays),).

    Raises:
        ValueError: If the task has no cue, no delay, or no input that is silent but for the cue.
    """
    n_trials = whole_number("n_trials", n_trials, least=1)
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
            raise ValueError(f"no input of {task.name} is silent but for the cue.")
        quiet, own_rule = _quiet(network, rule)
        told = [one.gradient(quiet, batch)["input"][:, carries] for one in (own_rule, BPTT())]
        found, exact = ({"cue": gradient} for gradient in told)
        cosines.append(alignment(found, exact, {"cue": ("cue",)})["cue"])
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
def feedback_alignment(rule: CreditRule, network: RateRNN) -> float:
    """Cosine of the weights by which a rule sends errors back and those of the readout: 1 if they are the same."""
    weights = {"back": rule.knowing(network).feedback.of(network)}, {"back": network.readout_weights.detach()}
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


@typechecked
def check_rflo(rule: Answer) -> Verdict:
    r"""Check RFLO's gradient for the recurrent weights of a network that leaks on the rate.

    P_ij(t) = (1 - alpha) P_ij(t-1) + alpha f'_i(t) r_j(t-1), gradient_ij = sum of L_i(t) P_ij(t) over bins and trials

    It must be the exact gradient where there are no recurrent weights, and that of
    :class:`cogdyn.agents.rules.RFLO` where there are.

    Args:
        rule: Takes r (T + 1, B, N), of which the first are the rates before the first bin, slope f' (T, B, N),
            e (T, B, n_out), W_fb (n_out, N) and alpha; returns the gradient (N, N).
    """
    hints = {
        "stub": "Replace the raise by a loop over the bins, with a trace P (B, N, N) that lives from bin to bin.",
        "error": "Shapes: slope[t][:, :, None] * r[t][:, None, :] is (B, N, N), and so is P.",
        "shape": "Sum over bins, and over the trials of the batch: .sum(axis=0) of (B, N, N).",
        "change": "Make arrays of your own with np.zeros.",
    }
    alone, exact, _ = _example(gain=0.0, credit="exact")
    coupled, local, cosine = _example(gain=1.5, credit="RFLO")
    praise = (
        "where units do not talk to each other, this is the exact gradient. In a network where they do, it is RFLO, "
        f"whose cosine with the exact gradient is {cosine:.2f} here."
    )
    verdict = Verdict(False, "")
    for given, right in ((alone, exact), (coupled, local)):
        *arrays, alpha = given
        verdict = judged(lambda copies, alpha=alpha: rule(*copies, alpha), arrays, right, _slips(*given), praise, hints)
        if not verdict.passed:
            break
    return verdict


Given = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]


@cache
def _example(gain: float, credit: Literal["exact", "RFLO"]) -> tuple[Given, np.ndarray, float]:
    """What a reader's rule is given of three trials, what it should return, and the cosine of RFLO with the exact."""
    task = make_task("DelayResponse", delay_ms=100)
    network = RateRNN(
        task.n_inputs, 5, task.n_outputs,
        activation="tanh", leak="rate", self_connections=True, gain=gain, seed=1,
    ).double()  # fmt: skip
    batch = task.sample(3, seed=1)
    rule = RFLO(feedback="symmetric")
    told = {"exact": BPTT().gradient(network, batch), "RFLO": rule.gradient(network, batch)}
    data = tensors(batch, network.recurrent)
    errors = OutputError(data, network.n_outputs)
    feedback = rule.feedback.of(network)
    with torch.no_grad():
        trajectory = network(data.inputs, keep_activations=True)
        bins = list(bins_of(network, data.inputs, trajectory, errors, feedback))
    r = torch.cat([bins[0].rates_before[None], trajectory.rates])
    slope = torch.stack([each.drive_slope for each in bins])
    e = torch.stack([each.error for each in bins])
    cosine = alignment(told["RFLO"], told["exact"])["recurrent"]
    given = r.numpy(), slope.numpy(), e.numpy(), feedback.numpy(), float(network.alpha[0])
    return given, told[credit]["recurrent"].numpy(), cosine


def _slips(
    r: np.ndarray, slope: np.ndarray, e: np.ndarray, w_fb: np.ndarray, alpha: float
) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    signal = e @ w_fb
    n_bins, n_trials = slope.shape[:2]

    def traces(new: np.ndarray, keep: float = 1 - alpha) -> np.ndarray:
        """Every P, (T, B, N, N), that takes in alpha times what is new."""
        made = np.zeros_like(new)
        for t in range(n_bins):
            made[t] = (keep * made[t - 1] if t else 0) + alpha * new[t]
        return made

    def outer(post: np.ndarray, pre: np.ndarray) -> np.ndarray:
        return post[..., :, None] * pre[..., None, :]

    def told(p: np.ndarray, by: np.ndarray = signal) -> np.ndarray:
        return np.einsum("tbi,tbij->ij", by, p)

    before = r[:-1]
    new = outer(slope, before)
    p = traces(new)
    right = told(p)
    late = np.concatenate([np.zeros_like(p[:1]), p[:-1]])
    return {
        "the trace does not decay.": (told(traces(new, keep=1.0)), "In each bin (1 - alpha) of the old trace stays."),
        "the trace has no memory.": (
            told(traces(new, keep=0.0)),
            "Keep P from bin to bin, and let (1 - alpha) of it stay.",
        ),
        "the slope is forgotten.": (
            told(traces(outer(np.ones_like(slope), before))),
            "A saturated unit does not move: multiply what is new by slope[t] of the receiver.",
        ),
        "the rates are those after the bin.": (
            told(traces(outer(slope, r[1:]))),
            "What moved unit i in bin t was r(t-1): r[t], since r begins with the rates before the first bin.",
        ),
        "the learning signal is that of the wrong unit.": (
            np.einsum("tbj,tbij->ij", signal, p),
            "L_i belongs to the receiver: L[:, :, None] * P.",
        ),
        "the slope is that of the sender.": (
            told(traces(outer(np.ones_like(slope), before * slope))),
            "Which unit is moved? The receiver: slope[t][:, :, None].",
        ),
        "the result is the wrong way round.": (right.T, "Entry [i, j] is the synapse from j to i."),
        "only one trial counts.": (
            np.einsum("ti,tij->ij", signal[:, 0], p[:, 0]),
            "Each trial has its own traces; add up over the batch with .sum(axis=0).",
        ),
        "trials are averaged.": (right / n_trials, "e holds 1 / B already: sum over the trials."),
        "all trials share one trace.": (
            np.einsum("ti,tij->ij", signal.sum(axis=1), p.sum(axis=1)),
            "Weigh the traces of each trial by its own learning signal first, then sum over trials.",
        ),
        "only the last bin counts.": (
            np.einsum("bi,bij->ij", signal[-1], p[-1]),
            "Errors come in many bins: gradient += ... inside the loop.",
        ),
        "bins are averaged.": (right / n_bins, "The gradient is a sum over bins."),
        "alpha is missing.": (right / alpha, "What is new counts alpha."),
        "the sign is turned.": (
            -right,
            "The gradient is asked for. The weights go the other way, but that comes later.",
        ),
        "the trace of the bin before is used.": (
            told(late),
            "Let the trace take in the bin first, then weigh it by the error of the same bin.",
        ),
    }
