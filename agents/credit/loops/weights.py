"""Weights that change in every bin, as loops: working copies, gradients for them, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import ADAPTIVE, LoopBin, Parts, Settings, Weights
from .products import copy


def working_copies(parts: Parts, settings: Settings) -> Weights:
    """Put all synapses onto units into one matrix, and note which of them stay as they are."""
    n, n_inputs = parts.input.shape
    m = n + n_inputs + 1
    V = np.empty((n, m), parts.input.dtype)
    fixed, n_fixed = np.empty((n * m, 2), np.int64), 0
    learns = np.empty(m, V.dtype)
    for j in range(m):
        learns[j] = (
            settings.learns_recurrent if j < n else settings.learns_input if j < m - 1 else settings.learns_unit_bias
        )
    for i in range(n):
        for j in range(n):
            V[i, j] = parts.recurrent[i, j] * parts.recurrent_mask[i, j]
        for k in range(n_inputs):
            V[i, n + k] = parts.input[i, k] * parts.input_mask[i, 0]
        V[i, m - 1] = parts.bias[i]
        for j in range(m):
            there = parts.recurrent_mask[i, j] if j < n else parts.input_mask[i, 0] if j < m - 1 else learns[j]
            if there * learns[j] == 0:
                fixed[n_fixed, 0], fixed[n_fixed, 1] = i, j
                n_fixed += 1
    W = V
    if len(parts.signs):
        W = V.copy()
        for i in range(n):
            for j in range(n):
                W[i, j] = abs(V[i, j]) * parts.signs[j]
    readout = parts.readout.copy()
    for o in range(len(readout)):
        for i in range(n):
            readout[o, i] *= parts.output_mask[i]
    feedback = parts.feedback.copy() if len(parts.feedback) else readout
    bias = parts.readout_bias.copy()
    return Weights(V, W, parts.signs, fixed[:n_fixed], learns, readout, parts.output_mask, bias, feedback)


def write_back(w: Weights, parts: Parts, settings: Settings) -> None:
    """Give the network what has learned, and the feedback that has changed with it."""
    n, n_inputs = parts.input.shape
    for i in range(n):
        if settings.learns_recurrent:
            for j in range(n):
                if parts.recurrent_mask[i, j] != 0:
                    parts.recurrent[i, j] = w.parameters[i, j]
        if settings.learns_input and parts.input_mask[i, 0] != 0:
            for k in range(n_inputs):
                parts.input[i, k] = w.parameters[i, n + k]
        if settings.learns_unit_bias:
            parts.bias[i] = w.parameters[i, n + n_inputs]
    if settings.learns_readout:
        copy(w.readout, parts.readout)
    if settings.learns_bias:
        for o in range(len(w.readout_bias)):
            parts.readout_bias[o] = w.readout_bias[o]
    if len(parts.feedback):
        copy(w.feedback, parts.feedback)


def to_parameters(G: Any, w: Weights) -> None:
    """Make a gradient for the effective weights one for the parameters, 0 where nothing is learned."""
    for i in range(G.shape[0]):
        for j in range(len(w.signs)):
            G[i, j] *= w.signs[j] * np.sign(w.parameters[i, j])
    for k in range(len(w.fixed)):
        G[w.fixed[k, 0], w.fixed[k, 1]] = 0


def descend(G: Any, total: Any, w: Weights, rate: Any, decay: Any) -> None:
    """Take rate times the gradient from the parameters, and what decays of them; add G to the total, and empty it."""
    V, W, zero = w.parameters, w.effective, G.dtype.type(0)
    for i in range(G.shape[0]):
        if decay > 0:
            for j in range(G.shape[1]):
                V[i, j] -= decay * w.learns[j] * V[i, j]
        for j in range(G.shape[1]):
            g = G[i, j]
            total[i, j] += g
            V[i, j] -= rate * g
            G[i, j] = zero
        if len(w.signs):
            for j in range(G.shape[1]):
                W[i, j] = V[i, j]
            for j in range(len(w.signs)):
                W[i, j] = abs(V[i, j]) * w.signs[j]


def readout_gradient(bin: LoopBin, w: Weights, d_readout: Any, d_bias: Any) -> None:
    """The gradient for the readout, e^T r, and for its bias."""
    e, r = bin.error, bin.rates
    for o in range(len(d_bias)):
        d_bias[o] = 0
        for i in range(r.shape[1]):
            d_readout[o, i] = 0
        for b in range(r.shape[0]):
            d_bias[o] += e[b, o]
            error = e[b, o]
            for i in range(r.shape[1]):
                d_readout[o, i] += error * r[b, i]
        for i in range(r.shape[1]):
            d_readout[o, i] *= w.readout_mask[i]


def adapt_readout(w: Weights, d_readout: Any, d_bias: Any, rate: Any, decay: Any, settings: Settings) -> None:
    """Let the readout follow its gradient, and feedback that adapts change with it."""
    if settings.learns_readout:
        for o in range(len(d_bias)):
            for i in range(d_readout.shape[1]):
                old = w.readout[o, i]
                new = old - decay * old - rate * d_readout[o, i]
                w.readout[o, i] = new
                if settings.feedback == ADAPTIVE:
                    w.feedback[o, i] += new - old + decay * (old - w.feedback[o, i])
    if settings.learns_bias:
        for o in range(len(d_bias)):
            w.readout_bias[o] -= rate * d_bias[o]
