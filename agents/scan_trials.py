"""Trials, time first, to the scan that suits the activation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from .generic_scan import generic_scan
from .scan import Dynamics, Scan


def scan_trials(
    inputs: Tensor, state: Tensor, weights: tuple[Tensor, ...], dynamics: Dynamics
) -> tuple[Tensor, Tensor, Tensor]:
    """Time first: u (T, B, k), state (B, N), weights (A, W, C, c) and feedback of one network, or with S in front.

    Returns:
        Rates (T, B, N), outputs (T, B, n_out) and the last state; of an ensemble (T, S, B, ...).
    """
    scan: Callable[..., tuple[Tensor, Tensor, Tensor]] = generic_scan if dynamics.f.back is None else Scan.apply
    if state.ndim == 3:
        rates, outputs, last = scan(inputs.expand(len(state), -1, -1, -1), *weights, state, dynamics)
        return rates.transpose(0, 1), outputs.transpose(0, 1), last
    if dynamics.feedback is not None:
        dynamics = replace(dynamics, feedback=dynamics.feedback[None])
    rates, outputs, last = scan(inputs[None], *(weight[None] for weight in weights), state[None], dynamics)
    return rates[0], outputs[0], last[0]
