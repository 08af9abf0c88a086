"""What learns in a training: one network, or the networks of an ensemble together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from ..envs.errors import ArgumentError
from ..envs.task import Task
from ..envs.trial import TrialBatch
from ..envs.wording import short_text
from .data import tensors
from .ensemble import member, stacked, subset
from .evaluation import evaluate, step_seed
from .rate_rnn import RateRNN
from .run import Run

Metrics = Mapping[str, Sequence[float]]
"""Loss, gradient_norm and so on, with a number for each network."""


class Rule(Protocol):
    """What a learning rule offers to the training loop."""

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        ...

    def update(self, network: RateRNN, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, float]:
        """Change the parameters in place; returns at least the loss."""
        ...

    def report(self, score: float) -> None:
        """Receive the score of the network at an evaluation."""
        ...

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the rule remembers of a network."""
        ...

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned; nothing, where that is empty."""
        ...


@runtime_checkable
class EnsembleRule(Protocol):
    """A rule that can train all networks of an ensemble at once."""

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        ...

    def update_each(self, ensemble: RateRNN, batch: TrialBatch, generator: torch.Generator) -> dict[str, Tensor]:
        """Change the parameters of all networks in place; returns loss and gradient_norm of each, (S,)."""
        ...

    def report(self, score: Sequence[float]) -> None:
        """Receive the scores of the networks at an evaluation, (S,)."""
        ...

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the rule remembers of each network, all with an axis S in front."""
        ...

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned; nothing, where that is empty."""
        ...


def check_rule(rule: Any) -> None:
    """Refuse what is no learning rule; one that is never resumed can be without ``restore``.

    Raises:
        ArgumentError: If it lacks what every training needs.
    """
    lacking = [name for name in ("config", "update", "report", "state") if not hasattr(rule, name)]
    if lacking:
        raise ArgumentError(f"rule is {short_text(rule)}; it must be a learning rule, which has {', '.join(lacking)}.")
    if isinstance(rule, type):
        raise ArgumentError(f"rule is {short_text(rule)}; it must be an object of it, as {rule.__name__}().")


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

    def __init__(self, networks: Sequence[RateRNN], rule: EnsembleRule):
        self.ensemble, self.rule = stacked(networks), rule

    def restore(self, memories: Sequence[dict[str, Tensor]]) -> None:
        """Let the rule remember what it did of each network."""
        together = {name: torch.stack([memory[name] for memory in memories]) for name in memories[0]}
        self.rule.restore(self.ensemble, together)

    def update(self, batch: TrialBatch, generator: torch.Generator) -> Metrics:
        """Learn from a batch."""
        return {
            name: values.tolist() for name, values in self.rule.update_each(self.ensemble, batch, generator).items()
        }

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
        ValueError: If the rule cannot train an ensemble, or the runs are at several steps.
    """
    if len(steps := sorted({run.step for run in runs})) > 1:
        raise ValueError(f"the networks of the ensemble are at updates {steps}; resume each by itself.")
    if not ensemble:
        learner = SingleLearner(runs[0].network, rule)
    elif isinstance(rule, EnsembleRule):
        learner = EnsembleLearner([run.network for run in runs], rule)
    else:
        raise ValueError(f"{type(rule).__name__} cannot train an ensemble; train its networks singly.")
    if runs[0].step:
        learner.restore([run.memory for run in runs])
    return learner
