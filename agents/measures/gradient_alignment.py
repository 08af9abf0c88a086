"""How well what a rule does agrees with the exact gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from ...envs.errors import ArgumentError
from ...envs.names import check_name
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..credit.bins import Bin, bins_of, contribution
from ..credit.credit_rule import CreditRule
from ..credit.output_error import OutputError
from ..credit.synapses import Synapses
from ..network.data import tensors
from ..network.rate_rnn import RateRNN
from ..rules.bptt import BPTT
from ..rules.rtrl import RTRL

GROUPS: dict[str, tuple[str, ...]] = {
    "recurrent": ("recurrent",),
    "input": ("input",),
    "bias": ("bias",),
    "readout": ("readout", "readout_bias"),
    "all synapses": ("recurrent", "input", "bias"),
}
"""Weights whose alignment is reported, by name; the last are all synapses onto units."""


@typechecked
def alignment(
    gradient: Mapping[str, Tensor], exact: Mapping[str, Tensor], groups: Mapping[str, tuple[str, ...]] = GROUPS
) -> dict[str, float]:
    """Cosine of two gradients in each group of weights; NaN where one of them is 0, or nothing learns.

    Args:
        gradient: A gradient by the names of parameters, as ``rule.gradient(network, batch)`` gives it.
        exact: Another, such as that of ``BPTT().gradient(network, batch)``.
        groups: Which parameters belong together.

    Raises:
        ArgumentError: If the two are of different networks.
    """
    for key in gradient.keys() & exact.keys():
        if gradient[key].shape != exact[key].shape:
            raise ArgumentError(
                f"gradient has {key!r} of shape {(*gradient[key].shape,)}, exact of {(*exact[key].shape,)}; they must "
                "be of one network."
            )
    cosines = {}
    for name, keys in groups.items():
        learned = [key for key in keys if key in gradient and key in exact]
        parts = [torch.cat([one[key].flatten() for key in learned]) for one in (gradient, exact) if learned]
        cosines[name] = _cosine(*parts).item() if parts else math.nan
    return cosines


@typechecked
class AlignmentWatch:
    """What ``train(..., watch=...)`` notes at each evaluation: how well rules agree with the exact gradient by then.

    The rule that trains may be among them, or others that only look on; of a rule that learns for itself, such as DNI,
    an onlooker stays as it was when it began. In an ensemble all of them are onlookers.

    Args:
        rules: Rules by the name of their columns, ``"RFLO: recurrent"`` and so on.
        batch: The trials on which gradients are compared.
        groups: Which parameters belong together.
    """

    def __init__(
        self,
        rules: Mapping[str, CreditRule],
        batch: TrialBatch,
        groups: Mapping[str, tuple[str, ...]] = GROUPS,
    ):
        self.rules, self.batch, self.groups = rules, batch, groups

    def __call__(self, network: RateRNN, step: int) -> dict[str, float]:
        """Cosines by rule and group of weights; the noise is the same for all rules."""

        def source() -> torch.Generator:
            return torch.Generator(network.recurrent.device).manual_seed(0)

        exact, found = BPTT().gradient(network, self.batch, source()), {}
        for name, rule in self.rules.items():
            cosines = alignment(rule.gradient(network, self.batch, source()), exact, self.groups)
            found |= {f"{name}: {group}": cosine for group, cosine in cosines.items()}
        return found


def contributions(
    network: RateRNN, rule: CreditRule, batch: TrialBatch, generator: torch.Generator | None = None
) -> Tensor:
    """What a rule adds in each bin to the gradient for [W, W_in, b], at fixed weights, (T, N, N + n_in + 1).

    Synapses that do not exist get nothing. What a future-facing rule adds for a bin later stands where it is added;
    what it adds after the last bin is left out.
    """
    rule = rule.knowing(network)
    bins = _bins(network, rule, batch, generator)
    steps = rule.steps(network, batch.batch_size, rule.memory, generator)
    with torch.no_grad():
        added = [steps.step(each.of_own_loss(len(bins)), generator) for each in bins]
        return torch.stack(added) * Synapses(network).mask / len(bins)


def exact_contributions(
    network: RateRNN, batch: TrialBatch, facing: Literal["past", "future"], generator: torch.Generator | None = None
) -> Tensor:
    r"""The exact gradient for [W, W_in, b] as a sum over bins, (T, N, N + n_in + 1), in one of two ways.

    ``"past"``: bin t holds what the error of bin t attributes to all synapses until then, as real-time recurrent
    learning has it. ``"future"``: bin t holds what all later errors attribute to the synapses in bin t, :math:`(c(t)
    \circ d)^T p`, with the credit :math:`c(t) = L(t) + c(t+1)\, J(t+1)`. The sums are the same, the bins are not: a
    rule is to be compared with the one that looks the same way.

    Raises:
        ValueError: If facing is neither.
    """
    rule = RTRL()
    if check_name("facing", facing, ("past", "future")) == "past":
        return contributions(network, rule, batch, generator)
    bins, added = list(_bins(network, rule, batch, generator)), []
    credit = torch.zeros_like(bins[-1].learning_signal)
    with torch.no_grad():
        for this, after in zip(reversed(bins), [None, *reversed(bins[1:])], strict=True):
            credit = this.learning_signal + (0 if after is None else after.backward(credit))
            added.append(contribution(credit, this))
    return torch.stack(added[::-1]) * Synapses(network).mask


def alignment_in_bins(contributions: Tensor, exact: Tensor, lag: int = 0) -> Tensor:
    """Cosine of two contributions (T, N, N + n_in + 1) in each bin, (T - lag,); NaN where one of them is 0.

    Args:
        contributions: What a rule adds in each bin.
        exact: What it should.
        lag: Number of bins by which the contribution of a bin comes too late, such as the horizon less one.
    """
    n_bins = len(exact) - lag
    return torch.stack([_cosine(a, b) for a, b in zip(contributions[lag:], exact[:n_bins], strict=True)])


def _bins(network: RateRNN, rule: CreditRule, batch: TrialBatch, generator: torch.Generator | None) -> list[Bin]:
    data = tensors(batch, network.recurrent)
    errors = OutputError(data, network.n_outputs, network.readout_activation)
    with torch.no_grad():
        trajectory = network(data.inputs, generator=generator, keep_activations=True)
        return list(bins_of(network, data.inputs, trajectory, errors, rule.feedback_weights.of(network)))


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    # Rounding may bring it above 1.
    return ((a * b).sum() / (torch.linalg.vector_norm(a) * torch.linalg.vector_norm(b))).clamp(-1, 1)
