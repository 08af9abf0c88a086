"""Trials, time first, to the scan that suits the activation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from .generic_scan import generic_scan
from .scan import Dynamics, Scan


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
