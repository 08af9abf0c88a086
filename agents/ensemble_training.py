"""Training an ensemble: one batch of trials for all networks, a loss and a run for each."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from ..envs.task import Task
from ..envs.trial import TrialBatch
from .data import tensors
from .ensemble import ensemble_of, member, subset
from .evaluation import check_fit, step_seed
from .interrupt import deferred_interrupt
from .out_of_memory import memory_errors_told
from .rate_rnn import RateRNN
from .run import Run, describe


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

    def report(self, score: float) -> None:
        """Hear the mean score of the networks."""
        ...

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the rule remembers of an ensemble, with an axis of networks in front where it is of each."""
        ...

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned."""
        ...


def train_ensemble(
    task: Task,
    network: RateRNN,
    rule: object,
    n_networks: int,
    steps: int,
    batch_size: int,
    seed: int,
    out: str | os.PathLike[str] | None,
    stop_at: float | None,
    evaluate_every: int,
    n_test: int,
    progress: Callable[[int, dict[str, float]], None] | None,
) -> list[Run]:
    """Train networks that differ in their seed, each as :func:`train` would alone, with the same trials and noise.

    Arguments are those of :func:`train`, which calls this. A network that reaches ``stop_at`` is kept as it is then;
    the others go on.

    Raises:
        ValueError: If the task is a closed loop, or the rule learns from what one network does alone.
    """
    check_fit(network, task)
    if task.n_segments > 1:
        raise ValueError(f"{task.name} is a closed loop: each network would see trials of its own; train them singly.")
    if not isinstance(rule, EnsembleRule):
        raise ValueError(f"{type(rule).__name__} cannot train an ensemble; train its networks singly.")
    ensemble = ensemble_of(network, n_networks)
    settings = {"batch_size": batch_size, "seed": seed, "evaluate_every": evaluate_every, "n_test": n_test}
    members = [member(ensemble, s) for s in range(n_networks)]
    runs = [Run(each, task, describe(task, each, rule, **settings)) for each in members]
    learning = list(range(n_networks))
    generator = torch.Generator(network.recurrent.device)

    def keep(step: int, latest: dict[str, Tensor], end: bool) -> list[int]:
        """Note how the networks do, keep those that are done, and return the places of the others."""
        scores, others = _scores(ensemble, task, n_test, seed), []
        for place, (s, score) in enumerate(zip(learning, scores, strict=True)):
            row = {"step": step, "loss": latest["loss"][place].item(), "score": score}
            runs[s].metrics.append(row | {"gradient_norm": latest["gradient_norm"][place].item()})
            if end or (stop_at is not None and score >= stop_at):
                runs[s].network = member(ensemble, place)
                if out is not None:
                    runs[s].save(Path(out) / f"network-{s + 1}")
            else:
                others.append(place)
        rule.report(sum(run.metrics[-1]["score"] for run in runs) / n_networks)
        return others

    memory_told = memory_errors_told(task, network, batch_size, n_test, n_networks)
    with deferred_interrupt() as interrupted, memory_told:
        for step in range(1, steps + 1):
            generator.manual_seed(step_seed(seed, "train", step))
            batch = next(task.stream(batch_size, seed, "train", start=step))
            latest = rule.update_each(ensemble, batch, generator)
            stop = interrupted()
            if step % evaluate_every == 0 or step == steps or stop:
                others = keep(step, latest, end=step == steps or stop)
                if 0 < len(others) < len(learning):
                    memory = {k: v[others] if v.ndim else v for k, v in rule.state(ensemble).items()}
                    ensemble = subset(ensemble, others)
                    rule.restore(ensemble, memory)
                learning = [learning[place] for place in others]
            if progress is not None:
                scores = [run.metrics[-1]["score"] for run in runs if run.metrics]
                shown = {"score": sum(scores) / len(scores)} if scores else {}
                progress(step, {"loss": latest["loss"].nanmean().item()} | shown)
            if stop:
                raise KeyboardInterrupt
            if not learning:
                break
    return runs


@torch.no_grad()
def _scores(ensemble: RateRNN, task: Task, n_test: int, seed: int) -> list[float]:
    """Score of each network on the trials and with the noise of :func:`evaluate`; 0 if its outputs are not finite."""
    batch = next(task.stream(n_test, seed, "test"))
    generator = torch.Generator(ensemble.recurrent.device).manual_seed(step_seed(seed, "test", 0))
    outputs = ensemble(tensors(batch, ensemble.recurrent).inputs, generator=generator).outputs
    answers = [one.cpu().numpy() for one in outputs.unbind(1)]
    return [float(task.score(one, batch).mean()) if np.isfinite(one).all() else 0.0 for one in answers]
