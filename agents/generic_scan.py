"""Whole trials of networks with any activation: the loop, and autograd."""

from __future__ import annotations

import torch
from torch import Tensor

from .scan import BLOCK, Credit, Dynamics


def generic_scan(
    inputs: Tensor,
    into: Tensor,
    recurrent: Tensor,
    readout: Tensor,
    bias: Tensor,
    state: Tensor,
    dynamics: Dynamics,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """What :class:`~cogdyn.agents.scan.Scan` computes, and with the same noise, for functions without a known slope.

    It is slower, and autograd keeps several arrays (T, B, N). Arguments and results are those of ``Scan.apply``; errors
    at the outputs go back by the readout weights.

    Raises:
        ValueError: If other weights for them are asked for.
    """
    if dynamics.feedback is not None:
        raise ValueError("feedback weights other than the readout's need an activation whose slope is known.")
    alpha, voltage = dynamics.alpha, dynamics.leak == "voltage"
    currents = inputs @ into[:, None].mT
    if dynamics.noise is not None:
        currents = currents + dynamics.noise * _normal(currents, dynamics)
    h, rates, activations = state, [], []
    r = dynamics.f.f(h) if voltage else h
    for current in currents.unbind(1):
        drive = current + _received(r, recurrent, dynamics.credit)
        if voltage:
            h = (1 - alpha) * h + drive
            r = dynamics.f.f(h)
        else:
            fired = dynamics.f.f(drive)
            h = r = (1 - alpha) * r + alpha * fired
            if dynamics.keep_activations:
                activations.append(fired.detach())
        rates.append(r)
    stacked = torch.stack(rates, dim=1)
    kept = torch.stack(activations, dim=1) if activations else None
    return stacked, stacked @ readout[:, None].mT + bias[:, None, None], h, kept


def _normal(like: Tensor, dynamics: Dynamics) -> Tensor:
    """Standard normal numbers (S, T, B, N), drawn block by block as the core draws them."""
    noise = torch.empty_like(like)
    for block in noise.split(BLOCK, dim=1):
        for network, generator in zip(block, dynamics.generators, strict=False):
            network.normal_(generator=generator)
        block[len(dynamics.generators) :] = block[:1]
    return noise


def _received(r: Tensor, w: Tensor, credit: Credit) -> Tensor:
    """W r, through which errors go back to all rates, to the unit's own alone, or to none."""
    if credit == "full":
        return r @ w.mT
    current = r.detach() @ w.mT
    if credit == "none":
        return current
    return current + w.diagonal(dim1=1, dim2=2).detach()[:, None] * (r - r.detach())
