"""A readout that starts at the mean target, so that the first updates need not push all outputs there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ...envs.errors import ArgumentError
from ...envs.task import Task
from ...envs.wording import short_text
from ..network.protocol import Network
from ..network.rate_rnn import RateRNN
from .evaluation import NetworkPolicy, step_seed

N_TRIALS = 500
"""Painted trials over which targets are averaged: batch 0 of the training stream, from which nobody learns."""
EDGE, RAREST = 0.02, 1e-3
"""How near a mean comes to the ends of a sigmoid, and the smallest share of a class."""


@torch.no_grad()
def start_at_mean_targets(task: Task, networks: Sequence[Network], seed: int) -> None:
    r"""Set the readout biases of networks so that an output without input is the mean target.

    .. math:: b_{out} = g^{-1}(\bar y), \qquad \bar y = \sum_{t,b} m_{tb}\, y_{tb} \Big/ \sum_{t,b} m_{tb}

    with the mask m. It is the logit of the mean for a sigmoid, the mean itself for linear outputs, and for choices the
    logarithm of the share of each class. Means are kept :math:`.02` away from the ends of a sigmoid, and shares above
    :math:`.001`.

    Args:
        task: The task, whose trials are painted; in a closed loop the first network acts in them.
        networks: The networks, changed in place; the bias is set also where it does not learn.
        seed: Seed of the training stream.

    Raises:
        ArgumentError: If a network has no readout bias.
    """
    for network in networks:
        if not isinstance(network, RateRNN):
            raise ArgumentError(f"readout_bias='targets' needs a RateRNN, and network is {short_text(network)}.")
    first = networks[0]
    assert isinstance(first, RateRNN)
    generator = torch.Generator(first.recurrent.device).manual_seed(step_seed(seed, "train", 0))
    policy = NetworkPolicy(first, generator) if task.n_segments > 1 else None
    batch = next(task.stream(N_TRIALS, seed, "train", start=0, policy=policy))
    targets, mask = batch.targets, batch.mask.astype(np.float64)
    if batch.kind == "choice":
        targets = np.eye(task.n_outputs)[targets]
    mean = (mask[..., None] * targets).sum((0, 1)) / mask.sum()
    if batch.kind != "continuous":
        bias = np.log(np.maximum(mean, RAREST))
    elif first.readout_activation == "sigmoid":
        mean = mean.clip(EDGE, 1 - EDGE)
        bias = np.log(mean / (1 - mean))
    else:
        bias = mean
    for network in networks:
        network.readout_bias.copy_(torch.from_numpy(bias))  # type: ignore[attr-defined]
