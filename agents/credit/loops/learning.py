"""Learning in every bin on compiled loops: where they can be used, and the way there from tensors and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ....envs.trial import TrialBatch
from ...network.rate_rnn import RateRNN
from ..driven_step import noise_currents
from ..feedback import PATHWAYS
from .arrays import ACTIVATIONS, N_STATE, Course, Parts, Settings

if TYPE_CHECKING:
    from ..credit_rule import CreditRule

PRECISIONS = {torch.float32: np.dtype(np.float32), torch.float64: np.dtype(np.float64)}


@cache
def numba_is_there() -> bool:
    """Whether numba is installed; it is not loaded."""
    return find_spec("numba") is not None


def why_not_compiled(rule: CreditRule[Any], network: RateRNN) -> str | None:
    """Why a rule does not learn in every bin of a network's trials on a compiled loop; None if it does."""
    if not rule.has_loop():
        return f"{type(rule).__name__} has no compiled loop"
    if not numba_is_there():
        return "numba is missing: pip install 'cogdyn[fast]'"
    if network.recurrent.device.type != "cpu":
        return f"the network is on {network.recurrent.device}"
    learned = (network.recurrent, network.input, network.bias, network.readout, network.readout_bias, network.h0)
    if not all(parameter.is_contiguous() for parameter in learned):
        return "its weights do not lie in one piece of memory"
    if network.recurrent.dtype not in PRECISIONS:
        return f"its precision is {network.recurrent.dtype}"
    if network.activation not in ACTIVATIONS:
        return f"the activation {network.activation!r} has no compiled form"
    return None


def learning_path(rule: Any, network: Any) -> str | None:
    """By what a rule that changes weights in every bin learns: ``"loop"`` or ``"steps"``; None for others."""
    if not getattr(rule, "in_every_bin", False):
        return None
    return "loop" if why_not_compiled(rule, network) is None else "steps"


@torch.no_grad()
def learn_in_compiled_bins(
    rule: CreditRule[Any], network: RateRNN, batch: TrialBatch, generator: torch.Generator | None
) -> list[tuple[float, float]]:
    """Go through trials bin by bin, as :func:`~cogdyn.agents.credit.every_bin.learn_in_every_bin`, compiled.

    Networks of an ensemble go one after the other. One whose loss or gradient is not finite is left as it was.

    Returns:
        For each network the loss of the trials, and the norm of the gradient of all bins together.
    """
    from .compiler import compiled_bins, compiled_loop

    x = PRECISIONS[network.recurrent.dtype]
    go, loop = compiled_bins(x.name), compiled_loop(rule.loop, x.name)
    batch_size = batch.batch_size
    state = rule.begin(network, batch_size, rule.memory, generator)
    tensors = rule.to_loop(state, network, batch_size)
    course = _course(rule, network, batch, generator, x)
    feedback = None if rule.feedback == "symmetric" else rule.feedback_weights.of(network)
    if feedback is not None and rule.feedback == "adaptive":  # who has been given the old one keeps that
        feedback = rule.feedback_weights.weights = feedback.clone()
    rate, clip = rule.descent.rate(network), rule.descent.clip
    settings = Settings(
        ACTIVATIONS.index(network.activation),
        network.leak == "voltage",
        batch.kind != "continuous",
        network.readout_activation == "sigmoid",
        PATHWAYS.index(rule.feedback),
        network.recurrent.requires_grad,
        network.input.requires_grad,
        network.bias.requires_grad,
        network.readout.requires_grad,
        network.readout_bias.requires_grad,
        clip is not None,
        rate,
        clip or 0.0,
        rate * rule.descent.weight_decay,
    )
    constants, fill = np.array(rule.constants(network), x), (np.empty((0, 0, 0), x),) * (N_STATE - len(tensors))
    found = []
    with small_numbers_as_zero():
        for s in range(len(network.recurrent)) if network.recurrent.ndim == 3 else (None,):
            arrays = [_cube(_of(tensor, s)) for tensor in tensors]
            found.append(go(loop, (*arrays, *fill), constants, _parts(network, feedback, s, x), course, settings))
    # A rule that leaves a part of the gradient for the end has no loop.
    state, _ = rule.finish(rule.from_loop(state, tensors))
    rule.memory = rule.remembered(state)
    return found


