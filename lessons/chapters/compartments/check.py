"""Lesson on compartments: what networks lose with a compartment, and the check of the reader's own teaching phase."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from ....agents.credit.bins import Bin, bins_of
from ....agents.credit.output_error import OutputError
from ....agents.credit.synthetic_gradient import apical_inputs, own_signal
from ....agents.network.data import tensors
from ....agents.network.rate_rnn import RateRNN
from ....agents.rules import DNI, Compartments
from ....envs.registry import make_task
from ....envs.trial import TrialBatch
from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer

_LR = 0.05
_BIN = 8

Arguments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@typechecked
def check_teach(teach: Answer) -> CheckResult:
    r"""Check one bin of the phase in which apical dendrites are taught.

    target = L(t-1) + tanh(r(t) slow^T) K^T, wrong = r(t-1) A^T - target, next A = A - lr wrong^T r(t-1) / B

    It must be what :class:`cogdyn.agents.rules.Compartments` makes of A.

    Args:
        teach: Takes A (N, k), slow (N, k), K (N, N), r (B, k) of this bin, r_before (B, k) and L_before (B, N) of
            the bin before, and lr; returns the next A (N, k).
    """
    arguments, right, same = _example()
    praise = (
        "these are the next apical weights of a network of compartments. With J read backwards in place of K, they are "
        f"DNI's as well: they differ by {same:.0e}."
    )
    hints = {
        "stub": "Replace the raise by a target, what is wrong, and the next A.",
        "error": "Shapes: r @ slow.T is (B, N), and so are L_before and r_before @ A.T.",
        "shape": "A has a row for each unit: wrong.T @ r_before is (N, k).",
        "change": "Return a new array; A -= ... changes the caller's A.",
    }
    return check_answer(lambda copies: teach(*copies, _LR), [*arguments], right, _slips(*arguments), praise, hints)


@cache
def _example() -> tuple[Arguments, np.ndarray, float]:
    """The arguments of a reader's phase in some bin, the next A, and how far it is from DNI's."""
    task = make_task("Add", lags=(1, 2), n_steps=10)
    network = RateRNN(
        task.n_inputs, 5, task.n_outputs,
        dt=10, tau=20, activation="tanh", leak="rate", self_connections=True, gain=0.8, seed=1,
    ).double()  # fmt: skip
    batch = task.sample(3, seed=1)
    mirrored = Compartments(lr_apical=_LR, lr_jacobian=_LR)
    shared = Compartments(lr_apical=_LR, lr_jacobian=_LR, transport="shared")
    dni = DNI(feedback="random", jacobian="learned", bootstrap="tanh", lr_apical=_LR, lr_jacobian=_LR)
    (bins, old, new), (_, _, by_shared), (_, _, by_dni) = (
        _taught(network, one, batch) for one in (mirrored, shared, dni)
    )
    r_before, r = (apical_inputs(each) for each in bins)
    # K has changed in the phase before, of the same bin.
    arguments = (old["apical"], old["slow"], new["mirror"], r, r_before, own_signal(bins[0]))
    same = float((by_shared["apical"] - by_dni["apical"]).abs().max())
    a, slow, k, now, before, signal = (value.numpy() for value in arguments)
    return (a, slow, k, now, before, signal), new["apical"].numpy(), same


@torch.no_grad()
def _taught(
    network: RateRNN, rule: Compartments | DNI, batch: TrialBatch
) -> tuple[list[Bin], dict[str, Tensor], dict[str, Tensor]]:
    """A bin in which a rule teaches and the one before, and what the rule remembers before and after it."""
    data = tensors(batch, network.recurrent)
    errors = OutputError(data, network.n_outputs)
    trajectory = network(data.inputs, keep_activations=True)
    every = bins_of(network, data.inputs, trajectory, errors, rule.feedback_weights.of(network))
    bins = [each.of_own_loss(len(data.inputs)) for each in every]
    steps = rule.steps(network, batch.batch_size, {}, None)
    for each in bins[:_BIN]:
        steps.step(each, None)
    before = steps.memory
    steps.step(bins[_BIN], None)
    return bins[_BIN - 1 : _BIN + 1], before, steps.memory


def _slips(
    a: np.ndarray, slow: np.ndarray, k: np.ndarray, r: np.ndarray, r_before: np.ndarray, signal: np.ndarray
) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    forecast, trials = np.tanh(r @ slow.T), len(r)

    def next_a(target: np.ndarray, by: np.ndarray = r_before, to: np.ndarray = r_before) -> np.ndarray:
        return a - _LR * (by @ a.T - target).T @ to / trials

    target = signal + forecast @ k.T
    right = next_a(target)
    return {
        "nothing is carried back.": (next_a(signal), "Add to L_before what the others predict, by way of K."),
        "the error is left out.": (next_a(forecast @ k.T), "The target begins with L_before."),
        "K is read backwards.": (
            next_a(signal + forecast @ k),
            "K[i, j] is the synapse from j to i: what reaches i is forecast @ K.T.",
        ),
        "nothing keeps what is carried small.": (next_a(signal + (r @ slow.T) @ k.T), "Take tanh of r @ slow.T."),
        "the fast A predicts, not its slow copy.": (
            next_a(signal + np.tanh(r @ a.T) @ k.T),
            "A prediction that aims at a target moving with every step may run after it for ever: tanh(r @ slow.T).",
        ),
        "tanh comes too late.": (next_a(signal + np.tanh(r @ slow.T @ k.T)), "First tanh, then K."),
        "tanh is taken of the whole target.": (next_a(np.tanh(target)), "Errors go in as they are."),
        "the voltage is this bin's.": (
            next_a(target, by=r),
            "The target is for the bin before; so is the voltage: r_before @ A.T.",
        ),
        "the senders are this bin's.": (
            next_a(target, to=r),
            "What made the voltage of the bin before was r_before; these synapses change.",
        ),
        "all is of this bin.": (next_a(target, by=r, to=r), "The phase teaches the bin before."),
        "others predict for the bin before.": (
            next_a(signal + np.tanh(r_before @ slow.T) @ k.T),
            "What others predict, they read in this bin: r @ slow.T.",
        ),
        "the sign is turned.": (2 * a - right, "What is too high is to come down: A - lr ..."),
        "trials are added up.": (a + trials * (right - a), "Take the mean over the trials: divide by len(r)."),
        "lr is missing.": (a + (right - a) / _LR, "Go only a small part of the way, lr."),
        "the change is returned, not the next A.": (right - a, "Add it to A."),
    }
