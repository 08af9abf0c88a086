"""Transfer functions from voltage to rate."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ..envs.names import check_name


def rectified_tanh(x: Tensor) -> Tensor:
    """max(tanh(x), 0): silent below threshold, saturating above."""
    return torch.tanh(x).relu()


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "rectified_tanh": rectified_tanh,
    "softplus": functional.softplus,
    "sigmoid": torch.sigmoid,
}

DEFAULT_GAIN = {"tanh": 1.2, "relu": 2.0, "rectified_tanh": 2.0, "softplus": 2.0, "sigmoid": 4.0}
"""Gain of initial recurrent weights with which activity neither dies out at once nor explodes: about 1 over the
slope of the transfer function where a unit works, and a little more."""


def activation(name: str) -> Callable[[Tensor], Tensor]:
    """Return the transfer function of that name.

    Raises:
        ValueError: If the name is unknown.
    """
    return ACTIVATIONS[check_name("activation", name, ACTIVATIONS)]
