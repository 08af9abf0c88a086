"""Learners whose rule the wider search found under-tuned, trained once more at the better rate.

These networks came after the study. Its verdicts stay what they were; next to them are those by the same rules on a
table in which the new networks take the place of the old.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..study import Job, Report, Row, Study
from ..table import finished, read_table, text_table
from .contrasts import COMPARED
from .learners import LEARNERS, measure
from .study import NETWORKS, summary
from .study import STUDY as FIRST
from .tuning import UPDATES
from .wider import better_rates


def jobs(quick: bool) -> Sequence[Job]:
    """The seeds of the study at the better rate, for rules that were under-tuned and their variants in claims."""
    named = {name for pair in COMPARED for name in pair}
    again = [
        (setting, name, rate)
        for (setting, rule), rate in better_rates().items()
        for name, learner in LEARNERS.items()
        if name == rule or (learner.of == rule and name in named)
    ]
    shared = {"updates": UPDATES, "first_seed": 0, "networks": NETWORKS}
    if quick:
        again, shared = again[:1], shared | {"updates": 5, "networks": 2}
    return [shared | {"setting": setting, "learner": name, "lr": rate} for setting, name, rate in again]


def with_better_rates(rows: Sequence[Row]) -> list[Row]:
    """The table of the study with these networks in place of those they replace."""
    table = _shipped()
    cells = {(row["setting"], row["learner"]) for row in table}
    return [row for row in rows if (row["setting"], row["learner"]) not in cells] + table


def before_and_after(rows: Sequence[Row]) -> list[Row]:
    """Median loss in the study, and of the networks that were trained once more."""
    cells = {(row["setting"], row["learner"]): row["loss"] for row in summary(rows)}
    return [
        {"setting": row["setting"], "learner": row["learner"]}
        | {"in the study": cells[row["setting"], row["learner"]], "at the better rate": row["loss"]}
        | {"quartiles": row["quartiles"]}
        for row in summary(_shipped())
    ]


def report(table: list[Row]) -> Report:
    """Loss at the end of the networks that were trained once more."""
    return Report(f"Loss on trials never seen, at the better rate:\n\n{text_table(summary(table))}")


def _shipped() -> list[Row]:
    """The table of these networks that travels with the package."""
    return finished(read_table(Path(__file__).parents[1] / "results" / "marschall2019-retuning.csv"))


STUDY = Study(
    name="marschall2019-retuning",
    claim=FIRST.claim,
    paper=FIRST.paper,
    jobs=jobs,
    measure=measure,
    report=report,
)
