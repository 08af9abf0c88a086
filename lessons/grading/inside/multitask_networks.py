"""Networks that do eight tasks with clusters of units; built from a seed, not trained.

r_t = (1 - alpha) r_{t-1} + alpha [W r_{t-1} + W_in u_t + b]_+,  z_t = W_out r_t, from r_0 = 0

Two stimuli, each a direction (x, y), come on together; one of them counts, which one depends on the task. The answer is
its direction, or the opposite one, after a cue has gone off; in half of the tasks the stimuli are gone by then. Each
network has units that

- *see* the first stimulus, or the second,
- *keep* what is seen,
- *answer* with its direction, or with the opposite one, once the cue is off,
- do *nothing* that depends on the stimuli: they follow the cue, are silent, or hardly move.

By its rule, a task shuts the groups that it has no use for. Units of a group have directions of their own, evenly
spread, and a population vector reads out what they see: with a rectified cosine and an even number of them, exactly.

The questions are those of G. R. Yang, M. R. Joglekar, H. F. Song, W. T. Newsome and X.-J. Wang, Nature Neuroscience 22,
297-306 (2019), doi:10.1038/s41593-018-0310-2; the networks are ours.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

TASKS = tuple(product((0, 1), (0, 1), (0, 1)))
"""Each task: which stimulus counts, whether the opposite direction is the answer, whether there is a delay."""
GROUPS = 5
"""See the first, see the second, keep, answer, answer with the opposite."""
USED = np.array([[first == 0, first == 1, bool(delay), anti == 0, anti == 1] for first, anti, delay in TASKS])
"""Which groups a task uses, (8, 5)."""
FIXATION, STIMULUS, DELAY, RESPONSE, ANSWER = 6, 10, 8, 18, 6
"""Bins before the stimuli; of stimuli that go off; from there to the end of the cue; after it; that count."""
DIRECTIONS = 8
SHUT = 3.0
"""Drive that shuts a unit."""
WEAK = 0.004
"""Gain of units that hardly move."""


def run(network: dict[str, Any], inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates (T, ..., N) and outputs (T, ..., 2) of a network for inputs (T, ..., n_in)."""
    W, W_in, b, alpha = (network[name] for name in ("W", "W_in", "b", "alpha"))
    r, rates = np.zeros((*inputs.shape[1:-1], len(b))), []
    for u in inputs:
        r = (1 - alpha) * r + alpha * np.maximum(r @ W.T + u @ W_in.T + b, 0)
        rates.append(r)
    return np.array(rates), np.array(rates) @ network["W_out"].T


def scores(outputs: np.ndarray, targets: np.ndarray, answer: int) -> np.ndarray:
    """How well each task is done, (K,): the share of the targets (K, C, 2) that the outputs have from answer on."""
    errors = ((outputs[answer:] - targets) ** 2).mean(axis=0).sum(axis=(1, 2))
    return 1 - errors / (targets**2).sum(axis=(1, 2))


def drawn_trials(rng: np.random.Generator) -> dict[str, Any]:
    """A trial for each direction in each task.

    Returns: ``inputs`` (T, K, C, 5 + K), cue, both stimuli, rule; ``targets`` (K, C, 2); ``start`` and ``answer``, bins
    in which the stimuli come on, and from which on the output counts.
    """
    n, go = len(TASKS), FIXATION + STIMULUS + DELAY
    inputs = np.zeros((go + RESPONSE, n, DIRECTIONS, 5 + n))
    targets = np.zeros((n, DIRECTIONS, 2))
    angles = 2 * np.pi * (np.arange(DIRECTIONS) + rng.uniform()) / DIRECTIONS
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    inputs[:go, ..., 0] = 1
    for task, (which, anti, delay) in enumerate(TASKS):
        stimulus_bins = slice(FIXATION, FIXATION + STIMULUS if delay else None)
        both = [directions, np.roll(directions, rng.integers(1, DIRECTIONS), axis=0)]
        for stimulus in (0, 1):
            inputs[stimulus_bins, task, :, 1 + 2 * stimulus : 3 + 2 * stimulus] = both[stimulus != which]
        inputs[:, task, :, 5 + task] = 1
        targets[task] = -directions if anti else directions
    return {"inputs": inputs, "targets": targets, "start": FIXATION, "answer": go + RESPONSE - ANSWER}


