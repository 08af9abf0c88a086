"""The check of the reader's own RFLO."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np
import torch

from ....agents.credit.bins import bins_of
from ....agents.credit.output_error import OutputError
from ....agents.measures.gradient_alignment import alignment
from ....agents.network.data import tensors
from ....agents.network.rate_rnn import RateRNN
from ....agents.rules import BPTT, RFLO
from ....envs.registry import make_task
from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer
from ...checking.terms import Inputs, Term, wrong_terms


@typechecked
def check_rflo(rule: Answer) -> CheckResult:
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
    verdict = CheckResult(False, "")
    for arguments, right in ((alone, exact), (coupled, local)):
        *arrays, alpha = arguments
        verdict = check_answer(
            lambda copies, alpha=alpha: rule(*copies, alpha),
            arrays,
            right,
            _slips(*arguments),
            praise,
            hints,
            lambda: _wrong_terms(rule),
        )
        if not verdict.passed:
            break
    return verdict


def _bins(n: int, **factors: np.ndarray) -> Callable[[Inputs], Inputs]:
    """A change of inputs: to those of the first bins, of which some are multiplied by a factor for each bin."""

    def change(arguments: Inputs) -> Inputs:
        few = {name: arguments[name][: n + (name == "r")] for name in ("r", "slope", "e")}
        return {**arguments, **few, **{name: few[name] * factor[:, None, None] for name, factor in factors.items()}}

    return change


NEW = "what is new in a bin"
LATER = np.array([0.0, 1.0])
_TERMS = (
    Term(NEW, _bins(1), weight="alpha"),
    Term("what stays of the trace", _bins(2, e=LATER), _bins(2, e=LATER, slope=LATER), "1 - alpha", after=(NEW,)),
)


def _wrong_terms(rule: Answer) -> tuple[str, str] | None:
    rng = np.random.default_rng(2)
    sizes = {"r": (4, 2, 3), "slope": (3, 2, 3), "e": (3, 2, 2), "w_fb": (2, 3)}
    inputs: dict[str, Any] = {name: rng.uniform(0.2, 1.0, size) for name, size in sizes.items()}
    inputs["alpha"] = 0.2
    return wrong_terms(
        lambda arguments: rule(*arguments.values()),
        lambda arguments: _rflo(*arguments.values()),
        lambda arguments: _slips(*arguments.values()),
        _TERMS,
        inputs,
    )


def _rflo(r: np.ndarray, slope: np.ndarray, e: np.ndarray, w_fb: np.ndarray, alpha: float) -> np.ndarray:
    trace, gradient = np.zeros(()), np.zeros((slope.shape[2], r.shape[2]))
    for before, f, error in zip(r[:-1], slope, e, strict=True):
        trace = (1 - alpha) * trace + alpha * f[:, :, None] * before[:, None, :]
        gradient += ((error @ w_fb)[:, :, None] * trace).sum(axis=0)
    return gradient


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
    gradients = {"exact": BPTT().gradient(network, batch), "RFLO": rule.gradient(network, batch)}
    data = tensors(batch, network.recurrent)
    errors = OutputError(data, network.n_outputs)
    feedback = rule.feedback_weights.of(network)
    with torch.no_grad():
        trajectory = network(data.inputs, keep_activations=True)
        bins = list(bins_of(network, data.inputs, trajectory, errors, feedback))
    r = torch.cat([bins[0].rates_before[None], trajectory.rates])
    slope = torch.stack([each.drive_slope for each in bins])
    e = torch.stack([each.error for each in bins])
    cosine = alignment(gradients["RFLO"], gradients["exact"])["recurrent"]
    arguments = r.numpy(), slope.numpy(), e.numpy(), feedback.numpy(), float(network.alpha[0])
    return arguments, gradients[credit]["recurrent"].numpy(), cosine


def _slips(
    r: np.ndarray, slope: np.ndarray, e: np.ndarray, w_fb: np.ndarray, alpha: float
) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    signal = e @ w_fb
    n_bins, n_trials = slope.shape[:2]

    def traces(new: np.ndarray, keep: float = 1 - alpha) -> np.ndarray:
        """Every P, (T, B, N, N), that adds alpha times what is new."""
        made = np.zeros_like(new)
        for t in range(n_bins):
            made[t] = (keep * made[t - 1] if t else 0) + alpha * new[t]
        return made

    def outer(post: np.ndarray, pre: np.ndarray) -> np.ndarray:
        return post[..., :, None] * pre[..., None, :]

    def gradient(p: np.ndarray, by: np.ndarray = signal) -> np.ndarray:
        return np.einsum("tbi,tbij->ij", by, p)

    before = r[:-1]
    new = outer(slope, before)
    p = traces(new)
    right = gradient(p)
    late = np.concatenate([np.zeros_like(p[:1]), p[:-1]])
    return {
        "the trace does not decay.": (
            gradient(traces(new, keep=1.0)),
            "In each bin (1 - alpha) of the old trace stays.",
        ),
        "the trace has no memory.": (
            gradient(traces(new, keep=0.0)),
            "Keep P from bin to bin, and let (1 - alpha) of it stay.",
        ),
        "the slope is forgotten.": (
            gradient(traces(outer(np.ones_like(slope), before))),
            "A saturated unit does not move: multiply what is new by slope[t] of the receiver.",
        ),
        "the rates are those after the bin.": (
            gradient(traces(outer(slope, r[1:]))),
            "What moved unit i in bin t was r(t-1): r[t], since r begins with the rates before the first bin.",
        ),
        "the learning signal is of the wrong unit.": (
            np.einsum("tbj,tbij->ij", signal, p),
            "L_i belongs to the receiver: L[:, :, None] * P.",
        ),
        "the slope is the sender's.": (
            gradient(traces(outer(np.ones_like(slope), before * slope))),
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
            gradient(late),
            "Let the trace take in the bin first, then weigh it by the error of the same bin.",
        ),
    }
