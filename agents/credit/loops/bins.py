"""Trials in which weights change in every bin, as loops: what :mod:`~cogdyn.agents.credit.every_bin` does."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Course, LoopBin, Parts, Settings, Weights
from .products import copy, pull, spread, squares
from .units import fire, output_error, slope_of
from .weights import adapt_readout, descend, readout_gradient, to_parameters, working_copies, write_back


def learn_in_bins(
    loop: Any, state: Any, constants: Any, parts: Parts, course: Course, settings: Settings
) -> tuple[float, float]:
    """Go through trials bin by bin; after each the weights take what it adds to the gradient, T times.

    Args:
        loop: The rule's own, as in :data:`~cogdyn.agents.credit.loops.arrays.Loop`.
        state: Its state, changed in place.
        constants: Its numbers.
        parts: The network, changed in place unless the loss or the norm are not finite.
        course: What the trials bring.
        settings: Numbers of the network and of the descent.

    Returns:
        The loss of the trials, and the norm of the gradient of all bins together.
    """
    n_bins, batch_size, _ = course.inputs.shape
    w, bin, x, h = begin(parts, settings, batch_size)
    z = np.empty_like(bin.error)
    G, total = np.zeros_like(w.effective), np.zeros_like(w.effective)
    d_readout, d_bias = np.zeros_like(w.readout), np.zeros_like(w.readout_bias)
    dtype = x.dtype.type
    rate, decay, loss = dtype(settings.rate), dtype(settings.decay), 0.0
    for t in range(n_bins):
        run(bin, x, h, w, course.inputs[t], course.noise, t, parts.alive, settings)
        loss += assess(bin, z, w, course.labels[t], course.weight[t], settings)
        loop(state, bin, course.draws[t], constants, G)
        readout_gradient(bin, w, d_readout, d_bias)
        to_parameters(G, w)
        step = rate
        if settings.clips:
            square = squares(G)
            if settings.learns_readout:
                square += squares(d_readout)
            if settings.learns_bias:
                for o in range(len(d_bias)):
                    square += d_bias[o] * d_bias[o]
            step *= min(dtype(1), dtype(settings.clip) / (np.sqrt(square) + dtype(1e-6)))
        descend(G, total, w, step, decay)
        adapt_readout(w, d_readout, d_bias, step, decay, settings)
    if not settings.voltage:  # then x holds f(h)
        copy(bin.rates, parts.state)
    loss, norm = loss / n_bins, float(np.sqrt(squares(total)))
    if np.isfinite(loss) and np.isfinite(norm):
        write_back(w, parts, settings)
    return loss, norm


def begin(parts: Parts, settings: Settings, batch_size: int) -> tuple[Weights, LoopBin, Any, Any]:
    """Working copies of the weights, arrays for a bin, the state, and place for currents, both (B, N)."""
    w = working_copies(parts, settings)
    bin = first_bin(w, parts, settings, batch_size)
    return w, bin, parts.state, np.empty_like(bin.rates)


def first_bin(w: Weights, parts: Parts, settings: Settings, batch_size: int) -> LoopBin:
    """Arrays for what a rule sees of a bin, with rates and slopes before the first; r(t-1) is the state at first."""
    n, m = w.effective.shape
    alpha, n_out = parts.alpha, len(w.readout)
    state = np.empty((batch_size, n), alpha.dtype)
    gate, rates = np.empty_like(state), np.empty_like(state)
    for b in range(batch_size):
        for i in range(n):
            state[b, i] = rates[b, i] = parts.state[b, i]
            gate[b, i] = alpha[i]
    slope = np.ones_like(state)
    if settings.voltage:
        fire(state, rates, settings.activation, parts.alive)
        slope_of(rates, slope, settings.activation, parts.alive)
    senders, keep = np.ones((batch_size, m), alpha.dtype), np.empty_like(alpha)
    for i in range(n):
        keep[i] = alpha.dtype.type(1) - alpha[i]
    signals = np.empty_like(state), np.empty_like(state)
    error, label = np.empty((batch_size, n_out), alpha.dtype), np.empty((batch_size, n_out), alpha.dtype)
    before = np.ones_like(state)
    return LoopBin(senders, gate, slope, before, state, rates, *signals, error, label, keep, alpha, w.effective)


def run(
    bin: LoopBin, x: Any, h: Any, w: Weights, inputs: Any, noise: Any, t: int, alive: Any, settings: Settings
) -> None:
    """Run the network for a bin: senders, rates and slopes; x is the state, (B, N), and h for currents, (B, N)."""
    p, r, alpha = bin.senders, bin.rates, bin.alpha
    batch_size, n = r.shape
    for b in range(batch_size):
        for i in range(n):
            bin.rates_before[b, i] = p[b, i] = r[b, i]
            bin.slope_before[b, i] = bin.slope[b, i]
        for k in range(inputs.shape[1]):
            p[b, n + k] = inputs[b, k]
    spread(p, w.effective, h)
    if noise.size:
        for b in range(batch_size):
            for i in range(n):
                h[b, i] += noise[t, b, i]
    if settings.voltage:
        for b in range(batch_size):
            for i in range(n):
                x[b, i] += alpha[i] * (h[b, i] - x[b, i])
        fire(x, r, settings.activation, alive)
        slope_of(r, bin.slope, settings.activation, alive)
    else:
        fire(h, x, settings.activation, alive)
        slope_of(x, bin.gate, settings.activation, alive)
        for b in range(batch_size):
            for i in range(n):
                r[b, i] += alpha[i] * (x[b, i] - r[b, i])
                bin.gate[b, i] *= alpha[i]


def assess(bin: LoopBin, z: Any, w: Weights, labels: Any, weight: Any, settings: Settings) -> float:
    """Outputs z and their errors, and how these reach the units; returns what the bin adds to T times the loss."""
    r, e, dtype = bin.rates, bin.error, z.dtype.type
    spread(r, w.readout, z)
    for b in range(z.shape[0]):
        for o in range(z.shape[1]):
            z[b, o] += w.readout_bias[o]
            if settings.sigmoid:
                z[b, o] = dtype(1) / (dtype(1) + np.exp(-z[b, o]))
            bin.label[b, o] = labels[b, o]
    loss = output_error(z, e, bin.label, weight, settings.softmax, settings.sigmoid)
    pull(e, w.feedback, bin.rate_signal)
    for b in range(r.shape[0]):
        for i in range(r.shape[1]):
            bin.learning_signal[b, i] = bin.rate_signal[b, i] * bin.slope[b, i]
    return loss
