"""How far each expectation of the study is from its threshold, with the standard error of what decides it.

A verdict is a word, and words hide how close a measure came. Where an extreme of several settings decides, its error
is that of this setting alone: that it was picked for being extreme is not in it. P6 has no threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..study import Row
from .estimates import ROTATIONS, Estimate, average, difference, mean, setting_words
from .predicates import (
    ACTIVATION_GAP,
    AUTONOMY_GAIN,
    NOVEL_R2,
    TARGET_GAP,
    TASK_R2,
    WINDOW,
    level_pairs,
    penalty_groups,
    settings_of,
)


@dataclass(frozen=True)
class Distance:
    """An expectation, what decides it, and by how much.

    Attributes:
        name: Name of the expectation, such as P1.
        decides: What decides, in words.
        threshold: The threshold, as it was written before the study.
        estimate: What was measured.
        upper: Whether the threshold is the largest value that is allowed, not the smallest.
    """

    name: str
    decides: str
    threshold: float
    estimate: Estimate
    upper: bool = False

    @property
    def margin(self) -> float:
        """Distance to the threshold, negative where the expectation fails."""
        one, other = self.estimate.value, self.threshold
        return other - one if self.upper else one - other


def distances(rows: Sequence[Row]) -> list[Distance]:
    """The distance of each expectation from its threshold, of those that the table decides and that have one."""
    return [distance for measure in MEASURES for distance in measure(rows)]


def distance_table(rows: Sequence[Row]) -> list[Row]:
    """A line for each expectation: what decides, threshold, number, distance and standard error."""
    return [
        {"": one.name, "what decides": one.decides, "setting": one.estimate.where or None}
        | {"threshold": f"{'<=' if one.upper else '>='} {one.threshold:g}"}
        | {"measured": _decimals(one.estimate.value), "distance": _decimals(one.margin, "+")}
        | {"standard error": _decimals(one.estimate.error) if np.isfinite(one.estimate.error) else None}
        for one in distances(rows)
    ]


def largest_gap(rows: Sequence[Row]) -> Estimate | None:
    """The largest difference in rotations between held and extinguished targets, which decides P4a and claim B."""
    pairs = level_pairs(rows, "target", "held", "extinguished_at_go")
    gaps = [difference(a, b, ROTATIONS, setting_words(a[0], but="target")) for a, b in pairs]
    return max(gaps, key=lambda gap: abs(gap.value), default=None)


def _decimals(value: float, sign: str = "-") -> str:
    """Three decimals, or one where the number is large."""
    return f"{value:{sign}.{3 if abs(value) < 10 else 1}f}"


def _task(rows: Sequence[Row]) -> Iterator[Distance]:
    worst = min(rows, key=lambda row: row["task_r2"], default=None)
    if worst is not None:
        estimate = Estimate(worst["task_r2"], np.nan, setting_words(worst))
        yield Distance("P1", "lowest task R² of a network", TASK_R2, estimate)


def _activation(rows: Sequence[Row]) -> Iterator[Distance]:
    gaps = [difference(a, b, ROTATIONS) for a, b in level_pairs(rows, "activation", "tanh", "relu")]
    if gaps:
        yield Distance("P2", f"tanh - relu, mean of {len(gaps)} settings", ACTIVATION_GAP, average(gaps))


def _penalty(rows: Sequence[Row]) -> Iterator[Distance]:
    rises = []
    for activation, penalties, groups in penalty_groups(rows):
        levels = {p: average([mean(group[p,], "q90_neural") for group in groups]) for p in penalties}
        for low, high in pairwise(penalties):
            one, other = levels[high], levels[low]
            error = float(np.hypot(one.error, other.error))
            rises.append(Estimate(one.value - other.value, error, f"{activation}, {low:g} to {high:g}"))
    if rises:
        lowest = min(rises, key=lambda rise: rise.value)
        yield Distance("P3", "smallest rise of Q90 from one penalty to the next", 0.0, lowest)


def _target(rows: Sequence[Row]) -> Iterator[Distance]:
    gap = largest_gap(rows)
    if gap is not None:
        largest = Estimate(abs(gap.value), gap.error, gap.where)
        yield Distance("P4a", "largest |held - extinguished|", TARGET_GAP, largest, upper=True)


def _noise(rows: Sequence[Row]) -> Iterator[Distance]:
    held = [row for row in rows if row["target"] == "held"]
    gains = [difference(a, b, "autonomy_zeroed") for a, b in level_pairs(held, "noise", 0.5, 0.02)]
    if gains:
        yield Distance("P4b", f"with noise - without, mean of {len(gains)} settings", AUTONOMY_GAIN, average(gains))


def _nulls(rows: Sequence[Row]) -> Iterator[Distance]:
    above = []
    for cell in settings_of(rows).values():
        for null in ("shuffle", "cmpt"):
            gaps = [{"gap": row[ROTATIONS] - row[f"null_{null}_{WINDOW}"]} for row in cell]
            above.append(mean(gaps, "gap", f"{setting_words(cell[0])}; {null}"))
    if above:
        lowest = min(above, key=lambda one: one.value)
        yield Distance("P5", "smallest R² of rotations less 95 % of surrogates", 0.0, lowest)


def _angles(rows: Sequence[Row]) -> Iterator[Distance]:
    cells = settings_of([row for row in rows if row["code"] == "xy"])
    means = [mean(cell, "novel_angle", setting_words(cell[0])) for cell in cells.values()]
    if means:
        lowest = min(means, key=lambda mean: mean.value)
        yield Distance("P7", "lowest R² at new angles of a setting", NOVEL_R2, lowest)


MEASURES: tuple[Callable[[Sequence[Row]], Iterator[Distance]], ...] = (
    _task,
    _activation,
    _penalty,
    _target,
    _noise,
    _nulls,
    _angles,
)
