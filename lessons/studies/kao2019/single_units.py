"""Claim A: do networks whose single units are alike have the same rotations, and what would seeds alone do?

The comparison has a null: the networks of one setting in two halves, which differ in their seeds and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from ..study import Row
from .estimates import ROTATIONS, difference, setting_words
from .predicates import ACTIVATION_GAP, able_networks, mean_of, settings_of

MOTIFS = ("active_fraction", "multiphasic_fraction", "tuning_correlation", "peak_ms")
"""Measures of single units; settings are alike if all their means are within the standard deviation over seeds."""

Networks = Sequence[Row]


def seed_spread(settings: Sequence[Networks]) -> np.ndarray:
    """Standard deviation of each motif over the networks of a setting, (4,)."""
    within = [[_variance(networks, motif) for motif in MOTIFS] for networks in settings]
    return np.sqrt(np.mean(within, axis=0) + 1e-12)


def compare(pairs: Iterable[tuple[Networks, Networks]], spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each pair of groups of networks: whether their single units are alike, and by how much rotations differ."""
    names = (*MOTIFS, ROTATIONS)
    gaps = np.array([[mean_of(one, name) - mean_of(other, name) for name in names] for one, other in pairs])
    gaps = np.abs(gaps.reshape(-1, len(names)))
    return np.asarray((gaps[:, :-1] <= spread).all(axis=1)), gaps[:, -1]


def halves(settings: Sequence[Networks]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Yield all ways to split the networks of each setting in two halves, as even as can be."""
    for networks in settings:
        n = len(networks)
        for chosen in combinations(range(n), n // 2):
            if 2 * len(chosen) < n or 0 in chosen:  # of two halves of one size, once
                yield [networks[k] for k in chosen], [networks[k] for k in range(n) if k not in chosen]


def null_table(rows: Sequence[Row]) -> list[Row]:
    """How many pairs are alike in single units and differ in rotations: of settings, and of halves of one setting."""
    settings = list(settings_of(able_networks(rows)).values())
    coordinates = [networks for networks in settings if networks[0]["code"] == "xy"]
    spread = seed_spread(settings)
    pairs = {
        "two settings": combinations(settings, 2),
        "two settings, coordinates alone": combinations(coordinates, 2),
        "two halves of a setting": halves(settings),
    }
    return [{"pairs of": name} | _counts(*compare(found, spread)) for name, found in pairs.items()]


def differing_pairs(rows: Sequence[Row]) -> list[Row]:
    """The pairs of settings that are alike in single units and differ in rotations, and by how much."""
    settings = list(settings_of(able_networks(rows)).values())
    pairs = list(combinations(settings, 2))
    alike, gaps = compare(pairs, seed_spread(settings))
    lines = []
    for one, other in (pairs[k] for k in np.flatnonzero(alike & (gaps >= ACTIVATION_GAP))):
        gap = difference(one, other, ROTATIONS)
        lines.append(
            {"one setting": setting_words(one[0]), "the other": setting_words(other[0])}
            | {"difference": f"{gap.value:+.3f}", "standard error": f"{gap.error:.3f}"}
        )
    return lines


def _counts(alike: np.ndarray, gaps: np.ndarray) -> Row:
    differ = gaps >= ACTIVATION_GAP
    return {
        "pairs": len(gaps),
        "rotations differ": int(differ.sum()),
        "single units alike": int(alike.sum()),
        "alike, and rotations differ": int((alike & differ).sum()),
        "of those alike": f"{(alike & differ).sum() / max(1, alike.sum()):.1%}",
    }


def _variance(networks: Networks, column: str) -> float:
    """Variance over the networks that have a value; 0 if fewer than two have."""
    values = [row[column] for row in networks if row[column] is not None]
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.0
