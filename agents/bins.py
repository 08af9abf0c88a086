"""What learning rules see of a bin, and the path of errors and of changes from one bin to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from .output_error import OutputError
from .rate_rnn import RateRNN
from .trajectory import Trajectory


class Bin(NamedTuple):
    r"""What happened in bin t; of an ensemble, all have an axis S in front.

    The state s is the voltage or the rate, as the leak says. With the current :math:`h = W_{all}\, p`,

    .. math:: \frac{\partial s_i(t)}{\partial W_{ij}} = d_i\, p_j, \qquad
        J = \frac{\partial s(t)}{\partial s(t-1)} = [1-\alpha] + [d]\, W\, [f'(t-1)]

    where [.] is a diagonal matrix and f' the slope below.

    Attributes:
        senders: p = [r(t-1), u(t), 1]: what each synapse of W_all = [W, W_in, b] gets, (B, m).
        gate: d: alpha with a voltage leak, alpha f'(h) with a rate leak, (B, N).
        slope: :math:`\partial r / \partial s` of this bin, (B, N): f'(s) with a voltage leak, else 1.
        slope_before: The same of the bin before.
        rates_before: r(t-1), (B, N).
        rates: r(t), (B, N).
        told: What the error of this bin says to the rates, e W_fb, (B, N).
        signal: Learning signal L: what it says of the states, e W_fb f', (B, N).
        error: e at the outputs, (B, n_out).
        label: y as a vector, (B, n_out).
        keep: 1 - alpha, (N,).
        recurrent: W, (N, N).
    """

    senders: Tensor
    gate: Tensor
    slope: Tensor
    slope_before: Tensor
    rates_before: Tensor
    rates: Tensor
    told: Tensor
    signal: Tensor
    error: Tensor
    label: Tensor
    keep: Tensor
    recurrent: Tensor

    def backward(self, credit: Tensor) -> Tensor:
        """What credit c (B, N) of this bin's state says of the state of the bin before: c J."""
        return self.keep * credit + ((credit * self.gate) @ self.recurrent) * self.slope_before

    def forward(self, change: Tensor) -> Tensor:
        """What a change w (B, N) of the state of the bin before makes of this bin's: J w."""
        return self.keep * change + self.gate * ((change * self.slope_before) @ self.recurrent.mT)


def bins_of(
    network: RateRNN, inputs: Tensor, trajectory: Trajectory, errors: OutputError, feedback: Tensor
) -> Iterator[Bin]:
    """The bins of trials through which a network went with one set of weights, from the first to the last.

    Args:
        network: The network.
        inputs: u, (T, B, n_in).
        trajectory: What it did, (T, B, ...), or of an ensemble (T, S, B, ...).
        errors: The errors at its outputs.
        feedback: W_fb, (n_out, N) or (S, n_out, N).
    """
    rates = trajectory.rates.detach()
    first = network.rates(network.initial_state(inputs.shape[1])).detach()
    before = torch.cat([first[None], rates[:-1]])
    if rates.ndim == 4:
        inputs = inputs[:, None].expand(-1, rates.shape[1], -1, -1)
    senders = torch.cat([before, inputs, torch.ones_like(inputs[..., :1])], dim=-1)
    alpha, one = network.alpha, torch.ones_like(rates)
    if network.leak == "voltage":
        gate, slope = alpha.expand_as(rates), network.slope(rates)
        slope_before = torch.cat([network.slope(first)[None], slope[:-1]])
    else:
        fired = (rates - (1 - alpha) * before) / alpha
        gate, slope, slope_before = alpha * network.slope(fired), one, one
    error = errors.of(trajectory.outputs.detach())
    told = error @ feedback
    signal = told * slope if network.leak == "voltage" else told
    recurrent = network.recurrent_weights.detach()
    for t in range(len(rates)):
        yield Bin(
            senders[t],
            gate[t],
            slope[t],
            slope_before[t],
            before[t],
            rates[t],
            told[t],
            signal[t],
            error[t],
            errors.labels[t],
            1 - alpha,
            recurrent,
        )
