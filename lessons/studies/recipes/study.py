"""What to train with: four ways to train, on our tasks of decisions and working memory, as ``cogdyn train`` would."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ....agents import network_for, train
from ....agents.rules import BPTT
from ....envs import make_task, task_names
from ....envs.painted_task import PaintedTask
from ..learners import learners, p_value
from ..study import Job, Report, Row, Study
from ..table import text_table

STEPS, BATCH_SIZE = 2000, 64
LEVEL = 0.05
EARLIER = "earlier default"
WAYS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    EARLIER: ({}, {"lr": 1e-3}, False),
    "gaussian": ({"init": "gaussian"}, {"lr": 2e-3}, False),
    "slow mode, bias": ({"init": "slow_mode"}, {"lr": 2e-3}, True),
    "slow mode, bias, input, cost": (
        {"init": "slow_mode", "input_gain": 5.0},
        {"lr": 2e-3, "rate_penalty": 1e-3},
        True,
    ),
}
"""Arguments of the network and of BPTT, and whether the readout starts at the mean targets.

The first is what ``cogdyn train`` did before this study: slow modes where answers are choices, else a gaussian start.
"""
YANG19 = ("dlygo", "dlyanti", "dlydm1", "ctxdlydm1", "multidlydm", "dms", "dnms", "dmc", "dnmc")
LONGER_MS = 2000.0
LONGER = ("DelayMatchSample", "DelayComparison")
"""Tasks that are asked for with a delay of two seconds as well."""
MOVEMENTS = ("DelayedReach", "CenterOut")


def tasks_of(*families: str) -> list[str]:
    """Names of all tasks of some families."""
    return [name for name in task_names() if make_task(name).family in families]


def jobs(quick: bool) -> Sequence[Job]:
    """Five networks to a job: ten on each task of working memory, five on decisions, Yang's tasks and movements."""
    if quick:
        return [_job("DelayMatchSample", 0.0, None, way, 0, networks=2, steps=200) for way in WAYS]
    memory = [(name, 0.0, None) for name in tasks_of("working memory")] + [(name, LONGER_MS, None) for name in LONGER]
    others = [
        (name, 0.0, None) for name in (*tasks_of("decisions"), *(f"yang19.{name}" for name in YANG19), *MOVEMENTS)
    ]
    plan = [(task, seed) for task in memory for seed in (0, 100)] + [(task, 0) for task in others]
    found = [_job(*task, way, seed) for task, seed in plan for way in WAYS]
    slow = [way for way in WAYS if way.startswith("slow")]
    return found + [_job("yang19.dms", 0.0, "soo2023", way, seed) for way in slow for seed in (0, 100)]


def _job(
    task: str, delay_ms: float, preset: str | None, way: str, first_seed: int, networks: int = 5, steps: int = STEPS
) -> Job:
    size = {"first_seed": first_seed, "networks": networks, "steps": steps}
    return {"task": task, "delay_ms": delay_ms, "preset": preset, "way": way} | size


def task_of(row: Job) -> PaintedTask:
    """The task of a job; a delay of 0 keeps the task as it is."""
    delay = {"delay_ms": row["delay_ms"]} if row["delay_ms"] else {}
    return cast(PaintedTask, make_task(row["task"], preset=row["preset"], **delay))


def measure(job: Job) -> list[Row]:
    """Train the networks of a job; when each reached the goal of ``cogdyn train``, and its score at the end."""
    task = task_of(job)
    network: dict[str, Any]
    network, rule, bias = WAYS[job["way"]]
    if job["way"] == EARLIER:
        network = {"init": "slow_mode" if task.kind == "choice" else "gaussian"}
    goal = goal_of(task)
    start = time.process_time()
    runs = train(
        task,
        network_for(task, **network, seed=job["first_seed"]),
        BPTT(**rule),
        job["steps"],
        batch_size=BATCH_SIZE,
        seed=job["first_seed"],
        device="cpu",
        stop_at=goal,
        readout_bias="targets" if bias else None,
        ensemble=job["networks"],
    )
    cpu = (time.process_time() - start) / len(runs)
    return [
        {"network": s, "updates": run.step, "score": score, "solved": score >= goal, "cpu_seconds": cpu}
        for s, run in enumerate(runs)
        for score in (run.metrics[-1]["score"],)
    ]


def goal_of(task: PaintedTask) -> float:
    """The score at which ``cogdyn train`` stops: 96 % of the way from chance to the ceiling."""
    return float(task.chance + 0.96 * (task.ceiling - task.chance))


def recipe_table(table: list[Row]) -> list[Row]:
    """For each task and way to train how many networks reached the goal, and after how many updates."""
    cells: dict[tuple[str, float, str | None, str], list[Row]] = {}
    for row in table:
        cells.setdefault((row["task"], row["delay_ms"], row["preset"], row["way"]), []).append(row)
    return [
        {"task": _words(task, delay, preset), "way": way} | learners(found)
        for (task, delay, preset, way), found in cells.items()
    ]


def chosen_way(table: list[Row]) -> str:
    """The way that should be the default, by a rule that was written before the networks were trained.

    Of the ways that are worse than the earlier default on no task (two-sided Mann-Whitney test of the updates at 5 %,
    not corrected, so that it is easy to be worse), it is the one with which most networks reached the goal, on the
    tasks that were asked for in every way; of those with equally many, the one with the fewest updates in all. The
    earlier default stays if all others are worse somewhere.
    """
    reached = {way: [row for row in table if row["way"] == way and row["preset"] is None] for way in WAYS}
    fit = [way for way in WAYS if not worse_on(table, way)]
    return max(
        fit, key=lambda way: (sum(row["solved"] for row in reached[way]), -sum(r["updates"] for r in reached[way]))
    )


def worse_on(table: list[Row], way: str) -> list[str]:
    """The tasks on which a way needs more updates than the earlier default (Mann-Whitney test at 5 %)."""
    cells: dict[str, dict[str, list[int]]] = {}
    for row in table:
        task = _words(row["task"], row["delay_ms"], row["preset"])
        cells.setdefault(task, {}).setdefault(row["way"], []).append(row["updates"])
    both = {task: (ways[way], ways[EARLIER]) for task, ways in cells.items() if {way, EARLIER} <= ways.keys()}
    return [
        task
        for task, (mine, theirs) in both.items()
        if np.median(mine) > np.median(theirs) and p_value(mine, theirs) < LEVEL
    ]


def _words(task: str, delay_ms: float, preset: str | None) -> str:
    more = [f"{delay_ms / 1000:g} s"] if delay_ms else []
    return ", ".join([task, *more, *([f"preset {preset}"] if preset else [])])


def report(table: list[Row]) -> Report:
    """How many networks learn, and how fast, by task and way to train; a network that does not counts with the cap."""
    text = (
        "Networks that reached the goal of `cogdyn train`, 96 % of the way from chance to the ceiling, and updates\n"
        "until then (median and range, those that never did counted with the cap).\n\n"
    )
    return Report(f"{text}{text_table(recipe_table(table))}\n\n{_verdict(table)}")


def _verdict(table: list[Row]) -> str:
    lines = []
    for way in WAYS:
        if way != EARLIER:
            worse = worse_on(table, way)
            lines.append(f"{way}: slower than the {EARLIER} on {', '.join(worse) if worse else 'no task'}")
    return "\n".join([*lines, f"chosen by the rule: {chosen_way(table)}"])


STUDY = Study(
    name="recipes",
    claim="A start that carries errors over long delays makes a better default, if its readout starts right.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
