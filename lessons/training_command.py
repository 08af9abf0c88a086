"""What ``cogdyn train`` does."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from ..agents import RateRNN, evaluate, train
from ..agents.rules.catalogue import make_rule, rule_arguments
from ..envs.painted_task import PaintedTask
from .progress import TrainingProgress
from .summary_figure import draw_summary, write_figure


@dataclass(frozen=True)
class NetworkChoice:
    """What is chosen of a network on the command line; the arguments of RateRNN of these names."""

    units: int
    tau: float
    activation: str
    dale: float | None
    noise: float
    init: str
    self_connections: bool
    seed: int

    def make(self, task: PaintedTask) -> RateRNN:
        """The network, for a task."""
        others = asdict(self)
        units = others.pop("units")
        return RateRNN(task.n_inputs, units, task.n_outputs, dt=task.dt, **others)


def usual_init(task: PaintedTask, activation: str) -> str:
    """Initial weights for a task: slow modes where they learned best in the study ``soo2023-default``."""
    return "slow_mode" if task.kind == "choice" and activation == "relu" else "gaussian"


def train_and_tell(
    console: Console,
    task: PaintedTask,
    choice: NetworkChoice,
    rule: str,
    lr: float,
    rule_settings: dict[str, Any],
    *,
    steps: int,
    batch_size: int,
    stop_at: float | None,
    folder: Path,
    device: str,
    resume: bool,
) -> None:
    """Train a network, draw what it does, and say where all lies and what to do next.

    Raises:
        ValueError: If the rule, an argument of it, or anything else makes no sense.
        KeyboardInterrupt: After Ctrl-C, with the way to go on.
    """
    # Networks of this size are fastest on one core; a second one is better used by a second seed.
    torch.set_num_threads(1)
    rate = {"lr": lr} if "lr" in rule_arguments(rule) else {}
    learning = make_rule(rule, **rate | rule_settings)
    goal = task.chance + 0.96 * (task.ceiling - task.chance) if stop_at is None else stop_at
    training = {"steps": steps, "batch_size": batch_size, "seed": choice.seed, "device": device}
    try:
        with TrainingProgress(steps) as progress:
            run = train(
                task,
                choice.make(task),
                learning,
                **training,
                out=folder,
                stop_at=goal,
                resume=resume,
                progress=progress,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Stopped after a checkpoint. Go on with the same command and --out {folder} --resume."
        ) from None
    fresh = evaluate(run.network, task, 1000, choice.seed, number=1)
    write_figure(draw_summary(run, fresh, choice.seed), folder / "summary.png")
    console.print(
        f"\n[bold]{task.name}[/bold]: {fresh.score:.1%} correct on 1,000 fresh trials after {run.step} updates "
        f"(chance {task.chance:.1%}, ceiling {task.ceiling:.1%})."
    )
    if run.step == steps and fresh.score < goal:
        console.print(f"It did not reach {goal:.1%}: give it more updates with --resume --steps {2 * steps}.")
    console.print(f"\nIn {folder}/")
    for file, what in (
        ("summary.png", "what it does, at a glance: open this first"),
        ("metrics.csv", "the learning curve"),
        ("model.safetensors", "weights and configuration; cogdyn.agents.load_run reads them"),
    ):
        console.print(f"  {file:<18} {what}")
    console.print("\nNext: harder, the same task with a longer delay or more noise, and the lessons")
    harder = "delay_ms=1500" if hasattr(task, "delay_ms") else f"noise={3 * task.noise:g}"
    for command in (f"train {task.name} --set {harder}", f"show {folder}", "lessons my-lessons"):
        console.print(f"  cogdyn {command}")
