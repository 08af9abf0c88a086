"""Two learners beside each other in every setting: which ends lower, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import mannwhitneyu, norm

from ..study import Row
from .figures import Cells, by_cell

LEAST_NETWORKS = 5
P = 0.01
WORST = 1e3
"""Loss that a network counts with that diverged."""

COMPARED = (
    ("compartments", "readout only"),
    ("compartments", "compartments, J = 0"),
    ("compartments", "compartments, J frozen"),
    *(("compartments", f"compartments, {name}") for name in ("symmetric feedback", "exact J", "identity")),
    ("compartments", "compartments, shared transport"),
    ("compartments, alternating", "readout only"),
    ("RFLO, random feedback", "RFLO"),
    ("RFLO", "BPTT"),
    ("RFLO", "F-BPTT 10"),
)
"""The comparisons that claims are made of, and the last: what locality costs where both descend alike."""


@dataclass(frozen=True)
class LearnerContrast:
    """Two learners in one setting.

    Attributes:
        setting: The setting.
        one: Median loss of the first learner.
        other: Median loss of the second.
        p: How likely so large a difference is if there is none (Mann-Whitney, two-sided).
    """

    setting: str
    one: float
    other: float
    p: float

    @property
    def sign(self) -> int:
        """-1 if the first learner's loss is lower, 1 if it is higher, 0 if that cannot be decided."""
        return 0 if self.p >= P else int(np.sign(self.one - self.other))

    def __str__(self) -> str:
        """The medians and whether they differ."""
        return f"{self.setting}: {self.one:.4f} {'<≈>'[self.sign + 1]} {self.other:.4f}"


def final_losses(rows: Sequence[Row]) -> list[float]:
    """Losses at the end; one of a network that diverged counts as more than any other."""
    return [WORST if row["loss"] is None else row["loss"] for row in rows]


def contrasts(cells: Cells, learner: str, other: str) -> list[LearnerContrast]:
    """Two learners in every setting in which enough networks of both are there."""
    found = []
    for setting, learners in cells.items():
        one, two = (final_losses(learners.get(name, [])) for name in (learner, other))
        if min(len(one), len(two)) >= LEAST_NETWORKS:
            p = float(np.asarray(mannwhitneyu(one, two))[1])
            found.append(LearnerContrast(setting, float(np.median(one)), float(np.median(two)), p))
    return found


@dataclass(frozen=True)
class Shift:
    """By how much one group's losses lie above another's, with its interval of 95 %.

    Attributes:
        value: Median of all differences between a network of one group and a network of the other (Hodges-Lehmann).
        low: Lower end: the shifts that a rank test at 5 % does not reject.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """The shift and its interval."""
        return f"{self.value:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


def shift(one: Sequence[float], other: Sequence[float]) -> Shift:
    r"""Shift between two groups, with the interval that belongs to the Mann-Whitney test.

    Of the :math:`nm` differences in order, the interval of 95 % goes from number
    :math:`k = \lfloor nm/2 - 1.96 \sqrt{nm(n + m + 1)/12} \rfloor` from below, 1 at least, to the same from above
    (Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, chapter 4, doi:10.1002/9781119196037).
    """
    n, m = len(one), len(other)
    differences = np.sort(np.subtract.outer(np.asarray(one), np.asarray(other)).ravel())
    k = max(1, int(n * m / 2 - norm.ppf(0.975) * np.sqrt(n * m * (n + m + 1) / 12)))
    return Shift(float(np.median(differences)), float(differences[k - 1]), float(differences[-k]))


def effect_table(rows: Sequence[Row]) -> list[Row]:
    """A line for each comparison that claims are made of: in how many settings it is lower or higher, and shifts."""
    cells = by_cell(rows)
    lines = []
    for learner, other in COMPARED:
        found = contrasts(cells, learner, other)
        signs = [contrast.sign for contrast in found]
        line: Row = {"loss of": learner, "less that of": other, "lower": signs.count(-1), "higher": signs.count(1)}
        for setting, learners in cells.items():
            both = (final_losses(learners.get(name, [])) for name in (learner, other))
            line[setting] = str(shift(*both)) if setting in {contrast.setting for contrast in found} else None
        lines.append(line)
    return lines
