"""From tensors to the arrays and numbers that loops go by, which share their memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...network.rate_rnn import RateRNN
from ..feedback import PATHWAYS
from .arrays import ACTIVATIONS, N_STATE, Parts, Settings
from .loop_rule import LoopRule

PRECISIONS = {torch.float32: np.dtype(np.float32), torch.float64: np.dtype(np.float64)}


def settings_of(rule: LoopRule, network: RateRNN, softmax: bool) -> Settings:
    """Numbers of the network and of the descent."""
    descent = rule.descent
    rate = descent.rate(network)
    return Settings(
        activation=ACTIVATIONS.index(network.activation),
        voltage=network.leak == "voltage",
        softmax=softmax,
        sigmoid=network.readout_activation == "sigmoid",
        feedback=PATHWAYS.index(rule.feedback),
        learns_recurrent=network.recurrent.requires_grad,
        learns_input=network.input.requires_grad,
        learns_unit_bias=network.bias.requires_grad,
        learns_readout=network.readout.requires_grad,
        learns_bias=network.readout_bias.requires_grad,
        clips=descent.clip is not None,
        rate=rate,
        clip=descent.clip or 0.0,
        decay=rate * descent.weight_decay,
    )


def networks_in(network: RateRNN) -> Sequence[int | None]:
    """The numbers of the networks of an ensemble; None for a network that is none."""
    return range(len(network.recurrent)) if network.recurrent.ndim == 3 else (None,)


def state_arrays(tensors: Sequence[Tensor], s: int | None, x: np.dtype[Any]) -> tuple[np.ndarray, ...]:
    """The arrays of a rule's state with three axes each, and empty ones for those that it does not use."""
    empty = (np.empty((0, 0, 0), x),) * (N_STATE - len(tensors))
    return *(cube(array_of(tensor, s)) for tensor in tensors), *empty


def parts_of(
    network: RateRNN, feedback: Tensor | None, s: int | None, x: np.dtype[Any], state: np.ndarray | int
) -> Parts:
    """The arrays of a network, or of one of an ensemble, that the loop reads and writes.

    Args:
        network: The network.
        feedback: W_fb, where it is not the readout.
        s: Number of the network in its ensemble.
        x: Precision.
        state: The state before the first bin, (B, N), or a number of trials B that begin at the network's own.
    """
    if not isinstance(state, np.ndarray):
        state = np.tile(array_of(network.h0, s), (state, 1))
    alive = np.ones(network.n_units, x)
    alive[list(network.lesioned)] = 0
    return Parts(
        recurrent=array_of(network.recurrent, s),
        input=array_of(network.input, s),
        bias=array_of(network.bias, s),
        readout=array_of(network.readout, s),
        readout_bias=array_of(network.readout_bias, s),
        feedback=np.empty((0, 0), x) if feedback is None else array_of(feedback, s),
        recurrent_mask=np.ascontiguousarray(array_of(network.recurrent_mask, s)),
        input_mask=network.input_mask.numpy(),
        output_mask=network.output_mask.numpy(),
        signs=np.empty(0, x) if network.signs is None else network.signs.numpy(),
        state=state,
        alpha=network.alpha.numpy(),
        alive=alive,
    )


def array_of(tensor: Tensor, s: int | None) -> np.ndarray:
    """The memory of a tensor, or of its part for one network of an ensemble."""
    array = tensor.detach().numpy()
    return array if s is None else array[s]


def cube(array: np.ndarray) -> np.ndarray:
    """The same memory with three axes: what is missing in front, what is too much merged at the end."""
    shape = (1,) * (3 - array.ndim) + array.shape
    return array.reshape(*shape[:2], prod(shape[2:]))


def check_labels(shape: tuple[int, ...], expected: tuple[int, int, int]) -> None:
    """Refuse labels of other outputs, since loops do not look where arrays end.

    Raises:
        ValueError: If they are not (T, B, n_out).
    """
    if tuple(shape) != expected:
        raise ValueError(f"targets have shape {tuple(shape)} as vectors; expected (T, B, n_out) = {expected}.")


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
