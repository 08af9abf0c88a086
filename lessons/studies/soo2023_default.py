"""Which start ``cogdyn train`` should give its networks, by trainings as that command does them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ...agents import RateRNN, train
from ...agents.rules import BPTT
from ...envs import PaintedTask, make_task
from ..conditions import wilson_interval
from .study import Job, Report, Row, Study
from .table import text_table

NETWORKS, STEPS = 5, 1500
COMMAND: dict[str, Any] = {
    "network": {"n_units": 100, "tau": 100.0, "activation": "relu", "dale": 0.8, "noise": 0.05},
    "lr": 2e-3,
    "batch_size": 64,
}
"""The settings of the command, but for the start."""
STARTS: dict[str, dict[str, Any]] = {
    "gaussian": {"init": "gaussian"},
    "balanced": {"init": "balanced", "gain": 1.0},
    "slow mode": {"init": "slow_mode", "self_connections": True},
}
"""Arguments of the network, which has Dale's law as that of the command has."""
TASKS = ("DelayMatchSample", "DelayComparison")
DELAYS_MS = (600.0, 1000.0, 2000.0)


def jobs(quick: bool) -> Sequence[Job]:
    """Five networks of each start; with short delays first."""
    cells = [(600.0, TASKS[0])] if quick else [(delay, task) for delay in DELAYS_MS for task in TASKS]
    size = {"networks": 2 if quick else NETWORKS, "steps": 300 if quick else STEPS, "first_seed": 0}
    return [{"task": task, "delay_ms": delay, "start": start} | size for delay, task in cells for start in STARTS]


def measure(job: Job) -> list[Row]:
    """Train the networks of a job with the settings of ``cogdyn train``; when each reached its goal, and its score."""
    task = cast(PaintedTask, make_task(job["task"], delay_ms=job["delay_ms"]))
    arguments = {"n_inputs": task.n_inputs, "n_outputs": task.n_outputs, "dt": task.dt, "seed": job["first_seed"]}
    network = RateRNN(**arguments | COMMAND["network"] | STARTS[job["start"]])
    goal = task.chance + 0.96 * (task.ceiling - task.chance)
    start = time.process_time()
    size = {"steps": job["steps"], "batch_size": COMMAND["batch_size"], "seed": job["first_seed"], "device": "cpu"}
    runs = train(task, network, BPTT(lr=COMMAND["lr"]), **size, stop_at=goal, ensemble=job["networks"])
    cpu = (time.process_time() - start) / len(runs)
    return [
        {"network": s, "updates": run.step, "score": score, "solved": score >= goal, "cpu_seconds": cpu}
        for s, run in enumerate(runs)
        for score in (run.metrics[-1]["score"],)
    ]


def default_table(table: list[Row]) -> list[Row]:
    """For each task, delay and start how many networks learned, and after how many updates."""
    cells: dict[tuple[str, float, str], list[Row]] = {}
    for row in table:
        cells.setdefault((row["task"], row["delay_ms"], row["start"]), []).append(row)
    return [
        {"task": task, "delay": delay, "start": start} | _summary(found)
        for (task, delay, start), found in sorted(cells.items(), key=lambda cell: cell[0][:2])
    ]


def _summary(found: list[Row]) -> Row:
    solved, updates = sum(row["solved"] for row in found), [row["updates"] for row in found]
    low, high = wilson_interval(solved, len(found))
    return {
        "networks": len(found),
        "solved": solved,
        "share": f"{low:.2f} to {high:.2f}",
        "updates": float(np.median(updates)),
        "range": f"{min(updates)} to {max(updates)}",
        "score": float(np.mean([row["score"] for row in found])),
        "cpu s": float(np.mean([row["cpu_seconds"] for row in found])),
    }


def report(table: list[Row]) -> Report:
    """How many networks learn, and how fast, by their start; a network that does not counts with the cap."""
    return Report(
        "Networks that reached the goal of `cogdyn train`, 96 % of the way from chance to the ceiling, and updates\n"
        "until then (median and range, those that never did counted with the cap), by the start of the network.\n\n"
        + text_table(default_table(table))
    )


STUDY = Study(
    name="soo2023-default",
    claim="A start that carries errors over long delays makes a better default than one that does not.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
