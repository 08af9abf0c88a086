"""ModProp: credit goes from cell to cell by what is known of their types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from torch.nn import functional

from ...envs.numbers import finite_number, whole_number
from ...envs.typechecked import typechecked
from ..credit.bins import Bin, bins_of
from ..credit.feedback import Pathway
from ..credit.output_error import OutputError
from ..rate_rnn import RateRNN
from ..credit.synapses import Synapses
from ..trajectory import Trajectory
from ..credit.credit_rule import CreditRule, Update
from ..credit.descent import LearningRate, Optimizer
from ..credit.traces import Memory, Read


class _TypeTraces:
    """P: how each synapse moved its own unit, (B, N, m); Q: how it moved others, by their type, (B, K, N, m)."""

    def __init__(self, network: RateRNN, batch_size: int, types: Tensor, slope: float | None):
        if (network.alpha != network.alpha[0]).any():
            raise ValueError("ModProp in every bin needs one tau for all units: a modulator decays at one rate.")
        self.types, self.slope, self.alpha = types, slope, network.alpha
        state = network.initial_state(batch_size)
        n_senders = network.n_units + network.n_inputs + 1
        self.own = state.new_zeros(*state.shape, n_senders)
        self.others = state.new_zeros(*state.shape[:-1], types.shape[1], network.n_units, n_senders)

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Let what a synapse did so far reach the units of each type, and weigh all by what errors say to them."""
        means = pair_means(bin.recurrent, self.types)
        reach, among = means @ self.types.mT, means * self.types.sum(0)
        slope = self.alpha[0] * mean_slope(bin, self.slope)[..., None, None]
        spread = torch.einsum("...ai,...bij->...baij", reach, self.own)
        spread = spread + torch.einsum("...ac,...bcij->...baij", among, self.others)
        self.others = bin.keep[0] * self.others + slope * spread
        self.own = bin.keep[:, None] * self.own + bin.gate[..., None] * bin.senders[..., None, :]
        of_own = torch.einsum("...bi,...bij->...ij", bin.signal, self.own)
        return of_own + torch.einsum("...ba,...baij->...ij", bin.signal @ self.types, self.others)


