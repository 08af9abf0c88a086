"""What is expected of starts and bridges, written before their networks were trained, and what came of it.

Of all comparisons Holm's correction keeps the chance of a single wrong one below 5 %. One whose networks are not
trained yet counts there with p = 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import fisher_exact

from ..learners import p_value, updates_of
from ..study import Row
from ..verdict import Verdict
from .arms import Cell, cell_of
from .start import (
    ALL_THREE,
    BIAS,
    COARSE,
    FACTORIAL,
    FINE_DT,
    LONG,
    LONGER,
    LONGEST,
    MAIN,
    NO_BIAS,
    NO_DELAY,
    OTHERS,
    PLAIN,
    STUDY,
    of_kind,
    over,
    with_bias,
    without_bias,
)
from .start_report import by_setting, with_earlier
from .starts import KINDS, Setting, setting_of, setting_words

LEVEL = 0.05
EVERY_TEN = 0.9
"""Share of networks from which on a setting is said to learn a task."""


@dataclass(frozen=True)
class Contrast:
    """A setting that is expected to be better than another.

    Attributes:
        name: A short name.
        says: What is expected.
        first: The setting that is expected to be better.
        second: The other.
        cells: Tasks, delays and bins (ms).
        by: What tells them apart: ``"updates"``, fewer in each cell (two-sided Mann-Whitney test, networks that did not
            learn counted with the cap); ``"share"``, more networks that learn in all cells together (Fisher's exact
            test); ``"time"``, longer autocorrelation in each cell (Mann-Whitney).
    """

    name: str
    says: str
    first: Setting
    second: Setting
    cells: tuple[Cell, ...] = MAIN
    by: Literal["updates", "share", "time"] = "updates"

    @property
    def groups(self) -> Sequence[tuple[Cell, ...]]:
        """The cells of each comparison."""
        return [self.cells] if self.by == "share" else [(cell,) for cell in self.cells]


@dataclass(frozen=True)
class Learns:
    """A setting with which nine networks of ten, or more, are expected to learn, in each of some cells."""

    name: str
    says: str
    settings: tuple[Setting, ...]
    cells: tuple[Cell, ...]


ARMS_OF_STARTS = ("base", "base, small readout", "gain 1, small readout", "gaussian", "slow mode")
BRIDGED = {
    "base": ("SCTT", "DASC", "CD", "gradient skip"),
    "gain 1, small readout": ("gain 1 + SCTT", "gain 1 + DASC", "gain 1 + gradient skip"),
    "slow mode": ("slow mode + SCTT", "slow mode + DASC", "slow mode + gradient skip"),
}
CONTRASTS = (
    *(
        Contrast(f"bias, {arm}", "A readout that starts at the mean targets helps", with_bias(arm), without_bias(arm))
        for arm in ARMS_OF_STARTS
    ),
    *(
        Contrast(f"bridge, {arm}", "A bridge helps where the readout starts right", with_bias(arm), with_bias(start))
        for start, arms in BRIDGED.items()
        for arm in arms
    ),
    Contrast("slow start", "Slow modes beat strong synapses", BIAS, with_bias("gain 1, small readout")),
    Contrast("all three", "Input weights and a cost of rates help beside the bias", ALL_THREE, BIAS),
    Contrast("no bias", "They help a slow start without the bias", NO_BIAS, PLAIN),
    *(
        Contrast(
            f"slow start and {words}",
            "It learns more often than a slow start alone",
            setting,
            PLAIN,
            FACTORIAL,
            "share",
        )
        for words, setting in {
            "bias": BIAS,
            "authors' costs": ("slow mode", False, 1.0, "authors", "relu"),
            "cost of rates": ("slow mode", False, 1.0, "rates", "relu"),
            "input weights": ("slow mode", False, 5.0, "none", "relu"),
        }.items()
    ),
    *(
        Contrast(
            f"authors' costs, {arm}",
            "The costs in the authors' code help their start",
            (arm, False, 1.0, "authors", "relu"),
            without_bias(arm),
            COARSE,
            "share",
        )
        for arm in ("base", "SCTT", "DASC", "CD", "gradient skip")
    ),
    Contrast(
        "still slow",
        "Slow modes stay, where nothing is to be remembered",
        BIAS,
        with_bias("gaussian"),
        NO_DELAY[1:],
        "time",
    ),
)
LEARN = (
    Learns("bias: every task", "It learns in all tasks with a second of delay", (BIAS,), (*FACTORIAL, *OTHERS[:2])),
    Learns("all three: every task", "So does the mixture of three", (ALL_THREE,), FACTORIAL),
    Learns("2 s", "Both learn over two seconds", (BIAS, ALL_THREE), LONG[1:]),
    Learns("4 s", "Both learn over four seconds", (BIAS, ALL_THREE), LONGER),
    Learns("8 s", "Both learn over eight seconds", (BIAS, ALL_THREE), LONGEST),
    Learns(
        "kinds",
        "Both learn with other kinds of networks",
        tuple(of_kind(setting, kind) for kind in KINDS if kind != "relu" for setting in (BIAS, ALL_THREE)),
        COARSE[:2],
    ),
    Learns("bins", "Both learn in bins of 5 ms", (BIAS, ALL_THREE), over(1000.0, "dlygo", "dms", dt=FINE_DT)),
)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values after Holm's correction for their number."""
    corrected, largest = [1.0] * len(p_values), 0.0
    for rank, i in enumerate(np.argsort(p_values)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = largest
    return corrected


def start_claims(table: list[Row]) -> list[Verdict]:
    """What became of each expectation; it is judged once all of its networks are trained.

    A contrast holds if in each comparison the first setting is better and p, after Holm's correction over all
    comparisons of the table, is below 5 %; that a setting learns, if at least nine networks of ten do in every cell.
    """
    found = by_setting(with_earlier(table))
    asked = _asked()
    comparisons = [_compare(contrast, cells, found) for contrast in CONTRASTS for cells in contrast.groups]
    corrected = iter(holm([p for p, *_ in comparisons]))
    told = iter(comparisons)
    verdicts = []
    for contrast in CONTRASTS:
        holds, words = True, []
        for _ in contrast.groups:
            (_, better, numbers), p = next(told), next(corrected)
            holds = holds and better and p < LEVEL
            words.append(f"{numbers}, p = {p:.2g}" if numbers else "not trained")
        done = _complete(found, asked, contrast.cells, (contrast.first, contrast.second))
        verdicts.append(Verdict(contrast.name, contrast.says, "; ".join(words), holds if done else None))
    return verdicts + [_learns(claim, found, asked) for claim in LEARN]


Where = tuple[Cell, Setting]
Found = dict[Where, list[Row]]


def _asked() -> Counter[Where]:
    """How many networks the study asks for, by cell and setting."""
    asked: Counter[Where] = Counter()
    for job in STUDY.jobs(False):
        asked[cell_of(job), setting_of(job)] += job["networks"]
    return asked


def _complete(
    found: Found, asked: Counter[tuple[Cell, Setting]], cells: Sequence[Cell], settings: Sequence[Setting]
) -> bool:
    pairs = [(cell, setting) for cell in cells for setting in settings]
    return all(len(found.get(pair, [])) >= max(asked[pair], 1) for pair in pairs)


def _compare(contrast: Contrast, cells: Sequence[Cell], found: Found) -> tuple[float, bool, str]:
    """The p value, whether the first is better, and the numbers; p is 1 where networks are missing."""
    mine, theirs = (
        [row for cell in cells for row in found.get((cell, setting), [])]
        for setting in (contrast.first, contrast.second)
    )
    if not (mine and theirs):
        return 1.0, False, ""
    where = "all" if len(cells) > 1 else cells[0][0].removeprefix("yang19.")
    solved = [sum(row["solved"] for row in rows) for rows in (mine, theirs)]
    if contrast.by == "share":
        table = [[n, len(rows) - n] for n, rows in zip(solved, (mine, theirs), strict=True)]
        p = float(np.asarray(fisher_exact(table))[1])
        better = solved[0] / len(mine) > solved[1] / len(theirs)
        return p, better, f"{where}: {solved[0]} of {len(mine)} learned it, without {solved[1]} of {len(theirs)}"
    if contrast.by == "time":
        first, second = ([row["autocorrelation_ms"] or 0.0 for row in rows] for rows in (mine, theirs))
        numbers = f"{where}: {np.median(first):.0f} ms and {np.median(second):.0f} ms"
        better = bool(np.median(first) > np.median(second))
    else:
        first, second = updates_of(mine), updates_of(theirs)
        numbers = f"{where}: {solved[0]} of {len(mine)} and {solved[1]} of {len(theirs)} learned it, "
        numbers += f"updates {np.median(first):.0f} and {np.median(second):.0f}"
        better = bool(np.median(first) < np.median(second))
    return p_value(first, second), better, numbers


def _learns(claim: Learns, found: Found, asked: Counter[Where]) -> Verdict:
    shares = {
        (cell, setting): (sum(row["solved"] for row in rows), len(rows))
        for cell in claim.cells
        for setting in claim.settings
        if (rows := found.get((cell, setting), []))
    }
    failing = [
        f"{cell[0].removeprefix('yang19.')} {setting_words(setting)} {solved} of {n}"
        for (cell, setting), (solved, n) in shares.items()
        if solved < EVERY_TEN * n
    ]
    done = _complete(found, asked, claim.cells, claim.settings)
    least = f"{len(shares) - len(failing)} of {len(shares)} cells"
    numbers = f"{least}; not: {', '.join(failing)}" if failing else least
    return Verdict(claim.name, claim.says, numbers if shares else "not trained", not failing if done else None)
