"""What pulses leave in a network that keeps bits: trials, and judging at which point each of them ends."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..judging import Inputs, Slip, compares
from .fixed_points_reference import left_at, nearest, read_off, run
from .memory_networks import drawn_memory

BINS, TRIALS = 60, 12


def pulse_trials(rng: np.random.Generator) -> list[Inputs]:
    """Networks that keep bits, with trials of pulses, strong and weak, long and short."""
    cases = []
    for n_bits in (2, 3):
        while True:
            memory = drawn_memory(rng, ["tilted"] * n_bits, n_bits, with_input=False, n_stable=2**n_bits)
            groups = memory.groups
            drives = rng.uniform(0.8, 1.2, n_bits) * np.eye(n_bits)[groups.member]
            arguments = {name: memory.network[name] for name in ("W", "b", "alpha")} | {
                "W_in": groups.sign[:, None] * drives,
                "u": _pulses(rng, n_bits),
                "r_0": memory.points[memory.stable][rng.integers(2**n_bits)],
                "points": memory.points[memory.stable],
            }
            right = left_at(**arguments)
            if not any(np.array_equal(right, slip.wrong(**arguments)) for slip in SLIPS) and _settled(arguments):
                cases.append(arguments)
                break
    return cases


def _pulses(rng: np.random.Generator, n_in: int) -> np.ndarray:
    """Three pulses in each trial, the last of some of them in its last bins, (T, B, n_in)."""
    u = np.zeros((BINS, TRIALS, n_in))
    for trial in range(TRIALS):
        for start in (2, 22, 42):
            last = start == 42 and trial % 4 > 0
            long = int(rng.integers(2, 8 if last else 13))
            first = BINS - long if last else start + int(rng.integers(0, 6))
            u[first : first + long, trial, rng.integers(n_in)] = rng.choice([-1, 1]) * rng.choice([0.3, 0.8, 1.5])
    return u


def _settled(arguments: Inputs) -> bool:
    """Whether every trial comes to rest before long, and so not by the edge of a saddle."""
    network = {name: arguments[name] for name in ("W", "W_in", "b", "u", "r_0", "alpha")}
    states = run(**network, settle=400)
    return bool(np.abs(states - arguments["points"][nearest(states, arguments["points"])]).max() < 1e-6)


SLIPS = (
    Slip(
        "the network has not come to rest: this is the point next to the state at the end of the trial.",
        "After the last bin let it run with u = 0 until it stands still.",
        partial(left_at, settle=0),
    ),
    Slip(
        "the last input stays on while the network comes to rest.",
        "The pulses are over when the trial is: u = 0.",
        partial(left_at, after="last"),
    ),
    Slip(
        "the pulses do nothing.",
        "W_in u belongs to the drive of each bin.",
        lambda **arguments: left_at(**(arguments | {"u": 0 * arguments["u"]})),
    ),
    Slip(
        "every pulse is believed to set its bit.",
        "A weak or short one does not lead across the saddle: run the network.",
        read_off,
    ),
    Slip("the points are counted from 1.", "points[0] is the first.", lambda **arguments: left_at(**arguments) + 1),
)

PULSES = compares(
    pulse_trials,
    left_at,
    SLIPS,
    "each trial leaves the network where you say.",
    shape_hint="An index of points for each trial, (B,).",
)