@contextmanager
def small_numbers_as_zero() -> Iterator[None]:
    """Within the block, numbers too small for full precision count as 0, since a processor takes long over them.

    Traces of units that have fallen silent come there: below 1e-38 in single precision.
    """
    already = np.float32(1e-40) * np.float32(1) == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        if not already:
            torch.set_flush_denormal(False)


def _course(
    rule: CreditRule[Any], network: RateRNN, batch: TrialBatch, generator: torch.Generator | None, x: np.dtype[Any]
) -> Any:
    """What the trials bring; errors are those of each bin's own loss, T times those of the mean over bins.

    Raises:
        ValueError: If channels or classes are not those of the network, or nothing is to be learned.
    """
    n_bins, batch_size, n_inputs = batch.inputs.shape
    _check(batch, network, n_inputs)
    times = n_bins / batch.mask.sum(dtype=np.float64)
    if batch.kind == "continuous":
        times *= 2 / network.n_outputs
    labels = (
        np.eye(network.n_outputs, dtype=x)[batch.targets]
        if batch.kind == "choice"
        else batch.targets.astype(x, copy=False)
    )
    nothing = np.empty((n_bins, 0, 0), x)
    noise = noise_currents(network, n_bins, batch_size, generator).numpy() if network.noise else nothing
    draws = rule.draws(network, n_bins, batch_size, generator)
    weight = (batch.mask * times).astype(x)
    inputs = np.ascontiguousarray(batch.inputs, x)
    return Course(inputs, np.ascontiguousarray(labels), weight, noise, nothing if draws is None else draws.numpy())


def _check(batch: TrialBatch, network: RateRNN, n_inputs: int) -> None:
    """Refuse what would lead loops beyond the ends of their arrays."""
    n_out = network.n_outputs
    if n_inputs != network.n_inputs:
        shape = batch.inputs.shape
        raise ValueError(f"inputs have shape {shape}; expected (T, B, {network.n_inputs}), none of them 0.")
    if batch.kind == "choice" and int(batch.targets.max()) >= n_out:
        raise ValueError(f"targets name class {int(batch.targets.max())}, but there are only {n_out} outputs.")
    if batch.kind != "choice" and batch.targets.shape[2] != n_out:
        raise ValueError(f"targets have {batch.targets.shape[2]} parts, but there are {n_out} outputs.")
    if not batch.mask.any():
        raise ValueError("the mask is 0 everywhere: there is nothing to learn.")


def _parts(network: RateRNN, feedback: Tensor | None, s: int | None, x: np.dtype[Any]) -> Any:
    """The arrays of a network, or of one of an ensemble, that the loop reads and writes."""
    alive = np.ones(network.n_units, x)
    alive[list(network.lesioned)] = 0
    return Parts(
        recurrent=_of(network.recurrent, s),
        input=_of(network.input, s),
        bias=_of(network.bias, s),
        readout=_of(network.readout, s),
        readout_bias=_of(network.readout_bias, s),
        feedback=np.empty((0, 0), x) if feedback is None else _of(feedback, s),
        recurrent_mask=_of(network.recurrent_mask, s),
        input_mask=network.input_mask.numpy(),
        output_mask=network.output_mask.numpy(),
        signs=np.empty(0, x) if network.signs is None else network.signs.numpy(),
        first=_of(network.h0, s),
        alpha=network.alpha.numpy(),
        alive=alive,
    )


def _of(tensor: Tensor, s: int | None) -> np.ndarray:
    """The memory of a tensor, or of its part for one network of an ensemble."""
    array = tensor.detach().numpy()
    return array if s is None else array[s]


def _cube(array: np.ndarray) -> np.ndarray:
    """The same memory with three axes: what is missing in front, what is too much merged at the end."""
    shape = (1,) * (3 - array.ndim) + array.shape
    return array.reshape(*shape[:2], prod(shape[2:]))
