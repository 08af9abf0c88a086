"""What a synapse reads: all else is changed, and its own change must stay as it was.

The synapse from j to i gets a few bins, once as they are and once with one kind of thing changed: it must move if and
only if its rule declares that it reads that. Weights of other units are changed in directions in which these units send
the same as before: what they send may reach the synapse, what they are may not.
"""

from typing import Any, get_args

import torch
from torch import Tensor

from ....envs.contract.requirement import require
from ...credit.bins import Bin
from ...credit.credit_rule import CreditRule
from ...credit.memory import Memory
from ...credit.reads import Read
from ...network.rate_rnn import RateRNN
from .ground import Ground, source

POST, PRE = 1, 2
"""The units i and j of the synapse that is looked at."""
N_BINS = 4
MEASURED: tuple[Read, ...] = tuple(read for read in get_args(Read) if read not in ("own perturbation", "reward"))
"""What a bin or a memory holds; a perturbation and a reward are of rules without bins."""
SMALLEST = 1e-11
"""Distance by which a change must differ to be another, relative to its size."""


def check_pure(ground: Ground) -> None:
    """``begin`` and ``step`` are pure: the same bins and random numbers make the same of the same memory."""
    rule = ground.fresh_rule()
    if isinstance(rule, CreditRule):
        advice = "keep what changes in the state, or in the memory that remembered returns and begin receives"
        require(is_pure(rule, ground.network), f"the same bins give another gradient each time; {advice}.")


def check_locality(ground: Ground) -> None:
    """A synapse reads what ``reads`` declares, and nothing else."""
    rule, network = ground.fresh_rule(), ground.network
    if not isinstance(rule, CreditRule) or not rule.reads or not is_pure(rule, network):
        return
    require(network.n_units > PRE, f"locality is measured in a network of {PRE + 1} units or more.")
    found = {read for read in MEASURED if moved(rule, read, network) > SMALLEST}
    more, fewer = sorted(found - set(rule.reads)), sorted(set(rule.reads) - found)
    require(not more, f"the change of a synapse depends on {', '.join(more)}, which reads does not declare.")
    require(not fewer, f"reads declares {', '.join(fewer)}, on which the change of a synapse does not depend.")


def is_pure(rule: CreditRule[Any], network: RateRNN) -> bool:
    """Whether bins add the same when they come again."""
    bins = bins_like(network)
    memory = rule.steps(network, 1, {}, source(0)).memory
    return change(rule, network, bins, memory) == change(rule, network, bins, memory)


def bins_like(network: RateRNN) -> list[Bin]:
    """Bins of one trial of a network of this size."""
    return random_bins(N_BINS, network.n_units, network.n_inputs, network.n_outputs, batch_size=1)


def moved(rule: CreditRule[Any], read: Read, network: RateRNN) -> float:
    """How far the change of the synapse goes elsewhere if one kind of thing is other, relative to its size."""
    bins, memory = bins_like(network), rule.steps(network, 1, {}, source(0)).memory
    here, there = change(rule, network, bins, memory), change(rule, network, *perturbed(read, bins, memory))
    return abs(there - here) / max(abs(here), 1e-3)


@torch.no_grad()
def change(rule: CreditRule[Any], network: RateRNN, bins: list[Bin], memory: Memory) -> float:
    """What bins add to the synapse."""
    steps, generator = rule.steps(network, 1, dict(memory), source(0)), source(1)
    total = torch.stack([steps.step(bin, generator).clone() for bin in bins]).sum(0)
    left = steps.finish()
    return float((total if left is None else total + left)[POST, PRE])


def random_bins(n_bins: int, n: int = 4, n_in: int = 2, n_out: int = 2, batch_size: int = 3) -> list[Bin]:
    """Bins of arbitrary numbers, through which no network went; they share nothing but W and the leak."""
    generator = source(0)

    def draw(*shape: int) -> Tensor:
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


def perturbed(read: Read, bins: list[Bin], memory: Memory) -> tuple[list[Bin], Memory]:
    """Bins and memory in which one kind of thing is other."""
    n, m = bins[0].recurrent.shape[-1], bins[0].senders.shape[-1]
    others, column = torch.arange(n) != POST, torch.arange(m)
    elsewhere = others[:, None].expand(n, n) | (torch.arange(n) != POST) & (torch.arange(n) != PRE)
    itself = torch.zeros(n, n, dtype=torch.bool)
    itself[POST, POST] = True
    slopes, signals = ("gate", "drive_slope", "slope", "slope_before"), ("learning_signal", "rate_signal")
    of_bins = {
        "presynaptic rate": {"senders": column == PRE},
        "own voltage": dict.fromkeys(slopes, ~others),
        "self-connection": {"recurrent": itself},
        "error broadcast": dict.fromkeys(signals, ~others),
        "senders of others": {"senders": column != PRE},
        "voltages of others": dict.fromkeys(slopes, others),
        "errors of others": dict.fromkeys(signals, others),
        "weights of others": {"recurrent": elsewhere},
    }
    changes = of_bins.get(read, {})
    changed = [bin._replace(**{k: scaled(getattr(bin, k), where) for k, where in changes.items()}) for bin in bins]
    if read == "own apical voltage":
        memory = {k: scaled(v, ~others[:, None]) if k == "apical" else v for k, v in memory.items()}
    if read == "sent by others":
        memory = {k: scaled(v, others[:, None]) if k == "slow" else v for k, v in memory.items()}
    return changed, other_weights(memory, bins) if read == "weights of others" else memory


def other_weights(memory: Memory, bins: list[Bin]) -> Memory:
    """Synapses onto other units that a rule learns for itself, changed so that these send what they sent."""
    others = (torch.arange(bins[0].recurrent.shape[-1]) != POST)[:, None]
    rates_before = [bin.rates_before for bin in bins]
    seen = [torch.cat([bin.rates, bin.label, torch.ones_like(bin.label[:, :1])], 1) for bin in bins]
    changed = dict(memory)
    for name, senders in (("jacobian", rates_before), ("apical", seen), ("slow", seen)):
        if name in memory:
            noise = torch.randn(memory[name].shape, generator=source(1), dtype=torch.float64)
            changed[name] = memory[name] + others * (noise @ unseen(torch.cat(senders)))
    if "mirror" in memory:
        changed["mirror"] = scaled(memory["mirror"], others)
    return changed


def scaled(values: Tensor, where: Tensor) -> Tensor:
    """Other values where they are to be other, of the other sign too, since a rule may read no more than signs."""
    return torch.where(where, -1.5 * values - 0.1, values)


def unseen(senders: Tensor) -> Tensor:
    """Directions, as columns, in which weights may change without changing what they make of these senders."""
    return torch.eye(senders.shape[1], dtype=senders.dtype) - torch.linalg.pinv(senders) @ senders
