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

Given = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@typechecked
def check_teach(teach: Answer) -> CheckResult:
    r"""Check one bin of the phase in which apical dendrites are taught.

    target = L(t-1) + tanh(seen(t) slow^T) K^T, wrong = seen(t-1) A^T - target, next A = A - lr wrong^T seen(t-1) / B

    It must be what :class:`cogdyn.agents.rules.Compartments` makes of A.

    Args:
        teach: Takes A (N, k), slow (N, k), K (N, N), seen (B, k) of this bin, seen_before (B, k) and L_before (B, N) of
            the bin before, and lr; returns the next A (N, k).
    """
    given, right, same = _example()
    praise = (
        "these are the next apical weights of a network of compartments. With J read backwards in place of K, they are "
        f"those of DNI as well: they differ by {same:.0e}."
    )
    hints = {
        "stub": "Replace the raise by a target, what is wrong, and the next A.",
        "error": "Shapes: seen @ slow.T is (B, N), and so are L_before and seen_before @ A.T.",
        "shape": "A has a row for each unit: wrong.T @ seen_before is (N, k).",
        "change": "Return a new array; A -= ... changes the caller's A.",
    }
    return check_answer(lambda copies: teach(*copies, _LR), [*given], right, _slips(*given), praise, hints)


@cache
def _example() -> tuple[Given, np.ndarray, float]:
    """What a reader's phase is given in some bin, the next A, and how far it is from that of DNI."""
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
    seen_before, seen = (apical_inputs(each) for each in bins)
    # K has changed in the phase before, of the same bin.
    given = (old["apical"], old["slow"], new["mirror"], seen, seen_before, own_signal(bins[0]))
    same = float((by_shared["apical"] - by_dni["apical"]).abs().max())
    a, slow, k, now, before, signal = (value.numpy() for value in given)
    return (a, slow, k, now, before, signal), new["apical"].numpy(), same


@torch.no_grad()
def _taught(
    network: RateRNN, rule: Compartments | DNI, batch: TrialBatch
) -> tuple[list[Bin], dict[str, Tensor], dict[str, Tensor]]:
    """A bin in which a rule teaches and the one before, and what the rule remembers before and after it."""
    data = tensors(batch, network.recurrent)
    errors = OutputError(data, network.n_outputs)
    trajectory = network(data.inputs, keep_activations=True)
    found = bins_of(network, data.inputs, trajectory, errors, rule.feedback_weights.of(network))
    bins = [each.of_own_loss(len(data.inputs)) for each in found]
    steps = rule.steps(network, batch.batch_size, {}, None)
    for each in bins[:_BIN]:
        steps.step(each, None)
    before = steps.memory
    steps.step(bins[_BIN], None)
    return bins[_BIN - 1 : _BIN + 1], before, steps.memory


def _slips(
    a: np.ndarray, slow: np.ndarray, k: np.ndarray, seen: np.ndarray, seen_before: np.ndarray, signal: np.ndarray
) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    told, trials = np.tanh(seen @ slow.T), len(seen)

    def next_a(target: np.ndarray, by: np.ndarray = seen_before, to: np.ndarray = seen_before) -> np.ndarray:
        return a - _LR * (by @ a.T - target).T @ to / trials

    target = signal + told @ k.T
    right = next_a(target)
    return {
        "nothing is carried back.": (next_a(signal), "Add to L_before what the others say, by way of K."),
        "the error is left out.": (next_a(told @ k.T), "The target begins with L_before."),
        "K is read backwards.": (
            next_a(signal + told @ k),
            "K[i, j] is the synapse from j to i: what reaches i is told @ K.T.",
        ),
        "nothing keeps what is carried small.": (next_a(signal + (seen @ slow.T) @ k.T), "Take tanh of seen @ slow.T."),
        "the fast A tells, not its slow copy.": (
            next_a(signal + np.tanh(seen @ a.T) @ k.T),
            "Who aims at a target that moves with every step may run after it for ever: tanh(seen @ slow.T).",
        ),
        "tanh comes too late.": (next_a(signal + np.tanh(seen @ slow.T @ k.T)), "First tanh, then K."),
        "tanh is taken of the whole target.": (next_a(np.tanh(target)), "Errors go in as they are."),
        "the voltage is that of this bin.": (
            next_a(target, by=seen),
            "The target is for the bin before; so is the voltage: seen_before @ A.T.",
        ),
        "the senders are those of this bin.": (
            next_a(target, to=seen),
            "What made the voltage of the bin before was seen_before; these synapses change.",
        ),
        "all is of this bin.": (next_a(target, by=seen, to=seen), "The phase teaches the bin before."),
        "others speak of the bin before.": (
            next_a(signal + np.tanh(seen_before @ slow.T) @ k.T),
            "What others say, they see in this bin: seen @ slow.T.",
        ),
        "the sign is turned.": (2 * a - right, "What is too high is to come down: A - lr ..."),
        "trials are added up.": (a + trials * (right - a), "Take the mean over the trials: divide by len(seen)."),
        "lr is missing.": (a + (right - a) / _LR, "Go only a small part of the way, lr."),
        "the change is returned, not the next A.": (right - a, "Add it to A."),
    }
