"""Assignment 7: what one synapse makes of a reward, by two traces of its own and a surprise for all."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...checking.terms import Term, zero
from ..judging import Slip, compares
from .policy_inputs import synapses
from .policy_reference import surprises, three_factors


def _surprised(delta: Any, **synapse: Any) -> tuple[np.ndarray, float]:
    """Both answers for a synapse that another surprise reaches."""
    return three_factors(**synapse, delta=delta(**synapse))


def _next_value(values: np.ndarray, alive: np.ndarray, **others: Any) -> np.ndarray:
    V = values * alive
    return np.concatenate([V[1:], 0 * V[:1]])


THREE_FACTORS = compares(
    synapses,
    three_factors,
    (
        Slip(
            "the surprise has the wrong sign.",
            "What was better than expected is positive: R_t + gamma V_(t+1) - V_t.",
            partial(_surprised, lambda **g: -surprises(g["rewards"], g["values"], g["alive"], g["gamma"])),
        ),
        Slip(
            "values after the end of a trial count.",
            "Nothing is expected there: multiply V by alive before anything else.",
            partial(
                _surprised,
                lambda **g: g["alive"] * surprises(g["rewards"], g["values"], g["alive"], g["gamma"], mask=False),
            ),
        ),
        Slip(
            "values after the end of a trial count, and make surprises there.",
            "Nothing is expected there: multiply V by alive before anything else.",
            partial(_surprised, lambda **g: surprises(g["rewards"], g["values"], g["alive"], g["gamma"], mask=False)),
        ),
        Slip(
            "after the last bin the values begin again.",
            "np.roll puts the first bin behind the last; there V is 0.",
            partial(_surprised, lambda **g: surprises(g["rewards"], g["values"], g["alive"], g["gamma"], wrap=True)),
        ),
        Slip(
            "the next value is not discounted in the surprise.",
            "R_t + gamma V_(t+1) - V_t.",
            partial(_surprised, lambda **g: surprises(g["rewards"], g["values"], g["alive"], 1.0)),
        ),
        Slip(
            "the surprise lacks the next value.",
            "A promise is worth something before it is kept: gamma V_(t+1).",
            partial(_surprised, lambda **g: g["rewards"] - g["values"] * g["alive"]),
        ),
        Slip(
            "the surprise lacks what was expected.",
            "A reward that was expected is no surprise: - V_t.",
            partial(_surprised, lambda **g: g["rewards"] + g["gamma"] * _next_value(g["values"], g["alive"])),
        ),
        Slip(
            "the surprise is the reward.",
            "What teaches is what was not expected: R_t + gamma V_(t+1) - V_t.",
            partial(_surprised, lambda **g: g["rewards"]),
        ),
        Slip("nothing stays of P.", "(1 - alpha) of it stays.", partial(three_factors, keep=0.0)),
        Slip("the leak of P is missing.", "(1 - alpha) of it stays.", partial(three_factors, keep=1.0)),
        Slip("alpha is missing in what is new in P.", "alpha f' p is added.", partial(three_factors, gain=1.0)),
        Slip("the slope is missing.", "A saturated unit does not move.", partial(three_factors, with_slope=False)),
        Slip(
            "F is missing: a surprise meets the present bin alone.",
            "A reward may come long after the action: gamma of F stays.",
            partial(three_factors, decay=0.0),
        ),
        Slip("F is not discounted.", "gamma of it stays.", partial(three_factors, decay=1.0)),
        Slip(
            "F decays like P.",
            "gamma of it stays, not 1 - alpha.",
            lambda **g: three_factors(**g, decay=1 - g["alpha"]),
        ),
        Slip(
            "the learning signal is outside the filter.",
            "It belongs to the action of its own bin: filter the product L P.",
            partial(three_factors, outside=True),
        ),
        Slip("trials are summed.", "Divide by the number of trials, B.", partial(three_factors, over="all")),
        Slip("time is averaged.", "Divide by the number of trials alone.", partial(three_factors, over="bins")),
        Slip(
            "the change has the sign of descent.",
            "L says what makes the action more probable: a good surprise adds.",
            partial(three_factors, sign=-1),
        ),
    ),
    "a synapse that knows two traces of its own and one number for all.",
    ("delta", "the change"),
    "delta has a number for each bin and trial, (T, B); the change is one number.",
    terms=(
        Term("the reward in delta", zero("values"), at=(0,)),
        Term("the values in delta", zero("rewards"), at=(0,)),
    ),
)
