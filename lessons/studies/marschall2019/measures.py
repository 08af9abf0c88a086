"""What the study of local plasticity measures: loss while networks learn, and how far the rules agree."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ....agents import RateRNN
from ....agents.credit.losses import task_loss
from ....agents.measures.apical_voltages import apical_voltages, exact_credit
from ....agents.measures.gradient_alignment import GROUPS, alignment
from ....agents.network.data import tensors
from ....agents.rules import DNI, Compartments
from ....agents.training.learner import Learner
from ....envs import PaintedTask, TrialBatch

BATCH, N_TEST = 16, 300
MOMENTS = (0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1)
"""When the loss is measured, in parts of all updates."""


def updates_by(moment: float, updates: int) -> int:
    """How many of all updates are done at a moment."""
    return round(moment * updates)


@dataclass(frozen=True)
class Course:
    """What became of the networks of an ensemble while they learned.

    Attributes:
        losses: Loss on trials never seen, at each of the moments, (K, S).
        diverged: Whether an update, of those at the moments, came to nothing because it was not finite, (S,).
        cpu_seconds: Time of the processor for the updates of one network.
    """

    losses: np.ndarray
    diverged: np.ndarray
    cpu_seconds: float


def learn(task: PaintedTask, ensemble: RateRNN, rule: Any, updates: int, seed: int) -> Course:
    """Train an ensemble in place, with the trials and the noise of :func:`cogdyn.agents.train`.

    Args:
        task: What is to be learned.
        ensemble: The networks, with an axis S in front of their weights.
        rule: A rule that can train an ensemble.
        updates: Number of updates.
        seed: Seed of trials and noise.
    """
    unseen = tensors(next(task.stream(N_TEST, seed, "test")), ensemble.recurrent)
    watched = {updates_by(moment, updates) for moment in MOMENTS}
    found: dict[int, torch.Tensor] = {0: _losses(ensemble, unseen)}
    learner, sound, cpu = Learner(ensemble, rule), np.full(len(found[0]), True), 0.0
    for step in range(1, updates + 1):
        batch = learner.trials(task, BATCH, seed, step)
        start = time.process_time()
        metrics = learner.update(batch)
        cpu += time.process_time() - start
        if step in watched:
            sound &= np.isfinite(metrics["loss"]) & np.isfinite(metrics["gradient_norm"])
            found[step] = _losses(ensemble, unseen)
    losses = np.stack([found[updates_by(moment, updates)].numpy() for moment in MOMENTS])
    return Course(losses, ~sound, cpu / len(sound))


@torch.no_grad()
def _losses(ensemble: RateRNN, data: Any) -> torch.Tensor:
    return task_loss(ensemble(data.inputs).outputs, data.targets, data.mask, data.probabilities)


def agreements(
    rule: Any, others: Mapping[str, Any], ensemble: RateRNN, batch: TrialBatch, seed: int
) -> dict[str, list[float | None]]:
    """Cosine of what a rule and each of others add up over trials, of all synapses onto units; None where one is 0.

    Args:
        rule: The rule, with what it has learned so far.
        others: Rules by name, which learn nothing for themselves.
        ensemble: The networks.
        batch: Trials.
        seed: Seed of what the rules draw; each draws numbers of its own.

    Returns:
        One number for each network, by the name of the other rule.
    """
    found = _gradient(rule, ensemble, batch, seed)
    return {
        name: [_cosine(found, other, s) for s in range(len(ensemble.recurrent))]
        for k, (name, one) in enumerate(others.items(), start=1)
        for other in [_gradient(one, ensemble, batch, seed + k)]
    }


def foresight(rule: Any, ensemble: RateRNN, batch: TrialBatch) -> list[float | None]:
    """Cosine of the apical voltages and the credit that they should predict, in each network; None without dendrites.

    Args:
        rule: The rule, with what it has learned so far.
        ensemble: The networks.
        batch: Trials.
    """
    if not isinstance(rule, Compartments | DNI):
        return [None] * len(ensemble.recurrent)
    predicted, credit = (of(ensemble, rule, batch).transpose(0, 1).flatten(1) for of in (apical_voltages, exact_credit))
    return [finite(value) for value in torch.cosine_similarity(predicted, credit, dim=1).clamp(-1, 1).tolist()]


def finite(value: float) -> float | None:
    """The value, or None if it is not finite: an empty cell of the table."""
    return float(value) if np.isfinite(value) else None


def _gradient(rule: Any, ensemble: RateRNN, batch: TrialBatch, seed: int) -> Mapping[str, torch.Tensor]:
    return rule.gradient(ensemble, batch, torch.Generator().manual_seed(seed))


def _cosine(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor], s: int) -> float | None:
    synapses = {"all": GROUPS["all synapses"]}
    a, b = ({name: gradient[name][s] for name in synapses["all"]} for gradient in (one, other))
    return finite(alignment(a, b, synapses)["all"])
