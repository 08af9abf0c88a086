"""Bins that no network went through: random ones, and ones that can be worked out by hand."""

import torch

from cogdyn.agents.credit.bins import Bin
from cogdyn.agents.measures.contract.locality import random_bins as random_bins


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


def summed(traces, bins, generator=None):
    """What traces add up over bins, to the last."""
    total = sum(traces.step(bin, generator) for bin in bins)
    return total if (left := traces.finish()) is None else total + left
