"""The arrays and numbers that loops go by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..feedback import PATHWAYS

ACTIVATIONS = ("tanh", "relu", "rectified_tanh", "softplus", "sigmoid")
"""Transfer functions that have a loop; in :mod:`.units` they go by their places here."""
ADAPTIVE = PATHWAYS.index("adaptive")
N_STATE = 8
"""Arrays in the state of a rule's loop; those that it does not use are empty."""
Arrays = tuple[np.ndarray, ...]
Loop = Callable[..., Any]
"""The loop of a rule, as :meth:`~cogdyn.agents.credit.credit_rule.CreditRule.loop` says."""


class LoopBin(NamedTuple):
    """A bin of B trials as arrays, each changed in place from bin to bin.

    Attributes:
        senders: p, (B, m).
        gate: d, (B, N).
        slope: f'(s) with a voltage leak, else 1, (B, N).
        slope_before: The same of the bin before.
        rates_before: r(t-1), (B, N).
        rates: r(t), (B, N).
        rate_signal: e W_fb, (B, N).
        learning_signal: L, (B, N).
        error: e, (B, n_out).
        label: y, (B, n_out).
        keep: 1 - alpha, (N,).
        alpha: dt / tau, (N,).
        weights: [W, W_in, b], (N, m).
    """

    senders: np.ndarray
    gate: np.ndarray
    slope: np.ndarray
    slope_before: np.ndarray
    rates_before: np.ndarray
    rates: np.ndarray
    rate_signal: np.ndarray
    learning_signal: np.ndarray
    error: np.ndarray
    label: np.ndarray
    keep: np.ndarray
    alpha: np.ndarray
    weights: np.ndarray


class Parts(NamedTuple):
    """The arrays of a network, and of what carries its errors; what learns is written when all bins are done.

    Attributes:
        recurrent: (N, N).
        input: (N, n_in).
        bias: (N,).
        readout: (n_out, N).
        readout_bias: (n_out,).
        feedback: W_fb, (n_out, N), or empty where it is the readout.
        recurrent_mask: (N, N).
        input_mask: (N, 1).
        output_mask: (N,).
        signs: Those of Dale's law for the senders, (N,), or empty without it.
        state: State before the first bin, changed to that after the last, (B, N).
        alpha: dt / tau, (N,).
        alive: 0 for units that are silenced, else 1, (N,).
    """

    recurrent: np.ndarray
    input: np.ndarray
    bias: np.ndarray
    readout: np.ndarray
    readout_bias: np.ndarray
    feedback: np.ndarray
    recurrent_mask: np.ndarray
    input_mask: np.ndarray
    output_mask: np.ndarray
    signs: np.ndarray
    state: np.ndarray
    alpha: np.ndarray
    alive: np.ndarray


class Weights(NamedTuple):
    """Working copies of what is learned.

    Attributes:
        parameters: V of all synapses onto units, 0 where a mask has none, (N, m).
        effective: [W, W_in, b], (N, m): the same array, or with Dale's law |V| * sign.
        signs: Those of Dale's law for the senders, (N,), or empty without it.
        fixed: Places (i, j) of synapses that are missing or do not learn, (k, 2).
        learns: 1 for senders whose synapses lose a part of themselves, else 0, (m,).
        readout: (n_out, N).
        readout_mask: (N,).
        readout_bias: (n_out,).
        feedback: W_fb, (n_out, N).
    """

    parameters: np.ndarray
    effective: np.ndarray
    signs: np.ndarray
    fixed: np.ndarray
    learns: np.ndarray
    readout: np.ndarray
    readout_mask: np.ndarray
    readout_bias: np.ndarray
    feedback: np.ndarray


class Course(NamedTuple):
    """What the trials bring.

    Attributes:
        inputs: u, (T, B, n_in).
        labels: y, (T, B, n_out).
        weight: What errors are multiplied by, (T, B).
        noise: Currents of noise, (T, B, N), or empty.
        draws: What the rule has drawn for each bin, (T, n, k), or empty.
    """

    inputs: np.ndarray
    labels: np.ndarray
    weight: np.ndarray
    noise: np.ndarray
    draws: np.ndarray


class Settings(NamedTuple):
    """Numbers of the network and of the descent.

    Attributes:
        activation: Its place in ``ACTIVATIONS``.
        voltage: Whether the leak is on the voltage.
        softmax: Whether targets are classes or their probabilities.
        sigmoid: Whether outputs are.
        feedback: Its place in ``PATHWAYS``.
        learns_recurrent: Whether recurrent weights learn.
        learns_input: Whether input weights do.
        learns_unit_bias: Whether the bias of the units does.
        learns_readout: Whether the readout does.
        learns_bias: Whether its bias does.
        clips: Whether gradients are shortened.
        rate: Learning rate.
        clip: Largest norm of a gradient.
        decay: Part of each weight that is lost in a bin.
    """

    activation: int
    voltage: bool
    softmax: bool
    sigmoid: bool
    feedback: int
    learns_recurrent: bool
    learns_input: bool
    learns_unit_bias: bool
    learns_readout: bool
    learns_bias: bool
    clips: bool
    rate: float
    clip: float
    decay: float
