"""The training loop: paint, update, now and then evaluate and write a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan
from typing import Any, Literal, overload

import torch

from ...envs.gym_task import GymTask
from ...envs.numbers import finite_number, whole_number
from ...envs.task import Task
from ...envs.typechecked import typechecked
from ..credit.loops.learning import warn_of_steps
from ..credit.rule import Rule
from ..network.devices import choose_device
from ..network.ensemble import stacked, with_other_seeds
from ..network.out_of_memory import memory_errors_told
from ..network.protocol import Network, SomeNetwork
from ..network.rate_rnn import RateRNN
from .checkpoints import Checkpoints
from .evaluation import check_fit
from .interrupt import DeferredSignals
from .learner import Learner, Metrics, check_trains
from .learning_curve import OWN_COLUMNS, watched
from .mean_targets import start_at_mean_targets
from .run import Run, check_loadable, describe

Progress = Callable[[int, dict[str, float]], None]
"""Called after each update with the number of updates and the latest metrics."""
Watch = Callable[[Any, int], Mapping[str, float]]
"""Called at each evaluation with the network and the number of updates; returns more metrics by name."""


class TrainingDiverged(RuntimeError):
    """Training stopped because loss or gradient was no longer finite."""


@overload
def train(
    task: Task,
    network: SomeNetwork,
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
    readout_bias: Literal["targets"] | None = None,
    resume: bool = False,
    ensemble: None = None,
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> Run[SomeNetwork]: ...


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
    readout_bias: Literal["targets"] | None = None,
    resume: bool = False,
    ensemble: int,
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> list[Run[RateRNN]]: ...


@typechecked
@torch.inference_mode(False)
@torch.enable_grad()
def train(
    task: Task,
    network: Network,
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
    readout_bias: Literal["targets"] | None = None,
    resume: bool = False,
    ensemble: int | None = None,
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> Run[Any] | list[Run[Any]]:
    """Train a network on a task.

    Batch k and the noise in it depend on (seed, k) alone, so a resumed run equals an uninterrupted one; its metrics
    keep the row of the moment at which it was cut.

    Args:
        task: What is to be learned; of a :class:`~cogdyn.envs.GymTask` scores are returns, trials are episodes, and
            a run that is resumed begins new ones.
        network: The network, changed in place: a :class:`RateRNN`, or any that keeps the protocol of :class:`Network`.
        rule: The learning rule.
        steps: Number of updates, counted from the beginning of the run.
        batch_size: Number of trials B in each update.
        seed: Seed of trials and process noise.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ...
        out: Folder of the run; nothing is written when None.
        stop_at: Score, from 0 to 1, at which to stop early; None to use all steps.
        evaluate_every: Updates between two evaluations, each followed by a checkpoint.
        n_test: Number of test trials of an evaluation.
        readout_bias: ``"targets"`` to begin with readout biases at which the outputs are the mean targets, as
            :func:`~cogdyn.agents.training.mean_targets.start_at_mean_targets` sets them; None to begin with those of
            the network.
        resume: Resume the run in ``out``, whose weights the network takes.
        ensemble: Number of networks S to train at once, this RateRNN and others that differ from it in their seed, on
            the same trials and with the same noise; each is trained as it would be alone, and one that reaches
            ``stop_at`` is kept as it is then. None for one network.
        watch: Called at each evaluation with the network and the number of updates; the numbers that it returns by name
            become columns of the metrics. In an ensemble it is called for each network by itself.
        progress: Called after each update.

    Returns:
        The run, with the trained network; of an ensemble, one run for each network, in ``out/network-1``, ...

    Raises:
        ValueError: If task, network and rule do not fit, a number makes no sense, ``out`` holds a run already, a run in
            it could not be loaded, or what resumes is not the run in ``out``.
        OSError: If ``out`` cannot be written.
        FolderInUse: If another process trains into ``out``.
        MemoryError: If memory does not suffice; it says for what, and what to lower.
        TrainingDiverged: If loss, gradient or outputs are not finite; the last good checkpoint stays in ``out``.
        KeyboardInterrupt: After Ctrl-C, once the update is finished and the checkpoint written. SIGTERM and SIGHUP wait
            as long, and then act as they do without training.
    """
    check_fit(task, network)
    check_trains(task, network, rule)
    counts = {"steps": steps, "batch_size": batch_size, "evaluate_every": evaluate_every, "n_test": n_test}
    steps, batch_size, evaluate_every, n_test = (whole_number(name, n, minimum=1) for name, n in counts.items())
    seed = whole_number("seed", seed, minimum=0)
    if stop_at is not None and not (0 <= finite_number("stop_at", stop_at) <= 1 or isinstance(task, GymTask)):
        raise ValueError(f"stop_at is {stop_at!r}; allowed: a score from 0 to 1, or None for never.")
    if out is not None:
        check_loadable(task, network)
    network.to(choose_device(device))
    warn_of_steps(rule, network)
    networks = _networks(network, task, 1 if ensemble is None else whole_number("ensemble", ensemble, minimum=1))
    settings = {"batch_size": batch_size, "seed": seed, "evaluate_every": evaluate_every, "n_test": n_test}
    settings |= {} if readout_bias is None else {"readout_bias": readout_bias}
    runs = [Run(each, task, describe(task, each, rule, **settings)) for each in networks]
    done = runs[0] if ensemble is None else runs

    def at_goal(run: Run[Any]) -> bool:
        # Other evaluations are of the moment where a run was cut; an uninterrupted run does not have them.
        due = run.step > 0 and run.step % evaluate_every == 0
        return due and stop_at is not None and run.metrics[-1]["score"] >= stop_at

    with (
        DeferredSignals() as signals,
        Checkpoints(out, None if ensemble is None else len(runs)) as checkpoints,
        memory_errors_told(task, network, batch_size, n_test, len(runs)),
    ):
        checkpoints.take_up(runs, resume)
        learning = [run for run in runs if run.step < steps and not at_goal(run)]
        if not learning:
            return done
        if readout_bias == "targets" and learning[0].step == 0:
            start_at_mean_targets(task, [run.network for run in learning], seed)
        learner = _learner(learning, rule, stack=len(runs) > 1)
        scores = [run.metrics[-1]["score"] for run in learning if run.metrics]
        for step in range(learning[0].step + 1, steps + 1):
            try:
                latest = learner.update(learner.trials(task, batch_size, seed, step))
                stop, due = signals.pending is not None, step % evaluate_every == 0
                if evaluated := due or stop or step == steps:
                    scores = learner.scores(task, n_test, seed)
            except FloatingPointError as error:
                raise TrainingDiverged(_divergence(rule, step, error, learning[0])) from error
            if due:
                learner.report(scores)
            if evaluated:
                _record(learning, learner, step, latest, scores)
                try:
                    if watch is not None:
                        for run in learning:
                            run.metrics[-1] |= watched(watch(run.network, step))
                finally:  # a watch that fails costs no update
                    checkpoints.write(learning)
            if progress is not None:
                progress(step, _means({**latest, "score": scores} if scores else latest))
            if stop:
                signals.act()
            others = [s for s, run in enumerate(learning) if not (evaluated and at_goal(run))]
            if not others:
                break
            if len(others) < len(learning):
                learner.keep(others)
                learning = [learning[s] for s in others]
    return done


def _networks(network: Network, task: Task, n_networks: int) -> list[Any]:
    """The network, and others that differ from it in their seed.

    Raises:
        ValueError: If there are several in a closed loop, or of a kind that cannot be stacked.
    """
    if n_networks == 1:
        return [network]
    if task.n_segments > 1 or isinstance(task, GymTask):
        raise ValueError(f"{task.name} is a closed loop: each network would see its own trials; train them singly.")
    if not isinstance(network, RateRNN):
        kind = type(network).__name__
        raise ValueError(f"ensemble is {n_networks}, and only RateRNNs are trained at once; train each {kind} singly.")
    return with_other_seeds(network, n_networks)


def _learner(runs: Sequence[Run[Any]], rule: Rule, stack: bool) -> Learner:
    """What learns, where the runs are; networks of an ensemble stay stacked when one alone is left of them.

    Raises:
        ValueError: If the runs are at several steps.
    """
    if len(steps := sorted({run.step for run in runs})) > 1:
        raise ValueError(f"the networks of the ensemble are at updates {steps}; resume each by itself.")
    learner = Learner(stacked([run.network for run in runs]) if stack else runs[0].network, rule)
    if runs[0].step:
        learner.restore([run.memory for run in runs])
    return learner


def _record(runs: Sequence[Run[Any]], learner: Learner, step: int, metrics: Metrics, scores: Sequence[float]) -> None:
    """Note in each run where its network is, with a row of the learning curve."""
    norms = metrics.get("gradient_norm", [nan] * len(scores))
    for run, state, *row in zip(runs, learner.states(), metrics["loss"], scores, norms, strict=True):
        run.network, run.memory = state
        run.metrics.append(dict(zip(OWN_COLUMNS, (step, *row), strict=True)))
    for name, values in metrics.items():
        for run, value in zip(runs, values, strict=True):
            run.metrics[-1].setdefault(name, value)


def _means(metrics: Metrics) -> dict[str, float]:
    """Means over the networks, of those that have a number."""
    numbers = {name: [value for value in values if not isnan(value)] for name, values in metrics.items()}
    return {name: sum(values) / len(values) if values else nan for name, values in numbers.items()}


def _divergence(rule: Rule, step: int, error: FloatingPointError, run: Run[Any]) -> str:
    last = (
        "nothing was written" if run.path is None else f"the last good checkpoint, of step {run.step}, is in {run.path}"
    )
    return (
        f"training with {type(rule).__name__} diverged at step {step} ({error}); {last}. Try a smaller learning rate."
    )
