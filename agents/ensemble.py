"""Ensembles: networks that differ in nothing but their seed, stacked into one and run at once."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn

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
    ensemble = copy.deepcopy(first)
    for name, parameter in first.named_parameters():
        values = torch.stack([getattr(network, name).detach() for network in networks])
        setattr(ensemble, name, nn.Parameter(values, requires_grad=parameter.requires_grad))
    ensemble.recurrent_mask = nn.Buffer(torch.stack([network.recurrent_mask for network in networks]))
    ensemble.config = first.config | {"seed": [network.config["seed"] for network in networks]}
    return ensemble


def ensemble_of(network: RateRNN, n_networks: int) -> RateRNN:
    """An ensemble of a network and of others that differ from it in their seed, which counts on from its own."""
    config, like = network.config, network.recurrent
    others = [RateRNN(**(config | {"seed": config["seed"] + s})).to(like) for s in range(1, n_networks)]
    return stacked([network, *others])


def part(ensemble: RateRNN, which: Sequence[int]) -> RateRNN:
    """Some networks of an ensemble as they are now; a loss of theirs has a gradient for the ensemble's parameters."""
    shared = {id(buffer): buffer for buffer in ensemble.buffers()}
    own = {id(p): p[list(which)] for p in [*ensemble.parameters(), ensemble.recurrent_mask]}
    some = copy.deepcopy(ensemble, shared | own)
    some.config = ensemble.config | {"seed": [ensemble.config["seed"][s] for s in which]}
    return some


def subset(ensemble: RateRNN, which: Sequence[int]) -> RateRNN:
    """Some networks of an ensemble, as an ensemble."""
    return stacked([member(ensemble, s) for s in which])


def member(ensemble: RateRNN, s: int) -> RateRNN:
    """Network s of an ensemble, by itself."""
    network = RateRNN(**(ensemble.config | {"seed": ensemble.config["seed"][s]})).to(ensemble.recurrent)
    own = {name for name, _ in ensemble.named_parameters()} | {"recurrent_mask"}
    network.load_state_dict({k: v[s] if k in own else v for k, v in ensemble.state_dict().items()})
    return network
