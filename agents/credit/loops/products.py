"""Products of small matrices as loops: on a few dozen units they are faster than those of a library."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import LoopBin


def spread(p: Any, weights: Any, out: Any) -> None:
    """Write p W^T into out, for p (B, m) and W (N, m)."""
    n_blocked = p.shape[0] // 4 * 4
    for b in range(0, n_blocked, 4):  # four trials at once, as each weight is read once for them
        for i in range(weights.shape[0]):
            first = second = third = fourth = weights.dtype.type(0)
            for j in range(weights.shape[1]):
                first += weights[i, j] * p[b, j]
                second += weights[i, j] * p[b + 1, j]
                third += weights[i, j] * p[b + 2, j]
                fourth += weights[i, j] * p[b + 3, j]
            out[b, i], out[b + 1, i], out[b + 2, i], out[b + 3, i] = first, second, third, fourth
    for b in range(n_blocked, p.shape[0]):
        for i in range(weights.shape[0]):
            total = weights.dtype.type(0)
            for j in range(weights.shape[1]):
                total += weights[i, j] * p[b, j]
            out[b, i] = total


def copy(values: Any, out: Any) -> None:
    """Write a matrix into another: as loops, since numba compiles ``out[:] = values`` for seconds."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            out[i, j] = values[i, j]


def pull(c: Any, weights: Any, out: Any) -> None:
    """Write c W into out, for c (B, N) and W (N, m)."""
    for b in range(c.shape[0]):
        for j in range(weights.shape[1]):
            out[b, j] = 0
        for i in range(weights.shape[0]):
            credit = c[b, i]
            for j in range(weights.shape[1]):
                out[b, j] += credit * weights[i, j]


def add_outer(c: Any, p: Any, scale: Any, out: Any) -> None:
    """Add scale * c^T p to out, (N, m), for c (B, N) and p (B, m)."""
    for i in range(out.shape[0]):
        for b in range(c.shape[0]):
            credit = scale * c[b, i]
            for j in range(out.shape[1]):
                out[i, j] += credit * p[b, j]


def multiply(a: Any, b: Any, out: Any) -> None:
    """Write a b into out, for a (N, N) and b (N, q), four rows of b at once, as each of out is read once for them."""
    n, four = a.shape[0], a.shape[0] // 4 * 4
    for k in range(n):
        for c in range(b.shape[1]):
            out[k, c] = 0
    for s in range(0, four, 4):
        for k in range(n):
            a0, a1, a2, a3 = a[k, s], a[k, s + 1], a[k, s + 2], a[k, s + 3]
            for c in range(b.shape[1]):
                out[k, c] += a0 * b[s, c] + a1 * b[s + 1, c] + a2 * b[s + 2, c] + a3 * b[s + 3, c]
    for s in range(four, n):
        for k in range(n):
            a0 = a[k, s]
            for c in range(b.shape[1]):
                out[k, c] += a0 * b[s, c]


def forward(bin: LoopBin, change: Any, out: Any) -> None:
    """Write J w into out: a change w (B, N) of the state of the bin before, in forward mode."""
    n = change.shape[1]
    for b in range(change.shape[0]):
        for i in range(n):
            total = change.dtype.type(0)
            for s in range(n):
                total += bin.weights[i, s] * (bin.slope_before[b, s] * change[b, s])
            out[b, i] = bin.keep[i] * change[b, i] + bin.gate[b, i] * total


def backward(bin: LoopBin, credit: Any, out: Any) -> None:
    """Write c J into out: the credit c (B, N) of this bin's state, carried back to the state of the bin before."""
    n = credit.shape[1]
    for b in range(credit.shape[0]):
        for s in range(n):
            out[b, s] = 0
        for i in range(n):
            gated = credit[b, i] * bin.gate[b, i]
            for s in range(n):
                out[b, s] += gated * bin.weights[i, s]
        for s in range(n):
            out[b, s] = bin.keep[s] * credit[b, s] + out[b, s] * bin.slope_before[b, s]


def follow_delta_rule(weights: Any, senders: Any, target: Any, rate: Any) -> None:
    """Take rate <(x X^T - y)^T x> from X (N, k), for x (B, k) and y (B, N), with the mean over trials."""
    wrong = np.empty_like(target)
    spread(senders, weights, wrong)
    for b in range(wrong.shape[0]):
        for i in range(wrong.shape[1]):
            wrong[b, i] -= target[b, i]
    add_outer(wrong, senders, -rate / len(senders), weights)


def jacobian_times(bin: LoopBin, b: int, matrix: Any, out: Any) -> None:
    """Write J Y in trial b into out, for a matrix Y (N, q)."""
    n = matrix.shape[0]
    for k in range(n):
        for c in range(matrix.shape[1]):
            out[k, c] = 0
        for s in range(n):
            weight = bin.weights[k, s] * bin.slope_before[b, s]
            for c in range(matrix.shape[1]):
                out[k, c] += weight * matrix[s, c]
        for c in range(matrix.shape[1]):
            out[k, c] = bin.keep[k] * matrix[k, c] + bin.gate[b, k] * out[k, c]


def balance_of(of: Any, by: Any) -> Any:
    """The factor by which two parts of a random product are made equally long: sqrt(|of| / |by|), never 0."""
    return np.sqrt((of + 1e-12) / (by + 1e-12))


def squares(values: Any) -> Any:
    """Sum of squares of a matrix."""
    total = values.dtype.type(0)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            total += values[i, j] * values[i, j]
    return total
