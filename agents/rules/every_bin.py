"""Trials in which weights change in every bin."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..bins import Bin
from ..feedback import Feedback
from ..output_error import OutputError
from ..rate_rnn import RateRNN
from ..synapses import Synapses
from .traces import FutureFacing, Traces


@dataclass(frozen=True)
class Pace:
    """How far weights go in a bin.

    Attributes:
        rate: What the gradient is multiplied by.
        clip: Largest norm of the gradient; None for no limit.
        weight_decay: Part of each weight, times the rate, that is lost.
    """

    rate: float
    clip: float | None
    weight_decay: float


@torch.no_grad()
def learn_in_every_bin(
    network: RateRNN,
    inputs: Tensor,
    errors: OutputError,
    traces: Traces,
    feedback: Feedback,
    pace: Pace,
    generator: torch.Generator | None,
) -> tuple[Tensor, Tensor]:
    """Go through trials bin by bin; after each the weights take what it adds to the gradient, T times.

    T times, because errors are those of the mean over T bins: one pass through the trials goes as far as descents on
    each bin's own loss would. What future-facing traces have left after the last bin is taken in one step.

    Args:
        network: The network, changed in place.
        inputs: u, (T, B, n_in).
        errors: The errors at its outputs.
        traces: What the rule carries from bin to bin.
        feedback: How errors reach the units; adapted with the readout.
        pace: How far weights go.
        generator: Source of the noise.

    Returns:
        Outputs (T, B, n_out), or of an ensemble (T, S, B, n_out), and the norm of the gradient of all bins together,
        () or (S,).
    """
    n_bins, batch_size, _ = inputs.shape
    synapses, voltage, alpha = Synapses(network), network.leak == "voltage", network.alpha
    readout, bias = network.readout_weights.detach().clone(), network.readout_bias.detach().clone()[..., None, :]
    state = network.initial_state(batch_size).detach()
    rates, slope, one = network.rates(state), torch.ones_like(state), torch.ones_like(state)
    senders = state.new_ones(n_bins, *state.shape[:-1], synapses.weights.shape[-1])
    senders[..., network.n_units : -1] = inputs if state.ndim == 2 else inputs[:, None]
    sigma = network.noise * torch.sqrt(2 * alpha if voltage else 2 / alpha)
    if voltage:
        slope = network.slope(rates)
    outputs, keep, total = [], 1 - alpha, 0.0
    for t in range(n_bins):
        p = senders[t]
        p[..., : network.n_units] = rates
        current = p @ synapses.weights.mT
        noise = sigma * _normal(state, generator) if network.noise else 0.0
        before, slope_before = rates, slope
        if voltage:
            state = keep * state + alpha * current + noise
            rates = network.f(state)
            gate, slope = alpha.expand_as(state), network.slope(rates)
        else:
            fired = network.f(current + noise)
            state = rates = torch.lerp(before, fired, alpha)
            gate = alpha * network.slope(fired)
        z = network.g(rates @ readout.mT + bias)
        outputs.append(z)
        error = errors.at(t, z) * n_bins
        told = error @ (readout if feedback.pathway == "symmetric" else feedback.of(network))
        signal = told * slope if voltage else told
        now = slope if voltage else one
        keys = senders[t], gate, now, slope_before, before, rates, told, signal, error, errors.labels[t]
        gradient = traces.step(Bin(*keys, keep, synapses.recurrent), generator)
        d_readout, d_bias = error.mT @ rates * network.output_mask, error.sum(-2, keepdim=True)
        scale = _shortened(pace.clip, gradient, d_readout, d_bias)
        total = total + gradient
        synapses.descend(scale * gradient, pace.rate, pace.weight_decay)
        decay, old = pace.rate * pace.weight_decay, readout
        readout = (1 - decay) * old - pace.rate * scale * d_readout
        feedback.adapt(old, readout, decay)
        if network.readout_bias.requires_grad:
            bias = bias - pace.rate * scale * d_bias
    if isinstance(traces, FutureFacing):
        gradient = traces.finish()
        total = total + gradient
        synapses.descend(_shortened(pace.clip, gradient) * gradient, pace.rate)
    synapses.write_back()
    network.readout.copy_(readout)
    network.readout_bias.copy_(bias[..., 0, :])
    return torch.stack(outputs), torch.linalg.vector_norm(torch.as_tensor(total), dim=(-2, -1))


def _normal(like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard normal numbers, (B, N); all networks of an ensemble get the same."""
    return torch.randn(like.shape[-2:], generator=generator, dtype=like.dtype, device=like.device)


def _shortened(clip: float | None, *gradients: Tensor) -> Tensor | float:
    """By what a gradient is multiplied to be no longer than allowed: a number, or of an ensemble (S, 1, 1)."""
    if clip is None:
        return 1.0
    norm = sum(gradient.square().sum((-2, -1), keepdim=True) for gradient in gradients)
    return (clip / (torch.as_tensor(norm).sqrt() + 1e-6)).clamp(max=1.0)
