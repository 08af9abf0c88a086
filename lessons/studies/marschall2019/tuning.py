"""The learning rate that suits each rule, sought on networks that the study of local plasticity does not report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from ..study import Job, Report, Row, Study
from ..table import finished, read_table, text_table
from .learners import LEARNERS, SETTINGS, measure

RATES = (5e-3, 2e-2, 8e-2, 1.25e-3)
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
    for (setting, learner), rates in losses_by_rate(table).items():
        cells = {f"{lr:g}": f"{rates[lr]:.4f}" for lr in sorted(rates)}
        best = min(rates, key=rates.__getitem__)
        rows.append({"setting": setting, "learner": learner} | cells | {"best": best})
    return Report("Mean loss at the end, by learning rate:\n\n" + text_table(rows))


def best_rate(setting: str, learner: str) -> float:
    """The learning rate that the tuning found, by the table that travels with the package."""
    rates = tuning_losses()[setting, LEARNERS[learner].of or learner]
    return min(rates, key=rates.__getitem__)


def at_the_edge() -> list[Row]:
    """Whose best rate is the lowest or the highest of those tried: one still farther might have suited them better."""
    best: dict[tuple[str, float], list[str]] = {}
    for (setting, learner), rates in tuning_losses().items():
        best.setdefault((setting, min(rates, key=rates.__getitem__)), []).append(learner)
    return [
        {"setting": setting}
        | {f"best at {rate:g}": ", ".join(best.get((setting, rate), [])) or None for rate in (min(RATES), max(RATES))}
        for setting in SETTINGS
    ]


@cache
def tuning_losses() -> dict[tuple[str, str], dict[float, float]]:
    """Mean loss by learning rate, for each setting and rule, in the table that travels with the package."""
    return losses_by_rate(finished(read_table(Path(__file__).parents[1] / "results" / "marschall2019-tuning.csv")))


def losses_by_rate(table: list[Row]) -> dict[tuple[str, str], dict[float, float]]:
    """Mean loss by learning rate, for each setting and rule; infinite where a network diverged."""
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
