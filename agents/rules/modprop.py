"""ModProp: credit goes from cell to cell by what is known of their types."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional

from ...envs.numbers import whole_number
from ..credit import JACOBIAN, Assignment, CreditRule, Memory, RateRNN, Trials, learning_rule, number
from ..credit.bins import Bin, contribution, no_traces, outer
from ..credit.synapses import Synapses


class TypeTraces(NamedTuple):
    """P: how each synapse has moved its own unit, (B, N, m); Q: others, by type, (B, K, N, m); the types, (N, K)."""

    P: Tensor
    Q: Tensor
    types: Tensor


@learning_rule
class ModProp(CreditRule[TypeTraces]):
    r"""Backpropagation through time in which cells of a type are alike, and all work at one slope.

    .. math:: c(t) = L(t) + (1-\alpha)\, c(t+1) + \mu\, [\alpha\, c(t+1)]\, \bar W, \qquad
        \Delta W_{ij} \propto -\sum_t c_i(t)\, d_i(t)\, p_j(t)

    :math:`\bar W_{ki}` is the mean weight from units of the type of i to units of the type of k, over all pairs,
    whether or not they have a synapse, and :math:`\mu` stands for the slope f'. How a synapse moved units other than
    its own then depends on their type a alone, and can be followed as RFLO follows its trace P:

    .. math:: Q^a_{ij}(t) = (1-\alpha)\, Q^a_{ij}(t-1) + \alpha \mu \left[\bar w_{a\,a(i)}\, P_{ij}(t-1) +
        \sum_{a'} \bar w_{aa'} n_{a'} Q^{a'}_{ij}(t-1)\right], \qquad
        \Delta W_{ij} \propto -\sum_t \left[L_i P_{ij} + \sum_a \Big(\sum_{k \in a} L_k\Big) Q^a_{ij}\right]

    Each type releases a modulator, the sum of the learning signals of its units, and no synapse has to know another.
    Both forms are the same sum; after a trial it is computed backwards. Exact where weights are the same for each pair
    of types and f' is the same for all. One type with weights of mean 0 makes it RFLO.

    Args:
        slope: :math:`\mu`; None for the mean of f' over units and trials in each bin.
        types: Type of each unit as a number from 0 on; None for excitatory and inhibitory units under Dale's law, and
            a single type without it.

    Raises:
        ValueError: If an argument is unknown or out of its range; on a network, if it has another number of units
            than types, or with ``update_every="bin"`` more than one tau.

    Source: Liu, Smith, Mihalas, Shea-Brown & Sümbül 2022, arXiv:2206.01338. The equations here are ours, after its
    abstract: mean slope, weights by type, traces filtered by fixed factors.
    """

    # Of other units and synapses it reads means and sums by type alone.
    reads = JACOBIAN
    mixes_trials = True  # slopes are those of all trials

    slope: float | None = number(None, minimum=0)
    types: Sequence[int] | None = None

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        self.types = None if self.types is None else _types(self.types)

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> TypeTraces:
        """No traces before the first bin."""
        if (network.alpha != network.alpha[0]).any():
            raise ValueError("ModProp in every bin needs one tau for all units: a modulator decays at one rate.")
        P, types = no_traces(network, batch_size), self.types_of(network)
        return TypeTraces(P, torch.stack([P] * types.shape[1], dim=-3), types)

    def step(self, state: TypeTraces, bin: Bin, generator: Generator | None, /) -> tuple[TypeTraces, Tensor]:
        """The traces after a bin, and what it adds to the gradient, (N, N + n_in + 1)."""
        (P, Q, types), alpha, d, p, L = state, bin.alpha[0], bin.gate, bin.senders, bin.learning_signal
        mu, w_bar, n = mean_slope(bin, self.slope)[..., None, None], pair_means(bin.recurrent, types), types.sum(0)
        of_own = torch.einsum("...ai,...bij->...baij", w_bar @ types.mT, P)
        of_others = torch.einsum("...ac,...bcij->...baij", w_bar * n, Q)
        Q = (1 - alpha) * Q + alpha * mu * (of_own + of_others)
        P = (1 - alpha) * P + outer(d, p)
        G = torch.einsum("...bi,...bij->...ij", L, P) + torch.einsum("...ba,...baij->...ij", L @ types, Q)
        return TypeTraces(P, Q, types), G

    @torch.no_grad()
    def assign(self, trials: Trials) -> Assignment:
        """Fast path after trials: the same sum, backwards in time, by the credit c."""
        types, synapses = self.types_of(trials.network), Synapses(trials.network)
        trajectory, bins = trials.run()
        W_bar = types @ pair_means(synapses.recurrent, types) @ types.mT
        total, later = torch.zeros_like(synapses.weights), 0.0
        for bin in reversed([*bins]):
            c = bin.learning_signal + later
            total += contribution(c, bin)
            later = bin.keep * c + mean_slope(bin, self.slope) * ((bin.alpha * c) @ W_bar)
        return Assignment(synapses.gradients(total), trajectory.rates, trajectory.outputs, {})

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
    return [whole_number("types", each, minimum=0) for each in listed]


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
