"""Reversals of a rule, which only feedback reveals: bridges over trials for a memory that has to outlive them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import cast

import numpy as np

from ....agents import RateRNN, evaluate, train
from ....agents.credit.rule import Rule
from ....agents.rules import DASC, SCTT
from ....agents.training.loop import TrainingDiverged
from ....envs import PaintedTask, Task, TrialBatch, make_task
from ..study import Job, Row
from ..table import text_table
from .arms import ARMS, CRITERION, EVERY, N_TEST, Arm, authors_network, of_kind

TASK, DT, NETWORKS, STEPS = "RuleReversal", 20.0, 6, 3000
BRIDGE = "across trials"


def across_sctt(steps: int, lr: float, dt: float) -> Rule:
    """As in the other tasks, and a bridge from the start of each trial to its end."""
    return SCTT(lag_ms=200, anneal_steps=steps // 2, across_trials=True, lr=lr)


def across_dasc(steps: int, lr: float, dt: float) -> Rule:
    """As in the other tasks, and a bridge from the start of each trial to its end."""
    return DASC(lag_ms=200, anneal_steps=steps // 2, across_trials=True, lr=lr)


REVERSAL_ARMS: dict[str, Arm] = {
    "base": ARMS["base"],
    "slow mode": ARMS["slow mode"],
    of_kind("SCTT", BRIDGE): Arm(across_sctt),
    of_kind("DASC", BRIDGE): Arm(across_dasc),
}
"""The ways to train that are compared; gradient skips have no bridge across trials."""


def jobs(rates: dict[str, float]) -> Sequence[Job]:
    """One network to a job, since each sees trials of its own; first one network of each arm.

    Args:
        rates: Learning rate of each arm; one with a bridge across trials has that of the arm without.
    """
    shared = {"task": TASK, "delay_ms": 0.0, "dt": DT, "networks": 1, "steps": STEPS, "criterion": CRITERION}
    plan = [(seed, arm) for seed in range(NETWORKS) for arm in REVERSAL_ARMS]
    return [
        shared | {"arm": arm, "first_seed": seed, "lr": rates[arm.removesuffix(f", {BRIDGE}")]} for seed, arm in plan
    ]


def reversal_task(dt: float = DT) -> PaintedTask:
    """The paper's task, in which the responses alone are taught: all other bins have hardly any weight."""
    return cast(PaintedTask, make_task(TASK, preset="soo2023", dt=dt, response_weight=1000.0))


def reversal_network(task: Task, arm: str, seed: int) -> RateRNN:
    """The authors' network; all units see the inputs and are read, and a softmax is part of the loss."""
    return authors_network(task, seed, REVERSAL_ARMS[arm].network)


def measure_reversal(job: Job) -> list[Row]:
    """Train one network; how it answers, and how in the trials from the second on, which need feedback.

    A network whose rates run away answers nothing: it counts as one that is never right.
    """
    task = reversal_task(job["dt"])
    network = reversal_network(task, job["arm"], job["first_seed"])
    rule = REVERSAL_ARMS[job["arm"]].rule(job["steps"], job["lr"], job["dt"])
    scores, start = {0: 0.0}, time.process_time()

    def hear(updates: int, latest: dict[str, float]) -> None:
        if updates % EVERY == 0 or updates == job["steps"]:
            scores[updates] = latest["score"]

    size = {"steps": job["steps"], "batch_size": 40, "evaluate_every": EVERY, "n_test": N_TEST, "device": "cpu"}
    try:
        train(task, network, rule, **size, seed=job["first_seed"], stop_at=job["criterion"], progress=hear)
        found = evaluate(task, network, N_TEST, job["first_seed"])
        score, later = found.score, after_feedback(task, found.outputs, found.batch)
    except (TrainingDiverged, FloatingPointError):
        score, later = 0.0, 0.0
    solved = score >= job["criterion"]
    return [
        {
            "network": 0,
            "solved": solved,
            "updates": max(scores) if solved else job["steps"],
            "score": score,
            "best_score": max(scores.values()),
            "after_feedback": later,
            "cpu_seconds": time.process_time() - start,
        }
    ]


def after_feedback(task: Task, outputs: np.ndarray, batch: TrialBatch) -> float:
    """Share of right responses in all trials but the first; who always copies, or guesses, has a half of them."""
    spans = batch.windows(task.response_period)[1:]
    right = [
        choice == batch.targets[stop - 1, np.arange(batch.batch_size)]
        for choice, (_, stop) in zip(task.choices(outputs, batch)[1:], spans, strict=True)
    ]
    return float(np.mean(right))


def report_reversal(table: list[Row]) -> str:
    """How networks answer the reversals of a rule, with what the numbers mean."""
    return (
        "Reversals of a rule: share of right responses at the end, in all trials (who always copies has 0.6), and in\n"
        "those after the first feedback (who copies or guesses has 0.5); median and range of the networks.\n\n"
        f"{text_table(reversal_table(table))}"
    )


def reversal_table(table: list[Row]) -> list[Row]:
    """How networks answer the reversals of a rule, by the way they were trained."""
    arms: dict[str, list[Row]] = {}
    for row in table:
        if row["task"] == TASK:
            arms.setdefault(row["arm"], []).append(row)
    rows = []
    for arm, found in arms.items():
        later = [row["after_feedback"] for row in found]
        told = {"arm": arm, "networks": len(found), "solved": sum(row["solved"] for row in found)}
        updates = [row["updates"] if row["solved"] else row["steps"] for row in found]
        told |= {"updates": float(np.median(updates)), "all trials": f"{np.median([r['score'] for r in found]):.3f}"}
        told |= {"after feedback": f"{np.median(later):.3f}", "range": f"{min(later):.3f} to {max(later):.3f}"}
        rows.append(told)
    return rows
