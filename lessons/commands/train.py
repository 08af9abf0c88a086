"""What ``cogdyn train`` does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from ...agents import RateRNN, network_for, train
from ...agents.rules.catalogue import make_rule, rule_arguments
from ...agents.training.files import folder_made
from ...agents.training.run import Run
from ...envs.names import check_name
from ...envs.own_tasks import modules_of
from ...envs.task import Task
from ..figures.summary import draw_summary, fresh_trials, write_figure
from .in_python import training_in_python
from .options import in_options
from .progress import TrainingProgress
from .run_report import print_score

NETWORK_ARGUMENTS = tuple(inspect.signature(RateRNN).parameters)
OPTIONS = ("units", "tau", "activation", "dale", "noise", "init", "self_connections", "lr", "steps", "batch_size")
OPTIONS += ("seed", "stop_at", "device", "out", "resume")
"""Arguments that have an option of their own."""


@contextmanager
def errors_in_options(rule: str) -> Iterator[None]:
    """Within the block, errors of the library name options of the command instead of arguments.

    Raises:
        ValueError: If there is no such rule, or instead of an error of the library.
    """
    of_network = [name for name in NETWORK_ARGUMENTS if name not in OPTIONS]
    settings = {"rule_set": rule_arguments(rule), "network_set": of_network}
    try:
        yield
    except ValueError as error:
        raise ValueError(in_options(str(error), OPTIONS, **settings)) from error


def train_and_report(
    console: Console,
    task: Task,
    rule: str,
    *,
    network: dict[str, Any],
    learning: dict[str, Any],
    training: dict[str, Any],
    folder: Path,
) -> None:
    """Train a network, draw what it does, and print where all lies, the same as Python, and what to do next.

    Args:
        console: Where to print.
        task: The task.
        rule: Name of the rule.
        network: Arguments of :func:`network_for`; its defaults hold for others.
        learning: Arguments of the rule.
        training: Arguments of :func:`train`.
        folder: Folder of the run.

    Raises:
        ValueError: If the rule, an argument of it, or anything else makes no sense.
        KeyboardInterrupt: After Ctrl-C, with the way to resume.
    """
    # Networks of this size are fastest on one core; a second one is better used by a second seed.
    torch.set_num_threads(1)
    for argument in network:
        check_name("argument of the network", argument, NETWORK_ARGUMENTS)
    chosen = make_rule(rule, **learning)
    goal = training.setdefault("stop_at", float(task.chance + 0.96 * (task.ceiling - task.chance)))
    steps = training.get("steps", inspect.signature(train).parameters["steps"].default)
    try:
        with TrainingProgress(steps) as progress:
            run = train(task, network_for(task, **network), chosen, **training, out=folder, progress=progress)
    except KeyboardInterrupt as stop:
        stop.args = (f"Stopped after a checkpoint. The same command with --out {folder} --resume resumes it.",)
        raise
    lines = training_in_python(task, rule, network=network, learning=learning, training=training)
    fresh = fresh_trials(run)
    write_figure(draw_summary(run, fresh), folder / "summary.png")
    console.print(f"\n[bold]{task.name}[/bold]:", end=" ")
    print_score(console, fresh, run)
    console.print(f"\nIn {folder}/")
    for file, what in (
        ("summary.png", "what it does, at a glance: open this first"),
        ("metrics.csv", "the learning curve"),
        ("model.safetensors", "weights and configuration; cogdyn.agents.load_run reads them"),
    ):
        console.print(f"  {file:<18} {what}")
    console.print(f"\nThe same in Python:\n\n{lines}", markup=False, soft_wrap=True)
    for line in what_next(run, folder, success=fresh.score >= goal or run.step < steps, goal=goal):
        console.print(line, markup=False)


def what_next(run: Run, folder: Path, *, success: bool, goal: float) -> list[str]:
    """What to do after a training, line by line: something harder after success, and what helps after failure.

    Args:
        run: The run.
        folder: Its folder.
        success: Whether the goal was reached.
        goal: The score to stop at.
    """
    task, lr, noise = run.task, run.config["rule"].get("lr"), getattr(run.task, "noise", 0.0)
    delay = getattr(task, "delay_ms", None)
    known = "".join(f" --import {module}" for module in modules_of(task))
    after = [f"  cogdyn show {folder}{known}", "  cogdyn lessons my-lessons"]
    if success:
        harder = "delay_ms=1500" if delay is not None else f"noise={3 * noise:g}"
        title = "\nNext: harder, the same task with a longer delay or more noise, and the lessons"
        return [title, f"  cogdyn train {task.name} --set {harder}{known}", *after]
    help_ = [(f"--out {folder} --resume --steps {2 * run.step}", "more updates")]
    if isinstance(lr, float):
        help_ += [(f"--lr {lr / 3:.2g}", "a smaller learning rate, or a larger one")]
    shortest = delay if isinstance(delay, (int, float)) else min(getattr(delay, "values", [getattr(delay, "low", 0)]))
    if shortest >= 2 * task.dt:
        help_ += [(f"--set delay_ms={task.dt * (shortest // (2 * task.dt)):g}", "a shorter delay")]
    elif noise:
        help_ += [(f"--set noise={noise / 3:.2g}", "less noise")]
    lines = [f"  {option:<{max(len(one) for one, _ in help_)}}  {what}" for option, what in help_]
    title = f"\nIt did not reach {goal:.1%}. What may help: the same command with one of"
    return [title, *lines, "\nNext:", *after]


@contextmanager
def fresh_folder(parent: Path, name: str) -> Iterator[Path]:
    """Make the folder ``parent/name``, or the first of ``name-2``, ... that is not there; if it stays empty, it goes.

    Two commands at once get two folders.
    """
    for folder in chain([parent / name], (parent / f"{name}-{number}" for number in count(2))):
        with ExitStack() as stack:
            try:
                stack.enter_context(folder_made(folder, exist_ok=False))
            except FileExistsError:
                continue
            yield folder
            return
