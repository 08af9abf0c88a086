"""What was expected of the study of bridges, and what came of it: arm against arm, in the tasks that decide."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..learners import p_value, updates_of
from ..study import Row
from ..verdict import Verdict
from .arms import DT, Cell, cell_of
from .reversal import BRIDGE, TASK
from .reversal import DT as REVERSAL_DT
from .study import STUDY

LEVEL = 0.05
MAIN = (("yang19.dlygo", 1000.0, DT), ("yang19.dms", 1000.0, DT))
REVERSAL = ((TASK, 0.0, REVERSAL_DT),)


@dataclass(frozen=True)
class Contrast:
    """Two ways to train, of which one is expected to need fewer updates.

    Attributes:
        name: A short name.
        says: What is expected.
        arm: The way that is expected to be faster.
        against: The other.
        cells: Tasks, delays and bins (ms), in all of which it has to be.
    """

    name: str
    says: str
    arm: str
    against: str
    cells: tuple[Cell, ...] = MAIN


CONTRASTS = (
    Contrast("SCTT", "A bridge helps the authors' plain network", "SCTT", "base"),
    Contrast("DASC", "So does a bridge along the dynamics", "DASC", "base"),
    Contrast("CD", "So do coarse bins", "CD", "base"),
    Contrast("tuned", "A smaller readout helps it, without a bridge", "base, small readout", "base"),
    Contrast("start", "A start in slow modes helps it, without a bridge", "slow mode", "base"),
    Contrast("still SCTT", "A bridge beats the smaller readout", "SCTT", "base, small readout"),
    Contrast("still DASC", "So does one along the dynamics", "DASC", "base, small readout"),
    Contrast("errors", "A bridge for errors alone helps as well", "gradient skip", "base"),
    Contrast("on top", "A bridge helps a start in slow modes", "slow mode + DASC", "slow mode"),
    Contrast("rule SCTT", "Bridges across trials help with reversals", f"SCTT, {BRIDGE}", "base", REVERSAL),
    Contrast("rule DASC", "So do those along the dynamics", f"DASC, {BRIDGE}", "base", REVERSAL),
)
"""What the paper claims, and what else could explain it; none of the thresholds is the paper's."""


def claims(table: list[Row]) -> list[Verdict]:
    """What became of each contrast; it is judged once all of its networks are trained.

    It holds if in every cell the median number of updates is smaller than with the other arm, and the numbers differ
    (two-sided Mann-Whitney test at 5 %). A network that did not learn the task counts with the cap.
    """
    asked = _asked()
    return [_verdict(contrast, table, asked) for contrast in CONTRASTS]


def _asked() -> Counter[tuple[Cell, str]]:
    """How many networks the study asks for, by cell and arm."""
    asked: Counter[tuple[Cell, str]] = Counter()
    for job in STUDY.jobs(False):
        asked[cell_of(job), job["arm"]] += job["networks"]
    return asked


def _verdict(contrast: Contrast, table: list[Row], asked: Counter[tuple[Cell, str]]) -> Verdict:
    told, holds, complete = [], True, True
    for cell in contrast.cells:
        mine, theirs = (
            [row for row in table if cell_of(row) == cell and row["arm"] == arm]
            for arm in (contrast.arm, contrast.against)
        )
        missing = [
            f"{len(found)} of {asked[cell, arm]} {arm}"
            for arm, found in ((contrast.arm, mine), (contrast.against, theirs))
            if len(found) < asked[cell, arm]
        ]
        complete = complete and not missing
        where = cell[0].removeprefix("yang19.")
        if not (mine and theirs):
            told.append(f"{where}: {' and '.join(missing)} trained")
            continue
        p, median, other = _compared(mine, theirs)
        holds = holds and p < LEVEL and median < other
        solved = [f"{sum(row['solved'] for row in found)} of {len(found)}" for found in (mine, theirs)]
        so_far = " so far" if missing else ""
        told.append(
            f"{where}{so_far}: {solved[0]} learned it, {solved[1]} of {contrast.against}; "
            f"updates {median:.0f} and {other:.0f}, p = {p:.2g}"
        )
    return Verdict(contrast.name, contrast.says, "; ".join(told), holds if complete else None)


def _compared(mine: list[Row], theirs: list[Row]) -> tuple[float, float, float]:
    """The p value that both need as many updates, and the median number of each."""
    first, second = updates_of(mine), updates_of(theirs)
    return p_value(first, second), float(np.median(first)), float(np.median(second))
