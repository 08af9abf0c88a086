"""The training loop: paint, update, now and then evaluate and write a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan
from typing import overload

import torch

from ...envs.numbers import finite_number, whole_number
from ...envs.task import Task
from ...envs.typechecked import typechecked
from ..credit.rule import Rule
from ..network.devices import choose_device
from ..network.out_of_memory import memory_errors_told
from ..network.rate_rnn import RateRNN
from .checkpoints import Checkpoints
from .evaluation import NetworkPolicy, check_fit, step_seed
from .interrupt import DeferredSignals
from .learners import learner_of
from .learning_curve import watched
from .run import Run, describe

Progress = Callable[[int, dict[str, float]], None]
"""Called after each update with the number of updates and the latest metrics."""
Watch = Callable[[RateRNN, int], Mapping[str, float]]
"""Called at each evaluation with the network and the number of updates; returns more metrics by name."""


class TrainingDiverged(RuntimeError):
    """Training stopped because loss or gradient was no longer finite."""


@overload
def train(
    task: Task,
    network: RateRNN,
    rule: Rule,
    steps: int = 1000,
    batch_size: int = 64,
    seed: int = 0,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    *,
    stop_at: float | None = None,
    evaluate_every: int = 50,
    n_test: int = 500,
    resume: bool = False,
    ensemble: None = None,
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> Run: ...


@overload
def train(
    task: Task,
    network: RateRNN,
    rule: Rule,
    steps: int = 1000,
    batch_size: int = 64,
    seed: int = 0,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    *,
    stop_at: float | None = None,
    evaluate_every: int = 50,
    n_test: int = 500,
    resume: bool = False,
    ensemble: int,
    progress: Progress | None = None,
) -> list[Run]: ...


@typechecked
@torch.inference_mode(False)
@torch.enable_grad()
def train(
    task: Task,
    network: RateRNN,
    rule: Rule,
    steps: int = 1000,
    batch_size: int = 64,
    seed: int = 0,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    *,
    stop_at: float | None = None,
    evaluate_every: int = 50,
    n_test: int = 500,
    resume: bool = False,
    ensemble: int | None = None,
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> Run | list[Run]:
    """Train a network on a task.

    Batch k and the noise in it depend on (seed, k) alone, so a resumed run equals an uninterrupted one; its metrics
    keep the row of the moment at which it was cut.

    Args:
        task: What is to be learned.
        network: The network, changed in place.
        rule: The learning rule.
        steps: Number of updates, counted from the beginning of the run.
        batch_size: Number of trials B in each update.
        seed: Seed of trials and process noise.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ...
        out: Folder of the run; nothing is written when None.
        stop_at: Score, from 0 to 1, at which to stop early; None to use all steps.
        evaluate_every: Updates between two evaluations, each followed by a checkpoint.
        n_test: Number of test trials of an evaluation.
        resume: Resume the run in ``out``, whose weights the network takes.
        ensemble: Number of networks S to train at once, this one and others that differ from it in their seed, on
            the same trials and with the same noise; each is trained as it would be alone, and one that reaches
            ``stop_at`` is kept as it is then. None for one network.
        watch: Called at each evaluation with the network and the number of updates; the numbers that it returns by name
            become columns of the metrics. Not for ensembles.
        progress: Called after each update.

    Returns:
        The run, with the trained network; of an ensemble, one run for each network, in ``out/network-1``, ...

    Raises:
        ValueError: If task and network do not fit, a number makes no sense, ``out`` holds a run already, or what
            resumes is not the run in ``out``.
        OSError: If ``out`` cannot be written.
        FolderInUse: If another process trains into ``out``.
        MemoryError: If memory does not suffice; it says for what, and what to lower.
        TrainingDiverged: If loss, gradient or outputs are not finite; the last good checkpoint stays in ``out``.
        KeyboardInterrupt: After Ctrl-C, once the update is finished and the checkpoint written. SIGTERM and SIGHUP wait
            as long, and then act as they do without training.
    """
    check_fit(task, network)
    counts = {"steps": steps, "batch_size": batch_size, "evaluate_every": evaluate_every, "n_test": n_test}
    steps, batch_size, evaluate_every, n_test = (whole_number(name, n, least=1) for name, n in counts.items())
    seed = whole_number("seed", seed, least=0)
    if stop_at is not None and not 0 <= finite_number("stop_at", stop_at) <= 1:
        raise ValueError(f"stop_at is {stop_at!r}; allowed: a score from 0 to 1, or None for never.")
    if ensemble is not None and watch is not None:
        raise ValueError("an ensemble cannot be watched; train its networks singly for that.")
    if ensemble is not None and task.n_segments > 1:
        raise ValueError(f"{task.name} is a closed loop: each network would see its own trials; train them singly.")
    network.to(choose_device(device))
    size = 1 if ensemble is None else whole_number("ensemble", ensemble, least=1)
    networks = [network, *(network.redrawn(network.config["seed"] + s) for s in range(1, size))]
    settings = {"batch_size": batch_size, "seed": seed, "evaluate_every": evaluate_every, "n_test": n_test}
    runs = [Run(each, task, describe(task, each, rule, **settings)) for each in networks]

    def at_goal(run: Run) -> bool:
        # Other evaluations are of the moment where a run was cut; an uninterrupted run does not have them.
        due = run.step > 0 and run.step % evaluate_every == 0
        return due and stop_at is not None and run.metrics[-1]["score"] >= stop_at

    with (
        DeferredSignals() as signals,
        Checkpoints(out, None if ensemble is None else size) as checkpoints,
        memory_errors_told(task, network, batch_size, n_test, size),
    ):
        checkpoints.take_up(runs, resume)
        learning = [s for s, run in enumerate(runs) if run.step < steps and not at_goal(run)]
        if not learning:
            return runs[0] if ensemble is None else runs
        learner = learner_of([runs[s] for s in learning], rule, ensemble is not None)
        generator = torch.Generator(network.recurrent.device)
        scores = [runs[s].metrics[-1]["score"] for s in learning if runs[s].metrics]
        for step in range(runs[learning[0]].step + 1, steps + 1):
            generator.manual_seed(step_seed(seed, "train", step))
            policy = NetworkPolicy(network, generator) if task.n_segments > 1 else None
            try:
                batch = next(task.stream(batch_size, seed, "train", start=step, policy=policy))
                latest = learner.update(batch, generator)
                stop, due = signals.noted is not None, step % evaluate_every == 0
                evaluated = due or stop or step == steps
                if evaluated:
                    scores = learner.scores(task, n_test, seed)
            except FloatingPointError as error:
                raise TrainingDiverged(_divergence(rule, step, error, runs[learning[0]])) from error
            if evaluated:
                if due:
                    learner.report(scores)
                for s, row, checkpoint in zip(learning, _rows(step, latest, scores), learner.states(), strict=True):
                    runs[s].network, runs[s].memory = checkpoint
                    runs[s].metrics.append(row)
                try:
                    if watch is not None:
                        runs[0].metrics[-1] |= watched(watch(network, step))
                finally:  # a watch that fails costs no update
                    checkpoints.write(runs, learning)
            if progress is not None:
                shown = {name: _mean(values) for name, values in latest.items()}
                progress(step, shown | ({"score": _mean(scores)} if scores else {}))
            if stop:
                signals.act()
            others = [place for place, s in enumerate(learning) if not (evaluated and at_goal(runs[s]))]
            if not others:
                break
            if len(others) < len(learning):
                learner.keep(others)
                learning = [learning[place] for place in others]
    return runs[0] if ensemble is None else runs


def _rows(step: int, metrics: Mapping[str, Sequence[float]], scores: Sequence[float]) -> list[dict[str, float]]:
    """The row of the learning curve of each network."""
    norms = metrics.get("gradient_norm", [nan] * len(scores))
    columns = zip(metrics["loss"], scores, norms, strict=True)
    return [{"step": step, "loss": loss, "score": score, "gradient_norm": norm} for loss, score, norm in columns]


def _mean(values: Sequence[float]) -> float:
    numbers = [value for value in values if not isnan(value)]
    return sum(numbers) / len(numbers) if numbers else nan


def _divergence(rule: Rule, step: int, error: FloatingPointError, run: Run) -> str:
    last = (
        "nothing was written" if run.path is None else f"the last good checkpoint, of step {run.step}, is in {run.path}"
    )
    return (
        f"training with {type(rule).__name__} diverged at step {step} ({error}); {last}. Try a smaller learning rate."
    )
