"""Assignment 5: the fixed points of a given network, and what they show of its memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ...chapters.fixed_points.check import JACOBIAN_TERMS
from ..judging import Exercise, Inputs, Slip, compares
from . import Work
from .fixed_points_reference import (
    FADES,
    FORGETS,
    NEVER_RESTS,
    explain,
    jacobian,
    modes,
)
from .in_words import in_words
from .memory_networks import drawn_memory
from .point_search import judge_search
from .pulse_trials import PULSES

PRECISE = 1e-4
"""Largest error of a time constant, as a share: it hangs on how closely a search for a slow point arrives there."""


def _states(rng: np.random.Generator) -> list[Inputs]:
    """Networks in any state, of sizes that differ so that shapes cannot be confused."""
    return [
        {
            "W": rng.normal(size=(n, n)) / np.sqrt(n),
            "W_in": rng.normal(size=(n, n_in)),
            "b": rng.normal(size=n),
            "u": rng.normal(size=n_in),
            "alpha": float(rng.uniform(0.15, 0.4)),
            "r": rng.uniform(-0.9, 0.9, n),
        }
        for n, n_in in ((5, 3), (4, 2), (6, 1))
    ]


def _fixed_points(rng: np.random.Generator) -> list[Inputs]:
    """Networks at a fixed point where some modes grow, some decay, and some turn."""
    cases: list[Inputs] = []
    while len(cases) < 3:
        arguments = _states(rng)[len(cases)]
        arguments["W"] = 2.5 * arguments["W"]
        arguments["b"] = (
            np.arctanh(arguments["r"]) - arguments["W"] @ arguments["r"] - arguments["W_in"] @ arguments["u"]
        )
        values = np.linalg.eigvals(jacobian(**arguments))
        sizes = np.abs(values)
        clear = np.abs(sizes - 1).min() > 0.02 and 0.1 < sizes.min() < 1 < sizes.max()
        rotates = (values.imag != 0) & (sizes > 0.5)  # enough to tell a modulus from a real part
        if clear and rotates.any() and (values.real < 0.99).any():
            cases.append(arguments | {"dt": float(rng.choice([2, 5, 10]))})
    return cases


def _memories(rng: np.random.Generator) -> list[Inputs]:
    """Networks of all kinds, each with an input that is held, in an order that reveals nothing."""
    dt, hold_ms = 10.0, float(round(rng.uniform(600, 1000), -1))
    slow = [float(np.exp(-dt / (hold_ms * rng.uniform(1.5, 3)))) for _ in range(2)]
    memories = (
        drawn_memory(rng, ("dull", "dull")),
        drawn_memory(rng, ("swamped", "dull")),
        drawn_memory(rng, ("slow", "dull"), slow=slow[0]),
        drawn_memory(rng, ("dull", "slow"), slow=slow[1]),
        drawn_memory(rng, ("dull", "bit")),
        drawn_memory(rng, ("bit", "bit"), coupling=0.45, n_stable=3),
        drawn_memory(rng, ("bit", "bit", "dull"), n_stable=4),
        drawn_memory(rng, ("dull", "turns")),
        drawn_memory(rng, ("bit", "turns")),
    )
    extra = {"dt": dt, "hold_ms": hold_ms}
    return [
        memories[k].network | extra | {"candidates": memories[k].candidates} for k in rng.permutation(len(memories))
    ]


def _other(
    arguments: Inputs, instead: dict[int, int], bits: Callable[[float], float] = float
) -> tuple[int, float, float]:
    """The right explanation with another statement, or other bits, in place of some."""
    statement, right, longest = explain(**arguments)
    return instead.get(statement, statement), bits(right), longest


JACOBIAN = compares(
    _states,
    jacobian,
    (
        Slip(
            "the leak is missing.",
            "(1 - alpha) r belongs to F: its derivative is (1 - alpha) I.",
            partial(jacobian, leak=False),
        ),
        Slip("alpha is missing.", "F adds alpha tanh(a).", partial(jacobian, gain=1.0)),
        Slip(
            "the slope of tanh is missing.",
            "The derivative of tanh(a) is 1 - tanh(a)^2.",
            partial(jacobian, slope="none"),
        ),
        Slip(
            "the slope belongs to a state that stands still.",
            "tanh(a) = r holds at fixed points only: take 1 - tanh(a)^2.",
            partial(jacobian, slope="rate"),
        ),
        Slip("the slope is taken at r.", "tanh takes a, not r.", partial(jacobian, slope="state")),
        Slip(
            "the slope lacks its square.",
            "The derivative of tanh(a) is 1 - tanh(a)^2.",
            partial(jacobian, slope="first power"),
        ),
        Slip(
            "D is on the wrong side of W.",
            "The slope is the receiving unit's: D W.",
            partial(jacobian, side=True),
        ),
        Slip("it is transposed.", "J[i, j] is the change of unit i with unit j.", partial(jacobian, transpose=True)),
        Slip("the input is missing.", "u moves a, and with it the slopes.", partial(jacobian, with_input=False)),
        Slip("the bias is missing.", "b moves a, and with it the slopes.", partial(jacobian, bias=False)),
        Slip(
            "this is J - I.",
            "J is the derivative of F(r) itself.",
            lambda **arguments: jacobian(**arguments) - np.eye(len(arguments["W"])),
        ),
    ),
    "this is how the next state changes with the state.",
    shape_hint="(N, N): how each rate of the next bin changes with each of this one.",
    terms=JACOBIAN_TERMS,
)

MODES = compares(
    _fixed_points,
    modes,
    (
        Slip(
            "the time constants have the wrong sign.",
            "What decays has |lambda| < 1, a negative logarithm and a positive time constant.",
            lambda **arguments: (modes(**arguments)[0], -modes(**arguments)[1]),
        ),
        Slip(
            "the time constants are in bins.",
            "A bin lasts dt milliseconds.",
            lambda **arguments: (modes(**arguments)[0], modes(**arguments)[1] / arguments["dt"]),
        ),
        Slip(
            "these are half-lives.",
            "The time constant is the time to 1/e: the natural logarithm.",
            lambda **arguments: (modes(**arguments)[0], modes(**arguments)[1] * np.log(2)),
        ),
        Slip(
            "these are the time constants of continuous time.",
            "A bin multiplies a mode by lambda: |lambda|^(t / dt) = exp(-t / time constant).",
            partial(modes, part="continuous"),
        ),
        Slip(
            "the real part is taken for the modulus.",
            "A mode that turns has a complex lambda; what it keeps in a bin is |lambda|.",
            partial(modes, part="real"),
        ),
        Slip("these are the eigenvalues of W.", "Those of J at the point count.", partial(modes, matrix="W")),
        Slip(
            "these are the eigenvalues of J - I.",
            "A bin multiplies a mode by an eigenvalue of J.",
            partial(modes, matrix="J - I"),
        ),
        Slip(
            "J is taken to be symmetric.",
            "eigvalsh is for symmetric matrices: np.linalg.eigvals.",
            partial(modes, matrix="symmetric"),
        ),
        Slip(
            "the modes that decay are counted.",
            "A mode grows if |lambda| > 1.",
            lambda **arguments: (len(arguments["W"]) - modes(**arguments)[0], modes(**arguments)[1]),
        ),
        Slip(
            "the fastest mode comes first.",
            "From the largest |lambda| down.",
            lambda **arguments: (modes(**arguments)[0], modes(**arguments)[1][::-1]),
        ),
    ),
    "that is what grows there, and how long the rest lasts.",
    ("growing", "time_constants"),
    "A number, and a time constant for each mode, (N,).",
)

EXPLAINED = compares(
    _memories,
    explain,
    (
        Slip(
            "unstable points are taken for memories.",
            "No state stays at a point where a mode grows: count the stable ones.",
            partial(explain, all_points=True),
        ),
        Slip("the input that is held is left out.", "It can swamp a bit: hold u.", partial(explain, with_input=False)),
        Slip(
            "what fades is taken for what forgets.",
            "One stable point: is its longest time constant, in ms, hold_ms or more?",
            lambda **arguments: _other(arguments, {FADES: FORGETS}),
        ),
        Slip(
            "what forgets is taken for what fades.",
            "One stable point: is its longest time constant, in ms, hold_ms or more?",
            lambda **arguments: _other(arguments, {FORGETS: FADES}),
        ),
        Slip(
            "what never rests is taken for what forgets.",
            "A single point where a mode grows is one that no state returns to.",
            lambda **arguments: _other(arguments, {NEVER_RESTS: FORGETS}),
        ),
        Slip(
            "no point is found to be stable.",
            "A mode of J decays if |lambda| < 1; that its real part is negative is for continuous time.",
            lambda **arguments: (NEVER_RESTS, 0.0, 0.0),
        ),
        Slip(
            "bits are taken for the number of stable points.",
            "n bits distinguish 2^n points: take the logarithm.",
            lambda **arguments: _other(arguments, {}, lambda bits: 2**bits if bits else 0),
        ),
        Slip(
            "bits have another base.",
            "np.log2.",
            lambda **arguments: _other(arguments, {}, lambda bits: bits * np.log(2)),
        ),
        Slip("bits are rounded.", "3 points are 1.58 bits.", lambda **arguments: _other(arguments, {}, np.floor)),
        Slip(
            "the longest time constant belongs to the stable point that forgets first.",
            "Take the largest of all stable points.",
            partial(explain, pick=min),
        ),
    ),
    "these are their memories.",
    ("the statement", "bits", "longest"),
    "The number of a statement, the bits, and the longest time constant.",
    tolerance=PRECISE,
)

WORK = Work(
    exercises=(
        Exercise("memory/jacobian", "near a state", 2, "jacobian", JACOBIAN),
        Exercise(
            "memory/points", "where it stands still", 4, "fixed_points", judge_search, builds_on=("memory/jacobian",)
        ),
        Exercise("memory/modes", "what grows, what decays", 2, "modes", MODES, builds_on=("memory/jacobian",)),
        Exercise(
            "memory/pulses",
            "what pulses leave",
            2,
            "left_at",
            in_words(
                PULSES,
                {
                    "the result": (
                        "some trials end at another point.",
                        "Run each through u and on with u = 0 until it stands still; then take the nearest point.",
                    )
                },
            ),
        ),
        Exercise(
            "memory/explained",
            "its memory explained",
            2,
            "explain",
            in_words(
                EXPLAINED,
                {
                    "the statement": (
                        "another statement is true.",
                        "How many points are stable? If one is, how long is its longest time constant?",
                    ),
                    "bits": ("the bits are others.", "The logarithm, to base 2, of the number of stable points."),
                    "longest": (
                        "the longest time constant is another.",
                        "In ms, the largest of all stable points; 0 if there is none.",
                    ),
                },
            ),
            builds_on=("memory/points", "memory/modes"),
        ),
    ),
    imports=("numpy",),
    hidden=("torch", "functorch", "jax", "autograd", "tensorflow", "scipy", "cogdyn.agents"),
)
