"""Assignment 4: RFLO by its traces, the exact credit and gradient by autograd, with switches for mistakes.

P_ij(t) = (1 - alpha) P_ij(t-1) + alpha f'(a_i(t)) p_j(t);  dW_ij = -lr sum_t L_i(t) P_ij(t),  L = e W_fb.

Source: J. M. Murray, Local online learning in recurrent networks with random feedback, eLife 8, e43299 (2019),
doi:10.7554/eLife.43299.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..judging import Inputs
from .bptt_reference import by_autograd, network_of
from .leaky_network import forward

Change = dict[str, np.ndarray]


def traces(
    slopes: np.ndarray,
    senders: np.ndarray,
    alpha: float,
    keep: float | None = None,
    gain: float | None = None,
    with_slope: bool = True,
    outside: bool = False,
    late: bool = False,
) -> np.ndarray:
    """The eligibility traces of all bins, (T, N, M); switches make slips."""
    keep, gain = 1 - alpha if keep is None else keep, alpha if gain is None else gain
    slopes = slopes if with_slope else np.ones_like(slopes)
    trace, result = np.zeros((slopes.shape[1], senders.shape[1])), []
    for slope, sender in zip(slopes, senders, strict=True):
        before = trace
        trace = keep * trace + gain * np.outer(np.ones_like(slope) if outside else slope, sender)
        result.append(before if late else slope[:, None] * trace if outside else trace)
    return np.array(result)


def sender_rates(trial: Inputs, rates: np.ndarray, same_bin: bool = False, first: bool = True) -> Change:
    """What the synapses onto a unit get in each bin: rates of the bin before, inputs, and 1 for the bias."""
    before = rates if same_bin else np.vstack([trial["r_0"] if first else 0 * trial["r_0"], rates[:-1]])
    return {"W": before, "W_in": trial["u"], "b": np.ones((len(rates), 1))}


def weight_change(
    W_fb: np.ndarray,
    lr: float,
    symmetric: bool = False,
    last_only: bool = False,
    readout: bool = True,
    same_bin: bool = False,
    first: bool = True,
    transpose: bool = False,
    travelling: bool = False,
    sign: float = -1,
    over_time: bool = False,
    of_traces: Inputs | None = None,
    **trial: Any,
) -> Change:
    """What RFLO adds to each weight after a trial; switches, with those of :func:`traces`, make slips."""
    rates, drives = forward(**network_of(trial))
    slopes, bins = 1 - np.tanh(drives) ** 2, len(rates)
    switches: Inputs = of_traces or {}
    misses = rates @ trial["W_out"].T - trial["targets"]
    counts = np.arange(bins) == bins - 1 if last_only else np.ones(bins)
    signals = counts[:, None] * misses @ (trial["W_out"] if symmetric else W_fb)
    if travelling:  # every way is counted by then: the present bin of a trace is enough
        signals, switches = credits(trial["W"], slopes, signals, trial["alpha"]), {"keep": 0.0}
    result = {
        name: np.einsum("ti,tij->ij", signals, traces(slopes, senders, trial["alpha"], **switches))
        for name, senders in sender_rates(trial, rates, same_bin, first).items()
    }
    result = result | {"W": result["W"].T if transpose else result["W"], "b": result["b"][:, 0]}
    result["W_out"] = readout * misses.T @ rates
    return {name: sign * lr * value / (bins if over_time else 1) for name, value in result.items()}


def credits(W: np.ndarray, slopes: np.ndarray, errors: np.ndarray, alpha: float) -> np.ndarray:
    """How the loss changes with each rate, all ways through later bins counted, (T, N), by torch."""
    synapses, slope = torch.as_tensor(W), torch.as_tensor(slopes)
    nudges = torch.zeros(errors.shape, dtype=torch.float64, requires_grad=True)
    x, loss = torch.zeros(len(W), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for t, error in enumerate(torch.as_tensor(errors)):  # how small nudges of the rates live on in the network
        x = (1 - alpha) * x + alpha * slope[t] * (synapses @ x) + nudges[t]
        loss = loss + error @ x
    return torch.autograd.grad(loss, nudges)[0].numpy()


def two_credits(W: np.ndarray, slopes: np.ndarray, errors: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """The credit of each rate in RFLO, and the exact one, (T, N) each."""
    return credits(0 * W, slopes, errors, alpha), credits(W, slopes, errors, alpha)


def carried(
    W: np.ndarray,
    slopes: np.ndarray,
    errors: np.ndarray,
    alpha: float,
    leaks: tuple[bool, bool] = (True, True),
    gain: float | None = None,
    with_slope: bool = True,
    shift: int = 1,
    transpose: bool = False,
    side: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Both credits by hand; the switches make the slips."""
    gain, weights = alpha if gain is None else gain, W if transpose else W.T
    local, exact = errors.copy(), errors.copy()
    for t in reversed(range(len(errors) - 1)):
        slope = slopes[t + shift] if with_slope else np.ones(len(W))
        local[t] += leaks[0] * (1 - alpha) * local[t + 1]
        exact[t] += leaks[1] * (1 - alpha) * exact[t + 1]
        exact[t] += gain * (slope * (weights @ exact[t + 1]) if side else weights @ (slope * exact[t + 1]))
    return local, exact


