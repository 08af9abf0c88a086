"""Judging a search for fixed points: each row is held against all points of the network, in any order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inside import plain
from ..judging import Ask, Inputs, Judgement, kind_of, value_of
from .fixed_points_reference import STANDS, moduli, network_of, newton, step
from .memory_networks import drawn_memory

ACCURACY, CLOSE = 1e-5, 0.05
"""Distance (largest of all units) from a fixed point at which a row is that point, and at which it is on the way."""


def searches(rng: np.random.Generator) -> list[Inputs]:
    """Networks with candidates from which all of their fixed points can be reached."""
    memories = (
        drawn_memory(rng, ("bit", "bit")),
        drawn_memory(rng, ("dull", "bit", "turns"), n_in=1),
        drawn_memory(rng, ("bit", "bit", "bit"), n_in=3),
    )
    return [memory.network | {"candidates": memory.candidates} for memory in memories]


def judge_search(ask: Ask, rng: np.random.Generator) -> Judgement:
    """Whether all fixed points are there, each once, and nothing else."""
    cases = searches(rng)
    judgements = [search_fault(value_of(ask(**inputs)), inputs) for inputs in cases]
    wrong = [judgement for judgement in judgements if judgement is not None]
    if not wrong:
        return Judgement(True, "all fixed points, stable or not, each once.")
    if len(wrong) == len(judgements):
        return wrong[0]
    some = f"right for {len(judgements) - len(wrong)} of {len(judgements)} networks, else "
    return Judgement(False, some + wrong[0].reason, wrong[0].hint, wrong[0].seen, wrong[0].expected)


def search_fault(answer: Any, inputs: Inputs) -> Judgement | None:
    """What is wrong with the points that were found in one network; None if nothing is."""
    network, candidates = network_of(inputs), inputs["candidates"]
    n, points = len(network["W"]), newton(**inputs)
    wanted = f"{len(points)} points"
    rows = _rows(answer)
    if rows is None:
        return Judgement(
            False, f"the result is {kind_of(answer)}, not an array.", "Return np.array of a list of points."
        )
    if rows.size == 0:
        hint = "Newton's step is r - (J - I)^-1 (F(r) - r): mind its sign, and keep what stands still at its end."
        return Judgement(False, "no point is left.", hint, "no point", wanted)
    if rows.ndim != 2 or rows.shape[1] != n:
        actual, expected = f"shape {rows.shape}", f"shape {points.shape}"
        hint = "A row for each point, (K, N)."
        return Judgement(False, f"the result has shape {rows.shape}: its rows are no states.", hint, actual, expected)
    if len(rows) > len(candidates):
        actual, hint = f"{len(rows)} rows", "No search arrives at two points: each candidate leads to one, or to none."
        return Judgement(False, "there are more points than candidates.", hint, actual, wanted)
    if not np.isfinite(rows).all():
        return Judgement(False, "the result holds NaN or infinity.", "Leave out a search that ran away.")
    if rows.shape == candidates.shape and np.allclose(rows, candidates):
        return Judgement(False, "these are the candidates.", "From each of them, move on to where F(r) = r.")
    if (other := _of_another_network(rows, network)) is not None:
        return other
    distances = np.abs(rows[:, None] - points).max(axis=2)
    off = distances.min(axis=1)
    if off.max() > ACCURACY:
        return _no_point(rows, off, network)
    at = distances.argmin(axis=1)
    for row, point in enumerate(at):
        if point in at[:row]:
            first = int(np.flatnonzero(at[:row] == point)[0])
            hint = "Keep a state only if it is farther than 1e-3 from all that you have kept."
            reason = f"row {row} is the same point as row {first}."
            return Judgement(False, reason, hint, f"{len(rows)} rows", wanted)
    return _missing(at, points, network)


def _rows(answer: Any) -> np.ndarray | None:
    """Numbers as an array; None if they are none."""
    rows = plain.numbers(answer)
    return None if rows is None or rows.dtype.kind == "c" or not rows.ndim else rows.astype(float)


def _of_another_network(rows: np.ndarray, network: Inputs) -> Judgement | None:
    """Points that stand still where something is left out of the drive."""
    right = np.abs(step(r=rows, **network) - rows).max()
    for name, reason, hint in (
        ("u", "these are the points of the network without its input.", "u is held: W_in u belongs to the drive."),
        ("b", "these are the points of the network without its bias.", "b belongs to the drive."),
    ):
        without = network | {name: 0 * network[name]}
        if right > ACCURACY and np.abs(step(r=rows, **without) - rows).max() < ACCURACY / 10:
            return Judgement(False, reason, hint)
    return None


def _no_point(rows: np.ndarray, off: np.ndarray, network: Inputs) -> Judgement:
    """Rows that are no fixed points: some of another place, or all on the way."""
    speed = np.abs(step(r=rows, **network) - rows).max(axis=1)
    if off.max() < CLOSE:
        row = int(off.argmax())
        reason, hint = f"row {row} is close to a fixed point, not at it.", "Near a point each step doubles the digits."
    else:
        row = int(off.argmax())
        reason, hint = f"row {row} is no fixed point.", f"Keep a state only if |F(r) - r| < {STANDS:g} there."
    return Judgement(False, reason, hint, f"|F(r) - r| = {speed[row]:.2g} in row {row}", f"less than {STANDS:g}")


def _missing(at: np.ndarray, points: np.ndarray, network: Inputs) -> Judgement | None:
    """Points that no row is."""
    if len(at) == len(points):
        return None
    stable = moduli(r=points, **network)[:, 0] < 1
    there = np.isin(np.arange(len(points)), at)
    counts = f"{len(at)} points", f"{len(points)} points"
    if stable.any() and np.array_equal(there, stable):
        hint = "To run the network leads away from a saddle; Newton's step, which asks only for F(r) = r, leads to it."
        return Judgement(False, "the stable points are there, all others are missing.", hint, *counts)
    if (~stable).any() and np.array_equal(there, ~stable):
        return Judgement(False, "all stable points are missing.", "Keep every point, stable or not.", *counts)
    hint = "Begin at every candidate, and take for one only what is closer than 1e-3."
    return Judgement(False, f"{len(at)} of {len(points)} points were found.", hint, *counts)
