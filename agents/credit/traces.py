"""What rules carry from bin to bin."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from .bins import Bin
from ..rate_rnn import RateRNN

Memory = dict[str, Tensor]
"""What a rule has learned for itself beside the weights of the network, by name."""

Read = Literal[
    "presynaptic rate",
    "own voltage",
    "self-connection",
    "own apical voltage",
    "error broadcast",
    "sent by others",
    "senders of others",
    "voltages of others",
    "errors of others",
    "weights of others",
]
"""What the change of the synapse from j to i may read, itself or by way of what i has learned.

Local: p_j; the voltage of i and its slope; W_ii; the apical voltage of i; L_i, what the errors say to i; and what other
units send to i beside rates, by synapses onto i. Not local: what other synapses get; the slopes of other units k; their
L_k; and synapses onto other units, or other ones of W onto i.
"""

LOCAL: tuple[Read, ...] = (
    "presynaptic rate",
    "own voltage",
    "self-connection",
    "own apical voltage",
    "error broadcast",
    "sent by others",
)


class Traces(Protocol):
    """What a rule carries from bin to bin of B trials, all of it in tensors."""

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Take in a bin; returns what it adds to the gradient for [W, W_in, b], (N, N + n_in + 1).

        The errors of the bin are those of its own loss, :func:`of_own_loss`.
        """
        ...


@runtime_checkable
class FutureFacing(Traces, Protocol):
    """Traces to which later bins say what a bin contributed, so that something is left after the last one."""

    def finish(self) -> Tensor:
        """Take in that no bin follows; returns what is left of the gradient, (N, N + n_in + 1)."""
        ...


def of_own_loss(bin: Bin, n_bins: int) -> Bin:
    """The bin with the errors of its own loss, which are T times those of the mean over T bins.

    They do not depend on how long trials are; what a rule learns for itself may be measured by them.
    """
    return bin._replace(told=n_bins * bin.told, signal=n_bins * bin.signal, error=n_bins * bin.error)


def no_contribution(network: RateRNN) -> Tensor:
    """Zeros in the shape of a gradient for [W, W_in, b], (N, N + n_in + 1)."""
    like = network.recurrent
    return like.new_zeros(*like.shape[:-1], network.n_units + network.n_inputs + 1)


def random_signs(like: Tensor, generator: torch.Generator | None) -> Tensor:
    """1 or -1 with even chances, in the shape of (B, k), the same for all networks of an ensemble."""
    shape = like.shape[-2:]
    drawn = torch.randint(0, 2, shape, generator=generator, device=like.device)
    return (2 * drawn - 1).to(like.dtype)


def normal(network: RateRNN, *shape: int, generator: torch.Generator | None) -> Tensor:
    """Standard normal numbers like the weights of a network; the same for all networks of an ensemble."""
    like = network.recurrent
    return torch.randn(shape, generator=generator, dtype=like.dtype, device=like.device)


def norm(values: Tensor, n_axes: int) -> Tensor:
    """Euclidean norm over the last axes, for each trial, (B, 1)."""
    return torch.linalg.vector_norm(values.flatten(-n_axes), dim=-1, keepdim=True)


def balance(of: Tensor, by: Tensor) -> Tensor:
    """The factor by which two parts of a random product are made equally long: sqrt(|of| / |by|), never 0."""
    return ((of + 1e-12) / (by + 1e-12)).sqrt()
