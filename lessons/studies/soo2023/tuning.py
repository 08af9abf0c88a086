"""The learning rate that suits each way to train, sought on networks that the study itself does not report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ..learners import best_rate, by_rate, rate_cells
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
    return [{"arm": arm} | rate_cells(results, RATES) for arm, results in by_rate(table, _arm).items()]


def best_rates() -> dict[str, float]:
    """The learning rate of each arm that the tuning found, by the table that travels with the package."""
    return {arm: best_rate(results) for arm, results in by_rate(_travelling(), _arm).items()}


def best_arms(n: int, among: Collection[str] = ARMS) -> list[str]:
    """The arms with which most networks learned in the tuning, each at its best rate; of those, the fastest."""
    found = {arm: max(results.values()) for arm, results in by_rate(_travelling(), _arm).items() if arm in among}
    return sorted(found, key=found.__getitem__, reverse=True)[:n]


def _arm(row: Row) -> str:
    return row["arm"]


def _travelling() -> list[Row]:
    return finished(read_table(Path(__file__).parents[1] / "results" / "soo2023-tuning.csv"))


STUDY = Study(
    name="soo2023-tuning",
    claim="Every way to train gets the same search for its learning rate, on other seeds than those reported.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure_rate_networks,
    report=report,
)
