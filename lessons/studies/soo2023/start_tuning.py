"""The learning rate that suits each start, sought on two tasks, with networks that the study itself does not report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..learners import best_rate, by_rate, rate_cells
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
    return [
        {"setting": setting_words(setting)} | rate_cells(results, RATES)
        for setting, results in by_rate(table, setting_of).items()
    ]


def tuned_rates() -> dict[Setting, float]:
    """The learning rate that the tuning found for each setting, by the table that travels with the package."""
    table = finished(read_table(Path(__file__).parents[1] / "results" / "soo2023-start-tuning.csv"))
    return {setting: best_rate(results) for setting, results in by_rate(table, setting_of).items()}


def rate_of(setting: Setting, rates: dict[Setting, float]) -> float:
    """The rate for a setting: its own; else that of the same with rectified units, or of the plain arm; else 0.002."""
    plain = (*setting[:2], 1.0, "none", "relu")
    return next((rates[one] for one in (setting, (*setting[:4], "relu"), plain) if one in rates), LR)


STUDY = Study(
    name="soo2023-start-tuning",
    claim="Every start gets the same search for its learning rate, on two tasks and other seeds than those reported.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure_starts,
    report=report,
)