def vectors(trial: Inputs, when: int, back: np.ndarray | None = None) -> tuple[Change, Change]:
    """RFLO's sum with symmetric feedback, and the exact gradient, if only the error of one bin counts.

    Args:
        trial: The network with its trial.
        when: Index of the bin.
        back: Recurrent weights by which errors travel, if not those of the network: a slip.
    """
    rates, drives = forward(**network_of(trial))
    beside = rates @ trial["W_out"].T  # as targets they leave the other bins no error
    beside[when] = trial["targets"][when]
    alone = trial | {"targets": beside}
    if back is None:
        return summed(alone), by_autograd(**alone)
    slopes, errors = 1 - np.tanh(drives) ** 2, (rates @ trial["W_out"].T - beside) @ trial["W_out"]
    delta = trial["alpha"] * slopes * credits(back, slopes, errors, trial["alpha"])
    return summed(alone), {name: delta.T @ senders for name, senders in sender_rates(trial, rates).items()}


def summed(trial: Inputs) -> Change:
    """RFLO's sum over the bins with symmetric feedback: minus the change at a learning rate of 1."""
    return weight_change(W_fb=trial["W_out"], lr=1.0, sign=1, **trial)


def cosine(one: Change, other: Change, names: tuple[str, ...] = ("W_in",), lengths: bool = True) -> float:
    """Of the angle between two sets of weights, each taken as one vector; without lengths their product."""
    a, b = (np.concatenate([of[name].ravel() for name in names]) for of in (one, other))
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) if lengths else 1.0))


def cosines(
    gains: np.ndarray,
    when: np.ndarray,
    names: tuple[str, ...] = ("W_in",),
    lengths: bool = True,
    scale_recurrent: bool = True,
    everything: bool = False,
    back: bool = False,
    **trial: Any,
) -> np.ndarray:
    """Cosine of RFLO and the exact gradient, (gains, bins); switches make slips."""
    table = []
    for gain in gains:
        at_gain = trial | {"W": gain * trial["W"]} if scale_recurrent else trial
        if everything:
            pairs = [(summed(at_gain), by_autograd(**at_gain))] * len(when)
        else:
            pairs = [vectors(at_gain, t, trial["W"] if back else None) for t in when]
        table.append([cosine(*pair, names, lengths) for pair in pairs])
    return np.array(table)


def exact_credit(
    W: np.ndarray,
    W_out: np.ndarray,
    hops: int | None = None,
    transpose: bool = False,
    loops: bool = True,
    any_reader: bool = False,
    oneself: bool = False,
) -> np.ndarray:
    """For which units RFLO's credit is exact in every trial, (N,): no synapse leads on to one that is read."""
    synapses = (W.T if transpose else W) != 0
    synapses = synapses if loops else synapses & ~np.eye(len(W), dtype=bool)
    read = np.ones(len(W), bool) if any_reader else (W_out != 0).any(axis=0)
    leads = np.zeros(len(W), bool)
    for _ in range(len(W) if hops is None else hops):
        leads = (leads | read) @ synapses
    return ~(leads | read if oneself else leads)
