"""Trials in stretches of bins, between which the state may be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from .trajectory import Trajectory


def run_in_stretches(
    scan: Callable[[Tensor, Tensor], Trajectory],
    read: Callable[[Tensor], tuple[Tensor, Tensor]],
    inputs: Tensor,
    h: Tensor,
    cuts: Sequence[int],
    at_cut: Callable[[int, Tensor], Tensor],
) -> Trajectory:
    """Run a network over trials, and let the state pass through ``at_cut`` after some of the bins.

    Args:
        scan: Runs it over a stretch of inputs from a state.
        read: Rates and outputs of a state.
        inputs: What it gets, time first.
        h: State to start from, (B, N).
        cuts: Numbers of bins, from 1 to T in rising order, after which the state passes through ``at_cut``.
        at_cut: Called with the number of bins so far and the state (B, N); it returns the state to resume from.

    Returns:
        Rates, outputs and the last state; a changed state shows in the rates and outputs of its bin.
    """
    all_rates, all_outputs = [], []
    edges = [0, *cuts, len(inputs)]
    for first, last in pairwise(edges[:-1] if len(inputs) in cuts else edges):
        stretch = scan(inputs[first:last], h)
        h = at_cut(last, stretch.state) if last in cuts else stretch.state
        if h is stretch.state:
            all_rates.append(stretch.rates)
            all_outputs.append(stretch.outputs)
        else:
            rates, outputs = read(h)
            all_rates += [stretch.rates[:-1], rates[None]]
            all_outputs += [stretch.outputs[:-1], outputs[None]]
    return Trajectory(all_rates, torch.cat(all_outputs), h)
