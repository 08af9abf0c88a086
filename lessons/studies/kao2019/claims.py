"""What the table of the study says to each claim of the paper, by rules set while the study was running."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from ..study import Row
from ..verdict import Verdict
from .distances import largest_gap
from .perturbations import error_name
from .predicates import (
    ACTIVATION_GAP,
    AUTONOMY_GAIN,
    NOVEL_R2,
    TARGET_GAP,
    WINDOW,
    Finding,
    able_networks,
    level_differences,
    mean_of,
    settings_of,
)
from .robustness import CELLS, effects
from .single_units import compare, seed_spread

SWITCH_MS = 200
"""Latency of the switch that judges: half of the delay."""


def motifs_missed(rows: Sequence[Row]) -> Finding:
    """Claim A: settings whose single units are alike, as seeds of one setting are, and whose rotations are not."""
    cells = list(settings_of(rows).values())
    if len(cells) < 2:
        return "needs two settings that do the task", None
    alike, gaps = compare(combinations(cells, 2), seed_spread(cells))
    if not alike.any():
        return f"no two of {len(cells)} settings have single units alike", None
    gaps = gaps[alike]
    differ = gaps >= ACTIVATION_GAP
    told = (
        f"{alike.sum()} pairs of {len(cells)} settings are alike in single units, {differ.sum()} of these differ in R² "
        f"of rotations (by {gaps.max():.3f} at most)"
    )
    return told, bool(differ.any())


def mechanisms_differ(rows: Sequence[Row]) -> Finding:
    """Claim B: rotations do not see the engineered difference, and a difference emerges where none was engineered."""
    gaps = level_differences(rows, "target", "held", "extinguished_at_go", f"r2_skew_{WINDOW}")
    held = [row for row in rows if row["target"] == "held"]
    gains = level_differences(held, "noise", 0.5, 0.02, "autonomy_zeroed")
    largest = largest_gap(rows)
    if not gains or largest is None:
        return "needs both targets, and training with and without input noise", None
    told = (
        f"R² of rotations, held - extinguished: {_spread(gaps)}, the largest with a standard error of "
        f"{largest.error:.3f}; "
        f"autonomy of held networks, trained with noise - without: {_spread(gains)}"
    )
    return told, bool(np.max(np.abs(gaps)) <= TARGET_GAP and np.mean(gains) >= AUTONOMY_GAIN)


def robustness_differs(rows: Sequence[Row]) -> Finding:
    """Claim C: no rule, since the sign may depend on the noise; in how many settings each kind of network errs less."""
    lines = []
    for cell in CELLS:
        gaps = effects(rows, "target out at go - held", cell)
        if not gaps:
            return "needs both targets", None
        lines.append(f"{error_name(*cell)}: {sum(gap < 0 for gap in gaps)} of {len(gaps)}")
    return "settings in which networks whose target goes out err less: " + ", ".join(lines), None


def tasks_generalise(rows: Sequence[Row]) -> Finding:
    """Claim D: new angles, new distances and a target that is switched half-way through the delay, in every setting."""
    cells = settings_of([row for row in rows if row["code"] == "xy"])
    if not cells:
        return "needs networks that see coordinates", None
    told, holds = [], []
    for column, name in (
        ("novel_angle", "new angle"),
        ("novel_radius", "new radius"),
        (f"switch_{SWITCH_MS}", f"switch after {SWITCH_MS} ms"),
    ):
        means = [mean_of(cell, column) for cell in cells.values()]
        above = sum(mean >= NOVEL_R2 for mean in means)
        told.append(f"{name} in {above} of {len(means)} settings (lowest R² {min(means):.3f})")
        holds.append(above == len(means))
    return "; ".join(told), all(holds)


CLAIMS: tuple[tuple[str, str, Callable[[Sequence[Row]], Finding]], ...] = (
    (
        "A",
        f"settings that have the same single units may differ in R² of rotations by {ACTIVATION_GAP}",
        motifs_missed,
    ),
    (
        "B",
        f"rotations differ by {TARGET_GAP} at most where the mechanism was engineered to differ, and autonomy by "
        f"{AUTONOMY_GAIN} where it was not",
        mechanisms_differ,
    ),
    ("C", "robustness to noise in the input goes with the mechanism; no sign is asserted", robustness_differs),
    ("D", f"R² >= {NOVEL_R2} for new targets and for a switched one, in every setting", tasks_generalise),
)


def claims(rows: Sequence[Row]) -> list[Verdict]:
    """Each claim as we read it, with its numbers, by the settings of which three networks or more do the task."""
    judged = able_networks(rows)
    return [Verdict(name, says, *rule(judged)) for name, says, rule in CLAIMS]


def _spread(values: Sequence[float]) -> str:
    """Mean and range of some differences."""
    if not values:
        return "none"
    return f"{np.mean(values):+.3f} ({min(values):+.3f} to {max(values):+.3f})"
