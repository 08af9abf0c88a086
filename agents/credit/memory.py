"""What rules learn for themselves besides the weights of the network, and keep from trial to trial."""

from __future__ import annotations

from torch import Tensor

from ..network.rate_rnn import RateRNN
from .shared_counts import for_each, shared

Memory = dict[str, Tensor]
"""What a rule has learned for itself, by name: matrices and vectors, (N, k) or (N,), and counts, ()."""


def saved(memory: Memory, network: RateRNN) -> dict[str, Tensor]:
    """A memory as part of the state of a rule; of an ensemble a count has an axis S too."""
    return {f"own.{name}": value if value.ndim else for_each(network, value) for name, value in memory.items()}


def restored(state: dict[str, Tensor], network: RateRNN) -> Memory:
    """The memory in the state of a rule."""
    like = network.recurrent
    own = {name.removeprefix("own."): v.to(like) for name, v in state.items() if name.startswith("own.")}
    # All but counts has axes of its own.
    return {name: shared(name, value) if value.ndim == like.ndim - 2 else value for name, value in own.items()}
