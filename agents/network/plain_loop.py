"""A leaky rate network as the plain loop that its equation says: to be read first, and to test the fast one by."""

from __future__ import annotations

import torch
from torch import Tensor

from .rate_rnn import RateRNN
from .scan import Credit
from .trajectory import Trajectory


def plain_loop(
    network: RateRNN, inputs: Tensor, h: Tensor | None = None, xi: Tensor | None = None, credit: Credit = "full"
) -> Trajectory:
    """Run a network bin by bin; the same as calling it, only slower.

    Args:
        network: The network, whose docstring has the equations.
        inputs: u, (T, B, n_in).
        h: State to start from, (B, N); the initial state when None.
        xi: Standard normal numbers of the process noise, (T, B, N); None for no noise.
        credit: What errors learn of the past: ``"full"``, ``"diag"`` or ``"none"``.

    Returns:
        Rates, outputs, the last state and f(h).
    """
    w, w_in, alpha = network.recurrent_weights, network.input_weights, network.alpha
    h = network.initial_state(inputs.shape[1]) if h is None else h
    r, rates, activations = network.rates(h), [], []
    for t, u in enumerate(inputs.unbind(0)):
        current = received(r, w, credit) + u @ w_in.T + network.bias
        noise = 0 if xi is None else network.noise * xi[t]
        if network.leak == "voltage":
            h = (1 - alpha) * h + alpha * current + torch.sqrt(2 * alpha) * noise
            r = fired = network.rates(h)
        else:
            fired = network.f(current + torch.sqrt(2 / alpha) * noise)
            h = r = (1 - alpha) * r + alpha * fired
        rates.append(r)
        activations.append(fired.detach())
    stacked = torch.stack(rates)
    outputs = network.g(stacked @ network.readout_weights.T + network.readout_bias)
    return Trajectory([stacked], outputs, h, torch.stack(activations))


def received(r: Tensor, w: Tensor, credit: Credit) -> Tensor:
    """W r, through which errors go back to all rates, to the unit's own alone, or to none."""
    if credit == "full":
        return r @ w.T
    current = r.detach() @ w.T
    return current if credit == "none" else current + w.diagonal().detach() * (r - r.detach())
