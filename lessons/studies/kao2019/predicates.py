"""What the study of two mechanisms behind one reach expects, each as a predicate of the table with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..study import Row
from ..verdict import Verdict
from .perturbations import KINDS, LEVELS, PERIODS, error_name

FACTORS = ("activation", "rate_penalty", "target", "noise", "code")
"""What a setting is made of; networks of one setting differ in their seed."""
LEAST_SEEDS = 3
TASK_R2, ACTIVATION_GAP, TARGET_GAP, AUTONOMY_GAIN, NOVEL_R2 = 0.97, 0.1, 0.15, 0.05, 0.9
"""Provisional thresholds, from a pilot of one network per setting; none is the paper's."""
WINDOW = 250
"""End of the window for jPCA (ms) that judges: the pilot's, to which its thresholds belong."""

Setting = tuple[object, ...]


def settings_of(rows: Sequence[Row], factors: Sequence[str] = FACTORS) -> dict[Setting, list[Row]]:
    """The rows by their levels of the factors, in the order of the table."""
    found: dict[Setting, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in factors), []).append(row)
    return found


def mean_of(rows: Sequence[Row], column: str) -> float:
    """Mean over the networks that have a value; NaN if none has."""
    values = [row[column] for row in rows if row[column] is not None]
    return float(np.mean(values)) if values else float("nan")


def able_networks(rows: Sequence[Row]) -> list[Row]:
    """The networks that do the task, of settings of which three or more do: those that claims are about."""
    able = settings_of([row for row in rows if row["task_r2"] >= TASK_R2])
    return [row for cell in able.values() if len(cell) >= LEAST_SEEDS for row in cell]


def level_pairs(
    rows: Sequence[Row], factor: str, first: object, second: object
) -> Iterator[tuple[list[Row], list[Row]]]:
    """Yield the networks at two levels of a factor, for all settings that are else the same."""
    for alike in settings_of(rows, [name for name in FACTORS if name != factor]).values():
        levels = settings_of(alike, [factor])
        if (first,) in levels and (second,) in levels:
            yield levels[first,], levels[second,]


def level_differences(rows: Sequence[Row], factor: str, first: object, second: object, column: str) -> list[float]:
    """Seed mean at the first level of a factor less that at the second, for all settings that are else the same."""
    return [mean_of(a, column) - mean_of(b, column) for a, b in level_pairs(rows, factor, first, second)]


def penalty_groups(rows: Sequence[Row]) -> Iterator[tuple[str, list[float], list[dict[Setting, list[Row]]]]]:
    """Yield each activation, its penalties, and for settings that are else the same their networks by penalty."""
    for (activation,), mine in settings_of(rows, ["activation"]).items():
        penalties = sorted({row["rate_penalty"] for row in mine})
        groups = [
            settings_of(alike, ["rate_penalty"]) for alike in settings_of(mine, ["target", "noise", "code"]).values()
        ]
        # Only settings that have all penalties, or a level would be compared with other networks.
        yield str(activation), penalties, [group for group in groups if len(group) == len(penalties)]


Finding = tuple[str, bool | None]


def _told(values: Sequence[float]) -> str:
    """Mean and range of some differences."""
    return f"{np.mean(values):+.3f} ({min(values):+.3f} to {max(values):+.3f} in {len(values)} settings)"


def solved(rows: Sequence[Row]) -> Finding:
    """P1."""
    values = [row["task_r2"] for row in rows]
    below = sum(not value >= TASK_R2 for value in values)
    return f"lowest {min(values):.3f}, {below} of {len(values)} networks below", below == 0


def activation_shifts(rows: Sequence[Row]) -> Finding:
    """P2."""
    gaps = {end: level_differences(rows, "activation", "tanh", "relu", f"r2_skew_{end}") for end in (WINDOW, 150)}
    if not gaps[WINDOW]:
        return "needs tanh and relu", None
    told = "; ".join(f"-50 to {end} ms {_told(values)}" for end, values in gaps.items())
    return told, bool(np.mean(gaps[WINDOW]) >= ACTIVATION_GAP)


