"""Can synapses that see only local signals learn what exact gradients learn?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from scipy.stats import mannwhitneyu

from ..study import Job, Report, Row, Study
from ..table import text_table
from .claims import claims
from .contrasts import final_losses
from .figures import by_cell, figures
from .learners import LEARNERS, SETTINGS, measure
from .levels import levels
from .tuning import UPDATES, best_rate

NETWORKS = 10
QUICK = ("readout only", "BPTT", "RFLO", "compartments")


def jobs(quick: bool) -> Sequence[Job]:
    """Ten networks for every learner in every setting."""
    if quick:
        shared = {"setting": next(iter(SETTINGS)), "updates": 60, "first_seed": 0, "networks": 3, "lr": 5e-2}
        return [shared | {"learner": name} for name in QUICK]
    shared = {"updates": UPDATES, "first_seed": 0, "networks": NETWORKS}
    return [
        shared | {"setting": setting, "learner": name, "lr": best_rate(setting, name)}
        for name, setting in product(LEARNERS, SETTINGS)
    ]


def report(table: list[Row]) -> Report:
    """Loss at the end by learner and setting, next to the readout's alone and the levels that can be reached."""
    cells = by_cell(table)
    references = [f"{setting}: " + ", ".join(f"{k} {v:.4f}" for k, v in levels(setting).items()) for setting in cells]
    text = (
        "Loss on trials never seen after the last update: median and quartiles of the networks, those that diverged\n"
        "counted as the worst; p: the same loss as with the readout alone (Mann-Whitney), not corrected for number.\n"
        "Alignment: cosine of what the rule adds up over trials and the exact gradient, at the end, median.\n"
        "Foresight: cosine of apical voltages and the credit that they should predict, at the end, median.\n"
        "Who knows nothing but the mean, or of Add the first, or both bits, has a loss of\n"
        + "\n".join(references)
        + "\n\n"
    )
    verdicts = "\n".join(map(str, claims(table)))
    return Report(f"{text}{text_table(summary(table))}\n\n{verdicts}", figures(cells))


def summary(table: Sequence[Row]) -> list[Row]:
    """A line for each learner in each setting."""
    return [
        {"setting": setting, "learner": name} | _summary(learners[name], learners.get("readout only", []))
        for setting, learners in by_cell(table).items()
        for name in LEARNERS
        if name in learners
    ]


def _summary(found: list[Row], readout_only: list[Row]) -> Row:
    first, median, third = np.percentile(final_losses(found), (25, 50, 75))
    p = None
    if readout_only and readout_only is not found:
        p = float(np.asarray(mannwhitneyu(final_losses(found), final_losses(readout_only)))[1])
    return {
        "networks": len(found),
        "diverged": sum(row["diverged"] for row in found),
        "loss": f"{median:.4f}",
        "quartiles": f"{first:.4f} to {third:.4f}",
        "p": p,
        **{name: _middle(row.get(name) for row in found) for name in ("alignment", "foresight")},
        "cpu s": float(np.mean([row["cpu_seconds"] for row in found])),
    }


def _middle(values: Iterable[float | None]) -> str | None:
    """Median of those that are there."""
    there = [value for value in values if value is not None]
    return f"{np.median(there):.2f}" if there else None


STUDY = Study(
    name="marschall2019",
    claim="Synapses that see only local signals, updated in phases, learn what errors of the past demand.",
    paper="10.48550/arXiv.1905.12100",
    jobs=jobs,
    measure=measure,
    report=report,
)
