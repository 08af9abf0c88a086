"""The learning rate that suits each start, sought on two tasks, with networks that the study itself does not report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..study import Job, Report, Row, Study
from ..table import finished, read_table, text_table
from .arms import COARSE_DT, CRITERION, LR
from .starts import INPUT, START_ARMS, Setting, measure_starts, setting_of, setting_words

RATES = (1e-3, 2e-3, 5e-3)
FIRST_SEED = 5000
TASKS = ("yang19.dlygo", "yang19.dms")
WITH_BIAS: list[Setting] = [(arm, True, 1.0, "none", "relu") for arm in START_ARMS]
RECIPES: list[Setting] = [("slow mode", bias, INPUT, "rates", "relu") for bias in (True, False)]
"""Slow modes with large input weights and a cost of rates, with the bias and without."""
WITHOUT_BIAS: list[Setting] = [
    (arm, False, 1.0, "none", "relu")
    for arm in (
        "base",
        "base, small readout",
        "gain 1, small readout",
        "gaussian",
        "slow mode",
        "DASC",
        "gradient skip",
    )
]
TUNED = [*WITH_BIAS, *RECIPES, *WITHOUT_BIAS]


def jobs(quick: bool) -> Sequence[Job]:
    """Three learning rates, two tasks with a delay of a second, five networks each, alike for every setting."""
    steps, networks, settings = (200, 2, TUNED[:2]) if quick else (2000, 5, TUNED)
    size = {"first_seed": FIRST_SEED, "networks": networks, "steps": steps, "criterion": CRITERION}
    return [
        {"task": task, "delay_ms": 1000.0, "dt": COARSE_DT, "lr": lr} | size | job_of(setting)
        for setting in settings
        for task in TASKS
        for lr in RATES
    ]


def job_of(setting: Setting) -> dict[str, Any]:
    """The part of a job that is its setting."""
    return dict(zip(("arm", "bias", "input_gain", "cost", "kind"), setting, strict=True))


def report(table: list[Row]) -> Report:
    """The best learning rate of each setting: that with which most networks learned; of those, the fastest."""
    text = "Networks that learned, of ten on two tasks (their mean updates, others counted with the cap):\n\n"
    return Report(text + text_table(start_tuning_table(table)))


def start_tuning_table(table: list[Row]) -> list[Row]:
    """For each setting how many networks learned at each learning rate, and the best rate."""
    rows = []
    for setting, results in _by_rate(table).items():
        cells = {f"{lr:g}": f"{results[lr][0]} ({-results[lr][1]:.0f})" for lr in sorted(results)}
        rows.append({"setting": setting_words(setting), **cells, "best": max(results, key=results.__getitem__)})
    return rows


def tuned_rates() -> dict[Setting, float]:
    """The learning rate that the tuning found for each setting, by the table that travels with the package."""
    table = finished(read_table(Path(__file__).parents[1] / "results" / "soo2023-start-tuning.csv"))
    return {setting: max(results, key=results.__getitem__) for setting, results in _by_rate(table).items()}


def rate_of(setting: Setting, rates: dict[Setting, float]) -> float:
    """The rate for a setting: its own; else that of the same with rectified units, or of the plain arm; else 0.002."""
    plain = (*setting[:2], 1.0, "none", "relu")
    return next((rates[one] for one in (setting, (*setting[:4], "relu"), plain) if one in rates), LR)


def _by_rate(table: list[Row]) -> dict[Setting, dict[float, tuple[int, float]]]:
    """For each setting and rate, how many networks learned, and minus their mean updates: the larger, the better."""
    found: dict[Setting, dict[float, list[Row]]] = {}
    for row in table:
        found.setdefault(setting_of(row), {}).setdefault(row["lr"], []).append(row)
    return {setting: {lr: _result(rows) for lr, rows in rates.items()} for setting, rates in found.items()}


def _result(rows: list[Row]) -> tuple[int, float]:
    updates = [row["updates"] if row["solved"] else row["steps"] for row in rows]
    return sum(row["solved"] for row in rows), -float(np.mean(updates))


STUDY = Study(
    name="soo2023-start-tuning",
    claim="Every start gets the same search for its learning rate, on two tasks and other seeds than those reported.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure_starts,
    report=report,
)
