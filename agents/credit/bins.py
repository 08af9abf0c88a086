"""What learning rules see of a bin, and how credit and changes pass from one bin to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, final

import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN
from ..network.trajectory import Trajectory
from .output_error import OutputError


class Bin(NamedTuple):
    r"""What happened in bin t; of an ensemble, all have an axis S in front.

    The state s is the voltage or the rate, as the leak says. With the current :math:`h = W_{all}\, p`,

    .. math:: \frac{\partial s_i(t)}{\partial W_{ij}} = d_i\, p_j, \qquad
        J = \frac{\partial s(t)}{\partial s(t-1)} = [1-\alpha] + [d]\, W\, [f'(t-1)]

    where [.] is a diagonal matrix and f' the slope below.

    Attributes:
        senders: p = [r(t-1), u(t), 1]: what each synapse of W_all = [W, W_in, b] gets, (B, m).
        gate: d: alpha with a voltage leak, alpha f'(h) with a rate leak, (B, N).
        drive_slope: d without its factor alpha, (B, N): 1 with a voltage leak, f'(h) with a rate leak.
        slope: :math:`\partial r / \partial s` of this bin, (B, N): f'(s) with a voltage leak, else 1.
        slope_before: The same of the bin before.
        rates_before: r(t-1), (B, N).
        rates: r(t), (B, N).
        rate_signal: The error of this bin as it reaches the rates, e W_fb, (B, N).
        learning_signal: L: as it reaches the states, e W_fb f', (B, N).
        error: e at the outputs, (B, n_out).
        label: y as a vector, (B, n_out).
        alpha: dt / tau, (N,).
        recurrent: W, (N, N).
    """

    senders: Tensor
    gate: Tensor
    drive_slope: Tensor
    slope: Tensor
    slope_before: Tensor
    rates_before: Tensor
    rates: Tensor
    rate_signal: Tensor
    learning_signal: Tensor
    error: Tensor
    label: Tensor
    alpha: Tensor
    recurrent: Tensor

    @property
    def keep(self) -> Tensor:
        """What a state keeps of itself, 1 - alpha, (N,)."""
        return 1 - self.alpha

    @property
    def self_connections(self) -> Tensor:
        """W_ii of each unit, (1, N), or of an ensemble (S, 1, N)."""
        return self.recurrent.diagonal(dim1=-2, dim2=-1)[..., None, :]

    @property
    def jacobian(self) -> Tensor:
        """J, (B, N, N)."""
        J = self.gate[..., None] * self.recurrent[..., None, :, :] * self.slope_before[..., None, :]
        J.diagonal(dim1=-2, dim2=-1).add_(self.keep)
        return J

    def jacobian_times(self, matrix: Tensor) -> Tensor:
        """J Y for a matrix Y (B, N, m), without J itself."""
        spread = self.recurrent[..., None, :, :] @ (self.slope_before[..., None] * matrix)
        return self.keep[:, None] * matrix + self.gate[..., None] * spread

    def of_own_loss(self, n_bins: int) -> Bin:
        """The bin with the errors of its own loss, which are T times those of the mean over T bins.

        They do not depend on how long trials are; what a rule learns for itself may be measured by them.
        """
        return self._replace(
            rate_signal=n_bins * self.rate_signal,
            learning_signal=n_bins * self.learning_signal,
            error=n_bins * self.error,
        )

    def backward(self, credit: Tensor) -> Tensor:
        """The credit c (B, N) of this bin's state, carried back to the state of the bin before: c J."""
        return self.keep * credit + ((credit * self.gate) @ self.recurrent) * self.slope_before

    def forward(self, change: Tensor) -> Tensor:
        """A change w (B, N) of the state of the bin before, in forward mode: J w."""
        return self.keep * change + self.gate * ((change * self.slope_before) @ self.recurrent.mT)


def outer(units: Tensor, senders: Tensor) -> Tensor:
    """The outer product of values of units (B, N) and of senders (B, m) in each trial, (B, N, m)."""
    return units[..., None] * senders[..., None, :]


def no_traces(network: RateRNN, batch_size: int) -> Tensor:
    """Zeros for each synapse onto each unit in each trial, (B, N, N + n_in + 1), or of an ensemble (S, B, ...)."""
    state = network.initial_state(batch_size).detach()
    return state.new_zeros(*state.shape, network.n_units + network.n_inputs + 1)


def nothing(bin: Bin) -> Tensor:
    """A gradient of 0 for [W, W_in, b], (N, N + n_in + 1)."""
    return bin.senders.new_zeros(*bin.recurrent.shape[:-1], bin.senders.shape[-1])


def contribution(credit: Tensor, bin: Bin) -> Tensor:
    r"""What a bin adds to the gradient by the credit c (B, N) of its states: :math:`(c \circ d)^T p`, (N, m)."""
    return (credit * bin.gate).mT @ bin.senders


def senders_of(rates_before: Tensor, inputs: Tensor) -> Tensor:
    """The senders p = [r(t-1), u(t), 1] of all bins: of rates (T, B, N) or (T, S, B, N), and of inputs (T, B, n_in)."""
    if rates_before.ndim == 4:
        inputs = inputs[:, None].expand(-1, rates_before.shape[1], -1, -1)
    return torch.cat([rates_before, inputs, torch.ones_like(inputs[..., :1])], dim=-1)


@final
class Bins:
    """The bins of trials, made one after the other of what the network did in each.

    Args:
        network: The network.
        rates: Rates before the first bin, (B, N), or of an ensemble (S, B, N).
    """

    def __init__(self, network: RateRNN, rates: Tensor):
        self.network, self.rates, self.voltage = network, rates, network.leak == "voltage"
        self.alpha = network.alpha
        self.steady_gate, self.one = self.alpha.expand_as(rates), torch.ones_like(rates)
        self.slope = network.slope(rates) if self.voltage else self.one

    def after(
        self,
        senders: Tensor,
        activations: Tensor,
        rates: Tensor,
        error: Tensor,
        label: Tensor,
        feedback: Tensor,
        recurrent: Tensor,
    ) -> Bin:
        """The next bin.

        Args:
            senders: p, (B, N + n_in + 1).
            activations: f(h), of which the slope is that of autograd, (B, N); with a voltage leak the rates.
            rates: r, (B, N).
            error: e, (B, n_out).
            label: y, (B, n_out).
            feedback: W_fb, (n_out, N).
            recurrent: W, (N, N).
        """
        before, slope_before, rate_signal = self.rates, self.slope, error @ feedback
        slope = self.network.slope(activations)
        if self.voltage:
            gate, drive_slope, signal = self.steady_gate, self.one, rate_signal * slope
        else:
            gate, drive_slope, slope, signal = self.alpha * slope, slope, self.one, rate_signal
        self.rates, self.slope = rates, slope
        of_units = (senders, gate, drive_slope, slope, slope_before, before, rates)
        return Bin(*of_units, rate_signal, signal, error, label, self.alpha, recurrent)


def bins_of(
    network: RateRNN, inputs: Tensor, trajectory: Trajectory, errors: OutputError, feedback: Tensor
) -> Iterator[Bin]:
    """The bins of trials through which a network went with one set of weights, from the first to the last.

    Args:
        network: The network.
        inputs: u, (T, B, n_in).
        trajectory: What it did, run with ``keep_activations=True``, (T, B, ...), or of an ensemble (T, S, B, ...).
        errors: The errors at its outputs.
        feedback: W_fb, (n_out, N) or (S, n_out, N).

    Raises:
        ValueError: If the activations were not kept, or do not determine the slope.
    """
    if trajectory.activations is None:
        raise ValueError("the trajectory holds no f(h), which slopes need; run network(..., keep_activations=True).")
    rates, recurrent = trajectory.rates.detach(), network.recurrent_weights.detach()
    first = network.rates(network.initial_state(inputs.shape[1])).detach()
    before = torch.cat([first[None], rates[:-1]])
    senders = senders_of(before, inputs)
    bins, error = Bins(network, first), errors.of(trajectory.outputs.detach())
    for of_bin in zip(senders, trajectory.activations, rates, error, errors.labels, strict=True):
        yield bins.after(*of_bin, feedback, recurrent)
