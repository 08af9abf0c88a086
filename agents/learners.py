"""What learns in a training: one network, or the networks of an ensemble together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..envs.task import Task
from ..envs.trial import TrialBatch
from .credit.rule import Rule
from .data import tensors
from .ensemble import member, stacked, subset
from .evaluation import evaluate, step_seed
from .rate_rnn import RateRNN
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
        return {name: [value] for name, value in self.rule.update(self.network, batch, generator).items()}

    def scores(self, task: Task, n_test: int, seed: int) -> list[float]:
        """The score on test trials."""
        return [evaluate(self.network, task, n_test, seed).score]

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
        return {name: value.tolist() for name, value in self.rule.update(self.ensemble, batch, generator).items()}

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
