"""Assignment 3: a bridge through time, and what it does to the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from ...checking.terms import Term, zero
from ..judging import Exercise, Inputs, Slip, compares
from . import Work
from .bridge_reference import (
    bridged_by_hand,
    by_autograd,
    by_hand,
    changed,
    plain,
    predict_share,
    rates,
    share_left,
    share_of,
    turned_beta,
)
from .leaky_network import drawn_network, forward_terms


def _trials(rng: np.random.Generator) -> list[Inputs]:
    """Networks with trials of several blocks, of which the last may be cut short."""
    sizes = ((4, 3, 12, 4), (5, 2, 11, 3), (3, 1, 10, 5))
    return [
        drawn_network(rng, n, n_in, bins) | {"lag": lag, "beta": float(rng.uniform(0.3, 0.45))}
        for n, n_in, bins, lag in sizes
    ]


def _plain_trials(rng: np.random.Generator) -> list[Inputs]:
    return [{name: value for name, value in trial.items() if name not in ("lag", "beta")} for trial in _trials(rng)]


def _matrices(rng: np.random.Generator) -> list[Inputs]:
    """Jacobians whose singular values lie on both sides of a hundredth, in numbers that no size gives away."""
    cases = []
    for n in (6, 5, 7):
        large = int(rng.integers(1, n))
        left, right = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
        sizes = 10.0 ** np.concatenate([rng.uniform(-1.4, -0.1, large), rng.uniform(-4, -2.5, n - large)])
        cases.append({"jacobian": left * sizes @ right})
    return cases


def _weak_networks(rng: np.random.Generator) -> list[Inputs]:
    sizes = ((10, 5), (8, 3), (20, 4))
    return [
        {"alpha": float(rng.uniform(0.1, 0.3)), "lag": lag, "beta": float(rng.uniform(0.3, 0.7)), "n_blocks": blocks}
        for lag, blocks in sizes
    ]


def _bins(last: int | None = None, *names: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """A change of inputs: to the first bin, or to all up to one that is counted from the end of the first block."""

    def change(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        few = inputs["u"][: 1 if last is None else inputs["lag"] + last]
        return zero(*names)({**inputs, "u": few})

    return change


_FIRST, _BEFORE, _JOIN = forward_terms()[:-1], "the bins before the first join", "the first join"
RATE_TERMS = (
    *_FIRST,
    Term(_BEFORE, _bins(-1), after=tuple(term.name for term in _FIRST)),
    Term(_JOIN, _bins(0), after=(*(term.name for term in _FIRST), _BEFORE)),
    Term("what follows the first join", zero(), after=(*(term.name for term in _FIRST), _BEFORE, _JOIN)),
)
_LEAK, _ARRIVES, _SLOPE = "the leak", "what arrives along W", "the slope of tanh"
JACOBIAN_TERMS = (
    Term(_LEAK, _bins(None, "W"), weight="1 - alpha"),
    Term(_ARRIVES, _bins(None, "r_0", "u", "b"), _bins(None, "r_0", "u", "b", "W"), "alpha"),
    Term(_SLOPE, _bins(), _bins(None, "W"), "alpha", after=(_ARRIVES,)),
    Term("the product over bins", zero(), after=(_LEAK, _ARRIVES, _SLOPE)),
)

RATES = compares(
    _trials,
    rates,
    (
        Slip("the bridge is missing: this is the plain network.", "Join at the end of each block.", plain),
        Slip(
            "beta weighs the wrong path.",
            "At beta = 1 the network must be plain.",
            lambda **arguments: rates(**turned_beta(arguments)),
        ),
        Slip("the start of the block counts whole.", "Its weight is 1 - beta.", partial(rates, start=1.0)),
        Slip(
            "every bin is joined with the one before.",
            "Join once in lag bins, with the state lag bins ago.",
            partial(rates, every_bin=True),
        ),
        Slip(
            "every block is joined with r_0.",
            "A block begins where the one before it ended: keep its state again after each join.",
            partial(rates, from_first=True),
        ),
        Slip(
            "the network does not continue from the joined state.",
            "After the join, r itself is the joined state.",
            partial(rates, fed_back=False),
        ),
        Slip(
            "the join comes a bin late.",
            "The first block ends with bin lag, at index lag - 1.",
            partial(rates, offset=-1),
        ),
        Slip(
            "the join comes a bin early.",
            "The first block ends with bin lag, at index lag - 1.",
            partial(rates, offset=1),
        ),
    ),
    "a bridge over each block, and the network continues from where they join.",
    shape_hint="A row for each bin, (T, N); r_0 is no bin.",
    terms=RATE_TERMS,
)

JACOBIAN = compares(
    _plain_trials,
    by_autograd,
    (
        Slip(
            "the product runs the wrong way.",
            "The first bin acts first: J_T ... J_2 J_1.",
            partial(by_hand, reverse=True),
        ),
        Slip("it is transposed.", "J[i, j] is the change of unit i with unit j.", partial(by_hand, transpose=True)),
        Slip("the Jacobians are added.", "One bin after the other: multiply.", partial(by_hand, total=True)),
        Slip("the leak is missing.", "(1 - alpha) I belongs to each bin.", partial(by_hand, leak=False)),
        Slip(
            "the slope of tanh is missing.", "D_t has 1 - tanh(a_t)^2 on its diagonal.", partial(by_hand, slope=False)
        ),
        Slip("alpha is missing.", "J_t = (1 - alpha) I + alpha D_t W.", partial(by_hand, gain=1.0)),
        Slip(
            "D is on the wrong side of W.",
            "The slope is the receiving unit's: D_t W.",
            partial(by_hand, side=True),
        ),
        Slip(
            "this is the Jacobian of the first bin alone.",
            "Multiply the Jacobians of all bins.",
            partial(by_hand, bins=1),
        ),
    ),
    "it agrees with autograd.",
    shape_hint="(N, N): how each rate at the end changes with each at the start.",
    terms=JACOBIAN_TERMS,
)

BRIDGED_JACOBIAN = compares(
    _trials,
    by_autograd,
    (
        Slip(
            "this is the Jacobian of the plain network.",
            "Run it with bridges, and join the Jacobians where the states are joined.",
            lambda lag, beta, **arguments: by_hand(**arguments),
        ),
        Slip(
            "the rates have bridges, the Jacobian has none.",
            "A block has (1 - beta) I + beta J ... J.",
            partial(bridged_by_hand, blocks=0),
        ),
        Slip(
            "the Jacobian has bridges, the rates have none.",
            "The slopes are those at the rates of the bridged network.",
            partial(bridged_by_hand, plain_rates=True),
        ),
        Slip("only the first block has a bridge.", "Each whole block has one.", partial(bridged_by_hand, blocks=1)),
        Slip(
            "beta weighs the wrong path.",
            "A block has (1 - beta) I + beta J ... J.",
            lambda **arguments: bridged_by_hand(**turned_beta(arguments)),
        ),
        Slip("I counts whole.", "Its weight is 1 - beta.", partial(bridged_by_hand, start=1.0)),
        Slip("every bin has a bridge.", "There is one over lag bins.", partial(bridged_by_hand, every_bin=True)),
        Slip(
            "it is transposed.",
            "J[i, j] is the change of unit i with unit j.",
            partial(bridged_by_hand, transpose=True),
        ),
        Slip(
            "the blocks are multiplied the wrong way.",
            "The first block acts first.",
            partial(bridged_by_hand, reverse=True),
        ),
    ),
    "it agrees with autograd: errors cross the bridge as they should.",
    shape_hint="(N, N): how each rate at the end changes with each at the start.",
)

KEPT = compares(
    _matrices,
    share_left,
    (
        Slip(
            "these are eigenvalues.",
            "An error is stretched by singular values: np.linalg.svd.",
            lambda jacobian: share_of(np.abs(np.linalg.eigvals(jacobian))),
        ),
        Slip(
            "these are squares of singular values.",
            "Take the root, or np.linalg.svd of the Jacobian itself.",
            lambda jacobian: share_of(np.linalg.svd(jacobian, compute_uv=False) ** 2),
        ),
        Slip(
            "the share is the norm of all singular values.",
            "At best: the largest of them.",
            lambda jacobian: (float(np.linalg.norm(jacobian)), share_left(jacobian)[1]),
        ),
        Slip(
            "the share is the mean of the singular values.",
            "At best: the largest of them.",
            lambda jacobian: (float(np.linalg.svd(jacobian, compute_uv=False).mean()), share_left(jacobian)[1]),
        ),
        Slip(
            "the share is the smallest singular value.",
            "At best: the largest of them.",
            lambda jacobian: (float(np.linalg.svd(jacobian, compute_uv=False)[-1]), share_left(jacobian)[1]),
        ),
        Slip(
            "the directions are those in which less than a hundredth is left.",
            "Count those with more.",
            lambda jacobian: (share_left(jacobian)[0], len(jacobian) - share_left(jacobian)[1]),
        ),
    ),
    "that is what is left, at best and in how many directions.",
    ("share", "directions"),
    "Two numbers.",
)

PREDICTED = compares(
    _weak_networks,
    predict_share,
    (
        Slip(
            "what crosses the block the long way is missing.",
            "Two paths join: add beta (1 - alpha)^lag.",
            partial(predict_share, through=False),
        ),
        Slip("the bridge counts whole.", "Its weight is 1 - beta.", partial(predict_share, around=False)),
        Slip(
            "DASC is taken for SCTT.",
            "Its bridge is one coarse step: S = I + lag (J_1 - I), here 1 - lag alpha.",
            partial(predict_share, whole=True),
        ),
        Slip(
            "beta weighs the wrong path.",
            "At beta = 1 all three must be equal.",
            lambda **arguments: predict_share(**turned_beta(arguments)),
        ),
        Slip(
            "this is one block.",
            "The delay has n_blocks of them.",
            lambda **arguments: predict_share(**changed(arguments, n_blocks=1)),
        ),
        Slip(
            "the block has one bin.",
            "A block has lag bins: (1 - alpha)^lag.",
            lambda **arguments: predict_share(**changed(arguments, lag=1)),
        ),
    ),
    "one number for each bridge, before any network is trained.",
)

WORK = Work(
    exercises=(
        Exercise("bridge/rates", "the bridge", 3, "bridged_rates", RATES),
        Exercise("bridge/jacobian", "errors across a delay", 3, "delay_jacobian", JACOBIAN),
        Exercise(
            "bridge/bridged",
            "errors on the bridge",
            3,
            "bridged_jacobian",
            BRIDGED_JACOBIAN,
            builds_on=("bridge/rates",),
        ),
        Exercise("bridge/kept", "what is left", 1, "share_left", KEPT),
        Exercise("bridge/predicted", "predicted", 2, "predict_share", PREDICTED),
    ),
    imports=("numpy",),
    hidden=("torch", "functorch", "jax", "autograd", "tensorflow", "cogdyn.agents"),
)
