"""What the terminal reports of a run: its task, network, rule and training, and its score on fresh trials."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...agents.network.own_networks import in_a_line
from ...agents.rules.catalogue import rule_arguments, rule_names
from ...agents.training.evaluation import Evaluation
from ...agents.training.run import Run
from ...envs.painted_task import PaintedTask
from ...envs.task import Task
from ..figures.summary import draw_summary, write_figure


def print_run(console: Console, run: Run) -> None:
    """Print what a run is: name, size, updates, and each argument of task, rule and training that matters.

    Args:
        console: Where to print.
        run: The run.
    """
    config, task = run.config, run.task
    rule, training = config["rule"], config["training"]
    ours, arguments = rule["name"] in rule_names(), {name: value for name, value in rule.items() if name != "name"}
    usual = rule_arguments(rule["name"]) if ours else {}
    learning = {
        name: value
        for name, value in arguments.items()
        if name == "lr" or not ours or (name in usual and value != usual[name])
    }
    network = config["network"].get("name") or f"{config['network']['n_units']} units"
    console.print(f"[bold]{task.name}[/bold], {network}, {rule['name']}, {run.step} updates")
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, words in (
        ("task", _words(changed_arguments(task)) or "as by default"),
        ("network", in_a_line(run.network)),
        (rule["name"], _words(learning)),
        ("training", _words({name: training[name] for name in ("seed", "batch_size") if name in training})),
    ):
        facts.add_row(Text(name, style="bold"), Text(words))
    console.print(facts)


def changed_arguments(task: Task) -> dict[str, object]:
    """The arguments of a task that are not its defaults; all, where it is made of other tasks."""
    usual = type(task)() if isinstance(task, PaintedTask) else None
    arguments = {field.name: getattr(task, field.name) for field in dataclasses.fields(cast(Any, task)) if field.init}
    return {name: value for name, value in arguments.items() if usual is None or value != getattr(usual, name)}


def print_score(console: Console, evaluation: Evaluation, run: Run) -> None:
    """Print how well a run does, beside chance and ceiling.

    Args:
        console: Where to print.
        evaluation: Of :func:`cogdyn.lessons.figures.summary.fresh_trials`.
        run: The run.
    """
    console.print(
        f"{evaluation.score:.1%} correct on {len(evaluation.scores):,} fresh trials after {run.step} updates "
        f"(chance {run.task.chance:.1%}, ceiling {run.task.ceiling:.1%})."
    )


def write_summary(run: Run, evaluation: Evaluation, folder: Path) -> str:
    """Draw what a run does into ``summary.png``; returns a line on where it is, or why it could not be written.

    Args:
        run: The run.
        evaluation: Of :func:`cogdyn.lessons.figures.summary.fresh_trials`.
        folder: Where to write it.
    """
    file = folder / "summary.png"
    try:
        write_figure(draw_summary(run, evaluation), file)
    except OSError as error:
        return f"its picture could not be written: {error.strerror}, {folder}"
    return f"drawn in {file}"


def _words(arguments: dict[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
