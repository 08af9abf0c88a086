"""Whole trials: the scan that suits the activation, and the loop and autograd where its slope is unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from .scan import BLOCK, Credit, Dynamics, Scan


def scan_trials(
    inputs: Tensor, state: Tensor, weights: tuple[Tensor, ...], dynamics: Dynamics
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Time first: u (T, B, k), state (B, N), weights (A, W, C, c) and feedback of one network, or with S in front.

    Returns:
        Rates (T, B, N), outputs (T, B, n_out), the last state, and f(h) (T, B, N) where it is to be kept, else None; of
        an ensemble (T, S, B, ...).
    """
    scan: Callable[..., tuple[Tensor, Tensor, Tensor, Tensor | None]]
    scan = generic_scan if dynamics.f.back is None else Scan.apply
    of_ensemble = state.ndim == 3
    if of_ensemble:
        inputs = inputs.expand(len(state), -1, -1, -1)
    else:
        inputs, state, weights = inputs[None], state[None], tuple(weight[None] for weight in weights)
        if dynamics.feedback is not None:
            dynamics = replace(dynamics, feedback=dynamics.feedback[None])
    rates, outputs, last, activations = scan(inputs, *weights, state, dynamics)
    if dynamics.keep_activations and dynamics.leak == "voltage":
        activations = rates.detach()

    def time_first(values: Tensor) -> Tensor:
        return values.transpose(0, 1) if of_ensemble else values[0]

    kept = None if activations is None else time_first(activations)
    return time_first(rates), time_first(outputs), last if of_ensemble else last[0], kept


def generic_scan(
    inputs: Tensor,
    into: Tensor,
    recurrent: Tensor,
    readout: Tensor,
    bias: Tensor,
    state: Tensor,
    dynamics: Dynamics,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """What :class:`~cogdyn.agents.network.scan.Scan` computes, with the same noise, without a known slope.

    It is slower, and autograd keeps several arrays (T, B, N). Arguments and results as in ``Scan.apply``; errors
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
