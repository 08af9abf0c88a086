"""The credit that apical voltages predict, and the credit that they should."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ..credit.bins import Bin, bins_of
from ..credit.output_error import OutputError
from ..credit.synthetic_gradient import own_signal
from ..network.data import tensors
from ..network.rate_rnn import RateRNN
from ..rules.compartments import Compartments
from ..rules.dni import DNI


@torch.no_grad()
def apical_voltages(
    network: RateRNN, rule: Compartments | DNI, batch: TrialBatch, generator: torch.Generator | None = None
) -> Tensor:
    """The voltages u of all apical dendrites in every bin of a batch, (T, B, N), while nothing learns.

    They are in units of the loss of a single trial in a single bin, as :func:`exact_credit` is.

    Args:
        network: The network.
        rule: The rule, with what it has learned so far.
        batch: Trials.
        generator: Source of the network's noise.
    """
    rule = rule.knowing(network)
    state: Any = rule.begin(network, batch.batch_size, rule.memory, generator)
    return torch.stack([rule.voltage(state, bin) for bin in _bins(network, rule, batch, generator)])


@torch.no_grad()
def exact_credit(
    network: RateRNN, rule: Compartments | DNI, batch: TrialBatch, generator: torch.Generator | None = None
) -> Tensor:
    r"""The credit that apical voltages are to predict: :math:`c(t) = L(t) + c(t+1)\, J(t+1)`, (T, B, N).

    Args:
        network: The network.
        rule: The rule, whose feedback makes L of the errors.
        batch: Trials.
        generator: Source of the network's noise.
    """
    bins = _bins(network, rule, batch, generator)
    credits = [own_signal(bins[-1])]
    for bin, later in zip(reversed(bins[:-1]), reversed(bins[1:]), strict=True):
        credits.append(own_signal(bin) + later.backward(credits[-1]))
    return torch.stack(credits[::-1])


def _bins(
    network: RateRNN, rule: Compartments | DNI, batch: TrialBatch, generator: torch.Generator | None
) -> list[Bin]:
    data = tensors(batch, network.recurrent)
    errors = OutputError(data, network.n_outputs, network.readout_activation)
    trajectory = network(data.inputs, generator=generator, keep_activations=True)
    bins = bins_of(network, data.inputs, trajectory, errors, rule.knowing(network).feedback_weights.of(network))
    return [bin.of_own_loss(len(data.inputs)) for bin in bins]
