"""How slow a network is by itself: for how long its noise echoes in its rates."""

from __future__ import annotations

import numpy as np
import torch

from ....agents import RateRNN

SETTLE_MS, SPAN_MS, LONGEST_MS = 1000.0, 4000.0, 2000.0
"""How long rates settle before they are recorded, for how long they are, and the longest time that is told apart."""
N_TRIALS = 50


@torch.no_grad()
def autocorrelation_ms(network: RateRNN, seed: int = 0) -> float | None:
    r"""Time (ms) after which the autocorrelation of a network's rates is below 1/e, without input.

    .. math:: C(k) = \sum_i \langle \delta r_i(t)\, \delta r_i(t + k) \rangle_{t, b}, \qquad
        C(k^*) = C(0) / e

    with :math:`\delta r` the deviations from the mean over trials in the same bin, so that what all trials share, such
    as a slow drift, does not count. Units count by their variance.

    Args:
        network: The network, whose own noise drives it.
        seed: Seed of the noise.

    Returns:
        The time, interpolated between bins, at most 2,000 ms; None where nothing varies, or rates run away.
    """
    settle, span, longest = (round(ms / network.dt) for ms in (SETTLE_MS, SPAN_MS, LONGEST_MS))
    inputs = torch.zeros(settle + span, N_TRIALS, network.n_inputs).to(network.recurrent)
    generator = torch.Generator(inputs.device).manual_seed(seed)
    rates = network(inputs, generator=generator).rates[settle:].double()
    deviations = (rates - rates.mean(1, keepdim=True)).flatten(1).cpu().numpy()
    if not np.isfinite(deviations).all() or np.abs(deviations).max() > 1e6:
        return None
    # Two functions of time that are 0 beyond the record: the spectrum's inverse is the sum over pairs of bins.
    spectrum = np.fft.rfft(deviations, 2 * span, axis=0)
    covariance = np.fft.irfft((np.abs(spectrum) ** 2).sum(1))[:longest] / (span - np.arange(longest))
    if covariance[0] <= 1e-12:
        return None
    below = np.flatnonzero(covariance < covariance[0] / np.e)
    if not len(below):
        return LONGEST_MS
    after = int(below[0])
    high, low = covariance[after - 1], covariance[after]
    return float(network.dt * (after - 1 + (high - covariance[0] / np.e) / (high - low)))
