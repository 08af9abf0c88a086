"""Counts that all networks of an ensemble have in common, in a state whose tensors have the axis of networks in front.

Element s of an ensemble's state is the state of network s, as if it had been trained alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..network.ensemble import ensemble_shape
from ..network.protocol import Network


def for_each(network: Network, count: Tensor | float) -> Tensor:
    """A count () as one of each network of an ensemble, (S,); as it is for a single network."""
    return torch.as_tensor(count).expand(ensemble_shape(network)).clone()


def shared(name: str, counts: Tensor) -> Tensor:
    """The count () that all networks have, of those of each, (S,) or ().

    Raises:
        ValueError: If they differ.
    """
    if (counts != counts.flatten()[0]).any():
        raise ValueError(f"networks that are trained at once have the same {name}; these have {counts.tolist()}.")
    return counts.flatten()[0].clone()
