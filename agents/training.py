"""The training loop: paint, update, now and then evaluate and keep what was learned."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, overload

import torch
from torch import Tensor

from ..envs.numbers import whole_number
from ..envs.task import Task
from ..envs.trial import TrialBatch
from .ensemble_training import train_ensemble
from .evaluation import NetworkPolicy, check_fit, evaluate, step_seed
from .interrupt import deferred_interrupt
from .out_of_memory import memory_errors_told
from .rate_rnn import RateRNN
from .run import MODEL, Run, describe, load_run

Progress = Callable[[int, dict[str, float]], None]
"""Called after each update with the number of updates and the latest metrics."""
Watch = Callable[[RateRNN, int], Mapping[str, float]]
"""Called at each evaluation with the network and the number of updates; returns more metrics by name."""


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
        """Hear how the network scored at an evaluation."""
        ...

    def state(self, network: RateRNN) -> dict[str, Tensor]:
        """What the rule remembers of a network."""
        ...

    def restore(self, network: RateRNN, state: dict[str, Tensor]) -> None:
        """Remember what :meth:`state` returned."""
        ...


class TrainingDiverged(RuntimeError):
    """Training stopped because loss or gradient was no longer finite."""


def choose_device(device: str) -> torch.device:
    """The device of that name; ``"auto"`` takes a GPU where there is one.

    Raises:
        ValueError: If the device is unknown, or not there.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device {device!r} is not there; allowed: 'auto', 'cpu', or a GPU that PyTorch sees."
        ) from error
    return chosen


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
        stop_at: Score at which to stop early; None to use all steps.
        evaluate_every: Updates between two evaluations, each followed by a checkpoint.
        n_test: Number of test trials of an evaluation.
        resume: Go on with the run in ``out``, whose weights the network takes.
        ensemble: Number of networks S to train at once, this one and others that differ from it in their seed, on
            the same trials and with the same noise; each is trained as it would be alone. None for one network.
        watch: Called at each evaluation with the network and the number of updates; the numbers that it returns by name
            become columns of the metrics. Not for ensembles.
        progress: Called after each update.

    Returns:
        The run, with the trained network; of an ensemble, one run for each network, in ``out/network-1``, ...

    Raises:
        ValueError: If task and network do not fit, a number makes no sense, or ``out`` holds a run already.
        MemoryError: If memory does not suffice; it says for what, and what to lower.
        TrainingDiverged: If loss, gradient or outputs are not finite; the last good checkpoint stays in ``out``.
        KeyboardInterrupt: After Ctrl-C, once the update is finished and the checkpoint written.
    """
    check_fit(network, task)
    counts = {"steps": steps, "batch_size": batch_size, "evaluate_every": evaluate_every, "n_test": n_test}
    for name, value, least in [*((name, value, 1) for name, value in counts.items()), ("seed", seed, 0)]:
        whole_number(name, value, least)
    network.to(choose_device(device))
    if ensemble is not None:
        if resume:
            raise ValueError("an ensemble cannot be resumed; train its networks singly for that.")
        if watch is not None:
            raise ValueError("an ensemble cannot be watched; train its networks singly for that.")
        n = whole_number("ensemble", ensemble, least=1)
        measuring = (stop_at, evaluate_every, n_test)
        return train_ensemble(task, network, rule, n, steps, batch_size, seed, out, *measuring, progress)
    settings = {"batch_size": batch_size, "seed": seed, "evaluate_every": evaluate_every, "n_test": n_test}
    run = Run(network, task, describe(task, network, rule, **settings))
    if out is not None and (Path(out) / MODEL).exists():
        if not resume:
            raise ValueError(f"{out} holds a run already; choose another folder, or resume=True to go on with it.")
        _continue(run, rule, load_run(out))
    elif resume:
        raise ValueError(f"there is no run to resume in {out}.")

    generator = torch.Generator(network.recurrent.device)
    policy = None
    latest = dict(run.metrics[-1]) if run.metrics else {}

    def keep(step: int) -> None:
        score = evaluate(network, task, n_test, seed).score
        latest.update(step=step, score=score)
        row = {name: latest[name] for name in ("step", "loss", "score", "gradient_norm")}
        run.metrics.append(row | ({} if watch is None else dict(watch(network, step))))
        rule.report(score)
        run.memory = rule.state(network)
        if out is not None:
            run.save(out)

    with deferred_interrupt() as interrupted, memory_errors_told(task, network, batch_size, n_test):
        for step in range(run.step + 1, steps + 1):
            generator.manual_seed(step_seed(seed, "train", step))
            if task.n_segments > 1:
                policy = NetworkPolicy(network, generator)
            try:
                batch = next(task.stream(batch_size, seed, "train", start=step, policy=policy))
                latest.update(rule.update(network, batch, generator))
                stop = interrupted()
                if step % evaluate_every == 0 or step == steps or stop:
                    keep(step)
            except FloatingPointError as error:
                kept = (
                    f"the last good checkpoint, of step {run.step}, is in {out}"
                    if out and run.metrics
                    else "nothing was kept"
                )
                raise TrainingDiverged(
                    f"training with {type(rule).__name__} diverged at step {step} ({error}); {kept}. "
                    "Try a smaller learning rate."
                ) from error
            if progress is not None:
                progress(step, latest)
            if stop:
                raise KeyboardInterrupt
            if stop_at is not None and run.step == step and run.metrics[-1]["score"] >= stop_at:
                break
    return run


def _continue(run: Run, rule: Rule, earlier: Run) -> None:
    for part in ("task", "network", "rule", "training"):
        if run.config[part] != earlier.config[part]:
            raise ValueError(
                f"{earlier.path} was trained with another {part}: {earlier.config[part]}, not {run.config[part]}."
            )
    run.network.load_state_dict(earlier.network.state_dict())
    rule.restore(run.network, earlier.memory)
    run.metrics, run.memory, run.path = earlier.metrics, earlier.memory, earlier.path
