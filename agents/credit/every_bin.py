"""Trials in which weights change in every bin."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN
from .bins import Bin, Bins
from .descent import Descent
from .driven_step import noise_currents
from .feedback import Feedback
from .memory import Memory
from .output_error import OutputError
from .synapses import Synapses


class Steps(Protocol):
    """A rule on its way through B trials."""

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Go through a bin; returns what it adds to the gradient for [W, W_in, b], (N, N + n_in + 1)."""
        ...

    def finish(self) -> Tensor | None:
        """End the trials; returns what is left of the gradient."""
        ...

    @property
    def memory(self) -> Memory:
        """What the rule has learned for itself."""
        ...


@torch.no_grad()
def learn_in_every_bin(
    network: RateRNN,
    inputs: Tensor,
    errors: OutputError,
    steps: Steps,
    feedback: Feedback,
    descent: Descent,
    generator: torch.Generator | None,
    start: Tensor | None = None,
    noise: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Go through trials bin by bin; after each the weights take what it adds to the gradient, T times.

    T times, because errors are those of the mean over T bins: one pass through the trials goes as far as descents on
    each bin's own loss would. What is left of the gradient after the last bin is followed in one step.

    Args:
        network: The network, changed in place where it learns; what does not counts in no norm either.
        inputs: u, (T, B, n_in).
        errors: The errors at its outputs.
        steps: The rule, before the first bin.
        feedback: How errors reach the units; adapted with the readout.
        descent: How far weights go: learning rate, largest norm of the gradient, decay of weights.
        generator: Source of the noise, and of what the rule draws.
        start: State before the first bin, (B, N); None for the initial state.
        noise: Currents of noise, (T, B, N); None to draw them.

    Returns:
        Outputs (T, B, n_out), or of an ensemble (T, S, B, n_out), the norm of the gradient of all bins together, () or
        (S,), and the state after the last bin.
    """
    n_bins, batch_size, _ = inputs.shape
    synapses, voltage, alpha = Synapses(network), network.leak == "voltage", network.alpha
    readout, bias = network.readout_weights.detach().clone(), network.readout_bias.detach().clone()[..., None, :]
    state = network.initial_state(batch_size).detach() if start is None else start
    # The rates of a bin are written where the next bin's synapses get them.
    senders = state.new_ones(n_bins + 1, *state.shape[:-1], synapses.weights.shape[-1])
    senders[:-1, ..., network.n_units : -1] = inputs if state.ndim == 2 else inputs[:, None]
    rates, *later = senders[..., : network.n_units].unbind(0)
    rates.copy_(network.rates(state))
    bins = Bins(network, rates)
    if noise is None and network.noise:
        noise = noise_currents(network, n_bins, batch_size, generator)
    affine = torch.addmm if state.ndim == 2 else torch.baddbmm
    rate, clip = descent.rate(network), descent.clip
    decay, some_unread = rate * descent.weight_decay, not bool(network.output_mask.all())
    learns_readout, learns_bias = network.readout.requires_grad, network.readout_bias.requires_grad
    outputs, total = [], torch.zeros_like(synapses.weights)
    for t, (p, after, label) in enumerate(zip(senders, later, errors.labels.unbind(0), strict=False)):
        current = p @ synapses.weights.mT
        if noise is not None:
            current += noise[t]
        if voltage:
            state = torch.lerp(state, current, alpha)
            rates = activations = network.fire(state, after)
        else:
            activations = network.fire(current, current)
            rates = torch.lerp(rates, activations, alpha, out=after)
        z = network.g(affine(bias, rates, readout.mT))
        outputs.append(z)
        error = errors.at(t, z)
        bin = bins.after(p, activations, rates, error, label, feedback.beside(readout), synapses.recurrent)
        gradient = synapses.to_parameters(steps.step(bin, generator))
        total += gradient
        d_readout, d_bias = error.mT @ rates, error.sum(-2, keepdim=True)
        if some_unread:
            d_readout *= network.output_mask
        if clip is not None:
            learned = [gradient, *([d_readout] if learns_readout else []), *([d_bias] if learns_bias else [])]
            scale = _shortened(clip, *learned)
            gradient, d_readout, d_bias = gradient * scale, d_readout.mul_(scale), d_bias.mul_(scale)
        synapses.descend(gradient, rate, descent.weight_decay)
        if learns_readout:
            old, kept = readout, readout if decay == 0 else (1 - decay) * readout
            readout = torch.sub(kept, d_readout, alpha=rate)
            feedback.adapt(old, readout, decay)
        if learns_bias:
            bias.sub_(d_bias, alpha=rate)
    if (left := steps.finish()) is not None:
        gradient = synapses.to_parameters(left)
        total += gradient
        synapses.descend(gradient * _shortened(clip, gradient), rate)
    synapses.write_back()
    if learns_readout:
        network.readout.copy_(readout)
    if learns_bias:
        network.readout_bias.copy_(bias[..., 0, :])
    last = state if voltage else rates.clone()
    return torch.stack(outputs), torch.linalg.vector_norm(total, dim=(-2, -1)), last


def _shortened(clip: float | None, *gradients: Tensor) -> Tensor | float:
    """By what a gradient is multiplied to be no longer than allowed: a number, or of an ensemble (S, 1, 1)."""
    if clip is None:
        return 1.0
    parts = [torch.linalg.vector_norm(gradient, dim=(-2, -1), keepdim=True) for gradient in gradients]
    return (clip / (torch.cat(parts, dim=-1).norm(dim=-1, keepdim=True) + 1e-6)).clamp(max=1.0)
