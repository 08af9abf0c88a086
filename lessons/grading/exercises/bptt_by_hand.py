"""Assignment 2: backpropagation through time by hand, held against autograd."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..judging import Exercise, Inputs, Slip, compares
from . import Work
from .bptt_reference import backward, backward_terms, by_autograd, by_hand, errors_of, in_windows, network_of
from .leaky_network import drawn_network, forward, forward_terms


def _trials(rng: np.random.Generator) -> list[Inputs]:
    """Networks with inputs and targets, of sizes that differ so that shapes cannot be confused."""
    cases = []
    for n, n_in, n_out, bins in ((5, 3, 2, 7), (4, 2, 3, 12), (6, 1, 2, 9)):
        network = drawn_network(rng, n, n_in, bins)
        cases.append(network | {"W_out": rng.normal(size=(n_out, n)), "targets": rng.normal(size=(bins, n_out))})
    return cases


def _forward_inputs(rng: np.random.Generator) -> list[Inputs]:
    names = ("W", "W_in", "b", "u", "r_0", "alpha")
    return [{name: trial[name] for name in names} for trial in _trials(rng)]


def _error_inputs(rng: np.random.Generator) -> list[Inputs]:
    return [
        {"rates": forward(**network_of(trial))[0], "W_out": trial["W_out"], "targets": trial["targets"]}
        for trial in _trials(rng)
    ]


def _backward_inputs(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for trial in _trials(rng):
        rates, drives = forward(**network_of(trial))
        errors = errors_of(rates, trial["W_out"], trial["targets"])[1]
        cases.append({"W": trial["W"], "drives": drives, "errors": errors, "alpha": trial["alpha"]})
    return cases


def _truncated_inputs(rng: np.random.Generator) -> list[Inputs]:
    return [trial | {"horizon": horizon} for trial, horizon in zip(_trials(rng), (2, 4, 3), strict=True)]


def _beside(**inputs: Any) -> np.ndarray:
    return inputs["errors"]


FORWARD = compares(
    _forward_inputs,
    forward,
    (
        Slip("the leak is missing: r keeps its whole value.", "(1 - alpha) of r stays.", partial(forward, keep=1.0)),
        Slip("the drive is not multiplied by alpha.", "alpha of tanh(a) arrives.", partial(forward, gain=1.0)),
        Slip(
            "W is the wrong way round.",
            "W[i, j] is the synapse from j to i: W @ r sums over j.",
            partial(forward, transpose=True),
        ),
        Slip(
            "the input comes a bin late.",
            "a_t takes u_t, and u[0] belongs to the first bin.",
            partial(forward, late=True),
        ),
        Slip("the bias is missing.", "Add b to a.", partial(forward, bias=False)),
        Slip("tanh is missing: this network is linear.", "What arrives is tanh(a).", partial(forward, linear=True)),
        Slip(
            "the rates begin with r_0.",
            "rates[0] is the state after the first bin; r_0 is what was before.",
            partial(forward, before_step=True),
        ),
    ),
    "rates and drives are the network's.",
    ("rates", "drives"),
    "Both have a row for each bin, (T, N); r_0 is no bin.",
    forward_terms(0),
)

ERRORS = compares(
    _error_inputs,
    errors_of,
    (
        Slip(
            "the errors have the wrong sign.", "The derivative of (z - y)^2 / 2 is z - y.", partial(errors_of, sign=-1)
        ),
        Slip(
            "the factor 1/2 is missing.",
            "L = 1/2 sum |z - y|^2; its derivative has no 2.",
            lambda **arguments: tuple(2 * part for part in errors_of(**arguments)),
        ),
        Slip(
            "the loss lacks the factor 1/2, the errors are right.",
            "L = 1/2 sum |z - y|^2.",
            lambda **arguments: (2 * errors_of(**arguments)[0], errors_of(**arguments)[1]),
        ),
        Slip(
            "time is averaged.",
            "The loss is a sum over the bins.",
            lambda **arguments: errors_of(**arguments, over=len(arguments["rates"])),
        ),
        Slip(
            "the loss is averaged over time, the errors are right.",
            "The loss is a sum over the bins.",
            lambda **arguments: (errors_of(**arguments)[0] / len(arguments["rates"]), errors_of(**arguments)[1]),
        ),
        Slip(
            "these are the errors of the outputs.",
            "Carry them to the rates: multiply by W_out.",
            lambda **arguments: (
                errors_of(**arguments)[0],
                arguments["rates"] @ arguments["W_out"].T - arguments["targets"],
            ),
        ),
        Slip(
            "only the last bin counts in the loss.",
            "Sum over all bins.",
            lambda **arguments: (
                errors_of(arguments["rates"][-1:], arguments["W_out"], arguments["targets"][-1:])[0],
                errors_of(**arguments)[1],
            ),
        ),
    ),
    "loss and errors are right.",
    ("loss", "errors"),
    "The loss is a number; the errors have a number for each bin and unit, (T, N).",
)

BACKWARD = compares(
    _backward_inputs,
    backward,
    (
        Slip(
            "errors do not travel: these are the errors you started from.",
            "Each bin passes on to the one before.",
            _beside,
        ),
        Slip(
            "the sign is wrong.",
            "The adjoint of the last bin is its error.",
            lambda **arguments: -backward(**arguments),
        ),
        Slip(
            "W is used as on the way forward.",
            "On the way back an error goes from i to j: multiply by W.T.",
            partial(backward, transpose=True),
        ),
        Slip(
            "the leak is missing.",
            "(1 - alpha) of r_t stays in r_t+1, and its error comes back.",
            partial(backward, leak=False),
        ),
        Slip("alpha is missing.", "r_t reaches r_t+1 through alpha tanh(a).", partial(backward, gain=1.0)),
        Slip("the slope of tanh is missing.", "Multiply by 1 - tanh(a)^2.", partial(backward, slope=-1)),
        Slip(
            "the slope belongs to the wrong bin.",
            "From bin t + 1 back to t the error passes a_(t+1).",
            partial(backward, slope=0),
        ),
        Slip(
            "only the error of the last bin travels.",
            "Every bin has an error; add it when you come by.",
            partial(backward, last_only=True),
        ),
        Slip("errors travel forward in time.", "Begin with the last bin.", partial(backward, reverse=False)),
    ),
    "this is how errors travel back.",
    shape_hint="A number for each bin and unit, (T, N).",
    terms=backward_terms("drives", straight=0.0),
)

GRADIENT = compares(
    _trials,
    by_autograd,
    (
        Slip(
            "your gradient has the sign of ascent.",
            "Descend along minus the gradient; return the gradient.",
            partial(by_hand, sign=-1),
        ),
        Slip(
            "the gradients of W, W_in and b have the sign of ascent.",
            "The error is what the output has too much: z - y. Nothing else changes sign on the way.",
            lambda **arguments: by_hand(sign=-1, **arguments) | {"W_out": by_hand(**arguments)["W_out"]},
        ),
        Slip(
            "the gradient of W is transposed.",
            "dW[i, j] = sum_t delta_t[i] r_(t-1)[j].",
            partial(by_hand, transpose=True),
        ),
        Slip(
            "errors are paired with the rates of the same bin.",
            "W carries r_(t-1) to bin t.",
            partial(by_hand, before=False),
        ),
        Slip(
            "the first bin is left out of dW.",
            "In the first bin the rates before are r_0.",
            partial(by_hand, first=False),
        ),
        Slip("alpha is missing.", "dL/da_t = alpha (1 - tanh(a_t)^2) p_t.", partial(by_hand, with_alpha=False)),
        Slip(
            "the slope of tanh is missing.",
            "dL/da_t = alpha (1 - tanh(a_t)^2) p_t.",
            partial(by_hand, with_slope=False),
        ),
        Slip(
            "time is averaged.",
            "The loss is a sum over the bins, and so is its gradient.",
            partial(by_hand, over_time=True),
        ),
        Slip(
            "errors do not travel back in time.",
            "Use the adjoint of backward, not the errors of each bin.",
            partial(by_hand, local=True),
        ),
    ),
    "it agrees with autograd.",
    shape_hint="Each gradient has the shape of its weights.",
)

TRUNCATED = compares(
    _truncated_inputs,
    by_hand,
    (
        Slip(
            "nothing is truncated.",
            "The error of bin t goes no further back than t - horizon.",
            lambda horizon, **arguments: by_hand(**arguments),
        ),
        Slip(
            "errors go one bin too few.",
            "The error of bin t reaches t - horizon.",
            lambda horizon, **arguments: by_hand(horizon=horizon - 1, **arguments),
        ),
        Slip(
            "errors go one bin too far.",
            "The error of bin t reaches t - horizon, not further.",
            lambda horizon, **arguments: by_hand(horizon=horizon + 1, **arguments),
        ),
        Slip("the trial is cut into windows.", "Each error has its own window, which ends with its bin.", in_windows),
        Slip(
            "errors do not travel at all.",
            "horizon = 0 would mean that.",
            lambda horizon, **arguments: by_hand(local=True, **arguments),
        ),
        Slip("your gradient has the sign of ascent.", "Return the gradient itself.", partial(by_hand, sign=-1)),
    ),
    "errors go back as far as they may.",
    shape_hint="Each gradient has the shape of its weights.",
)

WORK = Work(
    exercises=(
        Exercise("bptt/forward", "the network", 2, "forward", FORWARD),
        Exercise("bptt/errors", "loss and errors", 1, "loss_and_errors", ERRORS),
        Exercise("bptt/backward", "back through time", 4, "backward", BACKWARD),
        Exercise(
            "bptt/gradient",
            "the gradient",
            3,
            "gradient",
            GRADIENT,
            builds_on=("bptt/forward", "bptt/errors", "bptt/backward"),
        ),
        Exercise(
            "bptt/truncated",
            "truncated",
            2,
            "truncated_gradient",
            TRUNCATED,
            builds_on=("bptt/forward", "bptt/errors", "bptt/backward", "bptt/gradient"),
        ),
    ),
    imports=("numpy",),
    hidden=("torch", "functorch", "jax", "autograd", "tensorflow", "cogdyn.agents"),
)
