"""Bins that no network went through: random ones, and ones that can be worked out by hand."""

import torch

from cogdyn.agents.credit.bins import Bin


def rows(*values):
    """Numbers as a tensor in float64."""
    return torch.tensor(values, dtype=torch.float64)


def plain_bin(rates_before, rates, signal, label=(0.0, 0.0), inputs=(0.0,), recurrent=None):
    """A bin of one trial of units without leak whose activation is the identity; W = I unless given."""
    n = len(rates)
    one, before = torch.ones(1, n, dtype=torch.float64), rows(rates_before)
    senders = torch.cat([before, rows(inputs), one[:, :1]], dim=1)
    weights = torch.eye(n, dtype=torch.float64) if recurrent is None else recurrent
    learning_signal, e = rows(signal), torch.zeros(1, len(label), dtype=torch.float64)
    of_units = (senders, one, one, one, one, before, rows(rates), learning_signal, learning_signal)
    return Bin(*of_units, e, rows(label), one[0], weights)


def random_bins(n_bins, n=4, n_in=2, n_out=2, batch_size=3, seed=0):
    """Bins of arbitrary numbers, which share nothing but W and the leak."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.rand(shape, generator=generator, dtype=torch.float64) + 0.2

    recurrent, alpha = draw(n, n), 1 - draw(n) / 2
    return [
        Bin(
            senders=draw(batch_size, n + n_in + 1),
            gate=draw(batch_size, n),
            drive_slope=draw(batch_size, n),
            slope=draw(batch_size, n),
            slope_before=draw(batch_size, n),
            rates_before=draw(batch_size, n),
            rates=draw(batch_size, n),
            rate_signal=draw(batch_size, n),
            learning_signal=draw(batch_size, n),
            error=draw(batch_size, n_out),
            label=draw(batch_size, n_out),
            alpha=alpha,
            recurrent=recurrent,
        )
        for _ in range(n_bins)
    ]


def summed(traces, bins, generator=None):
    """What traces add up over bins, to the last."""
    total = sum(traces.step(bin, generator) for bin in bins)
    return total if (left := traces.finish()) is None else total + left