@typechecked
@final
class ModProp(CreditRule):
    r"""Backpropagation through time in which cells of a type are alike, and all work at one slope.

    .. math:: c(t) = L(t) + (1-\alpha)\, c(t+1) + \mu\, [\alpha\, c(t+1)]\, \bar W, \qquad
        \Delta W_{ij} \propto -\sum_t c_i(t)\, d_i(t)\, p_j(t)

    :math:`\bar W_{ki}` is the mean weight from units of the type of i to units of the type of k, over all pairs,
    whether or not they have a synapse, and :math:`\mu` stands for the slope f'. How a synapse moved units other than
    its own then depends on their type a alone, and can be followed as RFLO follows its trace P:

    .. math:: Q^a_{ij}(t) = (1-\alpha)\, Q^a_{ij}(t-1) + \alpha \mu \left[\bar w_{a\,a(i)}\, P_{ij}(t-1) +
        \sum_{a'} \bar w_{aa'} n_{a'} Q^{a'}_{ij}(t-1)\right], \qquad
        \Delta W_{ij} \propto -\sum_t \left[L_i P_{ij} + \sum_a \Big(\sum_{k \in a} L_k\Big) Q^a_{ij}\right]

    Each type releases a modulator, the sum of what errors say to its units, and no synapse has to know another. Both
    forms are the same sum; after a trial it is computed backwards. Exact where weights are the same for each pair of
    types and f' is the same for all. One type with weights of mean 0 makes it RFLO.

    Args:
        lr: Learning rate, or rows of (update, rate): the rate from each update on.
        clip: Largest norm of the gradient, longer ones are shortened to it; None for no limit.
        update: ``"trial"``: weights change after the trial; ``"bin"``: in every bin.
        optimizer: ``"adam"`` or ``"sgd"``; None for Adam after trials, and plain descent in every bin.
        weight_decay: Part of each weight, times lr, that is lost in an update.
        feedback: How errors reach the units: ``"symmetric"``, ``"random"`` or ``"adaptive"``.
        feedback_seed: Seed of random feedback weights.
        slope: :math:`\mu`; None for the mean of f' over units and trials in each bin.
        types: Type of each unit as a number from 0 on; None for excitatory and inhibitory units under Dale's law, and
            a single type without it.

    Raises:
        ValueError: If an argument is unknown or out of its range; on a network, if it has another number of units
            than types, or with ``update="bin"`` more than one tau.

    Source: Liu, Smith, Mihalas, Shea-Brown & Sümbül 2022, arXiv:2206.01338. The equations here are ours, after its
    abstract: mean slope, weights by type, traces filtered by fixed factors.
    """

    # Of other units and synapses it reads means and sums by type alone.
    reads: ClassVar[tuple[Read, ...]] = (
        "presynaptic rate",
        "own voltage",
        "error broadcast",
        "voltages of others",
        "errors of others",
        "weights of others",
    )

    def __init__(
        self,
        lr: LearningRate = 1e-3,
        clip: float | None = 1.0,
        update: Update = "trial",
        optimizer: Optimizer | None = None,
        weight_decay: float = 0.0,
        feedback: Pathway = "symmetric",
        feedback_seed: int = 0,
        slope: float | None = None,
        types: Sequence[int] | None = None,
    ):
        super().__init__(lr, clip, update, optimizer, weight_decay, feedback, feedback_seed)
        self.slope = None if slope is None else finite_number("slope", slope)
        self.types = None if types is None else _types(types)

    @property
    def own_config(self) -> dict[str, Any]:
        """Slope and types."""
        return {"slope": self.slope, "types": self.types}

    def begin(
        self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None
    ) -> _TypeTraces:
        """No traces before the first bin."""
        return _TypeTraces(network, batch_size, self.types_of(network), self.slope)

    @torch.no_grad()
    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory]:
        """Go back through the trials."""
        trajectory = network(inputs, generator=generator, keep_activations=True)
        bins = list(bins_of(network, inputs, trajectory, errors, self.feedback.of(network)))
        types, synapses = self.types_of(network), Synapses(network)
        typical = types @ pair_means(synapses.recurrent, types) @ types.mT
        total, later = torch.zeros_like(synapses.weights), torch.zeros_like(bins[0].signal)
        for bin in reversed(bins):
            credit = bin.signal + later
            total += (credit * bin.gate).mT @ bin.senders
            slope = mean_slope(bin, self.slope)
            later = bin.keep * credit + slope * ((network.alpha * credit) @ typical)
        return synapses.gradients(total), trajectory

    def types_of(self, network: RateRNN) -> Tensor:
        """Which unit is of which type, 0 and 1, (N, K)."""
        n, like = network.n_units, network.recurrent
        if self.types is not None and len(self.types) != n:
            raise ValueError(f"types are those of {len(self.types)} units; the network has {n}.")
        if self.types is not None:
            numbers = torch.tensor(self.types, device=like.device)
        elif network.signs is not None:
            numbers = (network.signs < 0).long()
        else:
            numbers = torch.zeros(n, dtype=torch.long, device=like.device)
        return functional.one_hot(numbers).to(like.dtype)


def _types(types: Sequence[int]) -> list[int]:
    """Plain whole numbers, one for each unit."""
    try:
        listed = list(types)
    except TypeError as error:
        raise ValueError(f"types is {types!r}; it must be a whole number for each unit.") from error
    return [whole_number("types", each, least=0) for each in listed]


def pair_means(weights: Tensor, types: Tensor) -> Tensor:
    """Mean weight of each pair of types, (K, K) or (S, K, K), from those of columns to those of rows."""
    share = types / types.sum(0).clamp(min=1)
    return share.mT @ weights @ share


def mean_slope(bin: Bin, slope: float | None) -> Tensor:
    """The slope of all units as a number, or of the units of each network (S, 1, 1): the one given, or their mean."""
    if slope is not None:
        return bin.gate.new_tensor(slope)
    slopes = bin.drive_slope * bin.slope_before
    return slopes.mean((-2, -1), keepdim=True) if slopes.ndim == 3 else slopes.mean()
