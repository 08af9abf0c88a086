"""Trials at fixed weights, as loops: what a rule adds up over them, bin by bin or backwards in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Course, Parts, Settings
from .bins import assess, begin, run
from .products import add_outer, copy


def add_up_in_bins(
    loop: Any,
    state: Any,
    constants: Any,
    parts: Parts,
    course: Course,
    settings: Settings,
    rates: Any,
    outputs: Any,
    G: Any,
) -> None:
    """Add up what a rule's loop gives in each bin.

    Args:
        loop: The rule's own, as :meth:`~cogdyn.agents.credit.credit_rule.CreditRule.loop`.
        state: Its state, changed in place.
        constants: Its numbers.
        parts: The network, which stays as it is.
        course: What the trials bring.
        settings: Numbers of the network.
        rates: r, (T, B, N), written.
        outputs: z, (T, B, n_out), written.
        G: The sum for [W, W_in, b], (N, m), written.
    """
    n_bins, batch_size, _ = course.inputs.shape
    w, bin, x, h = begin(parts, settings, batch_size)
    for t in range(n_bins):
        run(bin, x, h, w, course.inputs[t], course.noise, t, parts.alive, settings)
        assess(bin, outputs[t], w, course.labels[t], course.weight[t], settings)
        loop(state, bin, course.draws[t], constants, G)
        copy(bin.rates, rates[t])


def add_up_backwards(
    own_synapse: bool,
    readout_filter: float,
    parts: Parts,
    course: Course,
    settings: Settings,
    rates: Any,
    outputs: Any,
    G: Any,
) -> None:
    r"""Add up what traces give that stay at their synapse, without the traces.

    .. math:: G_{ij} = \sum_s M_i(s)\, d_i(s)\, p_j(s), \qquad M_i(s) = L_i(s) + \lambda_i(s+1)\, M_i(s+1)

    Args:
        own_synapse: Whether :math:`\lambda_i` is :math:`J_{ii}`; else it is :math:`1 - \alpha_i`.
        readout_filter: :math:`\kappa`, by which errors are filtered backwards in time before they count.
        parts: The network, which stays as it is.
        course: What the trials bring.
        settings: Numbers of the network.
        rates: r, (T, B, N), written.
        outputs: z, (T, B, n_out), written.
        G: The sum for [W, W_in, b], (N, m), written.
    """
    n_bins, batch_size, _ = course.inputs.shape
    w, bin, x, h = begin(parts, settings, batch_size)
    size = (n_bins, *bin.rates.shape)
    gates, slopes, errors = np.empty(size, x.dtype), np.empty(size, x.dtype), np.empty(size, x.dtype)
    senders, first_slope = np.empty((n_bins, *bin.senders.shape), x.dtype), bin.slope.copy()
    for t in range(n_bins):
        run(bin, x, h, w, course.inputs[t], course.noise, t, parts.alive, settings)
        assess(bin, outputs[t], w, course.labels[t], course.weight[t], settings)
        copy(bin.rates, rates[t])
        copy(bin.gate, gates[t])
        copy(bin.slope, slopes[t])
        copy(bin.rate_signal, errors[t])
        copy(bin.senders, senders[t])
    M, filtered, kappa = np.zeros_like(x), np.zeros_like(x), x.dtype.type(readout_filter)
    for t in range(n_bins - 1, -1, -1):
        for b in range(batch_size):
            for i in range(x.shape[1]):
                filtered[b, i] = errors[t, b, i] + kappa * filtered[b, i]
                M[b, i] += filtered[b, i] * slopes[t, b, i]
                h[b, i] = M[b, i] * gates[t, b, i]
        add_outer(h, senders[t], x.dtype.type(1), G)
        before = slopes[t - 1] if t > 0 else first_slope
        for b in range(batch_size):
            for i in range(x.shape[1]):
                M[b, i] *= bin.keep[i]
                if own_synapse:
                    M[b, i] += h[b, i] * w.effective[i, i] * before[b, i]
