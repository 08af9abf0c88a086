"""Assignment 4: RFLO from its equation, and where it parts from the exact gradient."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..judging import Exercise, Slip, compares
from . import Work
from .rflo_inputs import errors_to_carry, families, slopes_and_senders, trials, wirings
from .rflo_reference import carried, cosines, exact_credit, traces, two_credits, weight_change
from .rflo_terms import CREDIT_TERMS, TRACE_TERMS


def _swapped(**arguments: Any) -> tuple[np.ndarray, np.ndarray]:
    local, exact = two_credits(**arguments)
    return exact, local


def _twice(which: int, **arguments: Any) -> tuple[np.ndarray, np.ndarray]:
    credit = two_credits(**arguments)[which]
    return credit, credit


def _forward_in_time(W: np.ndarray, slopes: np.ndarray, errors: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    return tuple(credit[::-1] for credit in two_credits(W, slopes[::-1].copy(), errors[::-1].copy(), alpha))


TRACES = compares(
    slopes_and_senders,
    traces,
    (
        Slip(
            "nothing stays from bin to bin: this is the new part alone.",
            "(1 - alpha) of the trace before belongs to it.",
            partial(traces, keep=0.0),
        ),
        Slip("the leak is missing: the trace keeps all.", "(1 - alpha) of it stays.", partial(traces, keep=1.0)),
        Slip("alpha is missing in what is new.", "alpha f' p is added.", partial(traces, gain=1.0)),
        Slip(
            "alpha and 1 - alpha have changed places.",
            "(1 - alpha) of the trace stays, alpha f' p comes.",
            lambda slopes, senders, alpha: traces(slopes, senders, 1 - alpha),
        ),
        Slip("the slope is missing.", "A saturated unit does not move: alpha f' p.", partial(traces, with_slope=False)),
        Slip(
            "the slope is outside the filter.",
            "What counts is the slope of the bin in which the sender was active: filter the product f' p.",
            partial(traces, outside=True),
        ),
        Slip(
            "receiver and sender have changed places.",
            "P[t, i, j]: the unit i that owns the slope first, then the sender j.",
            lambda **arguments: traces(**arguments).swapaxes(1, 2),
        ),
        Slip(
            "all bins hold the last trace.",
            "P *= ... and P += ... change the array that your list holds already: make a new one, P = ...",
            lambda **arguments: 0 * traces(**arguments) + traces(**arguments)[-1],
        ),
        Slip(
            "the traces come a bin late.",
            "P[t] already holds what came in during bin t: store it after the step.",
            partial(traces, late=True),
        ),
    ),
    "a trace for each synapse, and it needs nothing from elsewhere.",
    shape_hint="A trace for each bin, unit and sender: (T, N, M).",
    terms=TRACE_TERMS,
)

CHANGE = compares(
    trials,
    weight_change,
    (
        Slip(
            "your weights climb: the change has the sign of ascent.",
            "e = z - y is what the output has too much. Subtract.",
            partial(weight_change, sign=1),
        ),
        Slip(
            "the learning rate is missing.",
            "All changes are multiplied by lr.",
            lambda lr, **arguments: weight_change(lr=1.0, **arguments),
        ),
        Slip(
            "errors come back by the readout's weights.",
            "RFLO has random ones: L = e W_fb.",
            partial(weight_change, symmetric=True),
        ),
        Slip(
            "this is the exact gradient with W_fb for the readout: errors travel by way of W.",
            "A synapse does not know W. It has its trace, and L of its own unit.",
            partial(weight_change, travelling=True),
        ),
        Slip(
            "traces are forgotten: each error meets the present bin alone.",
            "Multiply L_i(t) with the trace of bin t, not with what came in that bin.",
            partial(weight_change, of_traces={"keep": 0.0}),
        ),
        Slip(
            "the slope is missing in the traces.",
            "forward returns the slopes; traces needs them.",
            partial(weight_change, of_traces={"with_slope": False}),
        ),
        Slip(
            "the senders of W are the rates of the same bin.",
            "W carries r_(t-1) to bin t.",
            partial(weight_change, same_bin=True),
        ),
        Slip(
            "in the first bin the senders of W are silent.",
            "The rates before the first bin are r_0.",
            partial(weight_change, first=False),
        ),
        Slip(
            "the change of W is transposed.",
            "L belongs to the receiver i: dW[i, j] goes with L[t, i] P[t, i, j].",
            partial(weight_change, transpose=True),
        ),
        Slip(
            "only the error of the last bin teaches.",
            "Sum over all bins.",
            lambda **arguments: (
                weight_change(**arguments, last_only=True) | {"W_out": weight_change(**arguments)["W_out"]}
            ),
        ),
        Slip(
            "the readout does not learn.",
            "Its change is -lr sum_t e_o(t) r_j(t): local, and exact.",
            partial(weight_change, readout=False),
        ),
        Slip("time is averaged.", "Sum over the bins.", partial(weight_change, over_time=True)),
    ),
    "that is RFLO, for all four weights.",
    shape_hint="Each change has the shape of its weights.",
)


CREDITS = compares(
    errors_to_carry,
    two_credits,
    (
        Slip("local and exact have changed places.", "W belongs to the exact one.", _swapped),
        Slip(
            "both are the local credit.",
            "In the exact one, errors come back by way of W.T too.",
            partial(_twice, 0),
        ),
        Slip("both are the exact credit.", "RFLO knows nothing of W.", partial(_twice, 1)),
        Slip(
            "the local credit is the error of the bin alone.",
            "Its unit keeps (1 - alpha) from bin to bin, and so does the trace.",
            partial(carried, leaks=(False, True)),
        ),
        Slip(
            "the exact credit lacks the leak.",
            "It has the term of the local one, (1 - alpha) c(t+1), and one more.",
            partial(carried, leaks=(True, False)),
        ),
        Slip("the leak is missing.", "(1 - alpha) of the credit of bin t + 1.", partial(carried, leaks=(False, False))),
        Slip(
            "W is used as on the way forward.",
            "On the way back an error goes from k to i: multiply by W.T.",
            partial(carried, transpose=True),
        ),
        Slip("alpha is missing before W.T.", "r_t reaches r_t+1 through alpha f(a).", partial(carried, gain=1.0)),
        Slip("the slope is missing.", "On the way to bin t it passes f'(a_(t+1)).", partial(carried, with_slope=False)),
        Slip(
            "the slope belongs to the wrong bin.",
            "From bin t + 1 back to t the error passes a_(t+1).",
            partial(carried, shift=0),
        ),
        Slip(
            "the slope is on the wrong side of W.T.",
            "First the slope of the unit that the error leaves, then W.T.",
            partial(carried, side=True),
        ),
        Slip("errors travel forward in time.", "Begin with the last bin.", _forward_in_time),
    ),
    "one term apart.",
    ("local", "exact"),
    "A number for each bin and unit, (T, N), in both.",
    terms=CREDIT_TERMS,
)


COSINES = compares(
    families,
    cosines,
    (
        Slip(
            "W is not scaled.",
            "Each row is for the network with gain * W, on the way forward and back.",
            partial(cosines, scale_recurrent=False),
        ),
        Slip(
            "errors go back by way of W, not of gain * W.",
            "It is one network: give two_credits the scaled weights too.",
            partial(cosines, back=True),
        ),
        Slip(
            "the errors of all bins count.",
            "In each column, one bin has an error, the others have none.",
            partial(cosines, everything=True),
        ),
        Slip(
            "these are products, not cosines.",
            "Divide by the lengths of both vectors.",
            partial(cosines, lengths=False),
        ),
        Slip(
            "these are products, not cosines.",
            "Divide by the lengths of both vectors.",
            lambda alpha, **arguments: cosines(alpha=alpha, **arguments, lengths=False) / alpha**2,
        ),
        Slip(
            "all are 1: a vector is compared with itself.",
            "Take x from the local credit, y from the exact one.",
            lambda gains, when, **arguments: np.ones((len(gains), len(when))),
        ),
        Slip(
            "these are cosines for W, not for W_in.",
            "The senders of W_in are the inputs u.",
            partial(cosines, names=("W",)),
        ),
        Slip(
            "these are cosines for all weights.",
            "Compare what W_in gets: with W and b it would be of many bins, not of the flash.",
            partial(cosines, names=("W", "W_in", "b")),
        ),
        Slip("the sign is wrong.", "Compare gradients, or changes, not one with the other.", lambda **g: -cosines(**g)),
        Slip(
            "rows and columns have changed places.",
            "A row for each gain, a column for each bin.",
            lambda **arguments: cosines(**arguments).T,
        ),
    ),
    "it agrees with autograd, and is 1 where nothing is left out.",
    shape_hint="A row for each gain and a column for each bin, (len(gains), len(when)).",
)

TRUTH = compares(
    wirings,
    exact_credit,
    (
        Slip(
            "these are the units that are misled.",
            "True for those whose credit is exact.",
            lambda **arguments: ~exact_credit(**arguments),
        ),
        Slip(
            "only ways of one synapse are followed.",
            "A unit may move one that moves one that is read.",
            partial(exact_credit, hops=1),
        ),
        Slip(
            "only ways of up to two synapses are followed.",
            "Go on until nothing new is reached.",
            partial(exact_credit, hops=2),
        ),
        Slip(
            "ways are followed from the receiver to the sender.",
            "W[i, j] leads from j to i.",
            partial(exact_credit, transpose=True),
        ),
        Slip(
            "a synapse of a unit onto itself is overlooked.",
            "It is a way as well: the trace keeps 1 - alpha, and knows nothing of W[i, i].",
            partial(exact_credit, loops=False),
        ),
        Slip(
            "every unit with a synapse onward counts as misled.",
            "What is left out must matter: the way has to end at a unit that is read.",
            partial(exact_credit, any_reader=True),
        ),
        Slip(
            "units count as misled because they are read.",
            "A unit receives the error of its own rate; what it does not receive goes by way of synapses.",
            partial(exact_credit, oneself=True),
        ),
    ),
    "for these units the credit is exact, and you know without running the network.",
    shape_hint="A truth value for each unit, (N,).",
)

WORK = Work(
    exercises=(
        Exercise("rflo/traces", "eligibility traces", 2, "traces", TRACES),
        Exercise("rflo/change", "the change of a trial", 3, "weight_change", CHANGE, builds_on=("rflo/traces",)),
        Exercise("rflo/credits", "what is left out", 3, "two_credits", CREDITS),
        Exercise("rflo/cosines", "where it parts", 2, "cosines", COSINES, builds_on=("rflo/credits",)),
        Exercise("rflo/truth", "whose credit is exact", 2, "exact_credit", TRUTH),
    ),
    imports=("numpy",),
    hidden=("torch", "functorch", "jax", "autograd", "tensorflow", "cogdyn.agents"),
)
