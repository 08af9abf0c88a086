"""Learning in every bin on compiled loops: where they can be used, and the way there from tensors and back."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from ....envs.trial import TrialBatch
from ...network.data import check_inputs
from ...network.rate_rnn import RateRNN
from ..driven_step import noise_currents
from .arrays import ACTIVATIONS, Course
from .handover import PRECISIONS, check_labels, networks_in, parts_of, settings_of, small_numbers_as_zero, state_arrays
from .loop_rule import LoopRule


@cache
def why_no_numba() -> str | None:
    """Why loops cannot be compiled; None if they can. It loads numba, which may be made for another NumPy."""
    if find_spec("numba") is None:
        return "numba is missing: pip install 'cogdyn[fast]'"
    try:
        import_module(".compiler", __package__)
    except ImportError as error:
        return f"numba cannot be used ({error})"
    return None


def why_not_compiled(rule: LoopRule, network: RateRNN) -> str | None:
    """Why a rule does not learn in every bin of a network's trials on a compiled loop; None if it does."""
    if not rule.has_loop():
        return f"{type(rule).__name__} has no compiled loop"
    if network.recurrent.device.type != "cpu":
        return f"the network is on {network.recurrent.device}"
    if not lies_in_one_piece(network):
        return "its weights do not lie in one piece of memory"
    if network.recurrent.dtype not in PRECISIONS:
        return f"its precision is {network.recurrent.dtype}"
    if network.activation not in ACTIVATIONS:
        return f"the activation {network.activation!r} has no compiled form"
    return why_no_numba()


def lies_in_one_piece(network: RateRNN) -> bool:
    """Whether each array that learns lies in one piece of memory, row by row, as loops go through it."""
    parameters = (network.recurrent, network.input, network.bias, network.readout, network.readout_bias, network.h0)
    return all(parameter.is_contiguous() for parameter in parameters)


def learning_path(rule: Any, network: Any) -> str | None:
    """By what a rule that changes weights in every bin learns: ``"loop"`` or ``"steps"``; None for others."""
    if not getattr(rule, "in_every_bin", False):
        return None
    return "loop" if why_not_compiled(rule, network) is None else "steps"


def warn_of_steps(rule: Any, network: Any) -> None:
    """Warn, once in a process for each reason, of a network for which a rule that has a loop learns by steps.

    A GPU, a rule without a loop and a numba that is missing are no reason: ``cogdyn rules NAME`` shows them. Nor is the
    layout of weights in memory, which a start such as ``"orthogonal"`` leaves behind.
    """
    looped = getattr(rule, "in_every_bin", False) and rule.has_loop() and network.recurrent.device.type == "cpu"
    if (
        looped
        and lies_in_one_piece(network)
        and why_no_numba() is None
        and (reason := why_not_compiled(rule, network)) is not None
    ):
        _warn_once(f"{reason}: {type(rule).__name__} learns by PyTorch's operations, more slowly.")


@cache
def _warn_once(message: str) -> None:
    warnings.warn(message, stacklevel=4)


@torch.no_grad()
def learn_in_compiled_bins(
    rule: LoopRule, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None
) -> list[tuple[float, float]]:
    """Go through trials bin by bin, as :func:`~cogdyn.agents.credit.every_bin.learn_in_every_bin`, compiled.

    Networks of an ensemble go one after the other. One whose loss or gradient is not finite is left as it was.

    Returns:
        For each network the loss of the trials, and the norm of the gradient of all bins together.
    """
    x, batch_size = PRECISIONS[network.recurrent.dtype], batch.batch_size
    state = rule.begin(network, batch_size, rule.memory, generator)
    tensors = rule.to_loop(state, network, batch_size)
    course = _course(rule, network, batch, generator, x)
    results = through_bins(rule, network, tensors, course, batch.kind != "continuous", batch_size)
    # A rule that leaves a part of the gradient for the end has no loop.
    state, _ = rule.finish(rule.from_loop(state, tensors))
    rule.memory = rule.remembered(state)
    return results


def through_bins(
    rule: LoopRule,
    network: RateRNN,
    tensors: Sequence[torch.Tensor],
    course: Course,
    softmax: bool,
    state: np.ndarray | int,
) -> list[tuple[float, float]]:
    """Let the compiled loop go through bins; what it changes in place are the network, its state and the rule's.

    Args:
        rule: The rule.
        network: The network, or an ensemble, whose networks go one after the other.
        tensors: The rule's state, of its ``to_loop``.
        course: What the bins bring.
        softmax: Whether targets are classes or their probabilities.
        state: The network's state before the first bin, (B, N), or a number of trials B that begin at its own.

    Returns:
        Of each network the mean loss of a bin, and the norm of the gradient of all bins together.
    """
    from .compiler import compiled_bins, compiled_loop

    x = PRECISIONS[network.recurrent.dtype]
    go, loop = compiled_bins(x.name), compiled_loop(rule.loop, x.name)
    feedback = None if rule.feedback == "symmetric" else rule.feedback_weights.of(network)
    if feedback is not None and rule.feedback == "adaptive":  # who has been given the old one keeps that
        feedback = rule.feedback_weights.weights = feedback.clone()
    settings, constants = settings_of(rule, network, softmax), np.array(rule.constants(network), x)
    results = []
    with small_numbers_as_zero():
        for s in networks_in(network):
            parts = parts_of(network, feedback, s, x, state)
            results.append(go(loop, state_arrays(tensors, s, x), constants, parts, course, settings))
    return results


def _course(
    rule: LoopRule, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None, x: np.dtype[Any]
) -> Any:
    """What the trials bring; errors are those of each bin's own loss, T times those of the mean over bins.

    Raises:
        ValueError: If channels or classes are not those of the network, or nothing is to be learned.
    """
    n_bins, batch_size, _ = batch.inputs.shape
    inputs, n_out = np.ascontiguousarray(batch.inputs, x), network.n_outputs
    if inputs.shape[2] != network.n_inputs or not np.isfinite(inputs).all():
        check_inputs(torch.from_numpy(inputs), network.n_inputs, network.recurrent)
    if batch.kind == "choice" and not 0 <= batch.targets.min() <= batch.targets.max() < n_out:
        raise ValueError(f"targets name class {batch.targets.max()}, but there are only {n_out} outputs.")
    if not batch.mask.any():
        raise ValueError("the mask is 0 everywhere: there is nothing to learn.")
    times = n_bins / batch.mask.sum(dtype=np.float64)
    if batch.kind == "continuous":
        times *= 2 / n_out
    labels = np.eye(n_out, dtype=x)[batch.targets] if batch.kind == "choice" else np.asarray(batch.targets, x)
    check_labels(labels.shape, (n_bins, batch_size, n_out))
    nothing = np.empty((n_bins, 0, 0), x)
    noise = noise_currents(network, n_bins, batch_size, generator).numpy() if network.noise else nothing
    draws = rule.draws(network, n_bins, batch_size, generator)
    weight = (batch.mask * times).astype(x)
    return Course(inputs, np.ascontiguousarray(labels), weight, noise, nothing if draws is None else draws.numpy())
