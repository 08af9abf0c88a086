"""Ensembles: networks that differ in nothing but their seed, stacked into one and run at once."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .protocol import Network
from .rate_rnn import RateRNN


def stacked(networks: Sequence[RateRNN]) -> RateRNN:
    """One network whose parameters have an axis S in front, and which gives rates (T, S, B, N).

    Raises:
        ValueError: If there is no network, or they differ in more than their seed.
    """
    if not networks:
        raise ValueError("an ensemble needs a network.")
    first = networks[0]
    for network in networks:
        differ = {name for name, value in network.config.items() if value != first.config[name]} - {"seed"}
        if differ:
            raise ValueError(f"networks of an ensemble differ in their seed alone; these do in {sorted(differ)}.")
    tensors = {
        name: torch.stack([network.get_parameter(name) for network in networks]).detach() for name in _own(first)
    }
    mask = torch.stack([network.recurrent_mask for network in networks])
    return _with(first, tensors, mask, [network.config["seed"] for network in networks], learn=True)


def ensemble_of(network: RateRNN, n_networks: int) -> RateRNN:
    """An ensemble of a network and of others that differ from it in their seed, which counts on from its own."""
    return stacked(with_other_seeds(network, n_networks))


def with_other_seeds(network: RateRNN, n_networks: int) -> list[RateRNN]:
    """A network and others that differ from it in their seed, which counts on from its own."""
    seed = network.config["seed"]
    return [network, *(network.redrawn(seed + s) for s in range(1, n_networks))]


def subset(ensemble: RateRNN, which: Sequence[int]) -> RateRNN:
    """Some networks of an ensemble, as an ensemble of their own."""
    return stacked([member(ensemble, s) for s in which])


def member(ensemble: RateRNN, s: int) -> RateRNN:
    """Network s of an ensemble, by itself."""
    tensors = {name: ensemble.get_parameter(name).detach()[s].clone() for name in _own(ensemble)}
    return _with(ensemble, tensors, ensemble.recurrent_mask[s].clone(), ensemble.config["seed"][s], learn=True)


def part(ensemble: RateRNN, which: Sequence[int]) -> RateRNN:
    """Some networks of an ensemble, as an ensemble whose losses have a gradient for the parameters of the whole."""
    tensors = {name: ensemble.get_parameter(name)[which] for name in _own(ensemble)}
    seeds = [ensemble.config["seed"][s] for s in which]
    return _with(ensemble, tensors, ensemble.recurrent_mask[which], seeds, learn=False)


def ensemble_shape(network: Network) -> tuple[int, ...]:
    """(S,) of an ensemble of S networks, () of a single network."""
    return tuple(network.recurrent.shape[:-2]) if isinstance(network, RateRNN) else ()


def _own(network: RateRNN) -> list[str]:
    return [name for name, _ in network.named_parameters()]


def _with(network: RateRNN, tensors: dict[str, Tensor], mask: Tensor, seed: int | list[int], learn: bool) -> RateRNN:
    """A copy of a network with these tensors as its parameters; all else is copied, so that nothing is forgotten."""
    instead: dict[int, object] = {id(network.recurrent_mask): nn.Buffer(mask)}
    for name, tensor in tensors.items():
        parameter = network.get_parameter(name)
        instead[id(parameter)] = nn.Parameter(tensor, parameter.requires_grad) if learn else tensor
    copied = copy.deepcopy(network, instead)
    copied._arguments["seed"] = seed
    return copied
