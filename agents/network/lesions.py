"""Lesions: networks in which some units are silent."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch

from ...envs.typechecked import typechecked
from .anatomy import lesioned_units
from .rate_rnn import RateRNN


@typechecked
@torch.no_grad()
def lesion(network: RateRNN, units: Sequence[int] | slice | np.ndarray) -> RateRNN:
    """A copy of the network in which some units are silent and have lost their synapses.

    Their rate is 0 in every bin, with noise as well, so that what is measured of rates or states does not count them.
    The network keeps its size, and the other units their numbers.

    Args:
        network: The network, which stays as it is.
        units: Numbers of units, a slice, or a true value for each of them that is lesioned, (N,).

    Raises:
        ValueError: If a unit does not exist.
    """
    lesioned = copy.deepcopy(network)
    chosen = list(lesioned_units(network.n_units, units))
    lesioned.lesioned = lesioned_units(network.n_units, [*network.lesioned, *chosen])
    for values in (lesioned.input_mask, lesioned.output_mask):
        values[chosen] = 0
    lesioned.recurrent_mask[..., chosen] = 0
    lesioned.recurrent_mask[..., chosen, :] = 0
    for values in (lesioned.bias, lesioned.h0):
        values[..., chosen] = 0
    return lesioned
