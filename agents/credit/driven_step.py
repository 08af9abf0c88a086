"""A step of a network that gets currents beside those of its synapses."""

from __future__ import annotations

import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN


def driven_step(
    network: RateRNN, state: Tensor, inputs: Tensor, current: Tensor | float, recurrent: Tensor | None = None
) -> Tensor:
    r"""One Euler step with a current q of its own for each unit.

    .. math:: h_t = W r_{t-1} + W_{in} u_t + b + q_t

    Voltage leak: :math:`x_t = (1-\alpha) x_{t-1} + \alpha h_t`. Rate leak:
    :math:`r_t = (1-\alpha) r_{t-1} + \alpha f(h_t)`.

    Args:
        network: The network.
        state: State of the bin before, (B, N), or of an ensemble (S, B, N).
        inputs: u, (B, n_in).
        current: q, (B, N), or one for each network (S, B, N), or one for all units.
        recurrent: Recurrent weights instead of the network's own.

    Returns:
        The next state.
    """
    weights = network.recurrent_weights if recurrent is None else recurrent
    h = network.rates(state) @ weights.mT + inputs @ network.input_weights.mT + network.bias[..., None, :] + current
    return torch.lerp(state, network.f(h) if network.leak == "rate" else h, network.alpha)


def noise_currents(network: RateRNN, n_bins: int, batch_size: int, generator: torch.Generator | None = None) -> Tensor:
    r"""A network's own process noise as currents, (T, B, N): :math:`\sqrt{2/\alpha}\,\sigma \xi_t` with either leak."""
    like = network.recurrent
    shape = n_bins, batch_size, network.n_units
    if network.noise == 0:
        return like.new_zeros(shape)
    xi = torch.randn(shape, generator=generator, dtype=like.dtype, device=like.device)
    return xi * noise_deviation(network)


def noise_deviation(network: RateRNN) -> Tensor:
    r"""Standard deviation of these currents, :math:`\sqrt{2/\alpha}\,\sigma`, (N,)."""
    return network.noise * torch.sqrt(2 / network.alpha)
