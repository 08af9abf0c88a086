"""The learning rate that suits each rule, sought on networks that the study of local plasticity does not report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .marschall2019_learners import LEARNERS, SETTINGS, measure
from .study import Job, Report, Row, Study
from .table import finished, read_table, text_table

RATES = (5e-3, 2e-2, 8e-2)
UPDATES = 300
FIRST_SEED = 9000


def jobs(quick: bool) -> Sequence[Job]:
    """The same learning rates for every rule in every setting, three networks each; variants take those of the rule."""
    settings, updates = (list(SETTINGS)[:1], 5) if quick else (list(SETTINGS), UPDATES)
    rules = [name for name, learner in LEARNERS.items() if learner.of is None]
    shared = {"updates": updates, "first_seed": FIRST_SEED, "networks": 3}
    plan = [(setting, name, lr) for lr in RATES for setting in settings for name in rules]
    return [shared | {"setting": setting, "learner": name, "lr": lr} for setting, name, lr in plan]


def report(table: list[Row]) -> Report:
    """Mean loss by rule and learning rate; a network that diverged counts as the worst of all."""
    rows = []
    for (setting, learner), rates in _by_rate(table).items():
        cells = {f"{lr:g}": f"{rates[lr]:.4f}" for lr in sorted(rates)}
        best = min(rates, key=rates.__getitem__)
        rows.append({"setting": setting, "learner": learner} | cells | {"best": best})
    return Report("Mean loss at the end, by learning rate:\n\n" + text_table(rows))


def best_rate(setting: str, learner: str) -> float:
    """The learning rate that the tuning found, by the table that travels with the package."""
    table = finished(read_table(Path(__file__).with_name("results") / "marschall2019-tuning.csv"))
    rates = _by_rate(table)[setting, LEARNERS[learner].of or learner]
    return min(rates, key=rates.__getitem__)


def _by_rate(table: list[Row]) -> dict[tuple[str, str], dict[float, float]]:
    found: dict[tuple[str, str], dict[float, list[float]]] = {}
    for row in table:
        loss = np.inf if row["diverged"] or row["loss"] is None else row["loss"]
        found.setdefault((row["setting"], row["learner"]), {}).setdefault(row["lr"], []).append(loss)
    return {key: {lr: float(np.mean(losses)) for lr, losses in rates.items()} for key, rates in found.items()}


STUDY = Study(
    name="marschall2019-tuning",
    claim="Every rule gets the same search for its learning rate, on other seeds than those reported.",
    paper="10.48550/arXiv.1905.12100",
    jobs=jobs,
    measure=measure,
    report=report,
)