def penalty_tangles(rows: Sequence[Row]) -> Finding:
    """P3."""
    told, rises = [], []
    for activation, penalties, whole in penalty_groups(rows):
        if len(penalties) < 2 or not whole:
            return "needs two penalties", None
        q90 = [float(np.mean([mean_of(group[p,], "q90_neural") for group in whole])) for p in penalties]
        told.append(f"{activation} " + ", ".join(f"{q:.0f} at {p:g}" for p, q in zip(penalties, q90, strict=True)))
        rises.append(bool(np.all(np.diff(q90) > 0)))
    return "; ".join(told), all(rises)


def target_is_not_seen(rows: Sequence[Row]) -> Finding:
    """P4, the engineered contrast."""
    gaps = {
        end: level_differences(rows, "target", "held", "extinguished_at_go", f"r2_skew_{end}") for end in (WINDOW, 150)
    }
    if not gaps[WINDOW]:
        return "needs both targets", None
    told = "; ".join(f"-50 to {end} ms {_told(values)}" for end, values in gaps.items())
    return told, bool(np.max(np.abs(gaps[WINDOW])) <= TARGET_GAP)


def noise_gains_autonomy(rows: Sequence[Row]) -> Finding:
    """P4, the emergent contrast."""
    gains = level_differences([row for row in rows if row["target"] == "held"], "noise", 0.5, 0.02, "autonomy_zeroed")
    if not gains:
        return "needs training with and without input noise", None
    return _told(gains), bool(np.mean(gains) >= AUTONOMY_GAIN)


def beyond_nulls(rows: Sequence[Row]) -> Finding:
    """P5."""
    told, counts = [], {}
    cells = settings_of(rows).values()
    for null in ("shuffle", "cmpt", "tme"):
        above = [mean_of(cell, f"r2_skew_{WINDOW}") > mean_of(cell, f"null_{null}_{WINDOW}") for cell in cells]
        counts[null] = sum(above)
        told.append(f"{null} in {sum(above)} of {len(above)} settings")
    return "; ".join(told), counts["shuffle"] == counts["cmpt"] == len(cells)


def robustness_is_told(rows: Sequence[Row]) -> Finding:
    """P6."""
    names = [error_name(kind, period, sd) for kind in KINDS for period in PERIODS for sd in LEVELS]
    means = {name: mean_of(rows, name) for name in names}
    told = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    complete = all(np.isfinite(mean_of(cell, name)) for cell in settings_of(rows).values() for name in names)
    return told, complete


def new_angles(rows: Sequence[Row]) -> Finding:
    """P7."""
    cells = settings_of([row for row in rows if row["code"] == "xy"]).values()
    if not cells:
        return "needs networks that see coordinates", None
    lowest = min(mean_of(cell, "novel_angle") for cell in cells)
    told = f"lowest mean of {len(cells)} settings {lowest:.3f}"
    able = settings_of([row for row in able_networks(rows) if row["code"] == "xy"]).values()
    if 0 < len(able) < len(cells):
        among = min(mean_of(cell, "novel_angle") for cell in able)
        told += f"; of the {len(able)} whose networks do the task {among:.3f}"
    return told, lowest >= NOVEL_R2


PREDICATES: tuple[tuple[str, str, Callable[[Sequence[Row]], Finding]], ...] = (
    ("P1", f"task R² of every network >= {TASK_R2}", solved),
    ("P2", f"R² of rotations, tanh - relu >= {ACTIVATION_GAP}", activation_shifts),
    ("P3", "tangling (Q90) rises with the rate penalty within activation", penalty_tangles),
    ("P4a", f"R² of rotations, |held - extinguished| <= {TARGET_GAP}", target_is_not_seen),
    ("P4b", f"autonomy of held networks, trained with input noise - without >= {AUTONOMY_GAIN}", noise_gains_autonomy),
    ("P5", "R² of rotations above 95 % of shuffles and of CMPT, in every setting", beyond_nulls),
    ("P6", "endpoint error with noise is reported for every kind and period, no sign asserted", robustness_is_told),
    ("P7", f"R² at new angles >= {NOVEL_R2} in every setting (xy code)", new_angles),
)


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """All predicates on a table; none is judged by fewer than three networks to a setting."""
    seeds = min((len(cell) for cell in settings_of(rows).values()), default=0)
    found = []
    for name, says, predicate in PREDICATES:
        told, holds = predicate(rows) if rows else ("no networks", None)
        if 0 < seeds < LEAST_SEEDS:
            told, holds = f"{told}; {seeds} networks to a setting, {LEAST_SEEDS} are needed", None
        found.append(Verdict(name, says, told, holds))
    return found
