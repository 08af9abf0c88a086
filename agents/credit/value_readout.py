"""A linear readout of what is still to be earned."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..network.protocol import Network, first_parameter
from .own_parameters import zeros_for


def begin_value(network: Network) -> dict[str, Tensor]:
    """v, one for each unit of a network, and c, that expect nothing: all are 0."""
    like = first_parameter(network)
    with torch.no_grad():
        n_units = network(like.new_zeros(1, 1, network.n_inputs), noise=0.0).rates.shape[-1]
    return {"value": zeros_for(network, like, n_units), "value_bias": zeros_for(network, like)}


def values(rates: Tensor, own: Mapping[str, Tensor]) -> Tensor:
    r""":math:`V_t = v \cdot r_t + c` of rates (T, B, N), or of an ensemble (T, S, B, N)."""
    return (rates @ own["value"][..., None])[..., 0] + own["value_bias"][..., None]
