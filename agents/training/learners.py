"""What learns in a training: one network, or the networks of an ensemble together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...envs.errors import ArgumentError
from ...envs.task import Task
from ...envs.trial import TrialBatch
from ...envs.wording import short_text
from ..credit.rule import Rule
from ..network.data import tensors
from ..network.ensemble import member, stacked, subset
from ..network.rate_rnn import RateRNN
from .evaluation import evaluate, step_seed
from .run import Run

Metrics = Mapping[str, Sequence[float]]
"""Loss, gradient_norm and so on, with a number for each network."""


class SingleLearner:
    """One network, which a rule changes in place."""

    def __init__(self, network: RateRNN, rule: Rule):
        self.network, self.rule = network, rule

    def restore(self, memories: Sequence[dict[str, Tensor]]) -> None:
        """Let the rule remember what it did of the network."""
        self.rule.restore(self.network, memories[0])

    def update(self, batch: TrialBatch, generator: torch.Generator) -> Metrics:
        """Learn from a batch."""
        return _for_each(self.rule, self.rule.update(self.network, batch, generator), 1)

    def scores(self, task: Task, n_test: int, seed: int) -> list[float]:
        """The score on test trials."""
        return [evaluate(task, self.network, n_test, seed).score]

    def report(self, scores: Sequence[float]) -> None:
        """Report the score to the rule."""
        self.rule.report(scores[0])

    def states(self) -> list[tuple[RateRNN, dict[str, Tensor]]]:
        """The network, and what the rule remembers of it."""
        return [(self.network, self.rule.state(self.network))]

    def keep(self, which: Sequence[int]) -> None:
        """Continue with this network, which is the only one."""


class EnsembleLearner:
    """Networks that a rule changes together, each as it would be alone."""

    def __init__(self, networks: Sequence[RateRNN], rule: Rule):
        self.ensemble, self.rule = stacked(networks), rule

    def restore(self, memories: Sequence[dict[str, Tensor]]) -> None:
        """Let the rule remember what it did of each network."""
        together = {name: torch.stack([memory[name] for memory in memories]) for name in memories[0]}
        self.rule.restore(self.ensemble, together)

    def update(self, batch: TrialBatch, generator: torch.Generator) -> Metrics:
        """Learn from a batch."""
        return _for_each(self.rule, self.rule.update(self.ensemble, batch, generator), len(self.ensemble.recurrent))

    @torch.no_grad()
    def scores(self, task: Task, n_test: int, seed: int) -> list[float]:
        """Scores on the trials and with the noise of :func:`evaluate`; 0 where outputs are not finite."""
        batch = next(task.stream(n_test, seed, "test"))
        generator = torch.Generator(self.ensemble.recurrent.device).manual_seed(step_seed(seed, "test", 0))
        outputs = self.ensemble(tensors(batch, self.ensemble.recurrent).inputs, generator=generator).outputs
        answers = [one.cpu().numpy() for one in outputs.unbind(1)]
        return [float(task.score(one, batch).mean()) if np.isfinite(one).all() else 0.0 for one in answers]

    def report(self, scores: Sequence[float]) -> None:
        """Report the scores to the rule."""
        self.rule.report(scores)

    def states(self) -> list[tuple[RateRNN, dict[str, Tensor]]]:
        """Each network, and what the rule remembers of it."""
        memory = self.rule.state(self.ensemble)
        count = len(self.ensemble.recurrent)
        return [(member(self.ensemble, s), {name: value[s] for name, value in memory.items()}) for s in range(count)]

    def keep(self, which: Sequence[int]) -> None:
        """Continue with these networks alone."""
        memory = {name: value[list(which)] for name, value in self.rule.state(self.ensemble).items()}
        self.ensemble = subset(self.ensemble, which)
        self.rule.restore(self.ensemble, memory)


def _for_each(rule: Rule, metrics: Any, n: int) -> Metrics:
    """What an update returned, as a number for each network.

    Raises:
        ArgumentError: If it is something else, as that of a rule of one's own may be.
    """
    wanted = f"{type(rule).__name__}.update returned {short_text(metrics)}; it must return a dictionary with a loss"
    if not isinstance(metrics, Mapping) or "loss" not in metrics:
        raise ArgumentError(f"{wanted}, such as {{'loss': 0.5}}.")
    try:
        numbers = {name: np.atleast_1d(np.asarray(value, float)).tolist() for name, value in metrics.items()}
    except (TypeError, ValueError):
        raise ArgumentError(f"{wanted} and other numbers.") from None
    if any(len(values) != n for values in numbers.values()):
        raise ArgumentError(f"{wanted}, {'a number' if n == 1 else f'({n},), one of each network'}.")
    return numbers


def learner_of(runs: Sequence[Run], rule: Rule, ensemble: bool) -> SingleLearner | EnsembleLearner:
    """The learner for the network of a run, or for those of runs that are at the same step; where they are.

    Raises:
        ValueError: If the runs are at several steps.
    """
    if len(steps := sorted({run.step for run in runs})) > 1:
        raise ValueError(f"the networks of the ensemble are at updates {steps}; resume each by itself.")
    networks = [run.network for run in runs]
    learner = EnsembleLearner(networks, rule) if ensemble else SingleLearner(networks[0], rule)
    if runs[0].step:
        learner.restore([run.memory for run in runs])
    return learner
