"""Pairs of networks that make the same reach by different mechanisms; built from a seed, not trained.

r_t = (1 - alpha) r_{t-1} + alpha tanh(W r_{t-1} + W_in u_t + b),  z_t = W_out r_t, from r_0 = 0

The inputs are the target (x, y), which stays on, and a cue that says hold until go. Each network has units that

- *prepare*: they follow the target while the cue says hold, and fade after go,
- *pass on* what was prepared, once hold is off: they kick the units that move,
- *watch*: they follow the target after go,
- *move*: they turn in two sets of planes, of which one gets the kick, and the other what the watching units see.

Units are shut by the cue, which drives them to where tanh is flat; each has a partner that is driven the other way, so
that what being shut does to one is taken back by the other. Both sets of planes turn in either network. They differ in
the set from which the velocity is read, almost all of it: that is their mechanism.

The task and the question are Kao's 2019, doi:10.1152/jn.00467.2018; the networks are ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np

PREPARED, DRIVEN = "prepared", "driven"
"""Preparation sets the state in which dynamics start that run by themselves; or the input drives the movement."""
DT = 10
"""Length of a bin, ms."""
ALPHA = 0.2
HOLD, REACTION, MOVEMENT, REST = 20, 15, 40, 20
"""Bins before the target comes on; from go to the movement; of the movement; after it."""
TARGETS = 6
PARTNERS, MOVING = 5, 48
"""Pairs of units in each of the first three groups; units that move."""
SHUT = 9.0
"""Drive that shuts a unit."""
FREQUENCIES = np.array([0.4, 1.1, 1.8, 2.6, 3.4])
"""Of the planes, Hz, before each network stretches them a little."""
SPREAD = np.array([0.3, 1.0, 0.5, 0.2, 0.1])
"""How large the turns in these planes are."""
LARGEST = {PREPARED: 0.045, DRIVEN: 0.075}
"""Largest rate of the units that move, from each set of planes: there tanh is almost straight."""


def run(network: dict[str, Any], inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates (T, C, N) and velocities (T, C, 2) of a network for inputs (T, C, 3)."""
    r, rates = np.zeros((inputs.shape[1], len(network["b"]))), []
    for u in inputs:
        drive = r @ network["W"].T + u @ network["W_in"].T + network["b"]
        r = (1 - network["alpha"]) * r + network["alpha"] * np.tanh(drive)
        rates.append(r)
    return np.array(rates), np.array(rates) @ network["W_out"].T


def drawn_task(rng: np.random.Generator) -> dict[str, Any]:
    """A trial for each of 6 targets.

    Returns: ``inputs`` (T, C, 3); ``targets`` (T, C, 2), the velocities; ``go`` and ``onset``, bins in which hold goes
    off and the movement begins.
    """
    angles = 2 * np.pi * np.arange(TARGETS) / TARGETS + rng.uniform(0, 2 * np.pi)
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    go = HOLD + int(rng.integers(35, 55))
    onset = go + REACTION
    bins = onset + MOVEMENT + REST
    inputs = np.zeros((bins, TARGETS, 3))
    inputs[HOLD:, :, :2] = places
    inputs[:go, :, 2] = 1
    t = np.arange(1, MOVEMENT + 1) / MOVEMENT
    speed = np.zeros(bins)
    speed[onset : onset + MOVEMENT] = 16 * t**2 * (1 - t) ** 2
    return {"inputs": inputs, "targets": speed[:, None, None] * places, "go": go, "onset": onset}


def reaching_network(rng: np.random.Generator, task: dict[str, Any], mechanism: str) -> dict[str, Any]:
    """A network that makes the reach of a task: ``W``, ``W_in``, ``b``, ``W_out`` and ``alpha``."""
    group = 2 * PARTNERS
    prepare, passing, watch = (slice(k * group, (k + 1) * group) for k in range(3))
    move = slice(3 * group, 3 * group + MOVING)
    n, sides = move.stop, np.repeat([1.0, -1.0], PARTNERS)
    weights, inward, b = np.zeros((n, n)), np.zeros((n, 3)), np.zeros(n)
    inward[prepare, :2], inward[watch, :2] = (np.tile(_preferred(rng), (2, 1)) for _ in range(2))
    inward[prepare, 2], b[prepare] = SHUT * sides, -SHUT * sides
    inward[passing, 2] = inward[watch, 2] = -SHUT * sides
    mix = rng.normal(size=(PARTNERS, PARTNERS)) / np.sqrt(PARTNERS)
    weights[passing, prepare] = np.tile(mix, (2, 2))
    dims = 4 * len(FREQUENCIES)
    axes = np.linalg.qr(rng.normal(size=(MOVING, 2 * dims)))[0]
    kicked, driven = axes[:, :dims], axes[:, dims:]
    for planes, source in ((kicked, passing), (driven, watch)):
        turn = _turning(FREQUENCIES * rng.uniform(0.85, 1.15))
        weights[move, move] += planes @ (turn - (1 - ALPHA) * np.eye(dims)) @ planes.T / ALPHA
        size = np.repeat(SPREAD * rng.uniform(0.5, 1.5, len(SPREAD)), 4)
        entry = size[:, None] * rng.normal(size=(dims, PARTNERS))
        weights[move, source] = np.tile(planes @ entry, 2)
    network = {"W": weights, "W_in": inward, "b": b, "W_out": np.zeros((2, n)), "alpha": ALPHA}
    rates = run(network, task["inputs"])[0][:, :, move]
    for planes, source, largest in ((kicked, passing, LARGEST[PREPARED]), (driven, watch, LARGEST[DRIVEN])):
        weights[move, source] *= rng.uniform(0.8, 1) * largest / np.abs(rates @ planes @ planes.T).max()
    rates = run(network, task["inputs"])[0][:, :, move]
    share = rng.uniform(0.75, 1)
    shares = (share, 1 - share) if mechanism == PREPARED else (1 - share, share)
    for planes, part in zip((kicked, driven), shares, strict=True):
        states = (rates @ planes).reshape(-1, dims)
        readout = np.linalg.lstsq(states, task["targets"].reshape(-1, 2), rcond=1e-6)[0].T
        network["W_out"][:, move] += part * readout @ planes.T
    order = rng.permutation(n)
    network["W"], network["W_in"], network["b"] = weights[np.ix_(order, order)], inward[order], b[order]
    network["W_out"] = network["W_out"][:, order]
    return network


def drawn_pair(rng: np.random.Generator) -> tuple[dict[str, Any], tuple[str, str]]:
    """One network of each kind, in an order that nobody knows, with their task; and their mechanisms."""
    task = drawn_task(rng)
    order = (PREPARED, DRIVEN) if rng.random() < 0.5 else (DRIVEN, PREPARED)
    first, second = (reaching_network(rng, task, mechanism) for mechanism in order)
    return {"first": first, "second": second, **task}, order


def _preferred(rng: np.random.Generator) -> np.ndarray:
    """What units get from a target, (units, 2)."""
    angles = np.pi * (np.arange(PARTNERS) + rng.uniform(0, 1)) / PARTNERS
    return 0.08 * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _turning(hertz: np.ndarray) -> np.ndarray:
    """Turns by a bin in two planes for each frequency, (4 F, 4 F)."""
    turn = np.zeros((4 * len(hertz), 4 * len(hertz)))
    for k, angle in enumerate(np.repeat(2 * np.pi * hertz * DT / 1000, 2)):
        cos, sin = np.cos(angle), np.sin(angle)
        turn[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = [[cos, -sin], [sin, cos]]
    return turn
