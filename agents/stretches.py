"""Trials in stretches of bins, between which the state may be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .trajectory import Trajectory

if TYPE_CHECKING:
    from .rate_rnn import RateRNN


def run_in_stretches(
    network: RateRNN,
    scan: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor, Tensor | None]],
    inputs: Tensor,
    h: Tensor,
    cuts: Sequence[int],
    at_cut: Callable[[int, Tensor], Tensor],
) -> Trajectory:
    """Run a network over trials, and let the state pass through ``at_cut`` after some of the bins.

    Args:
        network: The network.
        scan: Runs it over a stretch of inputs from a state: rates, weighted rates, the last state, f(h).
        inputs: What it gets, time first.
        h: State to start from, (B, N).
        cuts: Numbers of bins, from 1 to T in rising order, after which the state passes through ``at_cut``.
        at_cut: Called with the number of bins so far and the state (B, N); it returns the state to go on from.

    Returns:
        Rates, outputs and the last state; a changed state shows in the rates and outputs of its bin.
    """
    all_rates, all_outputs = [], []
    edges = [0, *cuts, len(inputs)]
    for first, last in pairwise(edges[:-1] if len(inputs) in cuts else edges):
        rates, outputs, plain, _ = scan(inputs[first:last], h)
        h = at_cut(last, plain) if last in cuts else plain
        if h is plain:
            all_rates.append(rates)
            all_outputs.append(network.g(outputs))
        else:
            all_rates += [rates[:-1], network.rates(h)[None]]
            all_outputs += [network.g(outputs[:-1]), network.outputs(h)[None]]
    return Trajectory(all_rates, torch.cat(all_outputs), h)