def drawn_network(rng: np.random.Generator) -> tuple[dict[str, Any], np.ndarray]:
    """A network, and the group of each unit, (N,), from 0 to 4, or -1 where it does nothing."""
    alpha, order = float(rng.uniform(0.18, 0.25)), rng.permutation(GROUPS)
    sizes = rng.choice([4, 6, 8], GROUPS)
    group = np.concatenate([np.repeat(np.arange(GROUPS), sizes), np.full(9, -1)])
    group = rng.permutation(group)
    n, n_rules = len(group), len(TASKS)
    W, W_in, W_out, b = np.zeros((n, n)), np.zeros((n, 5 + n_rules)), np.zeros((2, n)), np.zeros(n)
    gain = rng.uniform(0.7, 1.4, n)
    preferred = np.zeros((n, 2))
    for k in range(GROUPS):
        angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(sizes[k]) / sizes[k]
        preferred[group == k] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    vectors = [4 / sizes[k] * (preferred / gain[:, None] * (group == k)[:, None]).T for k in range(GROUPS)]
    see_1, see_2, keep, pro, anti = (group == k for k in range(GROUPS))
    moved = gain[:, None] * preferred
    W_in[see_1, 1:3], W_in[see_2, 3:5] = moved[see_1], moved[see_2]
    both = vectors[0] + vectors[1]
    W[keep] = moved[keep] @ (vectors[2] + both / (alpha * STIMULUS))
    W[pro | anti] = moved[pro | anti] @ (vectors[2] + both)
    W_in[pro | anti, 0] = -SHUT * gain[pro | anti]
    W_out[:] = vectors[3] - vectors[4]
    for k in range(GROUPS):
        W_in[group == k, 5:] = -SHUT * gain[group == k, None] * ~USED[:, k]
    working = group >= 0
    other = working & ~keep  # what keeps a stimulus adds up whatever reaches it, noise too
    W_in[other, 5:] -= rng.uniform(0, 0.2, (other.sum(), n_rules))
    W[np.ix_(other, working)] += 0.03 * rng.normal(size=(other.sum(), working.sum())) / np.sqrt(n)
    cue, silent, weak = np.flatnonzero(~working).reshape(3, -1)
    W_in[cue, 0], b[silent], W_in[silent, 1:5] = rng.uniform(0.5, 1, 3), -SHUT, 0.5 * rng.normal(size=(3, 4))
    W_in[weak, 1:5] = WEAK * rng.normal(size=(3, 4))
    network = {"W": W, "W_in": W_in, "b": b, "W_out": W_out, "alpha": alpha}
    return network, np.where(working, np.argsort(order)[group], -1)


def drawn_compositions(rng: np.random.Generator, n_each: int = 3) -> np.ndarray:
    """Tasks with three others A, B and C, (2 n, 4): in half of the rows A - B + C shuts what the task's rule shuts.

    In none of them it drives a group that it should not shut: what keeps a stimulus would grow without end.
    """
    shut = 1 - USED.astype(int)
    rows: list[list[int]] = []
    while len(rows) < 2 * n_each:
        row = [int(one) for one in rng.choice(len(TASKS), 4, replace=False)]
        composed = shut[row[1]] - shut[row[2]] + shut[row[3]]
        right = np.array_equal(composed, shut[row[0]])
        if right == (len(rows) < n_each) and composed.min() >= 0 and row not in rows:
            rows.append(row)
    return rng.permutation(np.array(rows))


def drawn_case(rng: np.random.Generator) -> dict[str, Any]:
    """A network with its trials, ``labels`` (N,), its groups, -1 for none, and ``compositions`` (n, 4)."""
    network, labels = drawn_network(rng)
    return {"network": network, **drawn_trials(rng), "labels": labels, "compositions": drawn_compositions(rng)}
