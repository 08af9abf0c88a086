"""Assigning credit after trials on compiled loops, for networks that are small."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...network.data import check_inputs
from ...network.scan import BLOCK
from ..driven_step import noise_deviation
from ..synapses import Synapses
from ..trials import Assignment, Trials
from .arrays import Course
from .handover import PRECISIONS, check_labels, networks_in, parts_of, settings_of, small_numbers_as_zero, state_arrays
from .learning import why_not_compiled
from .loop_rule import LoopRule

LARGEST = 64
"""Number of units up to which loops are used; with more, products of a library are faster."""


def assigns_on_loops(rule: LoopRule, trials: Trials) -> bool:
    """Whether credit for these trials is assigned on a compiled loop: where that is faster, and can be."""
    n, batch_size = trials.network.n_units, trials.inputs.shape[1]
    small = n <= LARGEST and n * batch_size <= rule.largest_loop
    return small and why_not_compiled(rule, trials.network) is None


@torch.no_grad()
def assign_in_bins(rule: LoopRule, trials: Trials) -> Assignment:
    """What a rule's steps add up to over trials at fixed weights."""
    from .compiler import compiled_loop, compiled_sum

    network, generator, x = trials.network, trials.generator, PRECISIONS[trials.network.recurrent.dtype]
    n_bins, batch_size, _ = trials.inputs.shape
    go, loop = compiled_sum(x.name), compiled_loop(rule.loop, x.name)
    noise = _noise(trials)
    state = rule.begin(network, batch_size, trials.memory, generator)
    tensors = rule.to_loop(state, network, batch_size)
    draws = rule.draws(network, n_bins, batch_size, generator)
    constants = np.array(rule.constants(network), x)

    def add_up(s: int | None, *arrays: Any) -> None:
        go(loop, state_arrays(tensors, s, x), constants, *arrays)

    assignment = _assignment(rule, trials, noise, draws, add_up)
    state, _ = rule.finish(rule.from_loop(state, tensors))
    return assignment._replace(memory=rule.remembered(state))


@torch.no_grad()
def assign_backwards(rule: LoopRule, trials: Trials, own_synapse: bool, readout_filter: float = 0.0) -> Assignment:
    """What traces that stay at their synapse add up to over trials, without the traces."""
    from .compiler import compiled_sum_backwards

    go = compiled_sum_backwards(PRECISIONS[trials.network.recurrent.dtype].name)

    def add_up(s: int | None, *arrays: Any) -> None:
        go(own_synapse, readout_filter, *arrays)

    return _assignment(rule, trials, _noise(trials), None, add_up)


def _assignment(
    rule: LoopRule, trials: Trials, noise: np.ndarray | None, draws: Tensor | None, add_up: Any
) -> Assignment:
    """Let ``add_up(s, parts, course, settings, rates, outputs, G)`` go through the trials of each network."""
    network, x, errors = trials.network, PRECISIONS[trials.network.recurrent.dtype], trials.errors
    check_inputs(trials.inputs, network.n_inputs, network.recurrent)
    n_bins, batch_size, _ = trials.inputs.shape
    check_labels(errors.labels.shape, (n_bins, batch_size, network.n_outputs))
    nothing = np.empty((n_bins, 0, 0), x)
    course = Course(
        inputs=trials.inputs.contiguous().numpy(),
        labels=errors.labels.contiguous().numpy(),
        weight=(n_bins * errors.weight[..., 0]).contiguous().numpy(),
        noise=nothing if noise is None else noise,
        draws=nothing if draws is None else draws.numpy(),
    )
    settings = settings_of(rule, network, errors.softmax)
    feedback = None if rule.feedback == "symmetric" else trials.feedback
    which = networks_in(network)
    rates = np.empty((len(which), n_bins, batch_size, network.n_units), x)
    outputs = np.empty((len(which), n_bins, batch_size, network.n_outputs), x)
    G = np.zeros((len(which), network.n_units, network.n_units + network.n_inputs + 1), x)
    with small_numbers_as_zero():
        for k, s in enumerate(which):
            add_up(s, parts_of(network, feedback, s, x, batch_size), course, settings, rates[k], outputs[k], G[k])
    several = network.recurrent.ndim == 3
    G_all, r, z = (torch.from_numpy(array if several else array[0]) for array in (G, rates, outputs))
    r, z = (part.transpose(0, 1) if several else part for part in (r, z))
    return Assignment(Synapses(network).gradients(G_all / n_bins), r, z, {})


def _noise(trials: Trials) -> np.ndarray | None:
    """Currents of noise, (T, B, N), drawn as a network that is run draws them; None without noise."""
    network, (n_bins, batch_size, _) = trials.network, trials.inputs.shape
    if network.noise == 0:
        return None
    xi = network.recurrent.new_empty(n_bins, batch_size, network.n_units)
    for start in range(0, n_bins, BLOCK):
        xi[start : start + BLOCK].normal_(generator=trials.generator)
    return (xi * noise_deviation(network)).numpy()
