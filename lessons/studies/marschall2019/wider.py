"""One learning rate further out for each rule whose best was the lowest or the highest of those tried; or two.

This search came after the study, whose networks keep the rates of the first one: it shows how much they might gain. Its
rule was written before it ran: a rule is under-tuned in a setting if its mean loss at a rate further out is lower by
more than :data:`GAIN`. Those that were, by the first step, took a second, which was decided then.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..study import Job, Report, Row, Study
from ..table import finished, read_table, text_table
from .learners import measure
from .tuning import FIRST_SEED, RATES, UPDATES, losses_by_rate, tuning_losses

STEP = {min(RATES): 0.25, max(RATES): 4.0}
"""Factor of the rate from one step to the next, by the rate at the edge."""
GAIN = 0.005
"""Loss from which on a lower one counts: what the study calls close."""
FIRST = ("readout only", "compartments", "DNI", "BPTT", "RFLO")
"""Rules that claims of the study are about; they come first."""
TWICE = (
    ("add 6, 10", "compartments"),
    ("add 5, 7, leaky", "readout only"),
    ("add 5, 7, leaky", "BPTT"),
    ("add 4, 6, hard", "SnAp-1"),
    *(("mimic", name) for name in ("F-BPTT 10", "RFLO", "SnAp-1", "KeRNL", "KF-RTRL")),
)
"""Settings and rules that the first step found under-tuned."""


def jobs(quick: bool) -> Sequence[Job]:
    """Rates further out for every rule whose best rate was at an edge, on the three networks of the first search."""
    edges = [(setting, name, min(rates, key=rates.__getitem__)) for (setting, name), rates in tuning_losses().items()]
    edges = sorted((edge for edge in edges if edge[2] in STEP), key=lambda edge: edge[1] not in FIRST)
    rates = [(setting, name, rate * STEP[rate]) for setting, name, rate in edges]
    rates += [(setting, name, rate * STEP[rate] ** 2) for setting, name, rate in edges if (setting, name) in TWICE]
    shared = {"updates": UPDATES, "first_seed": FIRST_SEED, "networks": 3}
    if quick:
        rates, shared = rates[:1], shared | {"updates": 5}
    return [shared | {"setting": setting, "learner": name, "lr": rate} for setting, name, rate in rates]


def gains(table: list[Row]) -> list[Row]:
    """Mean loss at the rate of the study and at those further out, for each rule and setting of the table."""
    rows = []
    for (setting, learner), rates in losses_by_rate(table).items():
        before = tuning_losses()[setting, learner]
        rate = min(before, key=before.__getitem__)
        gain = before[rate] - min(rates.values())
        rows.append(
            {"setting": setting, "learner": learner, "rate": f"{rate:g}", "loss": f"{before[rate]:.4f}"}
            | {"further out": ", ".join(f"{further:.3g}" for further in rates)}
            | {"loss there": ", ".join(f"{loss:.4f}" for loss in rates.values()), "gain": f"{gain:+.4f}"}
            | {"under-tuned": "yes" if gain > GAIN else "no"}
        )
    return rows


def better_rates() -> dict[tuple[str, str], float]:
    """The best rate further out of each setting and rule that is under-tuned, by the table that travels along."""
    table = finished(read_table(Path(__file__).parents[1] / "results" / "marschall2019-wider.csv"))
    found = {}
    for cell, rates in losses_by_rate(table).items():
        rate = min(rates, key=rates.__getitem__)
        if min(tuning_losses()[cell].values()) - rates[rate] > GAIN:
            found[cell] = rate
    return found


def report(table: list[Row]) -> Report:
    """What each rule gains by a rate further out; a network that diverged has an infinite loss."""
    return Report(f"Mean loss at the rate of the study, and further out:\n\n{text_table(gains(table))}")


STUDY = Study(
    name="marschall2019-wider",
    claim="Rules whose best learning rate was at the edge of the search are not under-tuned.",
    paper="10.48550/arXiv.1905.12100",
    jobs=jobs,
    measure=measure,
    report=report,
)
