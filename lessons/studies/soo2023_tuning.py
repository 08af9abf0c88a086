"""The learning rate that suits each way to train, sought on networks that the study itself does not report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .soo2023 import ARMS, CRITERION, measure
from .study import Job, Report, Row, Study
from .table import text_table

RATES = (5e-4, 1e-3, 2e-3, 5e-3)
FIRST_SEED = 9000


def jobs(quick: bool) -> Sequence[Job]:
    """The same learning rates for every arm, five networks each, on the delayed response of one second."""
    steps, arms = (200, list(ARMS)[:2]) if quick else (4000, list(ARMS))
    shared = {"task": "yang19.dlygo", "delay_ms": 1000.0, "steps": steps, "criterion": CRITERION}
    size = {"first_seed": FIRST_SEED, "networks": 2 if quick else 5}
    return [shared | size | {"arm": arm, "lr": lr} for lr in RATES for arm in arms]


def report(table: list[Row]) -> Report:
    """The best learning rate of each arm: the one with which most networks learn; of those, the fastest."""
    found: dict[str, dict[float, list[Row]]] = {}
    for row in table:
        found.setdefault(row["arm"], {}).setdefault(row["lr"], []).append(row)
    rows = []
    for arm, rates in found.items():
        results = {lr: _result(networks) for lr, networks in rates.items()}
        best = max(results, key=lambda lr: (results[lr][0], -results[lr][1]))
        cells = {f"{lr:g}": f"{results[lr][0]} ({results[lr][1]:.0f})" for lr in sorted(results)}
        rows.append({"arm": arm, **dict.fromkeys((f"{lr:g}" for lr in RATES), "-"), **cells, "best": best})
    return Report("Networks that learned (their mean updates, others counted with the cap):\n\n" + text_table(rows))


def _result(networks: list[Row]) -> tuple[int, float]:
    updates = [row["updates"] if row["solved"] else row["steps"] for row in networks]
    return sum(row["solved"] for row in networks), float(np.mean(updates))


STUDY = Study(
    name="soo2023-tuning",
    claim="Every way to train gets the same search for its learning rate, on other seeds than those reported.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
