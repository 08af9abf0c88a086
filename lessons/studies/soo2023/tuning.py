"""The learning rate that suits each way to train, sought on networks that the study itself does not report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from ..study import Job, Report, Row, Study
from ..table import finished, read_table, text_table
from .arms import ARMS, CRITERION, DT, measure_rate_networks

RATES = (1e-3, 2e-3, 5e-3)
FIRST_SEED = 9000


def jobs(quick: bool) -> Sequence[Job]:
    """The same learning rates for every arm, five networks each, on the delayed response of one second."""
    steps, arms = (200, list(ARMS)[:2]) if quick else (4000, list(ARMS))
    shared = {"task": "yang19.dlygo", "delay_ms": 1000.0, "dt": DT, "steps": steps, "criterion": CRITERION}
    size = {"first_seed": FIRST_SEED, "networks": 2 if quick else 5}
    return [shared | size | {"arm": arm, "lr": lr} for lr in RATES for arm in arms]


def report(table: list[Row]) -> Report:
    """The best learning rate of each arm: the one with which most networks learn; of those, the fastest."""
    text = "Networks that learned (their mean updates, others counted with the cap):\n\n"
    return Report(text + text_table(tuning_table(table)))


def tuning_table(table: list[Row]) -> list[Row]:
    """For each arm how many networks learned at each learning rate, and the best rate."""
    rows = []
    for arm, results in _by_rate(table).items():
        cells = {f"{lr:g}": f"{results[lr][0]} ({-results[lr][1]:.0f})" for lr in sorted(results)}
        best = max(results, key=results.__getitem__)
        rows.append({"arm": arm, **dict.fromkeys((f"{lr:g}" for lr in RATES), "-"), **cells, "best": best})
    return rows


def best_rates() -> dict[str, float]:
    """The learning rate of each arm that the tuning found, by the table that travels with the package."""
    return {arm: max(results, key=results.__getitem__) for arm, results in _by_rate(_travelling()).items()}


def best_arms(n: int, among: Collection[str] = ARMS) -> list[str]:
    """The arms with which most networks learned in the tuning, each at its best rate; of those, the fastest."""
    found = {arm: max(results.values()) for arm, results in _by_rate(_travelling()).items() if arm in among}
    return sorted(found, key=found.__getitem__, reverse=True)[:n]


def _travelling() -> list[Row]:
    return finished(read_table(Path(__file__).parents[1] / "results" / "soo2023-tuning.csv"))


def _by_rate(table: list[Row]) -> dict[str, dict[float, tuple[int, float]]]:
    """For each arm and rate, how many networks learned, and minus their mean updates: the larger, the better."""
    found: dict[str, dict[float, list[Row]]] = {}
    for row in table:
        found.setdefault(row["arm"], {}).setdefault(row["lr"], []).append(row)
    return {arm: {lr: _result(networks) for lr, networks in rates.items()} for arm, rates in found.items()}


def _result(networks: list[Row]) -> tuple[int, float]:
    updates = [row["updates"] if row["solved"] else row["steps"] for row in networks]
    return sum(row["solved"] for row in networks), -float(np.mean(updates))


STUDY = Study(
    name="soo2023-tuning",
    claim="Every way to train gets the same search for its learning rate, on other seeds than those reported.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure_rate_networks,
    report=report,
)
