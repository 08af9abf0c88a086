"""Assignment 6: two networks make the same reach; which mechanism does each use, and what shows it?"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..inside.reaching_networks import DRIVEN, PREPARED, drawn_pair
from ..judging import Exercise, Inputs, Slip, compares
from . import Work
from .mechanisms_decision import judge_decision
from .mechanisms_reference import autonomy, fitted, halved_skew, r2_of, rotation_r2, skew_fit, tangling
from .population_inputs import changing, rotating, wandering


def _networks(rng: np.random.Generator) -> list[Inputs]:
    """Networks of both kinds with their task."""
    cases = []
    for kind in (PREPARED, DRIVEN, DRIVEN):
        pair, order = drawn_pair(rng)
        network = pair["first" if order[0] == kind else "second"]
        cases.append({"network": network, **{name: pair[name] for name in ("inputs", "targets", "go")}})
    return cases


AUTONOMY = compares(
    _networks,
    autonomy,
    (
        Slip(
            "the target is never taken away: this is how well the task is done.",
            "Zero the first two inputs from go on, in a copy, and run the network with these.",
            partial(autonomy, start=10**6),
        ),
        Slip(
            "the target is missing in the whole trial.",
            "Preparation needs it: zero inputs[go:], and leave what comes before.",
            partial(autonomy, start=-(10**6)),
        ),
        Slip(
            "the target is missing before go, and there after it.",
            "The other way round: zero inputs[go:].",
            partial(autonomy, start=-(10**6), stop=0),
        ),
        Slip("the target goes a bin late.", "The first bin without it has the index go.", partial(autonomy, start=1)),
        Slip("the target goes a bin early.", "The first bin without it has the index go.", partial(autonomy, start=-1)),
        Slip(
            "the target is turned round, not taken away.",
            "That is a good test too. Here it is set to 0.",
            partial(autonomy, swap=True),
        ),
        Slip(
            "this is what the network misses.",
            "R² is 1 minus the share of the velocities that is missed.",
            lambda **arguments: 1 - autonomy(**arguments),
        ),
        Slip(
            "R² is not 1 minus the ratio of sums of squares, but of its root.",
            "Sums of squares, no roots.",
            lambda **arguments: 1 - np.sqrt(1 - autonomy(**arguments)),
        ),
    ),
    "so much of the reach is left when the network no longer sees where to go.",
    shape_hint="One number.",
)

SKEW = compares(
    changing,
    skew_fit,
    (
        Slip(
            "this is the best linear fit: it is not skew-symmetric.",
            "A = -A.T is asked for: solve S A + A S = K - K.T.",
            lambda **arguments: fitted(**arguments, solve=np.linalg.solve),
        ),
        Slip(
            "this is the skew part of the best linear fit.",
            "The best skew-symmetric A is another matrix: solve S A + A S = K - K.T.",
            lambda **arguments: fitted(**arguments, solve=halved_skew),
        ),
        Slip(
            "A turns the wrong way.",
            "K = X' dX, not dX' X; and states are rows, dX = X A.",
            lambda states, changes: (-skew_fit(states, changes)[0], skew_fit(states, changes)[1]),
        ),
        Slip(
            "A turns the wrong way, and R² belongs to the wrong A.",
            "K = X' dX, not dX' X; and states are rows, dX = X A.",
            lambda states, changes: fitted(states, changes, lambda *_: -skew_fit(states, changes)[0]),
        ),
        Slip(
            "A is right, R² is about the mean of the changes.",
            "No mean is taken off: 1 - sum |dX - X A|^2 / sum |dX|^2.",
            lambda states, changes: fitted(states, changes, lambda *_: skew_fit(states, changes)[0], about_mean=True),
        ),
        Slip(
            "A is right, R² is what the fit misses.",
            "R² = 1 - sum |dX - X A|^2 / sum |dX|^2.",
            lambda states, changes: (skew_fit(states, changes)[0], 1 - skew_fit(states, changes)[1]),
        ),
        Slip(
            "A is right, R² belongs to the best linear fit.",
            "Use the skew-symmetric A in R² too.",
            lambda states, changes: (skew_fit(states, changes)[0], fitted(states, changes, np.linalg.solve)[1]),
        ),
        Slip(
            "A is right, R² divides by the states.",
            "What is explained are changes: divide by sum |dX|^2.",
            lambda states, changes: (
                skew_fit(states, changes)[0],
                r2_of(changes - states @ skew_fit(states, changes)[0], states),
            ),
        ),
    ),
    "no skew-symmetric matrix explains the changes better.",
    ("A", "R²"),
    "A has a row and a column for each dimension, (K, K); R² is a number.",
)

ROTATIONS = compares(
    rotating,
    rotation_r2,
    (
        *(
            Slip(
                "the mean over conditions is still in.",
                "Subtract rates.mean(axis=1, keepdims=True): what all conditions share is no answer to the target.",
                partial(rotation_r2, centre=centre),
            )
            for centre in ("none", "all")
        ),
        Slip(
            "the mean over time is subtracted, not that over conditions.",
            "Axis 0 is time, axis 1 conditions.",
            partial(rotation_r2, centre="time"),
        ),
        Slip(
            "all units are used.",
            "Reduce to the first 6 principal components.",
            partial(rotation_r2, components=10**6),
        ),
        Slip("the first 2 components are used.", "Take 6 of them.", partial(rotation_r2, components=2)),
        Slip(
            "a change belongs to the state before it.",
            "Take the mean of the states before and after it, (x[1:] + x[:-1]) / 2.",
            partial(rotation_r2, forward=True),
        ),
        Slip(
            "the end of a condition is joined with the start of the next.",
            "Take differences over time, axis 0, before you reshape.",
            partial(rotation_r2, join=True),
        ),
        Slip("this is the R² of the best linear fit.", "Use skew_fit.", partial(rotation_r2, best=True)),
    ),
    "so much of the change is rotation.",
    shape_hint="One number: R² alone.",
)

TANGLING = compares(
    wandering,
    tangling,
    (
        Slip(
            "epsilon is a share of the variance of all numbers taken together.",
            "The variance of each unit, summed over the units: x.var(axis=(0, 1)).sum().",
            partial(tangling, flat=True),
        ),
        Slip("epsilon is 1e-6.", "It is a tenth of the variance of x, in units of x.", partial(tangling, epsilon=1e-6)),
        Slip(
            "epsilon is the whole variance.",
            "A tenth of it.",
            lambda rates, dt: tangling(rates, dt, epsilon=rates.var(axis=(0, 1)).sum()),
        ),
        Slip("dt is taken for seconds.", "It is in ms.", lambda rates, dt: tangling(rates, 1000 * dt)),
        Slip(
            "distances are not squared.",
            "Both norms are squared.",
            partial(tangling, power=1),
        ),
        Slip(
            "other conditions are left out.",
            "The worst other moment may be one of any condition.",
            partial(tangling, own=True),
        ),
        Slip("this is the mean over the other moments.", "Take the largest.", partial(tangling, mean=True)),
        Slip(
            "the change is that to the next bin.",
            "The flow at a bin is what has changed since the bin before.",
            partial(tangling, later=True),
        ),
        Slip(
            "the mean over conditions is subtracted.",
            "Not here: what all conditions share moves the state too.",
            partial(tangling, centred=True),
        ),
    ),
    "that is how tangled each moment is.",
    shape_hint="A number for each bin but the first, and for each condition, (T - 1, C).",
)


_BUILT_ON = ("mechanisms/autonomy", "mechanisms/skew", "mechanisms/rotations", "mechanisms/tangling")
WORK = Work(
    exercises=(
        Exercise("mechanisms/autonomy", "autonomy", 2, "autonomy", AUTONOMY),
        Exercise("mechanisms/skew", "the skew-symmetric fit", 3, "skew_fit", SKEW),
        Exercise("mechanisms/rotations", "rotations", 2, "rotation_r2", ROTATIONS, builds_on=("mechanisms/skew",)),
        Exercise("mechanisms/tangling", "tangling", 2, "tangling", TANGLING),
        Exercise("mechanisms/decide", "the decision", 3, "decide", judge_decision, builds_on=_BUILT_ON),
    ),
    imports=("numpy", "scipy.linalg"),
    hidden=("cogdyn.agents",),
)
