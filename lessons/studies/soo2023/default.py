"""Which start ``cogdyn train`` should give its networks, by trainings of such networks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, cast

from ....agents import RateRNN, train
from ....agents.rules import BPTT
from ....envs import PaintedTask, make_task
from ..learners import learners
from ..study import Job, Report, Row, Study
from ..table import text_table

NETWORKS, STEPS = 5, 1500
COMMAND: dict[str, Any] = {
    "network": {"n_units": 100, "tau": 100.0, "activation": "relu", "dale": 0.8, "noise": 0.05},
    "lr": 2e-3,
    "batch_size": 64,
}
"""The network of the command, except its start; rate and batches of the trainings."""
STARTS: dict[str, dict[str, Any]] = {
    "gaussian": {"init": "gaussian"},
    "balanced": {"init": "balanced", "gain": 1.0},
    "slow mode": {"init": "slow_mode", "self_connections": True},
}
"""Arguments of the network."""
WITHOUT_SIGNS = ("gaussian", "slow mode")
"""The starts that are tried without Dale's law too."""
TASKS = ("DelayMatchSample", "DelayComparison")
DELAYS_MS = (600.0, 1000.0, 2000.0)
CONTROLS = (("PerceptualDecisionMaking", 0.0), ("DelayedReach", 0.0), ("CenterOut", 0.0))
"""Tasks as they are: one without a delay, and two of movements."""


def jobs(quick: bool) -> Sequence[Job]:
    """Five networks to a job, ten to a start; five without Dale's law."""
    if quick:
        return [_job(TASKS[0], DELAYS_MS[0], start, True, 0, 2, 300) for start in STARTS]
    cells = [(task, delay) for delay in DELAYS_MS for task in TASKS]
    plan = [(cell, start, True, seed) for seed in (0, 100) for cell in (*cells, *CONTROLS) for start in STARTS]
    plan += [((TASKS[0], delay), start, False, 0) for delay in DELAYS_MS for start in WITHOUT_SIGNS]
    return [_job(*cell, start, dale, seed, NETWORKS, STEPS) for cell, start, dale, seed in plan]


def _job(task: str, delay_ms: float, start: str, dale: bool, first_seed: int, networks: int, steps: int) -> Job:
    size = {"first_seed": first_seed, "networks": networks, "steps": steps}
    return {"task": task, "delay_ms": delay_ms, "start": start, "dale": dale} | size


def measure(job: Job) -> list[Row]:
    """Train the networks of a job with the network of ``cogdyn train``; when each reached its goal, and its score."""
    delay = {"delay_ms": job["delay_ms"]} if job["delay_ms"] else {}
    task = cast(PaintedTask, make_task(job["task"], **delay))
    arguments = {"n_inputs": task.n_inputs, "n_outputs": task.n_outputs, "dt": task.dt, "seed": job["first_seed"]}
    network = RateRNN(**arguments | COMMAND["network"] | ({} if job["dale"] else {"dale": None}) | STARTS[job["start"]])
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
    cells: dict[tuple[str, float, bool, str], list[Row]] = {}
    for row in table:
        cells.setdefault((row["task"], row["delay_ms"], row["dale"], row["start"]), []).append(row)
    return [
        {"task": task, "delay": delay, "Dale's law": "yes" if dale else "no", "start": start} | learners(found)
        for (task, delay, dale, start), found in sorted(cells.items(), key=lambda cell: (not cell[0][2], *cell[0][:2]))
    ]


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
