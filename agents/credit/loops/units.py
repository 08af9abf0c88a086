"""What units and outputs do in a bin, as loops: rates, their slopes, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import LoopBin


def fire(h: Any, r: Any, activation: int, alive: Any) -> None:
    """Write f(h) into r, both (B, N); exponentials that would leave the numbers are not taken, and NaN stays NaN."""
    one, two, zero = h.dtype.type(1), h.dtype.type(2), h.dtype.type(0)
    straight = h.dtype.type(20)  # from here on PyTorch takes softplus for the identity
    most = h.dtype.type(20) if activation == 0 or activation == 2 else h.dtype.type(80)
    for b in range(h.shape[0]):
        if activation == 1:
            for i in range(h.shape[1]):
                r[b, i] = zero if h[b, i] < zero else h[b, i]
        elif activation == 3:
            for i in range(h.shape[1]):
                x = h[b, i]
                r[b, i] = x if x > straight else np.log1p(np.exp(-most if x < -most else x))
        else:
            for i in range(h.shape[1]):
                x = h[b, i]
                x = most if x > most else -most if x < -most else x
                r[b, i] = one / (one + np.exp(-x)) if activation == 4 else one - two / (np.exp(two * x) + one)
            if activation == 2:
                for i in range(h.shape[1]):
                    r[b, i] = zero if r[b, i] < zero else r[b, i]
        for i in range(h.shape[1]):
            r[b, i] *= alive[i]


def slope_of(r: Any, d: Any, activation: int, alive: Any) -> None:
    """Write the slope f' where rates are r = f into d, both (B, N)."""
    one, zero = r.dtype.type(1), r.dtype.type(0)
    for b in range(r.shape[0]):
        if activation == 0:
            for i in range(r.shape[1]):
                d[b, i] = one - r[b, i] * r[b, i]
        elif activation == 1:
            for i in range(r.shape[1]):
                d[b, i] = one if r[b, i] > zero else zero
        elif activation == 2:
            for i in range(r.shape[1]):
                d[b, i] = one - r[b, i] * r[b, i] if r[b, i] > zero else zero
        elif activation == 3:
            for i in range(r.shape[1]):
                d[b, i] = -np.expm1(-r[b, i])
        else:
            for i in range(r.shape[1]):
                d[b, i] = r[b, i] * (one - r[b, i])
        for i in range(r.shape[1]):
            d[b, i] *= alive[i]


def output_error(z: Any, e: Any, y: Any, weight: Any, softmax: bool, sigmoid: bool) -> float:
    """The error e (B, n_out) of outputs z, which a sigmoid has made; returns what the bin adds to T times the loss."""
    one = z.dtype.type(1)
    loss = 0.0
    n_out = z.shape[1]
    for b in range(z.shape[0]):
        if softmax:
            highest = z[b, 0]
            for o in range(1, n_out):
                highest = max(highest, z[b, o])
            total = z.dtype.type(0)
            for o in range(n_out):
                e[b, o] = np.exp(z[b, o] - highest)
                total += e[b, o]
            for o in range(n_out):
                loss += weight[b] * y[b, o] * (np.log(total) + highest - z[b, o])
                e[b, o] = weight[b] * (e[b, o] / total - y[b, o])
        else:
            for o in range(n_out):
                e[b, o] = weight[b] * (z[b, o] - y[b, o])
                loss += 0.5 * e[b, o] * (z[b, o] - y[b, o])
                if sigmoid:
                    e[b, o] *= z[b, o] * (one - z[b, o])
    return loss


def see_label(bin: LoopBin, out: Any) -> None:
    """Write [r, y, 1], the rates, the label and a one, into out, (B, N + n_out + 1)."""
    n, n_out = bin.rates.shape[1], bin.label.shape[1]
    for b in range(len(out)):
        for i in range(n):
            out[b, i] = bin.rates[b, i]
        for o in range(n_out):
            out[b, n + o] = bin.label[b, o]
        out[b, n + n_out] = 1


def saturate(values: Any) -> None:
    """Replace values (B, N) by their tanh."""
    for b in range(values.shape[0]):
        for i in range(values.shape[1]):
            values[b, i] = np.tanh(values[b, i])


def shorten(vectors: Any, longest: Any) -> None:
    """Shorten vectors (B, N) that are longer than allowed to that length."""
    for b in range(vectors.shape[0]):
        square = vectors.dtype.type(0)
        for i in range(vectors.shape[1]):
            square += vectors[b, i] * vectors[b, i]
        factor = min(1.0, longest / (np.sqrt(square) + 1e-12))
        for i in range(vectors.shape[1]):
            vectors[b, i] *= factor
